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
from fractions import Fraction

import torch
from torch import Tensor

from kdlens.errors import InputError


def position(count: int, quantile: float) -> tuple[int, float]:
    """Return (j, p - j): where the threshold lies among ``count`` values in ascending order."""
    exact = (count - 1) * (1 - Fraction(str(float(quantile))))
    lower = math.floor(exact)
    return lower, float(exact - lower)


class TopFraction:
    """The largest values of each of ``units`` units among ``count`` values that will be added.

    Args:
        units: U.
        count: n, how many values each unit will get in all.
        quantile: the largest q that will be asked for.
        device: where the values arrive and are kept.

    Memory: at most ``8 * units * (n q + 2)`` bytes between two calls.
    """

    def __init__(
        self, units: int, count: int, quantile: float, device: torch.device | str = "cpu"
    ) -> None:
        self.count = count
        self.seen = 0
        self.kept = count - position(count, quantile)[0]
        self._buffer = torch.full((units, 2 * self.kept), -torch.inf, device=device)
        self._filled = torch.zeros(units, dtype=torch.int64, device=device)
        self.bound = torch.full((units,), -torch.inf, device=device)
        """(U,) a value that a unit's threshold is certain to reach. It only ever rises."""

    def add(self, maps: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        """Take in a batch of maps, (B, U, S) for S positions.

        Returns:
            ``(images, units, rows)``, the maps that reach above their unit's bound: the image
            (P,) in the batch, the unit (P,) and the values (P, S). All other maps can neither
            shift a threshold nor have an active position.

        Raises:
            InputError: if an activation is not a finite number.
        """
        peaks = maps.amax(2)
        if not bool(torch.isfinite(peaks).all()):
            raise InputError(
                "an activation is not a finite number; the network's weights or the image "
                "normalisation are broken"
            )
        self.seen += maps.shape[0] * maps.shape[2]
        # By unit, then image: the values below then come out grouped by unit.
        units, images = torch.gt(peaks.T, self.bound[:, None]).nonzero(as_tuple=True)
        rows = maps[images, units]
        above = rows > self.bound[units, None]
        self._insert(rows[above], units.repeat_interleave(above.sum(1)))
        return images, units, rows

    def _insert(self, values: Tensor, owner: Tensor) -> None:
        """Append values (V,), which are grouped by their unit ``owner`` (V,)."""
        counts = torch.bincount(owner, minlength=len(self._filled))
        first = counts.cumsum(0) - counts
        rank = torch.arange(len(owner), device=owner.device) - first[owner]
        slot = self._filled[owner] + rank
        self._filled += counts
        width = int(self._filled.max())
        if width <= self._buffer.shape[1]:
            self._buffer[owner, slot] = values
            return
        wide = self._buffer.new_full((len(counts), width), -torch.inf)
        wide[:, : self._buffer.shape[1]] = self._buffer
        wide[owner, slot] = values
        largest = wide.topk(self.kept, dim=1).values
        self._buffer[:, : self.kept] = largest
        self._buffer[:, self.kept :] = -torch.inf
        self._filled[:] = self.kept
        self.bound = largest[:, -1].clone()

    def result(self, quantile: float) -> Tensor:
        """Return the thresholds (U,), float32, for a quantile up to the one announced."""
        if self.seen != self.count:
            raise ValueError(f"{self.seen} of {self.count} values were added")
        lower, weight = position(self.count, quantile)
        if self.count - lower > self.kept:
            raise ValueError(f"quantile {quantile} is larger than the one announced")
        descending = self._buffer.topk(self.kept, dim=1).values.double()
        low = descending[:, self.count - 1 - lower]
        high = descending[:, max(self.count - 2 - lower, 0)]
        return (low + weight * (high - low)).float()
