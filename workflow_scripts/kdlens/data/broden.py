"""Read concept images in Broden's on-disk format.

    index.csv      image, split, ih, iw, sh, sw, and a column for each category
    category.csv   name, first, last, count, frequency: the categories, in their order
    label.csv      number, name, category, frequency, coverage, syns: the labels of all categories
    c_<name>.csv   code, number, name, frequency, coverage: the labels of one category
    images/        photographs, and masks of sh x sw pixels as PNG: label = R + 256 * G, 0 = none

A cell of index.csv is empty or a list joined by ``;``: a decimal number is a label of the whole
image, anything else a mask's path below ``images/``. Label numbers are those of label.csv
everywhere. One image can have several masks and several whole-image labels in a category, and a
label number can be used in several categories; its *primary* category is the one where c_<name>.csv
gives it the largest coverage, with ties, and labels without any, going to the last of them.

:class:`Broden` holds the tables and reads the masks of one image at a time.
"""

from __future__ import annotations

import io
import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from kdlens.data.broden_tables import (
    CATEGORY_COLUMNS,
    CODE_COLUMNS,
    INDEX_COLUMNS,
    LABEL_COLUMNS,
    read_number,
    read_table,
    split_cell,
)
from kdlens.data.png import bit_depth
from kdlens.data.regions import Annotation
from kdlens.errors import InputError, suggest

MAX_LABEL = 65535  # what two 8-bit channels can hold


class Broden:
    """A concept dataset, restricted to some of its categories.

    Attributes:
        root: the folder that holds index.csv.
        categories: the chosen categories, K of them, in the order of category.csv.
        label_names: one for each label number up to the largest, C of them; "" for 0 and for
            numbers that label.csv does not have.
        primary_category: int64 (C,), index into ``categories``.
        mask_shape: (sh, sw), the same for all images.
        image_files: photographs with at least one non-empty cell among the chosen categories, in
            the order of index.csv, train and val alike; ``len(dataset)`` of them.
    """

    def __init__(
        self, root: str | os.PathLike[str], categories: Sequence[str] | None = None
    ) -> None:
        """Read the tables.

        Raises:
            InputError: for a missing or malformed table, an unknown category, or an empty dataset.
        """
        self.root = Path(root)
        self.categories = _choose(self.root, categories)
        self.label_names = _label_names(self.root)
        self.primary_category = _primary_category(self.root, self.categories, len(self.label_names))
        rows = read_table(self.root / "index.csv", (*INDEX_COLUMNS, *self.categories))
        self.image_files: list[Path] = []
        self._masks: list[list[tuple[int, str]]] = []
        self._scalars: list[list[tuple[int, int]]] = []
        shapes: dict[tuple[int, int], str] = {}
        for row in rows:
            entries = [
                (index, entry)
                for index, category in enumerate(self.categories)
                for entry in split_cell(row[category])
            ]
            if not entries:
                continue
            self.image_files.append(self.root / "images" / row["image"])
            self._masks.append([(k, entry) for k, entry in entries if not entry.isdecimal()])
            self._scalars.append(
                [(k, int(entry)) for k, entry in entries if entry.isdecimal() and int(entry)]
            )
            shapes.setdefault(self._shape(row), row["image"])
        if not self.image_files:
            raise InputError(
                f"{self.root / 'index.csv'}: no image has a label in {', '.join(self.categories)}; "
                "choose other categories in the config"
            )
        if len(shapes) > 1:
            found = ", ".join(f"{sh} x {sw} ({image})" for (sh, sw), image in shapes.items())
            raise InputError(
                f"{self.root / 'index.csv'}: all masks must have the same size (sh x sw), found "
                f"{found}"
            )
        (self.mask_shape,) = shapes

    def __len__(self) -> int:
        return len(self.image_files)

    def annotation(self, index: int) -> Annotation:
        """Read the labels of image ``index``.

        Raises:
            InputError: if a mask is missing, cannot be decoded, has another size than
                ``mask_shape``, or holds a label number above the largest of label.csv.
        """
        masks = self.masks(index)
        planes = np.empty((len(masks), *self.mask_shape), np.uint16)
        for plane, (_, path) in zip(planes, masks, strict=True):
            plane[...] = read_mask(path, self.mask_shape)
        numbers = [number for _, number in self.scalars(index)]
        largest = max(planes.max(initial=0), *numbers, 0)
        if largest >= len(self.label_names):
            raise InputError(
                f"{self.image_files[index]}: its annotation holds the label number {largest}, and "
                f"label.csv ends at {len(self.label_names) - 1}; mend the dataset"
            )
        return Annotation(planes, np.array(numbers, np.int64))

    def masks(self, index: int) -> list[tuple[int, Path]]:
        """Return the masks of image ``index``, unread: (category, path) of each plane.

        Categories are indices into ``categories``.
        """
        return [(k, self.root / "images" / name) for k, name in self._masks[index]]

    def scalars(self, index: int) -> list[tuple[int, int]]:
        """Return the whole-image labels of image ``index``: (category, label number) of each.

        None is 0: a label that the dataset's makers dropped is written so, and means none.
        """
        return self._scalars[index]

    def _shape(self, row: dict[str, str]) -> tuple[int, int]:
        try:
            sh, sw = int(row["sh"]), int(row["sw"])
        except ValueError:
            sh = sw = 0
        if sh <= 0 or sw <= 0:
            raise InputError(
                f"{self.root / 'index.csv'}: {row['image']}: sh and sw must be positive whole "
                f"numbers, found '{row['sh']}' and '{row['sw']}'"
            )
        return sh, sw


def read_mask(path: Path, mask_shape: tuple[int, int], data: bytes | None = None) -> np.ndarray:
    """Read a mask's label numbers, uint16 (sh, sw), from ``path`` (or from ``data``, its bytes).

    Raises:
        InputError: if it is missing, is not a whole 8-bit colour PNG or has another size. (Whether
            all rows are there is not looked at each time; the check of a whole dataset does.)
    """
    try:
        if data is None:
            data = path.read_bytes()
        # The PNG decoder alone: no lossy format may pass for a mask.
        with Image.open(io.BytesIO(data), formats=("PNG",)) as image:
            if image.mode not in ("RGB", "RGBA", "P"):
                raise InputError(
                    f"{path}: expected a colour PNG (label = R + 256 * G), found mode "
                    f"'{image.mode}'"
                )
            depth = bit_depth(data)
            if depth not in (1, 2, 4, 8):  # fewer than 8 if there is a palette
                raise InputError(
                    f"{path}: expected 8 bits a channel (label = R + 256 * G), found {depth}"
                )
            if image.size != mask_shape[::-1]:
                width, height = image.size
                raise InputError(
                    f"{path}: the mask has {height} x {width} pixels (height x width), index.csv "
                    f"says {mask_shape[0]} x {mask_shape[1]}"
                )
            # Four bytes a pixel: the first two are the label number, low byte first.
            colours = image if image.mode == "RGB" else image.convert("RGB")
            pixels = colours.tobytes("raw", "RGBX")
    except FileNotFoundError as error:
        raise InputError(f"{path}: index.csv names this mask and it is missing") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(f"{path}: the mask cannot be decoded ({error})") from error
    return np.frombuffer(pixels, "<u2")[::2].reshape(mask_shape)


def _choose(root: Path, chosen: Sequence[str] | None) -> list[str]:
    path = root / "category.csv"
    known = [row["name"] for row in read_table(path, CATEGORY_COLUMNS)]
    if not known or len(set(known)) < len(known):
        raise InputError(f"{path}: expected one row a category, found {known}")
    if chosen is None:
        return known
    for name in chosen:
        if name not in known:
            raise InputError(f"{path}: no category '{name}'; {suggest(name, known)}")
    if not chosen:
        raise InputError("categories: choose at least one in the config, or leave the key out")
    return [name for name in known if name in chosen]


def _label_names(root: Path) -> list[str]:
    path = root / "label.csv"
    names: dict[int, str] = {}
    for row in read_table(path, LABEL_COLUMNS):
        number = read_number(path, row, "number")
        if not 0 < number <= MAX_LABEL:
            raise InputError(f"{path}: '{row['name']}': number {number} is not in 1..{MAX_LABEL}")
        if number in names:
            raise InputError(f"{path}: '{names[number]}' and '{row['name']}' are both {number}")
        if not row["name"]:
            raise InputError(f"{path}: the label number {number} has no name")
        names[number] = row["name"]
    if not names:
        raise InputError(f"{path}: no label")
    return [names.get(number, "") for number in range(max(names) + 1)]


def _primary_category(root: Path, categories: Sequence[str], labels: int) -> np.ndarray:
    coverage = np.zeros((len(categories), labels))
    for index, category in enumerate(categories):
        path = root / f"c_{category}.csv"
        for row in read_table(path, CODE_COLUMNS):
            number = read_number(path, row, "number")
            if not 0 < number < labels:
                raise InputError(f"{path}: '{row['name']}': number {number} is not in label.csv")
            coverage[index, number] = read_number(path, row, "coverage", float)
    # argmax returns the first of equals, and the last is wanted.
    return len(categories) - 1 - coverage[::-1].argmax(axis=0)
