r"""Table 1 for people: Markdown that explains itself, and LaTeX for a paper.

A line of this run shows ``mean ± sd`` over its seeds (with one seed the number alone). Where the
paper has the same method, its line stands below, in italics and marked "published": it counts
another layer size on other data, so it is there to compare patterns, not numbers. The two nulls
come last, under a rule of their own.

The LaTeX needs ``\usepackage{booktabs}`` and fits the full width of a two-column page.
"""

from __future__ import annotations

from collections.abc import Iterable

from kdlens.paper.formats import (
    MISSING,
    decimals_of,
    escape_latex,
    escape_markdown,
    markdown_table,
    mean_and_sd,
    number,
)
from kdlens.paper.reference import PUBLISHED_SEEDS, PUBLISHED_UNITS
from kdlens.paper.table01 import Group, Table

_TITLES = {"top1": "Top-1 (%)"}
_DENOMINATORS = {
    "image": "the unit's active area is counted on every image annotated with the concept's "
    "category (as in the Network Dissection paper)",
    "mask": "the unit's active area is counted only on images where it touches a label of the "
    "concept's category (as in the published programs)",
}


def column_title(column: str) -> str:
    """Return a column's heading."""
    return _TITLES.get(column, column.capitalize())


def describe_seeds(groups: Iterable[Group]) -> str:
    """Say how many networks stand behind each mean: "2 seeds", or "1 to 3 seeds"."""
    counts = sorted({len(group.seeds) for group in groups})
    if counts == [1]:
        return "1 seed"
    return f"{counts[0]} seeds" if len(counts) == 1 else f"{counts[0]} to {counts[-1]} seeds"


def to_markdown(table: Table) -> str:
    """Return the table and how to read it."""
    settings = table.settings
    header = ["Model", "Seeds", "Units", *(column_title(name) for name in table.columns)]
    rows = []
    for group in _ordered(table):
        label = escape_markdown(group.label)
        rows.append([label, *_measured_cells(group, table)])
        if group.published is not None:
            published = (f"{label}, published", *_published_cells(group, table))
            rows.append([f"*{cell}*" for cell in published])
    return "\n".join(
        [
            f"# Table 1: concept detectors in {escape_markdown(settings.layer)}\n",
            markdown_table(header, rows),
            "## How to read it\n",
            *(f"- {line}" for line in _how_to_read(table)),
            "",
        ]
    )


def _how_to_read(table: Table) -> list[str]:
    settings = table.settings
    tail = f"{100 * settings.quantile:g} %"
    single = [group.label for group in table.groups if len(group.seeds) == 1]
    lines = [
        f"The networks were {escape_markdown(settings.trained)} and dissected at "
        f"layer **{escape_markdown(settings.layer)}** with the concept images of "
        f"**{escape_markdown(settings.concepts)}**.",
        f"A unit is active where its activation lies in the top {tail} of all its activations "
        f"(quantile {settings.quantile:g}). It detects a concept when its active area and the "
        f"concept's mask overlap with an IoU of at least **{settings.iou_threshold:g}**.",
        f"For the IoU, {_DENOMINATORS.get(settings.denominator, settings.denominator)}.",
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
    ]
    if single:
        names = ", ".join(dict.fromkeys(escape_markdown(label) for label in single))
        lines.append(f"One seed only, and so no spread: {names}.")
    if any(group.published is not None for group in table.groups):
        lines.append(
            "*Published* lines are the numbers of Han et al. 2023, Table 1: ResNet-18 with "
            f"{PUBLISHED_UNITS} units trained on ImageNet, Broden's concepts, mean of "
            f"{PUBLISHED_SEEDS} networks, spread not printed. Layer size and data are others than "
            "here, so compare which model has more, not the numbers themselves."
        )
    if any(group.is_null for group in table.groups):
        lines.append(
            "The last lines are nulls, what chance alone gives: a network with random weights, or "
            "a trained one whose concept masks were swapped among the images."
        )
    return lines


def to_latex(table: Table) -> str:
    """Return the table as a ``table*`` environment."""
    settings = table.settings
    header = ["Model", "Seeds", "Units", *(column_title(name) for name in table.columns)]
    lines = []
    for i, group in enumerate(ordered := _ordered(table)):
        if i and group.is_null and not ordered[i - 1].is_null:
            lines.append(r"\midrule")
        measured = map(_latex_cell, _measured_cells(group, table))
        lines.append(_latex_line([escape_latex(group.label), *measured]))
        if group.published is not None:
            published = map(_latex_cell, _published_cells(group, table))
            lines.append(_latex_line(rf"\textit{{{c}}}" for c in (r"\quad published", *published)))
    caption = (
        f"Concept detectors in {settings.layer} "
        f"(IoU ≥ {settings.iou_threshold:g}, quantile {settings.quantile:g}, "
        f"{settings.denominator}-level denominator). Networks {settings.trained}, "
        f"concepts of {settings.concepts}; mean ± sample standard deviation, "
        f"{describe_seeds(table.groups)}. Published lines (italic): Han et al. 2023, "
        f"{PUBLISHED_UNITS} units, ImageNet and Broden, mean of {PUBLISHED_SEEDS} networks."
    )
    return "\n".join(
        [
            r"% needs \usepackage{booktabs}",
            r"\begin{table*}",
            r"\centering",
            r"\scriptsize",
            r"\setlength{\tabcolsep}{2.5pt}",
            rf"\caption{{{escape_latex(caption)}}}",
            r"\label{tab:table01}",
            rf"\begin{{tabular}}{{l{'r' * (len(header) - 1)}}}",
            r"\toprule",
            _latex_line([escape_latex(title) for title in header]),
            r"\midrule",
            *lines,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table*}",
            "",
        ]
    )


def _ordered(table: Table) -> list[Group]:
    return sorted(table.groups, key=lambda group: group.is_null)


def _measured_cells(group: Group, table: Table) -> list[str]:
    numbers = (mean_and_sd(group.mean(c), group.sd(c), decimals_of(c)) for c in table.columns)
    return [str(len(group.seeds)), str(group.units), *numbers]


def _published_cells(group: Group, table: Table) -> list[str]:
    assert group.published is not None
    numbers = (number(group.published.get(c), decimals_of(c)) for c in table.columns)
    return [str(PUBLISHED_SEEDS), str(PUBLISHED_UNITS), *numbers]


def _latex_cell(text: str) -> str:
    """Set the spread as a small index, which saves the width that fourteen columns need."""
    mean, plus_minus, sd = text.partition(" ± ")
    return rf"${mean}_{{\pm {sd}}}$" if plus_minus else escape_latex(mean)


def _latex_line(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"
