"""The cells as files: images as an ImageFolder, and what is known of each beside it.

    <tree>/train/<class>/<number>.png      RGB
    <tree>/val/<class>/<number>.png
    <tree>/truth/<split>/<class>/<number>.png   one channel: 0 background, 1 body, 2 feature
    <tree>/images.csv                      split, class, number, background

PNG, since the truth of a pixel needs the pixel: a JPEG would smear colours over outlines. Colours
are rounded to bytes; the source kept them as floating-point numbers.
"""

from __future__ import annotations

import csv
import io
import logging
import os
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from kdlens.data.cells import BACKGROUNDS, CLASSES, FEATURE
from kdlens.data.cells.drawing import picture
from kdlens.data.cells.scene import draw_kinds, generator
from kdlens.data.image_tree import DRAWN_ADVICE
from kdlens.data.work import run_chunks
from kdlens.errors import InputError
from kdlens.files import atomic_folder

TRUTH, INDEX = "truth", "images.csv"
# Run lengths alone: twelve times as fast as zlib's best, for files a fifth larger.
_PNG_OPTIONS = {"compress_level": 1, "compress_type": zlib.Z_RLE}

_log = logging.getLogger(__name__)


def write_cells(
    output: str | os.PathLike[str],
    *,
    image_size: int,
    images: Mapping[str, int],
    classes: str,
    seed: int,
    threads: int = 1,
) -> None:
    """Draw all images; the same bytes for any number of ``threads``.

    Args:
        output: the folder to make; it appears only when it is whole.
        image_size: side of the images in pixels.
        images: how many ``train`` and ``val`` images.
        classes: ``drawn`` at random for each image, as in the source, or ``balanced``, in turns.
        seed: of all that is drawn; the splits have independent streams.
        threads: images that are drawn at a time.

    Raises:
        InputError: if a class would have no image, or the disk is full.
    """
    tasks = [
        (split, number, kind)
        for split, count in sorted(images.items())
        for number, kind in enumerate(_kinds(seed, split, count, classes))
    ]
    with atomic_folder(output, DRAWN_ADVICE) as folder:
        for split in images:
            for name in CLASSES:
                (folder / split / name).mkdir(parents=True)
                (folder / TRUTH / split / name).mkdir(parents=True)

        def draw(chunk: Sequence[tuple[str, int, int]]) -> list[tuple[str, str, int, str]]:
            return [_write(folder, seed, image_size, *task) for task in chunk]

        rows = []
        for part in run_chunks(
            draw, tasks, workers=threads, logger=_log, what="drawn", unit="images"
        ):
            rows += part
        with open(folder / INDEX, "w", newline="", encoding="utf-8") as handle:
            writer = csv.writer(handle, lineterminator="\n")
            writer.writerow(["split", "class", "number", "background"])
            writer.writerows(rows)


def read_truth(path: str | os.PathLike[str]) -> np.ndarray:
    """Read a truth, uint8 (H, W); its values are in :mod:`kdlens.data.cells`.

    Raises:
        InputError: if it is missing or is none.
    """
    try:
        with Image.open(path) as image:
            truth = np.asarray(image)
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError(
            f"{path}: cannot be read ({error}); delete the dataset's tree and run the workflow "
            "again"
        ) from error
    if truth.ndim != 2 or truth.max(initial=0) > FEATURE:
        raise InputError(
            f"{path}: is no truth of a drawn cell (one channel with the values 0, 1 and 2); delete "
            "the dataset's tree and run the workflow again"
        )
    return truth


def truth_path(image: str | os.PathLike[str]) -> Path:
    """Return where the truth of ``<tree>/<split>/<class>/<number>.png`` lies."""
    image = Path(image)
    tree, split = image.parents[2], image.parents[1].name
    return tree / TRUTH / split / image.parent.name / image.name


def _kinds(seed: int, split: str, count: int, classes: str) -> list[int]:
    """Return the classes of a split's images."""
    if classes == "balanced":
        return [number % len(CLASSES) for number in range(count)]
    kinds = [draw_kinds(generator(seed, split, number))[0] for number in range(count)]
    missing = [CLASSES[kind] for kind in range(len(CLASSES)) if kind not in kinds]
    if missing:
        raise InputError(
            f"images.{split}: none of {count} images drawn with seed {seed} is of class "
            f"{', '.join(missing)}; ask for more images, or write classes: balanced"
        )
    return kinds


def _write(
    folder: Path, seed: int, size: int, split: str, number: int, kind: int
) -> tuple[str, str, int, str]:
    drawn = picture(seed, split, number, size, kind)
    name = f"{CLASSES[kind]}/{number:05d}.png"
    (folder / split / name).write_bytes(_png(drawn.rgb))
    (folder / TRUTH / split / name).write_bytes(_png(drawn.truth))
    return split, CLASSES[kind], number, BACKGROUNDS[drawn.background]


def _png(pixels: np.ndarray) -> bytes:
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", **_PNG_OPTIONS)
    return stream.getvalue()
