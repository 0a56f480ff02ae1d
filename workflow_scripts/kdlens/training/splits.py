"""The images of a split of a checked dataset: held in memory, or streamed from the disk."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kdlens.data.image_folder import load_split, memory_of, read_dataset, split_files
from kdlens.errors import InputError, suggest
from kdlens.training.augmentation import AUGMENTATIONS
from kdlens.training.datasets import HeldImages, ImageDataset, StreamedImages, central

MEMORY_BUDGET = 2**30
"""Bytes of decoded images that a job may hold without being asked to."""


def hold_in_memory(
    setting: str | bool,
    dataset: Mapping[str, Any],
    image: Mapping[str, Any],
    splits: Sequence[str] = ("train", "val"),
    augmentation: str = "none",
) -> bool:
    """Decide whether to hold the images of ``splits`` in memory.

    Args:
        setting: ``in_memory`` of the config; ``auto`` holds them below a GiB, where possible.
        dataset: the contents of ``dataset.json``.
        image: the image spec.

    Raises:
        InputError: if they should be held and cannot be, or for an unknown augmentation.
    """
    if augmentation not in AUGMENTATIONS:
        raise InputError(
            f"training.augmentation: '{augmentation}' is not known; "
            f"{suggest(augmentation, AUGMENTATIONS)}"
        )
    if augmentation == "imagenet":
        if setting is True:
            raise InputError(
                "training.in_memory: augmentation imagenet crops the images in their stored size, "
                "so they cannot be held as squares; write auto or false"
            )
        return False
    if setting == "auto":
        side = stored_side(image)
        return sum(memory_of(dataset, split, side) for split in splits) < MEMORY_BUDGET
    return bool(setting)


def stored_side(image: Mapping[str, Any]) -> int:
    """Return the side in pixels to which images are resized before the centre is taken.

    Args:
        image: the image spec: ``size``, and ``resize`` if that is another.

    Raises:
        InputError: if that is less than the ``size``.
    """
    side = image.get("resize") or image["size"]
    if side < image["size"]:
        raise InputError(
            f"image.resize: {side} is less than the size {image['size']} that is cut out; "
            "write at least that, or leave it out"
        )
    return side


def open_split(
    dataset: str | Path,
    split: str,
    image: Mapping[str, Any],
    *,
    held: bool,
    device: torch.device,
    threads: int,
    augmentation: str = "none",
    seed: int = 0,
) -> ImageDataset:
    """Return the images of a split of a checked dataset.

    Args:
        dataset: ``dataset.json``.
        split: train or val.
        image: the image spec: ``size``, ``mean``, ``std``, and ``resize`` where the shorter side is
            to be brought to more than ``size`` before the centre is taken.
        held: whether to decode all of them now, with ``threads`` threads.
        device: where held images are kept.
        augmentation, seed: how they are changed in training.

    Raises:
        InputError: if an image that is to be held cannot be read; see :func:`stored_side`.
    """
    side = stored_side(image)
    if held:
        images, labels = load_split(dataset, split, side, workers=threads)
        images = np.ascontiguousarray(central(images, image["size"]))
        return HeldImages(images, labels, augmentation=augmentation, seed=seed, device=device)
    files, labels = split_files(read_dataset(dataset), split)
    return StreamedImages(
        files, labels, size=image["size"], resize=side, augmentation=augmentation, seed=seed
    )
