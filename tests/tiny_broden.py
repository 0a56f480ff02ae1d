"""Write a tiny concept dataset, made by hand, in Broden's on-disk format.

    write_broden(
        root,
        labels={1: "red-c", 2: "dog", 300: "paw", 4: "dotted"},
        images=[
            {"color": np.ones((4, 6), int), "object": mask, "part": [paws, claws]},
            {"name": "dtd/spots.jpg", "split": "val", "texture": 4},
        ],
    )

An image is a dict. Every key that is not one of ``name``, ``split`` and ``pixels`` is a category;
its value is a label number (the whole image), a 2-D array of label numbers (a PNG mask; 0 = no
label), or a list of both (several planes, several labels). ``pixels`` is a uint8 array (ih, iw, 3);
without it the photograph is plain noise. Called with nothing but ``root``, it writes
``default_images()`` with ``DEFAULT_LABELS``: all six categories, masks that are not square, two
part planes, label numbers above 255, gaps, and an image with whole-image labels only.

``label.csv``, ``category.csv`` and the ``c_*.csv`` are counted from the masks. The unused blue
channel of the masks is filled with a number that must never be seen.
"""

from __future__ import annotations

import csv
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

UNUSED_BLUE = 200
_NOT_CATEGORIES = {"name", "split", "pixels"}

DEFAULT_LABELS = {
    1: "red-c",
    2: "blue-c",
    3: "dog",
    4: "grass",
    260: "paw",
    261: "claw",
    7: "fur",
    8: "street-s",
    9: "dotted",
}


def default_images() -> list[dict[str, Any]]:
    """Four images with masks of 4 x 6 pixels (sh x sw)."""
    colour = np.full((4, 6), 1)
    colour[:, 3:] = 2
    dog = np.zeros((4, 6), int)
    dog[1:3, 1:4] = 3
    dog[3] = 4
    paws = np.where(dog == 3, 260, 0)
    claws = np.zeros((4, 6), int)
    claws[2, 3] = 261
    fur = np.where(dog == 3, 7, 0)
    return [
        {"color": colour, "object": dog, "part": [paws, claws], "material": fur, "scene": 8},
        {"color": colour[:, ::-1], "object": np.full((4, 6), 4), "scene": 8},
        {"color": np.full((4, 6), 2), "texture": 9},
        {"split": "val", "texture": 9},
    ]


def write_broden(
    root: Path,
    images: Sequence[Mapping[str, Any]] | None = None,
    labels: Mapping[int, str] | None = None,
    *,
    mask_shape: tuple[int, int] = (4, 6),
    image_shape: tuple[int, int] = (8, 12),
    categories: Sequence[str] | None = None,
    coverage: Mapping[str, Mapping[int, float]] | None = None,
) -> Path:
    """Write the dataset into ``root`` (made if needed) and return ``root``.

    Args:
        images: see the module's docstring.
        labels: number -> name, for ``label.csv``.
        mask_shape: (sh, sw).
        image_shape: (ih, iw) of photographs without ``pixels``.
        categories: their order; by default as in Broden, by the smallest label number.
        coverage: category -> {number: coverage}, instead of what was counted (a label not counted
            in that category is added to it).
    """
    images = default_images() if images is None else images
    labels = DEFAULT_LABELS if labels is None else labels
    root = Path(root)
    area = mask_shape[0] * mask_shape[1]
    counted: dict[str, dict[int, list[float]]] = {}
    rows = []
    for index, image in enumerate(images):
        name = image.get("name", f"hand/{index:03d}.jpg")
        stem = str(Path(name).with_suffix(""))
        pixels = image.get("pixels")
        if pixels is None:
            noise = np.random.default_rng(index)
            pixels = noise.integers(0, 256, (*image_shape, 3), dtype=np.uint8)
        path = root / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path)
        row = {
            "image": name,
            "split": image.get("split", "train"),
            "ih": pixels.shape[0],
            "iw": pixels.shape[1],
            "sh": mask_shape[0],
            "sw": mask_shape[1],
        }
        for category in (key for key in image if key not in _NOT_CATEGORIES):
            entries = image[category] if isinstance(image[category], list) else [image[category]]
            stats = counted.setdefault(category, {})
            cell, pixels_of = [], {}
            for number, entry in enumerate(entries):
                if np.ndim(entry) == 0:
                    cell.append(str(int(entry)))
                    pixels_of[int(entry)] = pixels_of.get(int(entry), 0) + area
                    continue
                mask = np.asarray(entry)
                cell.append(f"{stem}_{category}_{number + 1}.png")
                write_mask(root / "images" / cell[-1], mask)
                for label, pixel_count in zip(*np.unique(mask, return_counts=True), strict=True):
                    pixels_of[int(label)] = pixels_of.get(int(label), 0) + int(pixel_count)
            for label, pixel_count in pixels_of.items():
                if label:
                    stat = stats.setdefault(label, [0, 0.0])
                    stat[0] += 1
                    stat[1] += pixel_count / area
            row[category] = ";".join(cell)
        rows.append(row)
    for category, given in (coverage or {}).items():
        for label, value in given.items():
            counted.setdefault(category, {}).setdefault(label, [1, 0.0])[1] = value
    if categories is None:
        categories = sorted(counted, key=lambda name: (min(counted[name], default=0), name))

    _write_csv(root / "index.csv", ["image", "split", "ih", "iw", "sh", "sw", *categories], rows)
    _write_csv(
        root / "category.csv",
        ["name", "first", "last", "count", "frequency"],
        (
            {
                "name": name,
                "first": min(counted[name]),
                "last": max(counted[name]),
                "count": len(counted[name]),
                "frequency": sum(bool(row.get(name)) for row in rows),
            }
            for name in categories
        ),
    )
    _write_csv(
        root / "label.csv",
        ["number", "name", "category", "frequency", "coverage", "syns"],
        (_label_row(number, name, counted) for number, name in sorted(labels.items())),
    )
    for category in categories:
        stats = counted[category]
        order = sorted(stats, key=lambda label: (-stats[label][0], -stats[label][1], label))
        _write_csv(
            root / f"c_{category}.csv",
            ["code", "number", "name", "frequency", "coverage"],
            (
                {
                    "code": code,
                    "number": number,
                    "name": labels.get(number, ""),
                    "frequency": stats[number][0],
                    "coverage": repr(stats[number][1]),
                }
                for code, number in enumerate(order, 1)
            ),
        )
    return root


def write_mask(path: Path, mask: np.ndarray) -> None:
    """Write label numbers (sh, sw) as a PNG: label = R + 256 * G."""
    mask = np.asarray(mask)
    rgb = np.stack([mask % 256, mask // 256, np.full_like(mask, UNUSED_BLUE)], axis=-1)
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(rgb.astype(np.uint8)).save(path)


def write_png(
    path: Path,
    rows: bytes,
    *,
    size: tuple[int, int] = (6, 4),
    depth: int = 8,
    interlaced: bool = False,
) -> None:
    """Write an RGB PNG of ``size`` (width, height) whose header and pixel data need not agree.

    Args:
        rows: the data before their compression: a filter byte, 0, and the samples of each row.
    """
    header = struct.pack(">IIBBBBB", *size, depth, 2, 0, 0, interlaced)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows)), (b"IEND", b""))
    packed = (
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
        for kind, data in chunks
    )
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + b"".join(packed))


def _label_row(
    number: int, name: str, counted: Mapping[str, Mapping[int, list[float]]]
) -> dict[str, Any]:
    stats = {category: of[number] for category, of in counted.items() if number in of}
    return {
        "number": number,
        "name": name,
        "category": ";".join(f"{category}({stat[0]})" for category, stat in stats.items()),
        "frequency": sum(stat[0] for stat in stats.values()),
        "coverage": f"{sum(stat[1] for stat in stats.values()):f}",
        "syns": "",
    }


def _write_csv(path: Path, fields: Sequence[str], rows: Iterable[Mapping[str, Any]]) -> None:
    with open(path, "w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, fields, restval="")
        writer.writeheader()
        writer.writerows(rows)
