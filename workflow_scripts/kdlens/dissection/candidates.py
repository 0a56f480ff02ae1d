"""The activation maps that may still have an active region, kept between the two passes.

At q = 0.005 and maps of 7 x 7 at most a quarter of all (image, unit) maps, and usually a tenth,
reach above their unit's threshold; the others have no active pixel and need not be kept. While the
images stream by, the threshold is only known from below (:attr:`TopFraction.bound`), so a map is
kept if it reaches above that, and dropped later when the bound has risen past its maximum.
"""

from __future__ import annotations

import torch
from torch import Tensor


class CandidateMaps:
    """Maps (S,) of (image, unit) pairs, in host memory."""

    def __init__(self, images: int) -> None:
        self._images = images
        self._parts: list[tuple[Tensor, Tensor, Tensor]] = []
        self.nbytes = 0

    def add(self, images: Tensor, units: Tensor, rows: Tensor) -> None:
        """Keep maps ``rows`` (P, S) of images (P,), numbered in the data set, and units (P,)."""
        part = (images.cpu(), units.cpu(), rows.cpu())
        self._parts.append(part)
        self.nbytes += _nbytes(part)

    def prune(self, bound: Tensor) -> None:
        """Drop the maps that do not reach above ``bound`` (U,)."""
        bound = bound.cpu()
        parts = []
        for images, units, rows in self._parts:
            keep = rows.amax(1) > bound[units]
            parts.append((images[keep], units[keep], rows[keep]))
        self._parts = parts
        self.nbytes = sum(map(_nbytes, parts))

    def freeze(self, thresholds: Tensor) -> None:
        """End the collection: keep what exceeds the final ``thresholds`` (U,), sort by image."""
        self.prune(thresholds)
        columns = [torch.cat(column) for column in zip(*self._parts, strict=True)]
        self._parts = []
        images, self._units, self._rows = columns
        self._order = images.argsort(stable=True)
        counts = torch.bincount(images, minlength=self._images)
        self._ends = counts.cumsum(0)
        self._counts = counts

    def of(self, images: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Return (index into ``images``, units, rows) of all maps kept for these images (B,)."""
        counts = self._counts[images]
        index = torch.arange(len(images)).repeat_interleave(counts)
        # The k-th map of an image lies at its first one's place plus k.
        offset = (self._ends[images] - counts.cumsum(0))[index]
        place = self._order[offset + torch.arange(len(index))]
        return index, self._units[place], self._rows[place]


def _nbytes(part: tuple[Tensor, ...]) -> int:
    return sum(tensor.nbytes for tensor in part)
