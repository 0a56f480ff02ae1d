"""Figure 2: concept detectors of each model, as bars.

(a) units that detect at least one concept; (b) units that detect concepts of exactly one category;
(c) the detectors of (a) by the category that each fits best. A bar is the mean over the seeds,
with the number on top; each dot is one seed; the whisker is the sample standard deviation (two
seeds or more). Models stand in the order that they are asked for, with the colours that they have
in every figure. The nulls are grey: random weights, and, always last, shuffled labels for those of
the models that Table 1 has them for. (a) and (b) have one scale.

Panel (c) breaks into several rows, all on one scale, when so many models are shown that the
numbers would not fit. :func:`draw` is a pure function of Table 1.

Errors: :class:`~kdlens.errors.InputError` for a model that the table does not have and for a method
without a colour.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from kdlens.errors import InputError
from kdlens.paper.bars import bar, count_label, highest, number_on_bar
from kdlens.paper.legend import add_legend, legend_label, legend_layout, text_width
from kdlens.paper.style import FONT_SIZE, INK, WIDTH, Look, house_style, looks_of
from kdlens.paper.table01 import Group, Table

_PANEL_HEIGHT = 1.8
_AXES_WIDTH = WIDTH - 0.6
"""Room for bars in a panel of full width, in inches: the rest is the axis and its label."""

_GAP = 0.9
"""Free space between two categories, in slots."""

_NARROWEST_SLOT = FONT_SIZE + 2.0
"""In points: a number turned upright still fits on its bar."""


def draw(table: Table, models: Sequence[str]) -> Figure:
    """Draw ``models``, from left to right."""
    if not models:
        raise InputError("figure02: no models to show; name at least one")
    groups = [table.group(model) for model in models]
    groups += [g for g in table.groups if g.labels == "shuffled" and g.model in models]
    looks = looks_of([group.style for group in groups])
    rows = _split(table.categories, len(groups))
    with house_style():
        labels = [legend_label(group.label) for group in groups]
        ncols, legend_height = legend_layout(labels)
        figure = Figure(figsize=(WIDTH, _PANEL_HEIGHT * (1 + len(rows)) + legend_height))
        figure.set_layout_engine("constrained", h_pad=0.05, w_pad=0.05, hspace=0.03)
        grid = figure.add_gridspec(1 + len(rows), 2)
        a = figure.add_subplot(grid[0, 0])
        b = figure.add_subplot(grid[0, 1])
        c = [figure.add_subplot(grid[1 + i, :]) for i in range(len(rows))]
        a.set_title("(a) Concept detectors")
        b.set_title("(b) Unique detectors (one category only)")
        c[0].set_title("(c) Concept detectors per category")
        for panel in (a, b):
            _set_scale(panel, groups, ["total", "unique"], _AXES_WIDTH / 2, 1)
        _bars(a, ["total"], groups, looks, _AXES_WIDTH / 2)
        _bars(b, ["unique"], groups, looks, _AXES_WIDTH / 2)
        for panel, categories in zip(c, rows, strict=True):
            _set_scale(panel, groups, table.categories, _AXES_WIDTH, len(rows[0]))
            _bars(panel, categories, groups, looks, _AXES_WIDTH)
        for panel in (a, *c):
            panel.set_ylabel(count_label(groups))
        handles = [
            Patch(facecolor=look.color, hatch=look.hatch, edgecolor=INK, linewidth=0.6, label=label)
            for look, label in zip(looks, labels, strict=True)
        ]
        add_legend(figure, handles, ncols)
    return figure


def _slots(categories: int, models: int) -> float:
    return categories * (models + _GAP)


def _split(categories: Sequence[str], models: int) -> list[Sequence[str]]:
    """Divide the categories into as few rows as leave every bar room for its number."""
    for per_row in range(len(categories), 0, -1):
        if _AXES_WIDTH * 72 / _slots(per_row, models) >= _NARROWEST_SLOT:
            break
    rows = math.ceil(len(categories) / per_row)
    per_row = math.ceil(len(categories) / rows)
    return [categories[i : i + per_row] for i in range(0, len(categories), per_row)]


def _upright(groups: Sequence[Group], columns: Sequence[str], slot: float) -> bool:
    """Tell whether some number is too wide for a slot (in points) and must be turned."""
    texts = [number_on_bar(group, column) for group in groups for column in columns]
    return max(text_width(text) for text in texts) + 2 > slot


def _set_scale(
    panel: Axes,
    groups: Sequence[Group],
    columns: Sequence[str],
    width: float,
    categories_shown: int,
) -> None:
    """Set the y axis so that every bar, dot, whisker and number of ``columns`` fits."""
    top = max(highest(group, column) for group in groups for column in columns)
    slot = width * 72 / _slots(categories_shown, len(groups))
    longest = max(text_width(number_on_bar(g, column)) for g in groups for column in columns)
    room = (longest if _upright(groups, columns, slot) else FONT_SIZE) + 8
    axes_height = 72 * (_PANEL_HEIGHT - 0.45)
    panel.set_ylim(0, max(top, 1) / (1 - room / axes_height))
    panel.locator_params(axis="y", integer=True, nbins=5)


def _bars(
    panel: Axes,
    columns: Sequence[str],
    groups: Sequence[Group],
    looks: Sequence[Look],
    width: float,
) -> None:
    slots = _slots(len(columns), len(groups))
    upright = _upright(groups, columns, width * 72 / slots)
    for i, column in enumerate(columns):
        for j, (group, look) in enumerate(zip(groups, looks, strict=True)):
            bar(panel, i * (len(groups) + _GAP) + j, group, column, look, upright)
    panel.set_xlim(-0.5 - _GAP / 2, slots - 0.5 - _GAP / 2)
    panel.tick_params(axis="x", length=0)
    if len(columns) > 1:
        centre = (len(groups) - 1) / 2
        panel.set_xticks(
            [centre + i * (len(groups) + _GAP) for i in range(len(columns))],
            [column.capitalize() for column in columns],
        )
    else:
        panel.set_xticks([])
