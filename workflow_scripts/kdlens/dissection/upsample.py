"""Bilinear upsampling of activation maps to the masks' size, reproducible to the last bit.

The convention is the half-pixel one (cv2's INTER_LINEAR, Pillow's enlargement,
``F.interpolate(mode="bilinear", align_corners=False)``): output pixel i of ``out`` takes its value
at the coordinate ``s = (i + 1/2) in / out - 1/2``, cut off below at 0 and above at in - 1.

Why not call ``F.interpolate``: its last bits depend on memory layout, vector width and device, and
a pixel within a bit of a threshold then falls to either side. Here each direction, columns first
and rows second, is ``a + f (b - a)`` in three separately rounded float32 operations, which IEEE 754
fixes for every machine and batch size. The form also never leaves the interval between a and b
(f <= 1 - 1/(2 out)), so a map whose maximum is not above a threshold has no pixel above it, and
neither has a block (``blocks``) none of whose corners is. ``top_images.upsample`` does whole maps,
with the same operations on the same numbers.
"""

from __future__ import annotations

import torch
from torch import Tensor


class BlockUpsampler:
    """Blocks of maps of h x w (``kdlens.dissection.blocks``) -> their pixels of sh x sw.

    Attributes:
        pixels: S, most pixels of a block.
        offset: (S,) int64, how far after a block's first pixel in the mask each of them lies.
    """

    def __init__(
        self,
        map_shape: tuple[int, int],
        mask_shape: tuple[int, int],
        device: torch.device | str = "cpu",
    ) -> None:
        self._columns = map_shape[1] + 1
        first_row, row_fraction = _spans(map_shape[0], mask_shape[0])
        first_column, column_fraction = _spans(map_shape[1], mask_shape[1])
        rows, columns = len(row_fraction), len(column_fraction)
        self.pixels = rows * columns
        self._row_fraction = row_fraction.to(device)
        self._column_fraction = column_fraction.to(device)
        first = first_row[:, None] * mask_shape[1] + first_column
        self._first = first.reshape(-1).to(device)
        offset = torch.arange(rows)[:, None] * mask_shape[1] + torch.arange(columns)
        self.offset = offset.reshape(-1).to(device)

    def __call__(self, place: Tensor, corners: Tensor) -> Tensor:
        """Return the pixels of blocks at ``place`` (P,) with ``corners`` (P, 4).

        Returns:
            (S, P), the blocks last: there are many of them and, in an early layer, few pixels of
            each, and a loop over the last dimension should be long. Where a block has fewer pixels,
            the rest is NaN, which is above nothing.
        """
        row = place // self._columns
        column = place - row * self._columns
        upper_left, upper_right, lower_left, lower_right = corners.T.contiguous()
        across = self._column_fraction[:, column]
        top = (upper_right - upper_left) * across + upper_left
        step = (lower_right - lower_left) * across + lower_left - top
        values = step * self._row_fraction[:, row][:, None]
        return values.add_(top).view(self.pixels, -1)

    def first(self, place: Tensor) -> Tensor:
        """Return where in the mask (row * sw + column) the first pixel of blocks lies, int64."""
        return self._first[place]


def _spans(source: int, target: int) -> tuple[Tensor, Tensor]:
    """Return the first pixel of each block, and (n, source + 1) the fractions of its pixels.

    A block reaches from one source pixel to the next; if it has fewer than n pixels, NaN fills up.
    """
    numerator = (2 * torch.arange(target) + 1) * source - target
    block = torch.div(numerator, 2 * target, rounding_mode="floor") + 1
    fraction = (numerator % (2 * target)).double() / (2 * target)
    counts = torch.bincount(block, minlength=source + 1)
    first = counts.cumsum(0) - counts
    table = torch.full((int(counts.max()), source + 1), torch.nan)
    table[torch.arange(target) - first[block], block] = fraction.float()
    return first, table
