"""Do the changes against scratch go the way the paper says?

For each trained model with a published row, and for each column of the published table:

    change            = mean over our seeds - mean over scratch's seeds        (of this run)
    published change  = the paper's row - the paper's scratch row

    pooled sd:  s² = ((n₁ - 1) s₁² + (n₂ - 1) s₂²) / (n₁ + n₂ - 2)
    error     = s √(1/n₁ + 1/n₂),  the standard error of the change

``direction`` compares the two signs and nothing else: same, opposite, or none (either is zero or
missing). ``verdict`` says what of that the seeds can carry:

==================================  ============================================================
verdict                             when
==================================  ============================================================
not measured                        a number is missing here or in the paper
layers differ                       a count of another layer size than scratch's
no published change                 the paper's two numbers are equal
no change in this run               our two means are equal
within the spread of the seeds      the change is at most twice its standard error
too few seeds to tell               fewer than three seeds in an arm, whatever the change
same direction, opposite direction  at least three seeds in both arms, change beyond the spread
==================================  ============================================================

No verdict is a test of significance: twice the standard error of three seeds an arm is passed by
chance alone once in about nine times, and many columns are looked at. The paper prints no spread,
so how sure *its* changes are is not known.
"""

from __future__ import annotations

import csv
import io
import math
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from kdlens.errors import InputError, suggest
from kdlens.files import write_text
from kdlens.paper.formats import (
    decimals_of,
    escape_markdown,
    markdown_table,
    mean_and_sd,
    number,
    signed,
)
from kdlens.paper.reference import (
    BASELINE,
    PUBLISHED_COLUMNS,
    PUBLISHED_SEEDS,
    PUBLISHED_UNITS,
)
from kdlens.paper.table01 import Group, Table
from kdlens.paper.table_parts import column_title

ENOUGH_SEEDS = 3
"""Fewer networks than this in an arm carry no statement about a direction."""

NOT_MEASURED = "not measured"
LAYERS_DIFFER = "layers differ"
NO_PUBLISHED_CHANGE = "no published change"
NO_CHANGE = "no change in this run"
WITHIN_SPREAD = "within the spread of the seeds"
TOO_FEW = "too few seeds to tell"
SAME = "same direction"
OPPOSITE = "opposite direction"


@dataclass(frozen=True)
class Comparison:
    """One column of one model against scratch, here and in the paper.

    ``share`` and ``published_share`` are the changes in percent of the layer's units (None for
    the accuracy): layers of different size can only be compared by these.
    """

    model: str
    label: str
    reference: str
    column: str
    baseline_mean: float | None
    baseline_sd: float | None
    baseline_seeds: int
    mean: float | None
    sd: float | None
    seeds: int
    change: float | None
    pooled_sd: float | None
    error: float | None
    share: float | None
    published_baseline: float | None
    published: float | None
    published_change: float | None
    published_share: float | None
    direction: str
    verdict: str


def find_baseline(table: Table) -> Group | None:
    """Return the first model that stands for the paper's scratch, if the run has one."""
    candidates = (g for g in table.groups if g.reference == BASELINE and g.labels == "true")
    return next(candidates, None)


def compare(table: Table, reference: Mapping[str, Mapping[str, float | None]]) -> list[Comparison]:
    """Compare every model that has a published row with scratch; [] if the run has no scratch."""
    baseline = find_baseline(table)
    if baseline is None:
        return []
    students = [
        (group, group.reference)
        for group in table.groups
        if group.reference is not None and group.reference != BASELINE and group.labels == "true"
    ]
    for name in (BASELINE, *(row for _, row in students)):
        if name not in reference:
            raise InputError(f"published numbers: no row '{name}'; {suggest(name, reference)}")
    return [
        _compare(group, row, baseline, column, reference)
        for group, row in students
        for column in PUBLISHED_COLUMNS
    ]


def _compare(
    group: Group,
    row: str,
    baseline: Group,
    column: str,
    reference: Mapping[str, Mapping[str, float | None]],
) -> Comparison:
    mean, baseline_mean = group.mean(column), baseline.mean(column)
    published = reference[row][column]
    published_baseline = reference[BASELINE][column]
    change = _difference(mean, baseline_mean)
    published_change = _difference(published, published_baseline)
    spread = pooled_sd(group, baseline, column)
    error = None
    if spread is not None:
        error = spread * math.sqrt(1 / len(group.seeds) + 1 / len(baseline.seeds))
    is_count = column != "top1"
    same_layer = group.units == baseline.units
    return Comparison(
        model=group.model,
        label=group.label,
        reference=row,
        column=column,
        baseline_mean=baseline_mean,
        baseline_sd=baseline.sd(column),
        baseline_seeds=len(baseline.seeds),
        mean=mean,
        sd=group.sd(column),
        seeds=len(group.seeds),
        change=change,
        pooled_sd=spread,
        error=error,
        share=_percent(change, group.units) if is_count and same_layer else None,
        published_baseline=published_baseline,
        published=published,
        published_change=published_change,
        published_share=_percent(published_change, PUBLISHED_UNITS) if is_count else None,
        direction=_direction(change, published_change),
        verdict=LAYERS_DIFFER
        if is_count and not same_layer
        else judge(change, published_change, error, min(len(group.seeds), len(baseline.seeds))),
    )


def pooled_sd(group: Group, baseline: Group, column: str) -> float | None:
    """Return the standard deviation that both arms share; None if neither has two seeds."""
    squares, degrees = 0.0, 0
    for arm in (group, baseline):
        sd = arm.sd(column)
        if sd is not None:
            squares += (len(arm.seeds) - 1) * sd**2
            degrees += len(arm.seeds) - 1
    return math.sqrt(squares / degrees) if degrees else None


def judge(
    change: float | None, published_change: float | None, error: float | None, seeds: int
) -> str:
    """Return the verdict (see the module's head); ``seeds`` is the smaller arm's number."""
    if change is None or published_change is None:
        return NOT_MEASURED
    if published_change == 0:
        return NO_PUBLISHED_CHANGE
    if change == 0:
        return NO_CHANGE
    if error is not None and abs(change) <= 2 * error:
        return WITHIN_SPREAD
    if seeds < ENOUGH_SEEDS:
        return TOO_FEW
    return SAME if (change > 0) == (published_change > 0) else OPPOSITE


def _direction(change: float | None, published_change: float | None) -> str:
    if not change or not published_change:
        return "none"
    return "same" if (change > 0) == (published_change > 0) else "opposite"


def _difference(value: float | None, other: float | None) -> float | None:
    # Rounded, so that 70.8 - 69.94 is 0.86 and two equal means differ by exactly nothing.
    return None if value is None or other is None else round(value - other, 9)


def _percent(change: float | None, units: int) -> float | None:
    return None if change is None else round(100 * change / units, 9)


def write_csv(path: str | Path, comparisons: list[Comparison]) -> None:
    """Write one row for each model and column; the header alone if there is nothing to compare."""
    names = [field.name for field in fields(Comparison)]
    buffer = io.StringIO()
    writer = csv.writer(buffer, lineterminator="\n")
    writer.writerow(names)
    for comparison in comparisons:
        cells = (getattr(comparison, name) for name in names)
        writer.writerow(["" if cell is None else cell for cell in cells])
    write_text(path, buffer.getvalue())


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
