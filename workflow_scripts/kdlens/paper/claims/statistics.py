"""Few numbers against few numbers: what a handful of seeds can say.

All tests here permute: under the null hypothesis, the networks of the groups that are compared are
exchangeable, so every way to deal the same values to groups of the same sizes is as likely as the
one seen. No distribution is assumed, and the p-values are exact for any number of seeds, up to
:data:`MOST_DEALS` ways; beyond, that many random ones are drawn, seeded, and the observed one is
counted too, so that p is never 0 (`scipy.stats.permutation_test`). Seeds that share a place along a
trend are not told apart, so ways that differ by these alone are one.

With two groups of n and m seeds there are N = C(n+m, n) ways, so no p is below 1/N: 1/6 for 2 and 2
seeds, 1/20 for 3 and 3, 1/252 for 5 and 5. That, and not the size of the effect, is why few seeds
cannot decide.

- :func:`greater` is the one-sided p-value of "b lies above a", by the difference of means.
- :func:`interval` is the exact interval for that difference (Hartigan 1969): of the N - 1 *typical
  values* mean(S of b) - mean(T of a), over all non-empty S and T of equal size, those between the
  j-th smallest and the j-th largest cover the true shift with probability 1 - 2j/N. The j is the
  largest that gives at least the level asked for, or 1 if even that does not; the level reached is
  returned.
- :func:`hedges_g` is the difference in units of the pooled standard deviation, corrected for few
  seeds.
- :func:`rising` is the p-value of "the values rise along x", by their correlation with the ranks
  of x.
- :func:`power` is the chance that :func:`greater` would fall to a level, were the shift a given one
  and the seeds spread as here (normally distributed, simulated, seeded).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import permutation_test

MOST_DEALS = 20_000
_SIMULATIONS = 2_000
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Interval:
    """An interval for a difference of means, and the confidence that it really has."""

    low: float
    high: float
    level: float


def greater(a: Sequence[float], b: Sequence[float]) -> float:
    """Return the one-sided permutation p-value of mean(b) > mean(a)."""
    # Scipy wants two values in each group; of a single one, what counts is its place among all.
    if len(b) == 1:
        return float(np.mean(np.array([*a, *b]) >= b[0]))
    if len(a) == 1:
        return float(np.mean(np.array([*a, *b]) <= a[0]))

    def difference(of_b: np.ndarray, of_a: np.ndarray, axis: int) -> np.ndarray:
        return of_b.mean(axis) - of_a.mean(axis)

    return _permuted((b, a), difference, "independent")


def interval(a: Sequence[float], b: Sequence[float], level: float = 0.95) -> Interval:
    """Return the exact interval for mean(b) - mean(a); see the module's head."""
    values = np.array([*a, *b], float)
    dealt = _deals(len(a), len(b))
    seen = np.arange(len(values)) >= len(a)
    left, come = seen & ~dealt, ~seen & dealt
    moved = left.sum(axis=1)
    typical = (left @ values - come @ values)[moved > 0] / moved[moved > 0]
    typical.sort()
    j = max(1, math.floor(len(dealt) * (1 - level) / 2 + _ROUNDING))
    return Interval(float(typical[j - 1]), float(typical[-j]), 1 - 2 * j / len(dealt))


def hedges_g(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Return the standardised difference; None without a spread of two degrees of freedom."""
    freedom = len(a) + len(b) - 2
    spread = pooled_sd(a, b)
    # With one degree of freedom the correction is 0: there is no estimate.
    if not spread or freedom < 2:
        return None
    difference = float(np.mean(b) - np.mean(a))
    return difference / spread * (1 - 3 / (4 * freedom - 1))


def pooled_sd(a: Sequence[float], b: Sequence[float]) -> float | None:
    """Return the standard deviation within the groups; None if both have one value."""
    freedom = len(a) + len(b) - 2
    if freedom < 1:
        return None
    squares = sum(float(np.sum((np.asarray(g) - np.mean(g)) ** 2)) for g in (a, b))
    return math.sqrt(squares / freedom)


def rising(x: Sequence[float], values: Sequence[float]) -> float:
    """Return the one-sided permutation p-value of "the values rise with x", seed by seed.

    Args:
        x: one for each value; several seeds share one.
    """
    ranks = np.unique(np.asarray(x, float), return_inverse=True)[1]
    centred = ranks - ranks.mean()
    sizes = np.bincount(ranks)
    ways = math.factorial(len(ranks)) // math.prod(math.factorial(n) for n in sizes.tolist())
    if ways <= MOST_DEALS:
        dealt = np.array(list(_arrangements(sizes.tolist()))) - ranks.mean()
        sums = dealt @ np.asarray(values, float)
        seen = float(centred @ np.asarray(values, float))
        # A rounding apart is a tie.
        slack = _ROUNDING * max(1.0, float(np.abs(sums).max()))
        return float(np.mean(sums >= seen - slack))

    def covariance(dealt: np.ndarray, axis: int) -> np.ndarray:
        return (np.moveaxis(dealt, axis, -1) * centred).sum(-1)

    return _permuted((values,), covariance, "pairings")


def power(sizes: tuple[int, int], shift: float, sd: float, level: float, seed: int = 0) -> float:
    """Return the chance that :func:`greater` is at most ``level`` where b lies ``shift`` above a.

    Args:
        sizes: seeds of a and of b.
        sd: standard deviation of the seeds within a group.
    """
    n, m = sizes
    if 1 / math.comb(n + m, n) > level + _ROUNDING:
        return 0.0
    if sd == 0:
        return 1.0 if shift > 0 else 0.0
    rng = np.random.default_rng(seed)
    drawn = rng.normal(size=(_SIMULATIONS, n + m)) * sd
    drawn[:, n:] += shift
    sums = drawn @ _deals(n, m).T
    observed = drawn[:, n:].sum(axis=1, keepdims=True)
    p_values = (sums >= observed - _ROUNDING * max(sd, abs(shift))).mean(axis=1)
    return float((p_values <= level + _ROUNDING).mean())


def _arrangements(sizes: Sequence[int]) -> Iterator[list[int]]:
    """Yield every order of ``sizes[0]`` zeros, ``sizes[1]`` ones, and so on, once."""
    if not any(sizes):
        yield []
    for rank, left in enumerate(sizes):
        if left:
            rest = [n - (r == rank) for r, n in enumerate(sizes)]
            for others in _arrangements(rest):
                yield [rank, *others]


def _permuted(data: Sequence[Sequence[float]], statistic: Callable, kind: str) -> float:
    found = permutation_test(
        [np.asarray(values, float) for values in data],
        statistic,
        permutation_type=kind,
        vectorized=True,
        alternative="greater",
        n_resamples=MOST_DEALS,
        rng=np.random.default_rng(0),
    )
    return float(found.pvalue)


def _deals(n: int, m: int) -> np.ndarray:
    """Return the ways to deal n + m values to two groups: which the second gets, (W, n + m).

    All of them, or :data:`MOST_DEALS` random ones with the one seen (the last m) among them.
    """
    if math.comb(n + m, n) <= MOST_DEALS:
        rows = np.array([*itertools.combinations(range(n + m), m)])
    else:
        places = np.tile(np.arange(n + m), (MOST_DEALS, 1))
        rows = np.random.default_rng(0).permuted(places, axis=1)[:, :m]
        rows[0] = np.arange(n, n + m)
    chosen = np.zeros((len(rows), n + m), bool)
    np.put_along_axis(chosen, rows, True, axis=1)
    return chosen
