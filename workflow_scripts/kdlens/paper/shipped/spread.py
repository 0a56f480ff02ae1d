"""How far apart two runs of the same config may lie, by the spread of their seeds.

Another processor or version of torch changes the last bits of a sum, and with them, in the end, a
network: as another seed would. So the mean over n seeds of one run and over m of another are two
draws, whose difference has the standard error s sqrt(1/n + 1/m), with s the standard deviation of
single networks. Two seeds say next to nothing of it; therefore s is pooled over the models of a
table in both runs (nulls apart from trained networks, whose spread is far larger)::

    s^2 = sum of squared deviations from each model's mean / degrees of freedom f

A difference is within the tolerance t(f) s sqrt(1/n + 1/m), with t(f) the quantile of Student's
distribution that :data:`RISK` of the differences exceed by chance.
"""

from __future__ import annotations

import math
import statistics
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from scipy.stats import t

RISK = 0.001
"""Share of the differences that lie beyond their tolerance by chance."""


@dataclass(frozen=True)
class Spread:
    """A pooled standard deviation of single networks, and its degrees of freedom."""

    sd: float
    freedom: int

    def tolerance(self, seeds: int, others: int) -> float:
        """Return what the means over so many seeds may differ by."""
        factor = float(t.ppf(1 - RISK / 2, self.freedom))
        return factor * self.sd * math.sqrt(1 / seeds + 1 / others)


def pool(groups: Iterable[Sequence[float]]) -> Spread | None:
    """Pool groups of networks that differ by their seed alone; None if none has two."""
    squares, freedom = 0.0, 0
    for group in groups:
        if len(group) > 1:
            squares += statistics.variance(group) * (len(group) - 1)
            freedom += len(group) - 1
    return Spread(math.sqrt(squares / freedom), freedom) if freedom else None
