"""The concept images of the concept world, in Broden's format (:mod:`kdlens.data.broden`).

    images/world/*.jpg, *_color.png, *_object.png, *_part_1.png ..., *_material.png
    images/textures/*.jpg, *_color.png

Scene and texture are labels of the whole image. A cell of ``index.csv`` with several masks has the
one with most labelled pixels first. Rows are sorted by the md5 of the image's name, and the first
70 % of the range of that md5 are ``train``.

Masks are the full-size label planes at every k-th pixel (nearest neighbour, k = image size / mask
size, from the middle of the block), so that ``mask_size`` must divide ``image_size``. Colours are
named from the pixels *after* JPEG compression, at full size, then sampled in the same way.

Which labels are kept, after Broden's rule (there: in at least 10 of 63,305 images, and on at least
half an image's worth of pixels): those in at least 10 images, or in one of 130 where the set is
small, but never fewer than 2; and on at least 1/20 of an image's worth of pixels in all.

The labels of all categories are numbered together, from 1, by falling frequency, then by falling
coverage, then by name, so that the categories' numbers interleave. A category's place (in
category.csv and in the columns of index.csv) goes by its smallest number; one of which no label is
kept is left out. What the columns hold:

- ``number`` is a label's number everywhere; ``code`` counts a category's labels from 1;
- ``frequency`` of a label: in how many images it is; of a category (category.csv): how many images
  are annotated with any of its labels, at most the sum of the labels' frequencies;
- ``coverage``: the sum over images of the fraction of the mask that carries the label (1 for a
  label of the whole image);
- ``category`` of a label: the one category that it is in, and its frequency there;
- ``first``, ``last``, ``count``: smallest and largest number of a category's labels, and how many
  they are; numbers between the two can be other categories' labels.
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

from kdlens.data.broden_tables import (
    CATEGORY_COLUMNS,
    CODE_COLUMNS,
    INDEX_COLUMNS,
    LABEL_COLUMNS,
)
from kdlens.data.image_tree import DRAWN_ADVICE
from kdlens.data.work import Progress
from kdlens.data.world.colours import COLOURS, name_colours
from kdlens.data.world.encoding import decode, jpeg_bytes, label_png
from kdlens.data.world.image_tree import SMALLEST_IMAGE, require_whole
from kdlens.data.world.render import ConceptPicture, concept_picture
from kdlens.data.world.vocabulary import MATERIALS, OBJECTS, PARTS, SCENES, TEXTURES
from kdlens.errors import InputError
from kdlens.files import atomic_folder

_log = logging.getLogger(__name__)

VOCABULARY: dict[str, tuple[str, ...]] = {
    "color": COLOURS,
    "object": OBJECTS,
    "part": PARTS,
    "material": MATERIALS,
    "scene": SCENES,
    "texture": TEXTURES,
}
"""The names in each category; a label's internal code is its place in the tuple plus one."""

LARGEST_IMAGE = 512
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


@dataclasses.dataclass(frozen=True)
class _Label:
    """A label with its internal code, its number of images and of mask pixels in all of them."""

    category: str
    code: int
    name: str
    frequency: int
    pixels: int


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
    with atomic_folder(output, DRAWN_ADVICE) as folder:
        for source in ("world", "textures"):
            (folder / "images" / source).mkdir(parents=True)
        progress = Progress(_log, "rendered", images, "images")
        for index in range(images):
            picture = concept_picture(seed, index, image_size)
            record = _write_image(folder, index, picture, mask_size)
            census.add(record, area)
            records.append(record)
            progress.update(index + 1, final=index + 1 == images)
        labels = _kept_labels(census, smallest_frequency(images), area)
        _write_labels(folder, labels, area)
        _write_index(folder, records, labels, image_size, mask_size)


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


def _kept_labels(census: _Census, least: int, area: int) -> list[_Label]:
    """The labels to keep, number 1 first."""
    labels = [
        _Label(
            category, code, word, census.frequency[category][code], census.pixels[category][code]
        )
        for category, words in VOCABULARY.items()
        for code, word in enumerate(words, start=1)
    ]
    kept = [
        label
        for label in labels
        if label.frequency >= least and label.pixels >= SMALLEST_COVERAGE * area
    ]
    return sorted(kept, key=lambda label: (-label.frequency, -label.pixels, label.name))


def _write_labels(folder: Path, labels: list[_Label], area: int) -> None:
    """Write label.csv and the c_*.csv."""
    rows: list[tuple] = []
    tables: dict[str, list[tuple]] = {label.category: [] for label in labels}
    for number, label in enumerate(labels, start=1):
        # six digits, never an exponent: some readers take only digits, a dot and digits
        shown = (label.frequency, f"{label.pixels / area:.6f}")
        rows.append((number, label.name, f"{label.category}({label.frequency})", *shown, ""))
        table = tables[label.category]
        table.append((len(table) + 1, number, label.name, *shown))
    _write_csv(folder / "label.csv", (*LABEL_COLUMNS, "syns"), rows)
    for category, table in tables.items():
        _write_csv(folder / f"c_{category}.csv", CODE_COLUMNS, table)


def _write_index(
    folder: Path,
    records: list[_Record],
    labels: list[_Label],
    image_size: int,
    mask_size: int,
) -> None:
    """Write the masks, index.csv and category.csv."""
    numbers: dict[str, np.ndarray] = {}  # by internal code, 0 for what was not kept
    for number, label in enumerate(labels, start=1):  # so categories come by smallest number
        empty = np.zeros(len(VOCABULARY[label.category]) + 1, dtype=np.uint16)
        numbers.setdefault(label.category, empty)[label.code] = number
    rows, annotated = [], dict.fromkeys(numbers, 0)
    for record in records:
        hashed = hashlib.md5(record.name.encode(), usedforsecurity=False).hexdigest()
        split = "train" if int(hashed[:8], 16) < _TRAIN_SHARE * 2**32 else "val"
        cells = []
        for category, table in numbers.items():
            entries = _entries(folder, record, category, table)
            annotated[category] += bool(entries)
            cells.append(";".join(entries))
        size = (image_size, image_size, mask_size, mask_size)
        rows.append((hashed, (record.name, split, *size, *cells)))
    rows.sort()
    _write_csv(folder / "index.csv", (*INDEX_COLUMNS, *numbers), (row for _, row in rows))
    ranges = []
    for category, table in numbers.items():
        used = table[table > 0].tolist()
        ranges.append((category, min(used), max(used), len(used), annotated[category]))
    _write_csv(folder / "category.csv", CATEGORY_COLUMNS, ranges)


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
