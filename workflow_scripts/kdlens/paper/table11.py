"""Table 11: do other architectures become more interpretable by distillation too?

Unique and total detectors of each model with its network and its teacher's, counted as in Table 1
in the last of its network's layers. Networks of different size stand in one table, so a count is
to be compared within a student's lines alone. Of the published numbers neither the layer, nor its
size, nor the number of networks is printed.

Errors: as in `table01_count`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kdlens.paper.formats import MISSING, decimals_of, escape_markdown, number
from kdlens.paper.reference import read_architectures
from kdlens.paper.table01 import Group, Settings, Table
from kdlens.paper.table01_count import count_tables
from kdlens.paper.table_parts import (
    Line,
    caption_of,
    column_title,
    describe_seeds,
    how_counted,
    latex_text,
    markdown_text,
    measured_cell,
    of_nulls,
    of_one_seed,
    ordered,
)

COLUMNS = ("unique", "total", "top1")

Networks = Mapping[str, Mapping[str, str | None]]
"""By model: ``{"student", "teacher"}``, names of entries of ``networks``; None if untaught."""


def count_architectures(
    runs: Sequence[Mapping[str, Any]],
    tallies: Sequence[str | Path],
    metrics: Sequence[str | Path],
    reference: str | Path,
    settings: Settings,
) -> Table:
    """Make the table.

    Args:
        runs, tallies, metrics: as for Table 1; a run's ``reference`` is such as
            "resnet34 of resnet50".
        reference: the csv file of the published Table 11.
        settings: how to count.
    """
    published = read_architectures(reference)
    (table,) = count_tables(runs, tallies, [settings], metrics=metrics, published=published)
    return replace(table, published_layer=None, published_seeds=None)


def to_markdown(table: Table, networks: Networks) -> str:
    """Return the table and how to read it."""
    lines = _lines(table, networks)
    how_to_read = [
        *how_counted(table.settings, table.settings.layer),
        "**Student** is the model's network, **Teacher** its teacher's (of random weights and "
        f"models from scratch, {MISSING}). **Units** is the size of the layer, which differs "
        "between networks: compare the lines of one student.",
        "**Total**: units that detect at least one concept. **Unique**: units that detect concepts "
        "of exactly one category. **Top-1** is the accuracy on the validation images in percent.",
        f"Numbers are the mean ± sample standard deviation over the seeds "
        f"({describe_seeds(table.groups)} a model); a number that was not measured or not "
        f"printed is {MISSING}.",
        *of_one_seed(table.groups),
    ]
    if any(line.published is not None for line in lines):
        how_to_read.append(
            "*Published* lines are the numbers of Han et al. 2023, Table 11, for networks of the "
            "same kinds at full width, trained on ImageNet, Broden's concepts. Layers, their sizes "
            "and the number of networks are not printed: compare which model has more, not the "
            "numbers."
        )
    title = "Table 11: concept detectors of other architectures"
    return markdown_text(title, _HEADER, lines, [*how_to_read, *of_nulls(table.groups)])


def to_latex(table: Table, networks: Networks) -> str:
    """Return the table as a ``table*`` environment."""
    caption = (
        f"Concept detectors of other architectures in {table.settings.layer} "
        f"{caption_of(table.settings, table.groups)}"
    )
    published = "Han et al. 2023, ImageNet and Broden."
    return latex_text(caption, "table11", _HEADER, _lines(table, networks), published)


_HEADER = ("Model", "Student", "Teacher", "Seeds", "Units", *map(column_title, COLUMNS))


def _lines(table: Table, networks: Networks) -> list[Line]:
    lines = []
    for group in ordered(table):
        pair = [networks[group.model][role] or MISSING for role in ("student", "teacher")]
        sizes = [str(len(group.seeds)), str(group.units)]
        cells = [measured_cell(group, column) for column in COLUMNS]
        lines.append(Line(group, [*map(escape_markdown, pair), *sizes, *cells], _published(group)))
    return lines


def _published(group: Group) -> list[str] | None:
    if group.published is None or group.reference is None:
        return None
    student, _, teacher = group.reference.partition(" of ")
    cells = [number(group.published.get(column), decimals_of(column)) for column in COLUMNS]
    return [student, teacher or MISSING, MISSING, MISSING, *cells]
