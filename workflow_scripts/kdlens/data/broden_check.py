"""Check a whole concept dataset, once, before anything is measured with it.

``check_broden`` decodes every photograph and every mask. What would make a measurement wrong or
impossible is an error, and all of it is reported together; what only looks odd is a warning, which
goes into ``dataset.json``. (Broden itself gives reason for that distinction: its frequencies and
coverages were counted before the masks were made smaller, so they never agree exactly.) All
categories are checked and described, whichever a run uses, since runs share their datasets;
``check_choices`` looks whether what a run uses is there.

Errors: a missing or malformed table; a file that is missing, cannot be decoded or lies outside of
``images/``; a mask of the wrong size or kind, or without its last rows; a label number that
label.csv does not have; a number in c_<category>.csv outside of category.csv's first..last; an
image listed twice.
Warnings, one line for each kind and category: labels used in a category whose c_<category>.csv
lacks them, frequency or coverage far from what the masks hold, labels that occur nowhere,
photographs of another size than index.csv says, counts and codes that are off, a split other than
train and val (all images are used, whatever their split).
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from kdlens.data.broden import Broden, read_mask
from kdlens.data.broden_check_tables import Tables, check_index, check_tables
from kdlens.data.png import has_all_rows
from kdlens.data.work import run_chunks
from kdlens.errors import InputError, listed
from kdlens.files import sha256_of

_log = logging.getLogger(__name__)

_TOLERANCE = 0.2  # a relative difference of frequency or coverage that is worth a warning,
_SLACK = 2.0  # if it is also this many images


def check_broden(root: str | os.PathLike[str], workers: int = 1) -> dict[str, Any]:
    """Check the dataset in ``root`` and describe it.

    Args:
        workers: threads that decode images and masks.

    Returns:
        ``dataset.json`` without its "name": kind, root, images (how many have a label),
        mask_shape, categories, labels (for each category, how many labels it is the primary
        category of), annotated_images (for each category, the number of images with a label that
        it is the primary category of), warnings, and digest, the sha256 of a line "sha256  path"
        for each table, photograph and mask, sorted by path.

    Raises:
        InputError: with the number of errors and the first ten of them.
    """
    dataset = Broden(root)
    tables = check_tables(dataset)
    rows = check_index(dataset, tables)
    _log.info("%s: %d images to check", dataset.root, len(dataset))
    known = np.array([bool(name) for name in dataset.label_names])
    found = _Found(len(dataset.categories), len(known))
    for part in run_chunks(
        lambda chunk: _check_images(dataset, rows, known, chunk),
        range(len(dataset)),
        workers=workers,
        logger=_log,
        what=f"check of {dataset.root}",
        unit="images",
    ):
        found.add(part)
    problems = tables.problems + found.problems
    if problems:
        raise InputError(
            f"{dataset.root}: {len(problems)} {'errors' if len(problems) > 1 else 'error'} in the "
            f"dataset: {listed(problems)}. Fetch it again, or mend it"
        )
    warnings = tables.warnings + _compare(dataset, tables, found)
    for warning in warnings:
        _log.info("warning: %s", warning)
    # Labels that no category lists fall to the last one; they are not its own.
    own = dataset.primary_category[tables.labels()]
    labels = np.bincount(own, minlength=len(dataset.categories))
    return {
        "kind": "broden",
        "root": str(root),
        "images": len(dataset),
        "mask_shape": list(dataset.mask_shape),
        "categories": dataset.categories,
        "labels": _by_category(dataset, labels),
        "annotated_images": _by_category(dataset, found.annotated),
        "warnings": warnings,
        "digest": _digest(dataset, found.hashes),
    }


class _Found:
    """What the files of some images hold: sums over K categories x C label numbers."""

    def __init__(self, categories: int, labels: int) -> None:
        self.problems: list[str] = []
        self.images = np.zeros((categories, labels), np.int64)  # that have the label
        self.coverage = np.zeros((categories, labels))  # sum of the fractions of their pixels
        self.annotated = np.zeros(categories, np.int64)  # images, by primary category
        self.sizes: Counter[str] = Counter()  # photographs of an unexpected size
        self.hashes: dict[str, str] = {}

    def add(self, other: _Found) -> None:
        self.problems += other.problems
        self.images += other.images
        self.coverage += other.coverage
        self.annotated += other.annotated
        self.sizes += other.sizes
        self.hashes |= other.hashes


def _check_images(
    dataset: Broden, rows: dict[Path, dict[str, str]], known: np.ndarray, chunk: Sequence[int]
) -> _Found:
    """Read and decode all files of some images, and count their labels."""
    found = _Found(len(dataset.categories), len(known))
    area = dataset.mask_shape[0] * dataset.mask_shape[1]
    for index in chunk:
        image = dataset.image_files[index]
        _check_photograph(dataset, image, rows[image], found)
        pixels = np.zeros_like(found.images)
        for k, path in dataset.masks(index):
            if (data := _read(dataset, path, found)) is None:
                continue
            try:
                mask = read_mask(path, dataset.mask_shape, data)
            except InputError as error:
                found.problems.append(str(error))
                continue
            if not has_all_rows(data):
                found.problems.append(f"{path}: the mask's last rows are missing")
                continue
            counts = np.bincount(mask.ravel(), minlength=len(known))
            # A number of no label is a problem, and 0 is no label.
            numbers = np.flatnonzero(counts[1:]) + 1
            if unknown := [n for n in numbers if n >= len(known) or not known[n]]:
                found.problems.append(f"{path}: the label number {unknown[0]} is not in label.csv")
            else:
                pixels[k] += counts
        for k, number in dataset.scalars(index):
            if number >= len(known) or not known[number]:
                found.problems.append(f"{image}: the label number {number} is not in label.csv")
            else:
                pixels[k, number] += area
        pixels[:, 0] = 0
        found.images += pixels > 0
        found.coverage += pixels / area
        found.annotated[np.unique(dataset.primary_category[pixels.any(axis=0)])] += 1
    return found


def _check_photograph(dataset: Broden, path: Path, row: dict[str, str], found: _Found) -> None:
    if (data := _read(dataset, path, found)) is None:
        return
    try:
        with Image.open(io.BytesIO(data)) as image:
            image.load()
    except MemoryError:
        raise
    except Exception as error:  # a damaged file can break a decoder in any way
        found.problems.append(f"{path}: cannot be decoded ({error or type(error).__name__})")
        return
    width, height = image.size
    if (str(height), str(width)) != (row["ih"], row["iw"]):
        found.sizes[f"{height} x {width}"] += 1


def _read(dataset: Broden, path: Path, found: _Found) -> bytes | None:
    """Read a file and note its checksum; None, and a problem, if that is not possible."""
    name = path.relative_to(dataset.root).as_posix() if path.is_relative_to(dataset.root) else ""
    if not name.startswith("images/") or ".." in path.parts[len(dataset.root.parts) :]:
        found.problems.append(f"index.csv: {path} lies outside of images/")
        return None
    try:
        data = path.read_bytes()
    except OSError as error:
        found.problems.append(f"{path}: cannot be read ({error.strerror})")
        return None
    found.hashes[name] = hashlib.sha256(data).hexdigest()
    return data


def _compare(dataset: Broden, tables: Tables, found: _Found) -> list[str]:
    """Compare the tables' statistics with what the files hold: warnings."""
    warnings = []
    if found.sizes:
        sizes = ", ".join(f"{times} of {size}" for size, times in found.sizes.most_common(3))
        warnings.append(f"photographs of another size than ih x iw of index.csv: {sizes}")
    for k, category in enumerate(dataset.categories):
        frequency, coverage = tables.frequency[k], tables.coverage[k]
        images, covered = found.images[k], found.coverage[k]
        unlisted = [n for n in np.flatnonzero(images) if n not in frequency]
        unused = [n for n in frequency if not images[n]]
        rare = [n for n in frequency if images[n] and _differ(frequency[n], images[n])]
        thin = [n for n in coverage if images[n] and _differ(coverage[n], covered[n])]
        for numbers, what in (
            (unlisted, f"found here and not listed in c_{category}.csv"),
            (unused, "found in no image"),
            (rare, f"in far more or fewer images than c_{category}.csv says"),
            (thin, f"of far more or less coverage than c_{category}.csv says"),
        ):
            if numbers:
                names = ", ".join(f"'{dataset.label_names[n]}'" for n in numbers[:3])
                more = ", ..." if len(numbers) > 3 else ""
                plural = "s" if len(numbers) > 1 else ""
                warnings.append(f"{category}: {len(numbers)} label{plural} {what}: {names}{more}")
    return warnings


def _differ(stated: float, counted: float) -> bool:
    return abs(stated - counted) > max(_SLACK, _TOLERANCE * max(stated, counted))


def _by_category(dataset: Broden, counts: np.ndarray) -> dict[str, int]:
    return dict(zip(dataset.categories, counts.tolist(), strict=True))


def _digest(dataset: Broden, hashes: dict[str, str]) -> str:
    names = ["index.csv", "category.csv", "label.csv"]
    names += [f"c_{category}.csv" for category in dataset.categories]
    hashes = hashes | {name: sha256_of(dataset.root / name) for name in names}
    lines = "".join(f"{value}  {name}\n" for name, value in sorted(hashes.items()))
    return hashlib.sha256(lines.encode("utf-8", "surrogateescape")).hexdigest()
