"""The claims ledger: what the paper says, and what the seeds of a run say to it.

A claim is made of parts, and holds if all of them do. A part is one of

- ``order: [a, b, c]``: the groups' means rise in this order;
- ``above: [a, b]``: every other model lies above these (``having: temperature``: every one that has
  this key);
- ``rises_with`` or ``falls_with: temperature``: among the models that have this key.

Each looks at one ``column`` of one ``table``, at the rows of ``where`` (such as ``layer: layer3``),
or separately at each value of ``each`` (such as ``quantile``), and comes down to *tests*: two
groups of networks, or several along a key, with a one-sided permutation p-value for what is claimed
and one for the opposite (:mod:`~kdlens.paper.claims.statistics`).

**From tests to a claim.** A claim needs all its tests, and so has the largest of their p-values
(intersection-union test); against it stands the smallest p-value of an opposite, times the number
of tests (Bonferroni).

**From claims to verdicts.** Both families of p-values, one of all claims that could be tested and
one of their opposites, are adjusted for the false discovery rate (Benjamini and Hochberg). Then

=============  ===================================================================================
supported      the adjusted p-value of the claim is at most the level
contradicted   that of its opposite is
inconclusive   neither; the ledger says how the means lie, and whether the seeds are too few for any
               verdict
not run        a table, model or number that the claim needs is not there; it says which
=============  ===================================================================================

**Power.** For two groups, how likely these seeds would have shown (at the unadjusted level) the
change that the paper printed, taken relative to the lesser group's mean. It is low where seeds are
few or spread widely, and an inconclusive claim then says nothing about the paper.

**The paper's own tables** go through the same parts: they have means alone, so nothing can be
tested, only whether the printed means lie as claimed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from typing import Any

from scipy.stats import false_discovery_control

from kdlens.paper.claims import statistics
from kdlens.paper.claims.evidence import Group, Missing
from kdlens.paper.claims.orders import TRENDS, Tables, claimed_orders, places, printed, table_of

SUPPORTED, CONTRADICTED = "supported", "contradicted"
INCONCLUSIVE, NOT_RUN = "inconclusive", "not run"
VERDICTS = (SUPPORTED, CONTRADICTED, INCONCLUSIVE, NOT_RUN)

HOLDS, FAILS, NOT_PRINTED = "as claimed", "otherwise", "not printed"


@dataclass(frozen=True)
class Test:
    """One comparison of a claim: groups from least to greatest, as claimed.

    Attributes:
        table, column, place: where the numbers are.
        groups: names; means, seeds: theirs.
        p: of what is claimed. opposite: of the reverse.
        least_p: the least p-value that so many seeds can give.
        difference, interval, g: of the last group to the first, for two groups.
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
    difference: float | None = None
    interval: statistics.Interval | None = None
    g: float | None = None
    expected: float | None = None
    power: float | None = None

    @property
    def as_claimed(self) -> bool:
        return all(a < b for a, b in pairwise(self.means))


@dataclass
class Finding:
    """What a run says to one claim."""

    id: str
    says: str
    where: str
    verdict: str = NOT_RUN
    reason: str = ""
    p: float | None = None
    adjusted_p: float | None = None
    opposite: float | None = None
    adjusted_opposite: float | None = None
    tests: list[Test] = field(default_factory=list)
    published: str = NOT_PRINTED
    tables: list[str] = field(default_factory=list)

    @property
    def power(self) -> float | None:
        """The least power of its tests; None where nothing was printed to see."""
        known = [test.power for test in self.tests if test.power is not None]
        return min(known) if known and len(known) == len(self.tests) else None

    def as_dict(self) -> dict[str, Any]:
        return {**asdict(self), "power": self.power}


def check(
    claims: Mapping[str, Mapping[str, Any]], run: Tables, paper: Tables, level: float
) -> list[Finding]:
    """Return the findings, in the order of the claims.

    Args:
        claims: by id, as ``config/claims.yaml`` has them.
        run: the tables of the run that exist, by name.
        paper: the published ones.
        level: the false discovery rate.
    """
    findings = []
    for name, claim in claims.items():
        parts = claim["parts"]
        tables = list(dict.fromkeys(part["table"] for part in parts))
        finding = Finding(name, claim["says"], claim["where"], tables=tables)
        finding.published = _published(parts, paper)
        try:
            finding.tests = [test for part in parts for test in _tests(part, run, paper, level)]
        except Missing as missing:
            finding.reason = str(missing)
        else:
            finding.p = max(test.p for test in finding.tests)
            opposites = [test.opposite for test in finding.tests]
            finding.opposite = min(1.0, min(opposites) * len(opposites))
        findings.append(finding)
    _decide([finding for finding in findings if finding.tests], level)
    return findings


def _decide(findings: Sequence[Finding], level: float) -> None:
    if not findings:
        return
    adjusted = false_discovery_control([finding.p for finding in findings])
    opposite = false_discovery_control([finding.opposite for finding in findings])
    for finding, p, q in zip(findings, adjusted, opposite, strict=True):
        finding.adjusted_p, finding.adjusted_opposite = float(p), float(q)
        if p <= level:
            finding.verdict = SUPPORTED
        elif q <= level:
            finding.verdict = CONTRADICTED
        else:
            finding.verdict = INCONCLUSIVE
        finding.reason = _reason(finding, level)


def _reason(finding: Finding, level: float) -> str:
    lying = sum(test.as_claimed for test in finding.tests)
    total = len(finding.tests)
    means = f"the means of {lying} of {total} tests lie as claimed"
    if lying == total:
        means = "the means lie as claimed"
    elif not lying:
        means = "the means do not lie as claimed"
    if finding.verdict != INCONCLUSIVE:
        return means
    fewest = max(finding.tests, key=lambda test: test.least_p)
    if fewest.least_p > level:
        return (
            f"{means}; {' and '.join(map(str, fewest.seeds))} seeds cannot decide (no p-value of "
            f"theirs is below {fewest.least_p:.2g})"
        )
    return f"{means}; chance could do that"


def _tests(part: Mapping[str, Any], run: Tables, paper: Tables, level: float) -> Iterator[Test]:
    table = table_of(part, run)
    for where in places(part, table):
        for groups in claimed_orders(part, table, where):
            yield _test(part, where, groups, paper, level)


def _test(
    part: Mapping[str, Any],
    where: Mapping[str, str],
    groups: Sequence[Group],
    paper: Tables,
    level: float,
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
    spread = statistics.pooled_sd(less.values, more.values)
    expected = _expected(part, where, groups, paper)
    sizes = (len(less.values), len(more.values))
    power = None
    if expected is not None and spread is not None:
        power = statistics.power(sizes, expected, spread, level)
    return Test(
        **told,
        p=statistics.greater(less.values, more.values),
        opposite=statistics.greater(more.values, less.values),
        least_p=1 / math.comb(sum(sizes), sizes[0]),
        difference=more.mean - less.mean,
        interval=statistics.interval(less.values, more.values),
        g=statistics.hedges_g(less.values, more.values),
        expected=expected,
        power=power,
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
    printed = paper[part["table"]]
    try:
        column = part.get("published", part["column"])
        less, more = (printed.group(group.asked, column, where) for group in groups)
    except Missing:
        return None
    if not less.mean:
        return None
    return (more.mean - less.mean) / abs(less.mean) * abs(groups[0].mean)


def _published(parts: Sequence[Mapping[str, Any]], paper: Tables) -> str:
    """Say whether the paper's own means lie as claimed."""
    try:
        orders = [[group.mean for group in each.groups] for each in printed(parts, paper)]
    except Missing:
        return NOT_PRINTED
    return HOLDS if all(a < b for means in orders for a, b in pairwise(means)) else FAILS
