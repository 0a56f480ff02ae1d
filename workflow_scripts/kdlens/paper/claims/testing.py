"""From a part of a claim to its tests: which groups are compared, and what their seeds say.

What the paper printed goes through the same parts: its means have no spread, so nothing is tested.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import pairwise
from typing import Any

from kdlens.paper.claims import statistics
from kdlens.paper.claims.evidence import Group, Missing
from kdlens.paper.claims.orders import TRENDS, Tables, claimed_orders, places, printed, table_of

HOLDS, FAILS, NOT_PRINTED = "as claimed", "otherwise", "not printed"


@dataclass(frozen=True)
class Test:
    """One comparison of a claim: groups from least to greatest, as claimed.

    Attributes:
        table, column, place: where the numbers are.
        groups: names; means, seeds: theirs.
        p: of what is claimed. opposite: of the reverse.
        least_p: the least p-value that so many seeds can give.
        trend: groups along a key, whose means need not rise at every step.
        difference, interval, g, sd: of the last group to the first, for two groups; their spread.
        power, expected: to see the published change, and what that would be here.
    """

    table: str
    column: str
    place: Mapping[str, str]
    groups: Sequence[str]
    means: Sequence[float]
    seeds: Sequence[int]
    p: float
    opposite: float
    least_p: float
    trend: bool = False
    difference: float | None = None
    interval: statistics.Interval | None = None
    g: float | None = None
    sd: float | None = None
    expected: float | None = None
    power: float | None = None

    @property
    def as_claimed(self) -> bool:
        """Whether the means lie as claimed."""
        return _as_claimed(self.means, self.seeds, self.trend)

    @property
    def tied(self) -> bool:
        """Whether all means are equal."""
        return len(set(self.means)) == 1

    def with_power(self, level: float) -> Test:
        """Return the test with its power at a level, if there is a change to see."""
        if self.expected is None or self.sd is None:
            return self
        sizes = (self.seeds[0], self.seeds[1])
        return replace(self, power=statistics.power(sizes, self.expected, self.sd, level))


def tests_of(part: Mapping[str, Any], run: Tables, paper: Tables) -> Iterator[Test]:
    """Yield the tests of one part of a claim.

    Args:
        part: as ``config/claims.yaml`` has it.
        run, paper: the tables of the run, and the published ones, by name.

    Raises:
        Missing: for a table, model or number that the run does not have.
    """
    table = table_of(part, run)
    for where in places(part, table):
        for groups in claimed_orders(part, table, where):
            yield _test(part, where, groups, paper)


def _test(
    part: Mapping[str, Any],
    where: Mapping[str, str],
    groups: Sequence[Group],
    paper: Tables,
) -> Test:
    told = {
        "table": part["table"],
        "column": part["column"],
        "place": dict(where),
        "groups": [group.name for group in groups],
        "means": [group.mean for group in groups],
        "seeds": [len(group.values) for group in groups],
    }
    if any(key in part for key in TRENDS):
        return _trend(told, groups)
    less, more = groups
    sizes = (len(less.values), len(more.values))
    return Test(
        **told,
        p=statistics.greater(less.values, more.values),
        opposite=statistics.greater(more.values, less.values),
        least_p=1 / math.comb(sum(sizes), sizes[0]),
        difference=more.mean - less.mean,
        interval=statistics.interval(less.values, more.values),
        g=statistics.hedges_g(less.values, more.values),
        sd=statistics.pooled_sd(less.values, more.values),
        expected=_expected(part, where, groups, paper),
    )


def _trend(told: Mapping[str, Any], groups: Sequence[Group]) -> Test:
    x = [i for i, group in enumerate(groups) for _ in group.values]
    values = [value for group in groups for value in group.values]
    orders = math.factorial(len(x)) / math.prod(math.factorial(n) for n in told["seeds"])
    return Test(
        **told,
        p=statistics.rising(x, values),
        opposite=statistics.rising(x, [-value for value in values]),
        least_p=1 / orders,
        trend=True,
    )


def _expected(
    part: Mapping[str, Any],
    where: Mapping[str, str],
    groups: Sequence[Group],
    paper: Tables,
) -> float | None:
    """Return the published change, taken relative to the lesser group's mean, in this run."""
    if "order" not in part or part["table"] not in paper:
        return None
    theirs = paper[part["table"]]
    try:
        column = part.get("published", part["column"])
        less, more = (theirs.group(group.asked, column, where) for group in groups)
    except Missing:
        return None
    # A change relative to nothing is no number.
    if not less.mean or not groups[0].mean:
        return None
    return (more.mean - less.mean) / abs(less.mean) * abs(groups[0].mean)


def published_means(parts: Sequence[Mapping[str, Any]], paper: Tables) -> str:
    """Say whether the paper's own means lie as claimed: HOLDS, FAILS or NOT_PRINTED."""
    try:
        orders = printed(parts, paper)
    except Missing:
        return NOT_PRINTED
    hold = (
        _as_claimed([g.mean for g in each.groups], [1] * len(each.groups), each.trend)
        for each in orders
    )
    return HOLDS if all(hold) else FAILS


def _as_claimed(means: Sequence[float], seeds: Sequence[int], trend: bool) -> bool:
    """Say whether means rise: at every step, or for a trend as the test looks at it, overall."""
    if not trend:
        return all(a < b for a, b in pairwise(means))
    steps = range(len(means))
    centre = sum(n * step for n, step in zip(seeds, steps, strict=True)) / sum(seeds)
    each = zip(seeds, steps, means, strict=True)
    return sum(n * (step - centre) * mean for n, step, mean in each) > 0
