"""The ledger for people: one line a claim, then what stands behind each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from kdlens.paper.claims.ledger import NOT_RUN, VERDICTS, Finding, Test
from kdlens.paper.formats import MISSING, escape_markdown, markdown_table


def to_markdown(
    findings: Sequence[Finding], inconsistencies: Sequence[Mapping[str, Any]], level: float
) -> str:
    """Return the whole ledger in Markdown."""
    counted = Counter(finding.verdict for finding in findings)
    summary = ", ".join(f"{counted[verdict]} {verdict}" for verdict in VERDICTS if counted[verdict])
    own = sum(finding.ours for finding in findings)
    return "\n".join(
        [
            "# The paper's claims, and what this run says to them\n",
            f"Of {len(findings)} claims{f' ({own} of them ours)' if own else ''}: **{summary}**.\n",
            _overview(findings),
            *_how_to_read(level),
            "## What stands behind each verdict\n",
            *(_details(finding) for finding in findings if finding.verdict != NOT_RUN),
            "## Where the paper's own numbers disagree\n",
            *(
                f"- {escape_markdown(each['says'])} ({escape_markdown(each['where'])})"
                for each in inconsistencies
            ),
            "",
        ]
    )


def _overview(findings: Sequence[Finding]) -> str:
    header = ["Claim", "Verdict", "Why", "p", "Power", "Printed means", "In the paper"]
    rows = [
        [
            escape_markdown(finding.says),
            f"**{finding.verdict}**",
            escape_markdown(finding.reason),
            _p(finding.adjusted_p),
            MISSING if finding.power is None else f"{100 * finding.power:.0f} %",
            finding.published,
            escape_markdown(finding.where),
        ]
        for finding in findings
    ]
    return markdown_table(header, rows, text=(0, 1, 2, 5, 6))


def _details(finding: Finding) -> str:
    header = ["Numbers", "Groups, as claimed from least to greatest", "Difference", "Interval", "p"]
    rows = [
        [
            escape_markdown(f"{test.table}, {test.column}{_place(test)}"),
            escape_markdown(" < ".join(_group(test, i) for i in range(len(test.groups)))),
            _difference(test),
            _interval(test),
            _p(test.p),
        ]
        for test in finding.tests
    ]
    return "\n".join(
        [
            f"### {escape_markdown(finding.says)}\n",
            f"{escape_markdown(finding.where)}. **{finding.verdict}**: "
            f"{escape_markdown(finding.reason)}{_by_number(finding)}.\n",
            markdown_table(header, rows, text=(0, 1)),
        ]
    )


def _by_number(finding: Finding) -> str:
    """Return the p-values that the verdict is by; none where so few seeds cannot reach it."""
    kind = "p" if finding.primary else "adjusted p"
    told = [
        f"{kind}{of} {_p(value)}"
        for of, value in (
            ("", finding.adjusted_p),
            (" of the opposite", finding.adjusted_opposite),
        )
        if value is not None
    ]
    return "".join(f"; {each}" for each in told)


def _place(test: Test) -> str:
    return "".join(f", {key} {value}" for key, value in test.place.items())


def _group(test: Test, i: int) -> str:
    return f"{test.groups[i]} {test.means[i]:.4g} (n {test.seeds[i]})"


def _difference(test: Test) -> str:
    if test.difference is None:
        return MISSING
    effect = "" if test.g is None else f" (g {test.g:.2g})"
    return f"{test.difference:+.3g}{effect}".replace("-", "−")


def _interval(test: Test) -> str:
    if test.interval is None:
        return MISSING
    low, high = (f"{end:.3g}".replace("-", "−") for end in (test.interval.low, test.interval.high))
    return f"{low} to {high} at {100 * test.interval.level:.0f} %"


def _p(value: float | None) -> str:
    if value is None:
        return MISSING
    return "< 0.001" if value < 0.001 else f"{value:.3f}"


def _how_to_read(level: float) -> list[str]:
    return [
        "## How to read it\n",
        "- A claim is tested on the networks of this run, one number a network (a seed). **p** is "
        "the chance that networks without any difference would give means so far apart in the "
        "claimed direction (exact permutation test), the largest of a claim's comparisons, "
        "adjusted for the number of claims (false discovery rate, Benjamini and Hochberg). The "
        "first claim is the primary one, chosen beforehand, and is not adjusted. A claim without p "
        "has seeds so few that it could not be shown whatever they gave; such claims do not count "
        "in the adjustment.",
        f"- **supported**: p is at most {level:g}. **contradicted**: that of the opposite is. "
        "**inconclusive**: neither. **not run**: this run does not have the numbers. Each of the "
        "two directions is tested at this level by itself.",
        "- **Power** is how likely so many seeds, spread as here, would have shown the change that "
        "the paper printed (relative to its baseline), at the level that the other claims leave to "
        "this one; of a claim of several comparisons that of the weakest, so at most this. Where "
        "it is low, *inconclusive* says nothing about the paper. It is left open where the paper "
        "printed no such change.",
        "- **Interval** is the exact permutation interval for the difference of means; few seeds "
        "cannot give 95 %, so it says what it reaches. **g** is Hedges' g.",
        "- **Printed means**: whether the numbers that the paper printed lie as it claims. They "
        "are means without a spread, so there is nothing to test.",
        "- A verdict is about this run, its data and its networks; it neither proves nor refutes "
        "the paper.\n",
    ]
