"""Is a run as shipped? What chance makes of many values, each of which has a tolerance.

A tolerance from the spread of seeds is one that :data:`RISK` of the differences exceed by chance.
So of n such values about n RISK lie beyond it in a run that is as it should be: one or more in most
runs of a thousand values. The limit is the least number that a run of n independent values keeps to
with a probability of :data:`CONFIDENCE`, a quantile of the binomial distribution. Values of the
same networks are not independent (the quantiles of Figure 9 rise and fall together), so a sound run
may fail more often than one time in a hundred.

All else fails at once: a value off by more than three times its tolerance, a missing row, a value
that must be equal (published; or every one, where the machine is the same), and what is no number
where there should be one.
"""

from __future__ import annotations

from collections.abc import Sequence

from scipy.stats import binom

from kdlens.paper.shipped.comparison import Compared
from kdlens.paper.shipped.spread import RISK

CONFIDENCE = 0.99
"""Probability with which no more values lie beyond than are allowed, were they independent."""


def most_by_chance(values: int) -> int:
    """Return the most of so many values that may lie beyond by chance, at :data:`CONFIDENCE`."""
    return int(binom.ppf(CONFIDENCE, values, RISK))


def as_shipped(files: Sequence[Compared]) -> bool:
    """Return whether the tables of a run, taken together, are those that are shipped."""
    differences = [each for file in files for each in file.differences]
    by_chance = sum(each.by_chance for each in differences)
    at_once = any(each.beyond and not each.by_chance for each in differences)
    missing = any(file.missing for file in files)
    return not missing and not at_once and by_chance <= most_by_chance(judged(files))


def judged(files: Sequence[Compared]) -> int:
    """Return how many values have a tolerance from a spread."""
    return sum(file.by_spread for file in files)
