"""Random changes of the training images, each named by a word of the config.

=========  =========================================================================================
none       the image as it is
flip       mirrored left to right with probability 1/2
crop_flip  shifted by up to an eighth of its side in both directions (what appears at the edge is
           reflected from inside), then flip
imagenet   a random rectangle of 8 to 100 % of the area and aspect ratio 3/4 to 4/3, resized to a
           square (Szegedy et al. 2015, as in torchvision's RandomResizedCrop), then flip
=========  =========================================================================================

What an image gets depends on (seed, epoch, image) alone; see :mod:`kdlens.training.randomness`.
The first three work on whole batches of square images, on any device. ``imagenet`` needs the image
in its stored size, one at a time.
"""

from __future__ import annotations

import math

import numpy as np
import torch
from PIL import Image

from kdlens.training.randomness import Stream, uniforms

AUGMENTATIONS = ("none", "flip", "crop_flip", "imagenet")
FORMS = {"none": 1, "flip": 2}
"""How many forms an image can take, where they can be counted: as it is, and mirrored."""
_ATTEMPTS = 10


def forms(name: str, keys: np.ndarray, seed: int) -> np.ndarray:
    """Return which of its :data:`FORMS` each image takes, int64 (B,).

    Args:
        name: one of them.
        keys: integers (B,), one for each pair of epoch and image.
        seed: the training's seed.
    """
    if FORMS[name] == 1:
        return np.zeros(len(keys), np.int64)
    return _flipped(uniforms(seed, Stream.AUGMENTATION, keys, 3)).astype(np.int64)


def in_form(images: torch.Tensor, numbers: torch.Tensor) -> torch.Tensor:
    """Return images (B, S, S, 3) in forms (B,), int64 on their device."""
    return torch.where(numbers[:, None, None, None] == 1, images.flip(2), images)


def _flipped(draws: np.ndarray) -> np.ndarray:
    return draws[:, 0] < 0.5


def augment(name: str, images: torch.Tensor, keys: np.ndarray, seed: int) -> torch.Tensor:
    """Return augmented images (B, S, S, 3) of the same type.

    Args:
        name: none, flip or crop_flip.
        images: (B, S, S, 3), of any type.
        keys: integers (B,), one for each pair of epoch and image.
        seed: the training's seed.
    """
    if name == "none":
        return images
    if name in FORMS:
        return in_form(images, torch.from_numpy(forms(name, keys, seed)).to(images.device))
    draws = uniforms(seed, Stream.AUGMENTATION, keys, 3)
    flipped = torch.from_numpy(_flipped(draws)).to(images.device)
    side = images.shape[1]
    reach = side // 8
    shifts = torch.from_numpy((draws[:, 1:] * (2 * reach + 1)).astype(np.int64) - reach)
    positions = torch.arange(side, device=images.device)
    rows, columns = (
        _reflected(positions + shift[:, None], side) for shift in shifts.to(images.device).T
    )
    columns = torch.where(flipped[:, None], columns.flip(1), columns)
    batch = torch.arange(len(images), device=images.device)
    return images[batch[:, None, None], rows[:, :, None], columns[:, None, :]]


def _reflected(positions: torch.Tensor, side: int) -> torch.Tensor:
    """Fold positions outside [0, side) back inside, without repeating the edge."""
    return (side - 1) - ((side - 1) - positions.abs()).abs()


def random_resized_crop(image: Image.Image, size: int, key: int, seed: int) -> Image.Image:
    """Return the ``imagenet`` augmentation of one image, a square of ``size`` pixels."""
    width, height = image.size
    draws = uniforms(seed, Stream.AUGMENTATION, np.array([key]), 1 + 4 * _ATTEMPTS)[0]
    flipped, attempts = draws[0] < 0.5, draws[1:].reshape(_ATTEMPTS, 4)
    box = _whole_crop(width, height)
    for area, ratio, across, down in attempts:
        target = width * height * (0.08 + area * 0.92)
        aspect = math.exp((2 * ratio - 1) * math.log(4 / 3))
        crop_width = round(math.sqrt(target * aspect))
        crop_height = round(math.sqrt(target / aspect))
        if 0 < crop_width <= width and 0 < crop_height <= height:
            left = int(across * (width - crop_width + 1))
            top = int(down * (height - crop_height + 1))
            box = (left, top, left + crop_width, top + crop_height)
            break
    image = image.resize((size, size), Image.Resampling.BILINEAR, box=box)
    return image.transpose(Image.Transpose.FLIP_LEFT_RIGHT) if flipped else image


def _whole_crop(width: int, height: int) -> tuple[int, int, int, int]:
    """Return the largest central crop whose aspect ratio is in range, for very long images."""
    crop_width = min(width, round(height * 4 / 3))
    crop_height = min(height, round(width * 4 / 3))
    left, top = (width - crop_width) // 2, (height - crop_height) // 2
    return left, top, left + crop_width, top + crop_height
