"""The changes against scratch for people: Markdown that explains itself."""

from __future__ import annotations

from collections import Counter

from kdlens.paper.formats import (
    decimals_of,
    escape_markdown,
    markdown_table,
    mean_and_sd,
    number,
    signed,
)
from kdlens.paper.reference import BASELINE, PUBLISHED_SEEDS, PUBLISHED_UNITS
from kdlens.paper.table01 import Group, Table
from kdlens.paper.table01_comparison import (
    ENOUGH_SEEDS,
    OPPOSITE,
    SAME,
    TOO_FEW,
    WITHIN_SPREAD,
    Comparison,
    find_baseline,
)
from kdlens.paper.table_parts import column_title


def to_markdown(table: Table, comparisons: list[Comparison]) -> str:
    """Return one table a model, each with a line that counts the verdicts, and how to read them."""
    baseline = find_baseline(table)
    title = "# Changes against scratch, in this run and in the paper\n"
    if baseline is None:
        return (
            f"{title}\nNothing to compare: this run has no model with the published row "
            f"'{BASELINE}'.\n"
        )
    if not comparisons:
        return (
            f"{title}\nNothing to compare: beside {escape_markdown(baseline.label)}, no model of "
            "this run has a published row.\n"
        )
    models = dict.fromkeys(comparison.model for comparison in comparisons)
    sections = [
        _section([c for c in comparisons if c.model == model], baseline) for model in models
    ]
    return "\n".join([title, *sections, *_how_to_read(table, baseline)])


def _section(rows: list[Comparison], baseline: Group) -> str:
    first = rows[0]
    header = [
        "",
        "Baseline",
        "This model",
        "Change",
        "of units",
        "Published",
        "of units",
        "Verdict",
    ]
    lines = [
        [
            column_title(row.column),
            mean_and_sd(row.baseline_mean, row.baseline_sd, decimals_of(row.column)),
            mean_and_sd(row.mean, row.sd, decimals_of(row.column)),
            signed(row.change, decimals_of(row.column)),
            _with_percent(row.share),
            f"{signed(row.published_change, decimals_of(row.column))} "
            f"({number(row.published_baseline, decimals_of(row.column))} → "
            f"{number(row.published, decimals_of(row.column))})",
            _with_percent(row.published_share),
            _verdict_cell(row),
        ]
        for row in rows
    ]
    counted = Counter(row.verdict for row in rows)
    summary = "; ".join(f"{verdict}: {count}" for verdict, count in counted.items())
    return "\n".join(
        [
            f"## {escape_markdown(first.label)} against {escape_markdown(baseline.label)} "
            f"({first.seeds} and {first.baseline_seeds} seeds)\n",
            markdown_table(header, lines),
            f"Of {len(rows)} columns: {summary}.\n",
        ]
    )


def _with_percent(share: float | None) -> str:
    return "" if share is None else f"{signed(share, 1)} %"


def _verdict_cell(row: Comparison) -> str:
    """Add the bare sign comparison where the verdict withholds it."""
    if row.verdict in (WITHIN_SPREAD, TOO_FEW) and row.direction != "none":
        return f"{row.verdict} (means: {row.direction} direction)"
    return row.verdict


def _how_to_read(table: Table, baseline: Group) -> list[str]:
    return [
        "## How to read it\n",
        f"- The **baseline** is {escape_markdown(baseline.label)}; numbers are the mean ± sample "
        "standard deviation over the seeds of this run.",
        "- **Change** is the difference of the two means, **of units** the same in percent of the "
        f"layer ({baseline.units} units here, {PUBLISHED_UNITS} in the paper).",
        f"- **Published** is the change in Table 1 of Han et al. 2023 (mean of {PUBLISHED_SEEDS} "
        "networks, spread not printed).",
        f"- *{WITHIN_SPREAD}*: the change is at most twice its standard error, which is the pooled "
        "standard deviation s of the two models times √(1/n₁ + 1/n₂).",
        f"- *{TOO_FEW}*: fewer than {ENOUGH_SEEDS} seeds on either side and a change beyond that; "
        "in brackets what the bare means do.",
        f"- *{SAME}*, *{OPPOSITE}*: at least {ENOUGH_SEEDS} seeds on both sides and a change "
        "beyond the spread. This is not a significance test; with three seeds on each side, "
        "chance alone passes it about once in nine columns.",
        f"- Networks here were {escape_markdown(table.settings.trained)} and dissected with "
        f"{escape_markdown(table.settings.concepts)}, the paper's on ImageNet and Broden: "
        "agreement or disagreement is about this run, it neither proves nor refutes the paper.",
        "",
    ]
