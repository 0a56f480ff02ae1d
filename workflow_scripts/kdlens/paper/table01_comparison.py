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

Errors: :class:`~kdlens.errors.InputError` for a model whose published row does not exist.
"""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path

from kdlens.errors import InputError, suggest
from kdlens.files import write_text
from kdlens.paper.reference import BASELINE, PUBLISHED_COLUMNS, PUBLISHED_UNITS
from kdlens.paper.table01 import Group, Table

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
