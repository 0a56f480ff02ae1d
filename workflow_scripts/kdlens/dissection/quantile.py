"""The exact activation threshold of each unit, while the activations stream by.

Definition. Let a unit's n activations (all images, all positions, not upsampled) be
``a[0] <= ... <= a[n-1]``. Its threshold at the quantile q (the fraction that lies above) is the
percentile of level 1 - q with linear interpolation, numpy's default method::

    p = (n - 1)(1 - q),   j = floor(p),   T = a[j] + (p - j)(a[j+1] - a[j])

p is computed as an exact rational of the decimal number that q is written as, so that j is never
off by one through 1 - 0.005 not being a binary fraction; the interpolation is done in float64 and
T is rounded to float32 once.

Only the n - j largest values of a unit are needed. n is known before the first image, so these are
kept and nothing else (:class:`TopFraction`). They are the same multiset whatever the order or the
batch size in which values arrive, hence so is T, to the last bit. The published programs use a
sketch instead, whose level is 994/999 for q = 0.005 and whose error is larger than that difference.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction

import numpy as np
import torch
from torch import Tensor

# Free places beside the values kept, as a share of these: the more, the rarer is the selection of
# the largest, which takes as long as some hundred images' forward passes on a large layer.
_SLACK = 0.5


def position(count: int, quantile: float) -> tuple[int, float]:
    """Return (j, p - j): where the threshold lies among ``count`` values in ascending order."""
    exact = (count - 1) * (1 - Fraction(str(float(quantile))))
    lower = math.floor(exact)
    return lower, float(exact - lower)


def buffer_bytes(units: int, count: int, quantile: float) -> int:
    """Return the memory of a :class:`TopFraction` with these arguments."""
    return 4 * units * _width(count - position(count, quantile)[0])


def _width(kept: int) -> int:
    return kept + max(64, math.ceil(_SLACK * kept))


class TopFraction:
    """The largest values of each of ``units`` units among ``count`` values that will be added.

    Args:
        units: U.
        count: n, how many values each unit will get in all.
        quantile: the largest q that will be asked for.
        device: where the values arrive and are kept.

    Memory: :func:`buffer_bytes`, about ``6 * units * n * q`` bytes, and a row more for a moment.
    """

    def __init__(
        self, units: int, count: int, quantile: float, device: torch.device | str = "cpu"
    ) -> None:
        self.count = count
        self.seen = 0
        self.kept = count - position(count, quantile)[0]
        # A row is a unit's: free places first, and, once there was a selection, its `kept` largest
        # values in the last places.
        self._buffer = torch.full((units, _width(self.kept)), -torch.inf, device=device)
        self._filled = torch.zeros(units, dtype=torch.int64, device=device)
        self._places = torch.full((units,), self._buffer.shape[1], device=device)
        self.bound = torch.full((units,), -torch.inf, device=device)
        """(U,) a value that a unit's threshold is certain to reach. It only ever rises."""

    @property
    def nbytes(self) -> int:
        """Bytes of the buffer."""
        return self._buffer.nbytes

    def add(self, values: Tensor, counts: Tensor, seen: int) -> None:
        """Take in the values of a batch that may matter.

        Args:
            values: (V,) all values of the batch above their unit's :attr:`bound`, as they come in
                an array (B, U, ...): by image, and by unit within an image.
            counts: (B, U) int64, how many there are of each image and unit.
            seen: how many values each unit had in the batch, those left out included.
        """
        self.seen += seen
        units = torch.arange(counts.shape[1], device=counts.device)
        full = self._filled + counts.sum(0) > self._places
        if bool(full.any()):
            owner = units.expand(counts.shape).reshape(-1).repeat_interleave(counts.view(-1))
            chosen = full[owner]
            order, sizes = _by_unit(owner[chosen], len(units))
            parts = values[chosen][order].split(sizes)
            for unit in full.nonzero()[:, 0].tolist():
                self._select(unit, parts[unit])
            values, counts = values[~chosen], counts * ~full
        flat = counts.view(-1)
        # Where the first value of each image and unit belongs, less where it is in `values`.
        shift = units * self._buffer.shape[1] + self._filled + counts.cumsum(0) - counts
        shift = shift.view(-1) - flat.cumsum(0) + flat
        place = torch.arange(len(values), device=flat.device) + shift.repeat_interleave(flat)
        self._buffer.view(-1)[place] = values
        self._filled += counts.sum(0)

    @property
    def bounded(self) -> bool:
        """Whether any unit has a bound yet. Until then all values matter."""
        return bool((self._places < self._buffer.shape[1]).any())

    def add_all(self, maps: Tensor) -> None:
        """Take in all values of a batch (B, U, S): the same as :meth:`add`, while not bounded."""
        values = maps.transpose(0, 1).flatten(1)  # (U, B * S)
        self.seen += values.shape[1]
        start, end = int(self._filled[0]), int(self._filled[0]) + values.shape[1]
        if end <= self._buffer.shape[1]:
            self._buffer[:, start:end] = values
            self._filled[:] = end
        else:
            for unit, row in enumerate(values):
                self._select(unit, row)

    def _select(self, unit: int, values: Tensor) -> None:
        """Keep the largest of what a unit has and of ``values``."""
        row = self._buffer[unit]
        free = len(row) - self.kept
        largest = _largest(torch.cat([row, values]), self.kept)
        row[:free] = -torch.inf
        row[free:] = largest
        self.bound[unit] = largest.min()
        self._filled[unit] = 0
        self._places[unit] = free

    def result(self, quantiles: Sequence[float]) -> Tensor:
        """Return the thresholds (Q, U), float32, for quantiles up to the one announced.

        Raises:
            ValueError: for a larger one, or if not all values were added.
        """
        if self.seen != self.count:
            raise ValueError(f"{self.seen} of {self.count} values were added")
        low, high, weights = [], [], []
        for quantile in quantiles:
            lower, weight = position(self.count, quantile)
            if self.count - lower > self.kept:
                raise ValueError(f"quantile {quantile} is larger than the one announced")
            low.append(lower - self.count)
            high.append(min(lower + 1 - self.count, -1))
            weights.append(weight)
        rows = []
        for row in self._buffer:
            ascending = _ascending(_largest(row, self.kept)).double()
            rows.append(
                ascending[low] + ascending.new_tensor(weights) * (ascending[high] - ascending[low])
            )
        return torch.stack(rows, dim=1).float()


def _by_unit(owner: Tensor, units: int) -> tuple[Tensor, list[int]]:
    """Return an order that sorts ``owner`` (V,), and how often each unit occurs in it."""
    sizes = torch.bincount(owner, minlength=units).tolist()
    if owner.device.type == "cpu":
        # numpy sorts 16-bit numbers by counting, in a tenth of the time.
        short = owner.numpy().astype(np.min_scalar_type(units))
        return torch.from_numpy(short.argsort(kind="stable")), sizes
    return owner.argsort(stable=True), sizes


def _largest(row: Tensor, kept: int) -> Tensor:
    """Return the ``kept`` largest values of a row, in any order."""
    if row.device.type == "cpu":  # numpy selects several times as fast as torch there
        return torch.from_numpy(np.partition(row.numpy(), len(row) - kept)[len(row) - kept :])
    return row.topk(kept, sorted=False).values


def _ascending(row: Tensor) -> Tensor:
    if row.device.type == "cpu":
        return torch.from_numpy(np.sort(row.numpy()))
    return row.sort().values
