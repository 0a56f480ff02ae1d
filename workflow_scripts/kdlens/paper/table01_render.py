"""Table 1 for people: Markdown that explains itself, and LaTeX for a paper.

The published line counts another layer size on other data, so it is there to compare patterns, not
numbers. Tables 6 to 9 (KD and label smoothing by their hyper-parameters) are the same under another
:class:`Heading`. See `table_parts` for how a line looks.
"""

from __future__ import annotations

from dataclasses import dataclass

from kdlens.paper.formats import MISSING, decimals_of, escape_markdown, number
from kdlens.paper.reference import PUBLISHED_SEEDS, PUBLISHED_UNITS
from kdlens.paper.table01 import Group, Table
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


@dataclass(frozen=True)
class Heading:
    """The table's number in the paper and what it counts."""

    number: int = 1
    subject: str = "concept detectors"


def to_markdown(table: Table, heading: Heading = Heading()) -> str:
    """Return the table and how to read it."""
    title = f"Table {heading.number}: {heading.subject} in {table.settings.layer}"
    how_to_read = _how_to_read(table, heading)
    return markdown_text(escape_markdown(title), _header(table), _lines(table), how_to_read)


def to_latex(table: Table, heading: Heading = Heading()) -> str:
    """Return the table as a ``table*`` environment."""
    layer, subject = table.settings.layer, heading.subject
    caption = (
        f"{subject[0].upper()}{subject[1:]} in {layer} {caption_of(table.settings, table.groups)}"
    )
    published = (
        f"Han et al. 2023, {PUBLISHED_UNITS} units, ImageNet and Broden, mean of "
        f"{PUBLISHED_SEEDS} networks."
    )
    label = f"table{heading.number:02}"
    return latex_text(caption, label, _header(table), _lines(table), published)


def _header(table: Table) -> list[str]:
    return ["Model", "Seeds", "Units", *(column_title(name) for name in table.columns)]


def _lines(table: Table) -> list[Line]:
    return [
        Line(group, _measured_cells(group, table), _published_cells(group, table))
        for group in ordered(table)
    ]


def _measured_cells(group: Group, table: Table) -> list[str]:
    numbers = (measured_cell(group, column) for column in table.columns)
    return [str(len(group.seeds)), str(group.units), *numbers]


def _published_cells(group: Group, table: Table) -> list[str] | None:
    if group.published is None:
        return None
    numbers = (number(group.published.get(c), decimals_of(c)) for c in table.columns)
    return [str(PUBLISHED_SEEDS), str(table.published_units), *numbers]


def _how_to_read(table: Table, heading: Heading) -> list[str]:
    lines = [
        *how_counted(table.settings, table.settings.layer),
        "**Units** is the size of the layer. A detector is counted in the one category that it "
        "fits best (Object to Color, and any after them), so these columns add up to **Total**, "
        "the units that detect at least one concept.",
        "**Unique**: units that detect concepts of exactly one category. **Pairs**: (unit, "
        "category) pairs, so a unit may count several times. **Distinct**: different concepts "
        "that are some unit's best.",
        "**Top-1** is the accuracy on the validation images in percent.",
        f"Numbers are the mean ± sample standard deviation over the seeds "
        f"({describe_seeds(table.groups)} a model); a category that the concept images do not "
        f"have, and a number that was not measured or not printed, is {MISSING}.",
        *of_one_seed(table.groups),
    ]
    if any(group.published is not None for group in table.groups):
        lines.append(
            f"*Published* lines are the numbers of Han et al. 2023, Table {heading.number}"
            f"{', and of Table 1 for scratch' if heading.number > 1 else ''}: ResNet-18 with "
            f"{PUBLISHED_UNITS} units trained on ImageNet, Broden's concepts, mean of "
            f"{PUBLISHED_SEEDS} networks, spread not printed. Layer size and data are others than "
            "here, so compare which model has more, not the numbers themselves."
        )
    return [*lines, *of_nulls(table.groups)]
