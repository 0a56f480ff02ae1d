"""Figure 2: concept detectors of each model, as bars.

(a) units that detect at least one concept; (b) units that detect concepts of exactly one category;
(c) the detectors of (a) by the category that each fits best. A bar is the mean over the seeds,
with the number on top; each dot is one seed; the whisker is the sample standard deviation (two
seeds or more). The nulls are grey. Models stand in the order that they are asked for, and have the
colours that they have in every figure.

Panel (c) breaks into several rows, all on one scale, when so many models are shown that the
numbers would not fit. :func:`draw` is a pure function of Table 1.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch

from kdlens.errors import InputError
from kdlens.paper.formats import on_bar
from kdlens.paper.style import FONT_SIZE, INK, WIDTH, Look, house_style, looks_of
from kdlens.paper.table01 import Group, Table

_BAR = 0.86
"""A bar's width; one model's slot is 1 wide."""

_GAP = 0.9
"""Free space between two categories, in slots."""

_PANEL_HEIGHT = 1.75
_LEGEND_LINE = 0.17
_POINTS = 72.0


def draw(table: Table, models: Sequence[str]) -> Figure:
    """Draw the figure.

    Args:
        table: Table 1 of the run.
        models: keys of the groups to show, from left to right.

    Raises:
        InputError: for a model that the table does not have.
    """
    if not models:
        raise InputError("figure02: no models to show; name at least one")
    groups = [table.group(key) for key in models]
    looks = looks_of([group.style for group in groups])
    rows = _split(table.categories, len(groups))
    labels = [textwrap.fill(group.label, 48) for group in groups]
    legend_columns = _legend_columns(labels)
    legend_lines = _legend_lines(labels, legend_columns)
    height = _PANEL_HEIGHT * (1 + len(rows)) + _LEGEND_LINE * legend_lines + 0.3
    with house_style():
        figure = Figure(figsize=(WIDTH, height), layout="constrained")
        figure.get_layout_engine().set(h_pad=0.06, w_pad=0.06, hspace=0.04)
        grid = figure.add_gridspec(1 + len(rows), 2)
        threshold = f"IoU ≥ {table.settings.iou_threshold:g}"
        units = sorted({group.units for group in groups})
        layer = f"of {units[0]} units" if len(units) == 1 else "units"

        panel = figure.add_subplot(grid[0, 0])
        _bars(panel, ["total"], groups, looks)
        panel.set_title("(a) Concept detectors")
        panel.set_ylabel(f"{layer}, {threshold}")

        panel = figure.add_subplot(grid[0, 1])
        _bars(panel, ["unique"], groups, looks)
        panel.set_title("(b) Unique detectors (one category only)")

        first: Axes | None = None
        for i, categories in enumerate(rows):
            panel = figure.add_subplot(grid[1 + i, :], sharey=first)
            _bars(panel, categories, groups, looks)
            panel.set_ylabel(f"{layer}, {threshold}")
            if first is None:
                first = panel
                panel.set_title("(c) Concept detectors per category")
        _limit([panel for panel in figure.axes[:2]], groups, ["total"])
        _limit(figure.axes[2:], groups, table.categories)
        figure.legend(
            handles=[
                Patch(facecolor=look.color, hatch=look.hatch, edgecolor=INK, linewidth=0.6, label=label)
                for look, label in zip(looks, labels, strict=True)
            ],
            loc="outside upper center",
            ncols=legend_columns,
            frameon=False,
            handlelength=1.8,
            handleheight=1.1,
            columnspacing=1.4,
        )
    return figure
