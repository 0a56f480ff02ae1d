"""Which concepts do the units of one network detect, and how many units each?

One bar a concept, its height the number of units that detect it; bars stand by category, in the
category's colour, the most frequent first. A unit counts once, with the concept that it fits best
of all (as in Table 1's category columns, which the legend repeats). After the graph of the
published Network Dissection programs.

Names stand upright below their bars. Where there are more concepts than fit beside each other they
go on in further rows; beyond :data:`MOST_ROWS` rows the concepts with the fewest units are left
out, and a line says how many.

Errors: :class:`~kdlens.errors.InputError` for a quantile that was not dissected.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from kdlens.dissection.tallies import Tallies
from kdlens.paper.categories import figure_colours, in_order
from kdlens.paper.formats import counted
from kdlens.paper.legend import (
    add_legend,
    add_note,
    legend_layout,
    note_layout,
    text_width,
    wrap_text,
)
from kdlens.paper.style import FONT_SIZE, WIDTH, house_style

MOST_ROWS = 3

_AXES_WIDTH = WIDTH - 0.6
_SLOT = FONT_SIZE * 1.3
"""Room for one bar in points: its name, upright, must not touch the next."""

_PER_ROW = int(_AXES_WIDTH * 72 / _SLOT)
_BARS_HEIGHT = 1.3
_LONGEST_NAME = 24
_TITLE_SHARE = FONT_SIZE / (FONT_SIZE + 1)
"""A title is larger than the letters that are measured."""


@dataclass(frozen=True)
class Concept:
    """A concept that ``units`` units detect."""

    name: str
    category: str
    units: int


@dataclass(frozen=True)
class ConceptCounts:
    """The detected concepts of one layer, by category and then by units.

    Attributes:
        categories: all categories of the dataset, with their detecting units.
        layer, units: the layer and its size.
    """

    concepts: Sequence[Concept]
    categories: dict[str, int]
    layer: str
    units: int

    @property
    def detectors(self) -> int:
        """Units that detect a concept."""
        return sum(self.categories.values())


def count_concepts(
    tallies: Tallies, *, iou_threshold: float, quantile: float, denominator: str
) -> ConceptCounts:
    """Count the units that detect each concept."""
    best = tallies.best(quantile, denominator)
    label = best.unit_label
    detects = (best.score >= iou_threshold) & (label > 0)
    names = [str(name) for name in tallies.category_names]
    order = in_order(names)
    found = Counter(
        (names[k], str(tallies.label_names[c]))
        for k, c in zip(best.category[detects], label[detects], strict=True)
    )
    concepts = [Concept(name, category, units) for (category, name), units in found.items()]
    concepts.sort(key=lambda c: (order.index(c.category), -c.units, c.name))
    totals = Counter(names[k] for k in best.category[detects])
    return ConceptCounts(
        concepts, {name: totals[name] for name in order}, str(tallies.meta["layer"]), tallies.units
    )


def draw(counts: ConceptCounts, label: str) -> Figure:
    """Draw the bars of the model called ``label``."""
    colors = dict(zip(counts.categories, figure_colours(counts.categories), strict=True))
    rows, note = _arrange(counts.concepts)
    with house_style():
        names = [f"{name} ({units})" for name, units in counts.categories.items()]
        ncols, legend_height = legend_layout(names)
        longest = max((text_width(_name(c)) for row in rows for c in row), default=0.0) / 72
        title = "\n".join(wrap_text(_title(counts, label), 72 * _AXES_WIDTH * _TITLE_SHARE))
        note, _ = note_layout(note)
        height = (
            legend_height + (title.count("\n") + note.count("\n") + 1 + bool(note)) * 0.17 + 0.2
        )
        height += len(rows) * (_BARS_HEIGHT + longest + 0.15)
        figure = Figure(figsize=(WIDTH, height))
        figure.set_layout_engine("constrained", h_pad=0.05, w_pad=0.05)
        panels = figure.subplots(len(rows), 1, squeeze=False)[:, 0]
        panels[0].set_title(title)
        top = max((concept.units for concept in counts.concepts), default=1)
        slots = max(max(map(len, rows)), 12)
        numbers = max((text_width(str(concept.units)) for concept in counts.concepts), default=0)
        upright = numbers + 2 > _AXES_WIDTH * 72 / slots
        room = (numbers if upright else FONT_SIZE) + 5
        for panel, row in zip(panels, rows, strict=True):
            _bars(panel, row, colors, upright)
            panel.set_xlim(-0.7, slots - 0.3)
            panel.set_ylim(0, top / (1 - room / (72 * (_BARS_HEIGHT - 0.1))))
            panel.set_ylabel("units")
            panel.locator_params(axis="y", integer=True, nbins=4)
        if not counts.concepts:
            panels[0].text(
                0.5, 0.5, "No unit detects a concept.", transform=panels[0].transAxes, ha="center"
            )
            panels[0].set_yticks([0, 1])
        add_note(figure, note)
        handles = [
            Patch(facecolor=colors[category], label=text)
            for category, text in zip(counts.categories, names, strict=True)
        ]
        add_legend(figure, handles, ncols)
    return figure


def _title(counts: ConceptCounts, label: str) -> str:
    return (
        f"{label}: {counts.detectors} of {counts.units} units of {counts.layer} detect a concept, "
        f"{counted(len(counts.concepts), 'concept')} in all"
    )


def _arrange(concepts: Sequence[Concept]) -> tuple[list[Sequence[Concept]], str]:
    """Return the rows of concepts, and a line on what is left out ("" if nothing is)."""
    most = MOST_ROWS * _PER_ROW
    note = ""
    if len(concepts) > most:
        # Ties at the border go by the order that they have in the figure.
        kept = set(sorted(range(len(concepts)), key=lambda i: -concepts[i].units)[:most])
        left = [concept for i, concept in enumerate(concepts) if i not in kept]
        fewest, largest = min(c.units for c in left), max(c.units for c in left)
        each = f"{fewest}" if fewest == largest else f"{fewest} to {largest}"
        by_category = Counter(concept.category for concept in left)
        parts = ", ".join(f"{count} {category}" for category, count in by_category.items())
        note = (
            f"Not shown: {len(left)} concepts of {each} unit{'' if largest == 1 else 's'} each "
            f"({parts})."
        )
        concepts = [concept for i, concept in enumerate(concepts) if i in kept]
    rows = max(math.ceil(len(concepts) / _PER_ROW), 1)
    per_row = max(math.ceil(len(concepts) / rows), 1)
    return [concepts[i : i + per_row] for i in range(0, max(len(concepts), 1), per_row)], note


def _name(concept: Concept) -> str:
    name = concept.name
    return name if len(name) <= _LONGEST_NAME else name[: _LONGEST_NAME - 1].rstrip() + "…"


def _bars(panel: Axes, row: Sequence[Concept], colors: dict[str, str], upright: bool) -> None:
    x = np.arange(len(row))
    heights = [concept.units for concept in row]
    panel.bar(x, heights, 0.78, color=[colors[concept.category] for concept in row])
    for place, units in zip(x, heights, strict=True):
        panel.annotate(
            str(units),
            (place, units),
            xytext=(0, 2.5),
            textcoords="offset points",
            ha="center",
            va="bottom",
            rotation=90 if upright else 0,
        )
    panel.set_xticks(x, [_name(concept) for concept in row], rotation=90)
    panel.tick_params(axis="x", length=0)
