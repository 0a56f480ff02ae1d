r"""What tables have in common: their lines, the words around them, Markdown and LaTeX.

A line of this run shows ``mean ± sd`` over its seeds (with one seed the number alone); the paper's
line, if it has the model, stands below, in italics and marked "published". The two nulls come last,
under a rule of their own. The LaTeX needs ``\usepackage{booktabs}`` and fits the full width of a
two-column page.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Protocol

from kdlens.paper.formats import (
    counted,
    decimals_of,
    escape_latex,
    escape_markdown,
    markdown_table,
    mean_and_sd,
)
from kdlens.paper.table01 import Group, Settings, Table

_TITLES = {"top1": "Top-1 (%)"}
_DENOMINATORS = {
    "image": "the unit's active area is counted on every image annotated with the concept's "
    "category (as in the Network Dissection paper)",
    "mask": "the unit's active area is counted only on images where it touches a label of the "
    "concept's category (as in the published programs)",
}


class Labelled(Protocol):
    """What a line is about."""

    @property
    def label(self) -> str:
        """What it is called in tables."""
        ...

    @property
    def is_null(self) -> bool:
        """Whether it is a yardstick, such as random weights, and no trained network."""
        ...


class Seeded(Protocol):
    """What numbers are of, over seeds."""

    @property
    def label(self) -> str:
        """What it is called in tables."""
        ...

    @property
    def seeds(self) -> Sequence[int]:
        """The seeds of its networks."""
        ...


@dataclass(frozen=True)
class Line:
    """A model's cells, with those of the paper below if it has the model."""

    group: Labelled
    measured: Sequence[str]
    published: Sequence[str] | None


def column_title(column: str) -> str:
    """Return a column's heading."""
    return _TITLES.get(column, column.capitalize())


def describe_seeds(groups: Iterable[Seeded]) -> str:
    """Say how many networks stand behind each mean: "2 seeds", or "1 to 3 seeds"."""
    counts = sorted({len(group.seeds) for group in groups})
    return counted(counts[0], "seed") if len(counts) == 1 else f"{counts[0]} to {counts[-1]} seeds"


def means_over(groups: Iterable[Seeded]) -> str:
    """Say in a sentence what a figure's means are over: "Means over 2 seeds."."""
    seeds = describe_seeds(groups)
    return "One network a model, so no spread." if seeds == "1 seed" else f"Means over {seeds}."


def ordered(table: Table) -> list[Group]:
    """Return the groups, the nulls last."""
    return sorted(table.groups, key=lambda group: group.is_null)


def measured_cell(group: Group, column: str) -> str:
    """Return a group's mean and spread."""
    return mean_and_sd(group.mean(column), group.sd(column), decimals_of(column))


def how_counted(settings: Settings, layers: str) -> list[str]:
    """Say what the counts hang on, in Markdown; ``layers`` names those of the table."""
    tail = f"{100 * settings.quantile:g} %"
    return [
        f"The networks were {escape_markdown(settings.trained)} and dissected at "
        f"layer **{escape_markdown(layers)}** with the concept images of "
        f"**{escape_markdown(settings.concepts)}**.",
        f"A unit is active where its activation lies in the top {tail} of all its activations "
        f"(quantile {settings.quantile:g}). It detects a concept when its active area and the "
        f"concept's mask overlap with an IoU of at least **{settings.iou_threshold:g}**.",
        f"For the IoU, {_DENOMINATORS.get(settings.denominator, settings.denominator)}.",
    ]


def of_one_seed(groups: Sequence[Seeded]) -> list[str]:
    """Name the models without a spread, in Markdown."""
    single = [escape_markdown(group.label) for group in groups if len(group.seeds) == 1]
    if len(single) == len(groups) > 0:
        return ["One seed a model, and so no spread."]
    names = ", ".join(dict.fromkeys(single))
    return [f"One seed only, and so no spread: {names}."] if single else []


def of_nulls(groups: Sequence[Group]) -> list[str]:
    """Say what the nulls are, if there are any."""
    if not any(group.is_null for group in groups):
        return []
    return [
        "The last lines are nulls, what chance alone gives: a network with random weights, or a "
        "trained one whose concept masks were swapped among the images."
    ]


def caption_of(settings: Settings, groups: Sequence[Group]) -> str:
    """Return what a LaTeX caption says of the measurement, unescaped."""
    return (
        f"(IoU ≥ {settings.iou_threshold:g}, quantile {settings.quantile:g}, "
        f"{settings.denominator}-level denominator). Networks {settings.trained}, "
        f"concepts of {settings.concepts}; mean ± sample standard deviation, "
        f"{describe_seeds(groups)}."
    )


def markdown_text(
    title: str, header: Sequence[str], lines: Sequence[Line], how_to_read: Sequence[str]
) -> str:
    """Return a whole Markdown file; ``title``, ``header`` and ``how_to_read`` are Markdown."""
    rows = []
    for line in lines:
        label = escape_markdown(line.group.label)
        rows.append([label, *line.measured])
        if line.published is not None:
            rows.append([f"*{cell}*" for cell in (f"{label}, published", *line.published)])
    return "\n".join(
        [
            f"# {title}\n",
            markdown_table(header, rows),
            "## How to read it\n",
            *(f"- {sentence}" for sentence in how_to_read),
            "",
        ]
    )


def latex_text(
    caption: str, label: str, header: Sequence[str], lines: Sequence[Line], published: str
) -> str:
    """Return a ``table*`` environment.

    Args:
        caption, header: plain text.
        published: whose numbers the published lines are, plain text; the caption ends with it
            where there are such lines.
    """
    if any(line.published is not None for line in lines):
        caption += f" Published lines (italic): {published}"
    body = []
    for i, line in enumerate(lines):
        if i and line.group.is_null and not lines[i - 1].group.is_null:
            body.append(r"\midrule")
        measured = map(_latex_cell, line.measured)
        body.append(_latex_line([escape_latex(line.group.label), *measured]))
        if line.published is not None:
            cells = (r"\quad published", *map(_latex_cell, line.published))
            body.append(_latex_line(rf"\textit{{{cell}}}" for cell in cells))
    return "\n".join(
        [
            r"% needs \usepackage{booktabs}",
            r"\begin{table*}",
            r"\centering",
            r"\scriptsize",
            r"\setlength{\tabcolsep}{2.5pt}",
            rf"\caption{{{escape_latex(caption)}}}",
            rf"\label{{tab:{label}}}",
            rf"\begin{{tabular}}{{l{'r' * (len(header) - 1)}}}",
            r"\toprule",
            _latex_line([escape_latex(title) for title in header]),
            r"\midrule",
            *body,
            r"\bottomrule",
            r"\end{tabular}",
            r"\end{table*}",
            "",
        ]
    )


def _latex_cell(text: str) -> str:
    """Set the spread as a small index, which saves the width that fourteen columns need."""
    mean, plus_minus, sd = text.partition(" ± ")
    return rf"${mean}_{{\pm {sd}}}$" if plus_minus else escape_latex(mean)


def _latex_line(cells: Iterable[str]) -> str:
    return " & ".join(cells) + r" \\"
