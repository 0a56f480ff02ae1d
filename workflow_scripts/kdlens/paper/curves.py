"""Figures 9 and 10: does the order of the models hang on how a detector is defined?

The number of concept detectors of each model against one setting of the counting: the quantile that
thresholds a unit (Figure 9), or the least IoU of a detector (Figure 10). The line is the mean over
the seeds, each faint dot one seed, and the band the sample standard deviation (two seeds or more).
The nulls are grey and dashed: random weights, and, always last, shuffled labels.

One table (:class:`~kdlens.paper.table01.Table`) for each value of the setting goes in. Under the
plot stands what the paper claims of these figures, counted on this run (:func:`order_line`); it is
part of the figure since it is made of its numbers.

Errors: :class:`~kdlens.errors.InputError` for fewer than two settings and for a method without a
colour.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from numpy.typing import NDArray

from kdlens.errors import InputError
from kdlens.paper.bars import count_label
from kdlens.paper.legend import add_legend, figure_with_note, legend_label, text_width
from kdlens.paper.reference import BASELINE
from kdlens.paper.style import WIDTH, Line, house_style, lines_of
from kdlens.paper.table01 import Group, Settings, Table
from kdlens.paper.table_parts import means_over

QUANTILE, IOU_THRESHOLD = "quantile", "iou_threshold"
"""The settings that can vary: names of fields of :class:`~kdlens.paper.table01.Settings`."""

_AXIS_LABELS = {
    QUANTILE: "quantile (share of a unit's activations above its threshold)",
    IOU_THRESHOLD: "IoU threshold (least IoU of a detector)",
}
_PLURALS = {QUANTILE: "quantiles", IOU_THRESHOLD: "IoU thresholds"}
_PLOT_HEIGHT = 2.9


def draw(tables: Sequence[Table], setting: str) -> Figure:
    """Draw ``total`` of every group of ``tables`` against ``setting``, whose values rise."""
    values = [getattr(table.settings, setting) for table in tables]
    if len(values) < 2 or values != sorted(set(values)):
        raise InputError(f"{setting}: a line needs two values or more, rising; found {values}")
    groups = ordered(tables[0])
    lines = lines_of([group.style for group in groups])
    with house_style():
        labels = [legend_label(group.label) for group in groups]
        figure, ncols = figure_with_note(_PLOT_HEIGHT, labels, order_line(tables, setting))
        panel = figure.add_subplot()
        panel.set_title(_title(tables[0].settings, setting))
        for line, group in zip(lines, groups, strict=True):
            members = [table.group(group.model, group.labels) for table in tables]
            curve(panel, values, members, line)
        panel.set_xticks(values, _tick_labels(values))
        panel.set_xlabel(_AXIS_LABELS[setting])
        panel.set_ylabel(count_label(groups))
        panel.set_ylim(bottom=0, top=max(panel.get_ylim()[1], 1))
        panel.locator_params(axis="y", integer=True)
        panel.grid(axis="y", color="#E6E6E6", linewidth=0.6)
        panel.set_axisbelow(True)
        handles = [
            Line2D([], [], label=label, **strokes(line))
            for line, label in zip(lines, labels, strict=True)
        ]
        add_legend(figure, handles, ncols)
    return figure


def ordered(table: Table) -> list[Group]:
    """Return the groups with the shuffled-label null last."""
    return sorted(table.groups, key=lambda group: group.labels == "shuffled")


def order_line(tables: Sequence[Table], setting: str) -> str:
    """Say at how many settings KD is above scratch, and scratch above label smoothing.

    The models are those with the published rows of these names (the first of each); "" if the run
    has not both KD and scratch.
    """
    named: dict[str, Group] = {}
    for group in tables[0].groups:
        if group.labels == "true" and group.reference:
            named.setdefault(group.reference, group)
    if not {"kd", BASELINE} <= set(named):
        return ""
    roles = [named[role] for role in ("kd", BASELINE, "label_smoothing") if role in named]
    kd, scratch = (group.label for group in roles[:2])
    if len({group.units for group in roles}) > 1:
        return (
            f"The layers of {', '.join(group.label for group in roles)} differ in size, so their "
            "numbers are not compared."
        )
    means = np.array(
        [[table.group(group.model).mean("total") for group in roles] for table in tables]
    )
    more, equal = (means[:, 0] > means[:, 1]).sum(), (means[:, 0] == means[:, 1]).sum()
    of = f"of {len(tables)}"
    text = (
        f"{kd} has more detectors than {scratch} at {more} {of} {_PLURALS[setting]} "
        f"(as many at {equal}, fewer at {len(tables) - more - equal})"
    )
    if len(roles) == 3:
        holds = ((means[:, 0] > means[:, 1]) & (means[:, 1] > means[:, 2])).sum()
        text += f"; {kd} > {scratch} > {roles[2].label} holds at {holds} {of}"
    return f"{text}. {means_over(roles)}"


def _title(settings: Settings, setting: str) -> str:
    fixed = {
        QUANTILE: f"IoU of at least {settings.iou_threshold:g}",
        IOU_THRESHOLD: f"quantile {settings.quantile:g}",
    }
    return f"Concept detectors in {settings.layer}, {fixed[setting]}"


def _tick_labels(values: Sequence[float]) -> list[str]:
    """Return the values as texts of one length, without those that would touch one further left."""
    decimals = max(len(f"{Decimal(repr(value)):f}".partition(".")[2]) for value in values)
    points = 72 * (WIDTH - 1.2) / (values[-1] - values[0])
    labels, free = [], -math.inf
    for value in values:
        label = f"{value:.{decimals}f}"
        half = text_width(label) / 2 + 2
        shown = (value - values[0]) * points - half >= free
        labels.append(label if shown else "")
        free = (value - values[0]) * points + half if shown else free
    return labels


def strokes(line: Line) -> dict[str, Any]:
    """Return how matplotlib draws a line."""
    return {
        "color": line.color,
        "linestyle": line.dashes,
        "linewidth": 1.5,
        "marker": line.marker,
        "markersize": 4.5,
        "markeredgewidth": 0,
    }


def level_strokes(line: Line) -> dict[str, Any]:
    """Return how matplotlib draws a level line, which shows what others are compared with."""
    dashes = (0, (5, 2)) if line.dashes == "solid" else line.dashes
    return {"color": line.color, "linestyle": dashes, "linewidth": 1.2}


def curve(
    panel: Axes,
    values: Sequence[float],
    members: Sequence[Group],
    line: Line,
    column: str = "total",
) -> None:
    """Draw means, seeds and their spread; ``members`` are the groups at each of ``values``."""
    mean = np.array([group.mean(column) for group in members])
    seeds = np.array([group.values[column] for group in members])
    sd = np.array([group.sd(column) for group in members]) if seeds.shape[1] > 1 else None
    mean_line(panel, values, mean, seeds, sd, line)


def mean_line(
    panel: Axes,
    values: Sequence[float],
    mean: NDArray[np.float64],
    seeds: NDArray[np.float64],
    band: NDArray[np.float64] | None,
    line: Line,
) -> None:
    """Draw a line of means with a band of ± ``band`` (None: without), and each seed as a dot.

    Args:
        values: V places along the axis.
        mean, band: (V,).
        seeds: (V, seeds); of a single seed there are no dots.
    """
    if band is not None:
        panel.fill_between(
            values, mean - band, mean + band, color=line.color, alpha=0.14, linewidth=0
        )
    if seeds.shape[1] > 1:
        panel.scatter(
            np.repeat(values, seeds.shape[1]),
            seeds.ravel(),
            s=7,
            color=line.color,
            alpha=0.45,
            linewidth=0,
        )
    panel.plot(values, mean, clip_on=False, zorder=3, **strokes(line))
