"""The images to which each unit of a layer responds most, with its activation maps (numpy alone).

Shapes: U units, T images for each, maps of h x w. What a dissection writes as ``<layer>_top.npz``
beside its tallies, and galleries and unit grids are drawn from: the thresholds are in the tallies,
the photographs in the concept dataset.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from kdlens.npz import Record


@dataclasses.dataclass(frozen=True, eq=False)
class TopImages(Record):
    """T images a unit, the largest peak first; equal peaks by the image's number."""

    WHAT = "top images"

    images: np.ndarray
    """(U, T) int64, numbers in the concept dataset."""
    peaks: np.ndarray
    """(U, T) float32, the largest activation of the image."""
    maps: np.ndarray
    """(U, T, h, w) float32, the activations."""
    meta: dict[str, Any]
    """layer, model, seed, images, mask_shape, ... as in the tallies."""

    def __post_init__(self) -> None:
        if self.images.shape != self.peaks.shape or self.images.shape != self.maps.shape[:2]:
            raise ValueError(
                f"images {self.images.shape}, peaks {self.peaks.shape} and maps "
                f"{self.maps.shape} do not fit together"
            )

    def regions(self, unit: int, threshold: float, mask_shape: tuple[int, int]) -> np.ndarray:
        """Return where the unit's upsampled maps exceed a threshold, (T, sh, sw) bool.

        The very region that is counted in the tallies, to the last pixel.
        """
        return upsample(self.maps[unit], mask_shape) > np.float32(threshold)


def upsample(maps: np.ndarray, mask_shape: tuple[int, int]) -> np.ndarray:
    """Bring maps (..., h, w) float32 to (..., sh, sw), bilinear with half-pixel centres.

    The arithmetic of ``kdlens.dissection.upsample``, operation by operation, hence equal bits.
    """
    maps = np.asarray(maps, np.float32)
    if maps.shape[-2:] == tuple(mask_shape):
        return maps
    row, row_fraction = _coordinates(maps.shape[-2], mask_shape[0])
    column, column_fraction = _coordinates(maps.shape[-1], mask_shape[1])
    next_column = np.minimum(column + 1, maps.shape[-1] - 1)
    next_row = np.minimum(row + 1, maps.shape[-2] - 1)
    left = maps[..., column]
    wide = (maps[..., next_column] - left) * column_fraction + left
    top = wide[..., row, :]
    return (wide[..., next_row, :] - top) * row_fraction[:, None] + top


def _coordinates(source: int, target: int) -> tuple[np.ndarray, np.ndarray]:
    numerator = np.maximum((2 * np.arange(target) + 1) * source - target, 0)
    fraction = (numerator % (2 * target)) / (2 * target)
    return numerator // (2 * target), fraction.astype(np.float32)
