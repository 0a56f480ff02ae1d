"""The claims ledger: what the paper says, and what the seeds of a run say to it.

A claim is made of parts, and holds if all of them do. A part is one of

- ``order: [a, b, c]``: the groups' means rise in this order;
- ``above: [a, b]``: every other model lies above these (``having: temperature``: every one that has
  this key; ``pooled``: all of them together above all of these together, since a model of one seed
  can decide nothing by itself);
- ``rises_with`` or ``falls_with: temperature``: among the models that have this key.

Each looks at one ``column`` of one ``table``, at the rows of ``where`` (such as ``layer: layer3``),
or separately at each value of ``each`` (such as ``quantile``), and comes down to *tests*: two
groups of networks, or several along a key, with a one-sided permutation p-value for what is claimed
and one for the opposite (:mod:`~kdlens.paper.claims.statistics`).

**From tests to a claim.** A claim needs all its tests, and so has the largest of their p-values
(intersection-union test); against it stands the smallest p-value of an opposite, times the number
of tests (Bonferroni).

**From claims to verdicts.** The one *primary* claim, named before anything was run, is tested at
the level itself. All others are adjusted for the false discovery rate (Benjamini and Hochberg), as
one family of claims and one of their opposites. A family has only those whose seeds could give a
p-value within the level: this hangs on the numbers of seeds alone, and without it claims that
nothing can decide would leave no level for the others. Then

=============  ===================================================================================
supported      the p-value of the claim, adjusted unless it is the primary one, is at most the level
contradicted   that of its opposite is
inconclusive   neither; the ledger says how the means lie, and whether the seeds are too few for any
               verdict
not run        a table, model or number that the claim needs is not there; it says which
=============  ===================================================================================

**Power.** For two groups, how likely so many seeds would have shown the change that the paper
printed, taken relative to the lesser group's mean, at the level that the other claims leave to this
one: the largest p-value with which it would have been supported beside them. Of a claim of several
tests it is that of the weakest, so at most this. It is low where seeds are few or spread widely,
and an inconclusive claim then says nothing about the paper.

**The paper's own tables** go through the same parts: they have means alone, so nothing can be
tested, only whether the printed means lie as claimed.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from scipy.stats import false_discovery_control

from kdlens.paper.claims.evidence import Missing
from kdlens.paper.claims.orders import Tables
from kdlens.paper.claims.testing import NOT_PRINTED, Test, published_means, tests_of
from kdlens.paper.formats import counted

SUPPORTED, CONTRADICTED = "supported", "contradicted"
INCONCLUSIVE, NOT_RUN = "inconclusive", "not run"
VERDICTS = (SUPPORTED, CONTRADICTED, INCONCLUSIVE, NOT_RUN)

_ROUNDING = 1e-12


@dataclass
class Finding:
    """What a run says to one claim.

    Attributes:
        ours: the paper does not make this claim.
        primary: its p-values are not adjusted.
        p, opposite: of the claim and of its opposite, before adjustment.
        adjusted_p, adjusted_opposite: those that the verdict is by; None where so few seeds cannot
            reach the level whatever they show.
        threshold: the largest p with which the claim would have been supported.
    """

    id: str
    says: str
    where: str
    ours: bool = False
    primary: bool = False
    verdict: str = NOT_RUN
    reason: str = ""
    p: float | None = None
    adjusted_p: float | None = None
    opposite: float | None = None
    adjusted_opposite: float | None = None
    threshold: float | None = None
    tests: list[Test] = field(default_factory=list)
    published: str = NOT_PRINTED
    tables: list[str] = field(default_factory=list)

    @property
    def power(self) -> float | None:
        """The least power of its tests; None where nothing was printed to see."""
        known = [test.power for test in self.tests if test.power is not None]
        return min(known) if known and len(known) == len(self.tests) else None

    def as_dict(self) -> dict[str, Any]:
        """Return all of it, with its power, for ``claims.json``."""
        return {**asdict(self), "power": self.power}


def check(
    claims: Mapping[str, Mapping[str, Any]], run: Tables, paper: Tables, level: float
) -> list[Finding]:
    """Return the findings, in the order of the claims.

    Args:
        claims: by id, as ``config/claims.yaml`` has them.
        run: the tables of the run that exist, by name.
        paper: the published ones.
        level: the false discovery rate, and the level of the primary claim.
    """
    findings = []
    for name, claim in claims.items():
        parts = claim["parts"]
        finding = Finding(
            name,
            claim["says"],
            claim["where"],
            ours=claim.get("ours", False),
            primary=claim.get("primary", False),
            tables=list(dict.fromkeys(part["table"] for part in parts)),
        )
        finding.published = published_means(parts, paper)
        try:
            finding.tests = [test for part in parts for test in tests_of(part, run, paper)]
        except Missing as missing:
            finding.reason = str(missing)
        else:
            finding.p = max(test.p for test in finding.tests)
            finding.opposite = _bonferroni([test.opposite for test in finding.tests])
        findings.append(finding)
    decide([finding for finding in findings if finding.tests], level)
    return findings


def decide(findings: Sequence[Finding], level: float) -> None:
    """Give a verdict to each finding that has tests, with its reason and power."""
    primary = [finding for finding in findings if finding.primary]
    others = [finding for finding in findings if not finding.primary]
    for family in (primary, others):
        could = [f for f in family if max(t.least_p for t in f.tests) <= level + _ROUNDING]
        opposed = [f for f in family if _least_opposite(f) <= level + _ROUNDING]
        for finding, p in zip(could, _adjusted([f.p for f in could]), strict=True):
            finding.adjusted_p = p
        for finding, p in zip(opposed, _adjusted([f.opposite for f in opposed]), strict=True):
            finding.adjusted_opposite = p
        for finding in family:
            beside = [f.p for f in could if f is not finding]
            finding.threshold = _threshold(beside, level)
            finding.tests = [test.with_power(finding.threshold) for test in finding.tests]
            finding.verdict = _verdict(finding, level)
            finding.reason = _reason(finding, len(could), level)


def _verdict(finding: Finding, level: float) -> str:
    if finding.adjusted_p is not None and finding.adjusted_p <= level + _ROUNDING:
        return SUPPORTED
    if finding.adjusted_opposite is not None and finding.adjusted_opposite <= level + _ROUNDING:
        return CONTRADICTED
    return INCONCLUSIVE


def _adjusted(p_values: Sequence[float | None]) -> list[float]:
    return [float(p) for p in false_discovery_control(p_values)] if p_values else []


def _threshold(beside: Sequence[float | None], level: float) -> float:
    """Return the largest p-value that is adjusted to ``level`` at most beside these others."""
    rejected = sum(p <= level + _ROUNDING for p in _adjusted([0.0, *beside]))
    return level * rejected / (len(beside) + 1)


def _bonferroni(p_values: Sequence[float]) -> float:
    return min(1.0, min(p_values) * len(p_values))


def _least_opposite(finding: Finding) -> float:
    return _bonferroni([test.least_p for test in finding.tests])


def _reason(finding: Finding, family: int, level: float) -> str:
    lying = sum(test.as_claimed for test in finding.tests)
    total = len(finding.tests)
    means = f"the means of {lying} of {total} comparisons lie as claimed"
    if lying == total:
        means = "the means lie as claimed"
    elif all(test.tied for test in finding.tests):
        means = "the means are equal"
    elif not lying:
        means = "the means do not lie as claimed"
    if finding.verdict != INCONCLUSIVE:
        return means
    fewest = max(finding.tests, key=lambda test: test.least_p)
    first, *others = fewest.seeds
    seeds = f"{counted(first, 'seed')} against {' and '.join(map(str, others))}"
    assert finding.threshold is not None
    if fewest.least_p > level + _ROUNDING:
        return (
            f"{means}; {seeds} cannot show it, since even the clearest difference has a p of "
            f"{fewest.least_p:.2g}"
        )
    if fewest.least_p > finding.threshold + _ROUNDING:
        return (
            f"{means}; {seeds} cannot show it among {family} claims: even the clearest difference "
            f"has a p of {fewest.least_p:.2g}, and {finding.threshold:.2g} would be needed"
        )
    return f"{means}; chance could do that"
