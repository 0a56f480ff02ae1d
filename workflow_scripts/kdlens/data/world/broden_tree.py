"""The concept images of the concept world, in Broden's on-disk format.

::

    index.csv       image,split,ih,iw,sh,sw,color,object,part,material,scene,texture
    category.csv    name,first,last,count,frequency
    label.csv       number,name,category,frequency,coverage,syns
    c_<category>.csv  code,number,name,frequency,coverage
    images/world/*.jpg, *_color.png, *_object.png, *_part_1.png ..., *_material.png
    images/textures/*.jpg, *_color.png

A cell of ``index.csv`` is empty, or a ';'-list: PNG files below ``images/``, the plane with most
labelled pixels first, or (scene, texture) the number of a label of the whole image. A PNG's pixel
is red + 256 * green, a number of ``label.csv``, 0 for none. Rows are sorted by the md5 of the
image's name, and the first 70 % of the range of that md5 are ``train``.

Masks are the full-size label planes at every k-th pixel (nearest neighbour, k = image size / mask
size, from the middle of the block), so that ``mask_size`` must divide ``image_size``. Colours are
named from the pixels *after* JPEG compression, at full size, then sampled in the same way.

Which labels are kept, after Broden's rule (there: in at least 10 of 63,305 images, and on at least
half an image's worth of pixels): those in at least 10 images, or in one of 130 where the set is
small, but never fewer than 2; and on at least 1/20 of an image's worth of pixels in all. Numbers
are given a category at a time, in Broden's order, by falling frequency, then by name.
``coverage`` is the sum over images of the fraction of the mask that carries the label (1 for a
label of the whole image); ``frequency`` counts the images.
"""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import io
import logging
import os
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from kdlens.data.work import Progress
from kdlens.data.world.colours import COLOURS, name_colours
from kdlens.data.world.folders import atomic_folder, decode, jpeg_bytes, label_png
from kdlens.data.world.image_tree import LARGEST_IMAGE, SMALLEST_IMAGE, require_whole
from kdlens.data.world.render import ConceptPicture, concept_picture
from kdlens.data.world.vocabulary import MATERIALS, OBJECTS, PARTS, SCENES, TEXTURES
from kdlens.errors import InputError

VOCABULARY: dict[str, tuple[str, ...]] = {
    "color": COLOURS,
    "object": OBJECTS,
    "part": PARTS,
    "material": MATERIALS,
    "scene": SCENES,
    "texture": TEXTURES,
}
"""Categories in the order of category.csv; a label's internal code is its place plus one."""

FEWEST_IMAGES = 170
SMALLEST_COVERAGE = 0.05
_TRAIN_SHARE = 0.7


def smallest_frequency(images: int) -> int:
    """In how many images a label must be to be kept."""
    return max(2, min(10, images // 130))


@dataclasses.dataclass
class _Record:
    """What index.csv must say of one image; planes at mask size, in internal codes."""

    name: str
    planes: dict[str, np.ndarray]
    whole: dict[str, int]


class _Census:
    """Frequency and coverage of every label, by category and internal code."""

    def __init__(self) -> None:
        self.frequency = {name: [0] * (len(words) + 1) for name, words in VOCABULARY.items()}
        self.pixels = {name: [0] * (len(words) + 1) for name, words in VOCABULARY.items()}

    def add(self, record: _Record, area: int) -> None:
        for category, planes in record.planes.items():
            counts = np.bincount(planes.ravel(), minlength=len(VOCABULARY[category]) + 1)
            for code in np.flatnonzero(counts).tolist():
                self.frequency[category][code] += 1
                self.pixels[category][code] += int(counts[code])
        for category, code in record.whole.items():
            self.frequency[category][code] += 1
            self.pixels[category][code] += area


def write_concepts(
    output: str | os.PathLike[str], *, image_size: int, mask_size: int, images: int, seed: int
) -> None:
    """Render the concept images and their annotation.

    The label planes stay in memory until the labels to keep are known: five bytes or so a mask
    pixel and image (13 MB for 1,560 images at 40 x 40).

    Args:
        output: the folder to make; it appears only when it is whole.
        image_size: side of the images in pixels.
        mask_size: side of the masks; divides ``image_size``.
        images: how many, texture images (24 %) included.
        seed: of the renderer.

    Raises:
        InputError: for a parameter that cannot be, naming its config key, or a full disk.
    """
    require_whole("concept_data.image_size", image_size, SMALLEST_IMAGE, LARGEST_IMAGE)
    require_whole("concept_data.seed", seed, 0, 2**32 - 1)
    why = " (each texture must be seen twice)"
    require_whole("concept_data.images", images, FEWEST_IMAGES, 1_000_000, why)
    require_whole("concept_data.mask_size", mask_size, 8, image_size, " (concept_data.image_size)")
    if image_size % mask_size:
        raise InputError(
            f"concept_data.mask_size: {mask_size} does not divide concept_data.image_size "
            f"{image_size}; take {image_size // 2} or another divisor"
        )
    area, census, records = mask_size**2, _Census(), []
    with atomic_folder(output) as folder:
        for source in ("world", "textures"):
            (folder / "images" / source).mkdir(parents=True)
        progress = Progress(logging.getLogger("kdlens"), "rendered", images, "images")
        for index in range(images):
            picture = concept_picture(seed, index, image_size)
            record = _write_image(folder, index, picture, mask_size)
            census.add(record, area)
            records.append(record)
            progress.update(index + 1, final=index + 1 == images)
        numbers = _number_labels(folder, census, smallest_frequency(images), area)
        _write_index(folder, records, numbers, image_size, mask_size)


def _write_image(folder: Path, index: int, picture: ConceptPicture, mask_size: int) -> _Record:
    data = jpeg_bytes(picture.rgb)
    stem = picture.names.get("texture", "scene")
    name = f"{picture.source}/{stem}_{index:06d}.jpg"
    (folder / "images" / name).write_bytes(data)
    planes = {"color": name_colours(decode(data))[None], **picture.planes}
    step = planes["color"].shape[1] // mask_size
    sampled = {
        category: plane[:, step // 2 :: step, step // 2 :: step].copy()
        for category, plane in planes.items()
    }
    whole = {
        category: VOCABULARY[category].index(label) + 1 for category, label in picture.names.items()
    }
    return _Record(name, sampled, whole)


def _number_labels(folder: Path, census: _Census, least: int, area: int) -> dict[str, np.ndarray]:
    """Write label.csv and the c_*.csv; return, by category, the number of each internal code."""
    numbers: dict[str, np.ndarray] = {}
    labels: list[tuple] = []
    for category, words in VOCABULARY.items():
        table = np.zeros(len(words) + 1, dtype=np.uint16)
        frequency, pixels = census.frequency[category], census.pixels[category]
        kept = [
            code
            for code in range(1, len(words) + 1)
            if frequency[code] >= least and pixels[code] >= SMALLEST_COVERAGE * area
        ]
        kept.sort(key=lambda code: (-frequency[code], words[code - 1]))
        rows: list[tuple] = []
        for position, code in enumerate(kept, start=1):
            number, word = len(labels) + 1, words[code - 1]
            table[code] = number
            # six digits, never an exponent: some readers take only digits, a dot and digits
            share = f"{pixels[code] / area:.6f}"
            rows.append((position, number, word, frequency[code], share))
            labels.append(
                (number, word, f"{category}({frequency[code]})", frequency[code], share, "")
            )
        header = ("code", "number", "name", "frequency", "coverage")
        _write_csv(folder / f"c_{category}.csv", header, rows)
        numbers[category] = table
    header = ("number", "name", "category", "frequency", "coverage", "syns")
    _write_csv(folder / "label.csv", header, labels)
    return numbers


def _write_index(
    folder: Path,
    records: list[_Record],
    numbers: dict[str, np.ndarray],
    image_size: int,
    mask_size: int,
) -> None:
    """Write the masks, index.csv and category.csv."""
    rows, annotated = [], dict.fromkeys(VOCABULARY, 0)
    for record in records:
        hashed = hashlib.md5(record.name.encode(), usedforsecurity=False).hexdigest()
        split = "train" if int(hashed[:8], 16) < _TRAIN_SHARE * 2**32 else "val"
        cells = []
        for category in VOCABULARY:
            entries = _entries(folder, record, category, numbers[category])
            annotated[category] += bool(entries)
            cells.append(";".join(entries))
        size = (image_size, image_size, mask_size, mask_size)
        rows.append((hashed, (record.name, split, *size, *cells)))
    rows.sort()
    header = ("image", "split", "ih", "iw", "sh", "sw", *VOCABULARY)
    _write_csv(folder / "index.csv", header, (row for _, row in rows))
    ranges = []
    for category, table in numbers.items():
        used = table[table > 0].tolist()
        if used:
            ranges.append((category, min(used), max(used), len(used), annotated[category]))
    _write_csv(folder / "category.csv", ("name", "first", "last", "count", "frequency"), ranges)


def _entries(folder: Path, record: _Record, category: str, numbers: np.ndarray) -> list[str]:
    """An index cell: writes the image's planes of a category, the fullest first."""
    if category in record.whole:
        number = int(numbers[record.whole[category]])
        return [str(number)] if number else []
    planes = [numbers[plane] for plane in record.planes.get(category, ())]
    planes = [plane for plane in planes if plane.any()]
    planes.sort(key=np.count_nonzero, reverse=True)
    entries = []
    for position, plane in enumerate(planes, start=1):
        suffix = f"_{position}" if category == "part" else ""
        entry = f"{record.name.removesuffix('.jpg')}_{category}{suffix}.png"
        (folder / "images" / entry).write_bytes(label_png(plane))
        entries.append(entry)
    return entries


def _write_csv(path: Path, header: tuple[str, ...], rows: Iterable[tuple]) -> None:
    stream = io.StringIO(newline="")
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(header)
    writer.writerows(rows)
    path.write_bytes(stream.getvalue().encode("utf-8"))
