"""Images in memory as a folder of PNGs, one folder a class, and choosing some of them.

<tree>/<split>/<class>/<position>.png
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from kdlens.data.work import run_chunks
from kdlens.errors import InputError
from kdlens.files import atomic_folder

_log = logging.getLogger(__name__)

DRAWN_ADVICE = "free some space, or ask for fewer or smaller images, and start again"
"""What to do about a full disk where images are drawn: their number and size are a choice."""


def balanced(labels: np.ndarray, count: int, classes: int, seed: int, key: str) -> np.ndarray:
    """Return the positions of ``count`` images, sorted, as many of each class as of another.

    Where the number of classes does not divide ``count``, the first classes have one more.

    Args:
        labels: class numbers (N,).
        classes: how many classes there are.
        seed: of the choice; for any ``count`` the same order, so that few images are among many.
        key: of the dataset's config that asks for them.

    Raises:
        InputError: if a class has too few, or ``count`` does not show every class.
    """
    if count < classes:
        raise InputError(
            f"dataset key {key}: {count} images cannot show {classes} classes; write at least "
            f"{classes}"
        )
    random = np.random.default_rng(seed)
    chosen = []
    for number in range(classes):
        positions = random.permutation(np.flatnonzero(labels == number))
        wanted = count // classes + (number < count % classes)
        if wanted > len(positions):
            raise InputError(
                f"dataset key {key}: {count} images of {classes} classes need {wanted} of each; "
                f"one class has {len(positions)}: write at most {len(positions) * classes}"
            )
        chosen.append(positions[:wanted])
    return np.sort(np.concatenate(chosen))


def write_tree(
    tree: str | Path,
    classes: Sequence[str],
    splits: Mapping[str, tuple[np.ndarray, np.ndarray, np.ndarray]],
    *,
    workers: int,
) -> None:
    """Write images as PNGs; the folder ``tree`` is whole or absent.

    Args:
        classes: names of the class folders.
        splits: name -> uint8 images (N, H, W) or (N, H, W, 3), class numbers (N,), and the
            positions (N,) that become the files' names.
        workers: threads.

    Raises:
        InputError: for a full disk.
    """
    advice = "nothing was kept of the images. Free some space and start again"
    with atomic_folder(tree, advice) as folder:
        for split, (images, labels, positions) in splits.items():
            places = [folder / split / name for name in classes]
            for place in places:
                place.mkdir(parents=True)
            files = [
                f"{places[label]}/{position:05d}.png"
                for label, position in zip(labels, positions, strict=True)
            ]
            for _ in run_chunks(
                _write_images,
                list(zip(files, images, strict=True)),
                workers=workers,
                logger=_log,
                what=f"writing {split}",
                unit="images",
            ):
                pass


def _write_images(pairs: Sequence[tuple[str, np.ndarray]]) -> None:
    for file, image in pairs:
        Image.fromarray(image).save(file)
