"""Images from which a fraction of their coordinates is removed, the top or the bottom ones.

Of d coordinates (or pixels) the round(f * d) with the lowest ranks are removed from the *top*, or
those with the highest from the *bottom*; halves are rounded to even, as Python does. What is
removed gets the fill value of its channel: the mean of the training images, rounded to a whole
number of 0..255 since images are bytes (after normalisation, 0 to within a hundredth of a standard
deviation), or 0, which is black.

Nothing masked is stored: images and ranks are, and a batch is masked when it is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch

from kdlens.training.augmentation import augment

SIDES = ("top", "bottom")


@dataclass(frozen=True)
class Mask:
    """What is removed: a fraction of each image's coordinates, from one side of a ranking."""

    ranking: str
    fraction: float
    side: str


def removed(fraction: float, count: int) -> int:
    """Return how many of ``count`` coordinates are removed."""
    return round(fraction * count)


def fill_values(images: torch.Tensor, fill: str) -> torch.Tensor:
    """Return what removed coordinates get, uint8 (3,); ``fill`` is ``mean`` or ``zero``."""
    if fill == "zero":
        return torch.zeros(images.shape[-1], dtype=torch.uint8, device=images.device)
    sums = sum(part.sum(dim=(0, 1, 2), dtype=torch.int64) for part in images.split(4096))
    return (sums.double() / images[..., 0].numel()).round().to(torch.uint8)


def apply_mask(
    images: torch.Tensor, ranks: torch.Tensor, mask: Mask, fill: torch.Tensor
) -> torch.Tensor:
    """Return images (B, S, S, 3) without the coordinates that ``mask`` removes.

    Args:
        ranks: (B, S, S, 3), or (B, S, S, 1) to remove whole pixels.
        fill: uint8 (3,).
    """
    total = ranks[0].numel()
    count = removed(mask.fraction, total)
    gone = ranks < count if mask.side == "top" else ranks >= total - count
    return torch.where(gone, fill, images)


class MaskedImages:
    """A split of a dataset whose images are masked as they are picked.

    Args:
        images: uint8 (N, S, S, 3).
        labels: int64 (N,).
        ranks: by ranking, (N, S, S, 3 or 1).
        fill: uint8 (3,).
    """

    def __init__(
        self,
        images: torch.Tensor,
        labels: torch.Tensor,
        ranks: Mapping[str, torch.Tensor],
        fill: torch.Tensor,
    ) -> None:
        self._images, self.labels, self._ranks, self._fill = images, labels, ranks, fill

    def __len__(self) -> int:
        return len(self.labels)

    def batch(
        self, keys: np.ndarray, mask: Mask, augmentation: str = "none", seed: int = 0
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Return the images of ``keys`` under a mask, uint8 (B, S, S, 3), and labels (B,).

        Masked first and changed after it, an image is changed alike under all masks.

        Args:
            keys: (B,), epoch x N + image, on which the augmentation depends.
            augmentation, seed: see :mod:`kdlens.training.augmentation`; not ``imagenet``.
        """
        index = torch.from_numpy(keys % len(self)).to(self.labels.device)
        ranks = self._ranks[mask.ranking][index]
        masked = apply_mask(self._images[index], ranks, mask, self._fill)
        return augment(augmentation, masked, keys, seed), self.labels[index]
