"""The parts of activation maps that may hold active pixels.

Upsampling is bilinear, so a pixel lies between at most four cells of the map, and can only be above
a threshold if one of them is. The pixels between the same four cells form a *block*: there are
(h + 1) x (w + 1) of them, those of the rim having their outer cells from the map's edge. Active
cells are few (q of all), so a hundredth to a tenth of all blocks is all that must be kept and
upsampled, by layer.

    cells       0     1     2          block rows of a map of height 3
    blocks   0  |  1  |  2  |  3       block r lies between the cells r - 1 and r

:func:`blocks_above` finds the blocks with a corner above a bound, :class:`KeptBlocks` holds those
of all images between the two steps of a dissection.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator

import numpy as np
import torch
from torch import Tensor

# Bytes of a block in memory, and of a cell of a map.
_BLOCK, _CELL = 28, 4
# How many times more cells above the bound than there will be are worth waiting for.
_DENSE = 2.5


@dataclasses.dataclass
class Blocks:
    """P blocks, by image, and by unit within an image."""

    image: Tensor
    """(P,) int32, index into the batch."""
    unit: Tensor
    """(P,) int32."""
    place: Tensor
    """(P,) int32, row * (w + 1) + column of the block."""
    corners: Tensor
    """(P, 4) float32: the cells above left, above right, below left, below right."""

    def __len__(self) -> int:
        return len(self.image)

    @property
    def nbytes(self) -> int:
        """Bytes of memory."""
        return sum(tensor.nbytes for tensor in self._tensors())

    def reaching(self, bound: Tensor) -> Blocks:
        """Return those with a corner above their unit's bound (U,)."""
        keep = self.corners.amax(1) > bound[self.unit]
        return Blocks(*(tensor[keep] for tensor in self._tensors()))

    def to(self, device: torch.device) -> Blocks:
        """Copy to a device."""
        return Blocks(*(tensor.to(device) for tensor in self._tensors()))

    def _tensors(self) -> tuple[Tensor, ...]:
        return self.image, self.unit, self.place, self.corners


def flatnonzero(mask: Tensor) -> Tensor:
    """Return the flat indices of the true entries, int64."""
    if mask.device.type == "cpu":  # numpy takes three quarters of torch's time, on one thread
        return torch.from_numpy(np.flatnonzero(mask.numpy()))
    return mask.reshape(-1).nonzero()[:, 0]


def exceeding(values: Tensor, bound: Tensor) -> Tensor:
    """Return ``values > bound``, bool."""
    if values.device.type == "cpu":
        return torch.from_numpy(np.greater(values.numpy(), bound.numpy()))
    return values > bound


def _touched(above: Tensor) -> Tensor:
    """Return which blocks (..., h + 1, w + 1) have a corner among cells (..., h, w)."""
    *outer, height, width = above.shape
    row = above.new_zeros((*outer, height, width + 1))
    row[..., :-1] = above
    row[..., 1:] |= above
    touched = above.new_zeros((*outer, height + 1, width + 1))
    touched[..., :-1, :] = row
    touched[..., 1:, :] |= row
    return touched


def blocks_above(maps: Tensor, above: Tensor) -> Blocks:
    """Return the blocks of maps (B, U, h, w) with a corner where ``above`` (B, U, h, w) is true."""
    _, units, height, width = maps.shape
    index = flatnonzero(_touched(above))
    places = (height + 1) * (width + 1)
    pair = index // places
    place = index - pair * places
    row = place // (width + 1)
    column = place - row * (width + 1)
    upper = (pair * height + (row - 1).clamp_(min=0)) * width
    lower = (pair * height + row.clamp_(max=height - 1)) * width
    left, right = (column - 1).clamp_(min=0), column.clamp_(max=width - 1)
    cells = torch.stack([upper + left, upper + right, lower + left, lower + right], dim=1)
    image = pair // units
    return Blocks(image.int(), (pair - image * units).int(), place.int(), maps.reshape(-1)[cells])


class KeptBlocks:
    """The blocks of one layer's maps, batch by batch, in host memory.

    Args:
        quantile: the largest; the share of cells that will be above the final threshold.
    """

    def __init__(self, quantile: float) -> None:
        self._dense = _DENSE * quantile
        self._batches: list[Blocks | Tensor] = []
        self.nbytes = 0

    def add(self, maps: Tensor, above: Tensor | None, share: float) -> None:
        """Keep what a batch's maps (B, U, h, w) have ``above`` (B, U, h, w) a bound; None: all.

        While the bound is low, as ``share``, the part of the cells above it, tells, whole maps are
        kept: what is not sifted now need not be sifted twice.
        """
        if above is None or share > self._dense:
            # The maps are only lent.
            self._keep(maps.clone() if maps.device.type == "cpu" else maps.cpu())
        else:
            self._keep(blocks_above(maps, above).to(torch.device("cpu")))

    def prune(self, bound: Tensor) -> None:
        """Drop what does not reach above ``bound`` (U,), and keep what takes less memory."""
        bound = bound.cpu()
        batches, self._batches, self.nbytes = self._batches[::-1], [], 0
        while batches:
            batch = batches.pop()  # so that memory falls while this goes on
            if isinstance(batch, Tensor):
                above = exceeding(batch, bound[:, None, None])
                # A cell touches four blocks, but active cells lie together: about three a cell.
                cells = np.count_nonzero(above.numpy())
                whole = 3 * cells * _BLOCK > batch.numel() * _CELL
                self._keep(batch if whole else blocks_above(batch, above))
            else:
                self._keep(batch.reaching(bound))

    def _keep(self, batch: Blocks | Tensor) -> None:
        self._batches.append(batch)
        self.nbytes += batch.nbytes

    def take(self, thresholds: Tensor) -> Iterator[Blocks]:
        """Yield what reaches above the final ``thresholds`` (U,), batch by batch, and let it go."""
        thresholds = thresholds.cpu()
        self._batches.reverse()
        while self._batches:
            batch = self._batches.pop()
            if isinstance(batch, Tensor):
                yield blocks_above(batch, exceeding(batch, thresholds[:, None, None]))
            else:
                yield batch.reaching(thresholds)
