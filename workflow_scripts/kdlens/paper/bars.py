"""One bar of a bar chart, as all figures draw it: mean, spread, seeds, and the number on top."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from matplotlib.axes import Axes
from matplotlib.patheffects import withStroke

from kdlens.paper.formats import number
from kdlens.paper.style import INK, Look
from kdlens.paper.table01 import Group

WIDTH_OF_BAR = 0.84
"""One model's slot is 1 wide."""


def count_label(groups: Sequence[Group]) -> str:
    """Return the label of an axis of counts: with the size of the layer, if all have one."""
    sizes = {group.units for group in groups}
    return f"units (of {sizes.pop()})" if len(sizes) == 1 else "units"


def highest(group: Group, column: str) -> float:
    """Return how high a group's bar, whisker and dots reach."""
    mean, values = group.mean(column), group.measured(column)
    if mean is None or values is None:
        return 0.0
    return max(mean + (group.sd(column) or 0), *values)


def number_on_bar(group: Group, column: str) -> str:
    """Return what stands on top of a group's bar: its mean, with a decimal only if needed."""
    return number(group.mean(column), 1)


def bar(panel: Axes, x: float, group: Group, column: str, look: Look, upright: bool) -> None:
    """Draw a group's mean at ``x``; its number is turned if ``upright``."""
    mean, sd, values = group.mean(column), group.sd(column), group.measured(column)
    if mean is not None and values is not None:
        panel.bar(
            x, mean, WIDTH_OF_BAR, color=look.color, hatch=look.hatch, edgecolor=INK, linewidth=0.6
        )
        if sd is not None:
            panel.errorbar(x, mean, sd, ecolor=INK, elinewidth=1.0, capsize=2.5, capthick=1.0)
        offsets = np.linspace(-0.25, 0.25, len(values)) if len(values) > 1 else [0.0]
        panel.scatter(
            x + np.asarray(offsets),
            values,
            s=9,
            facecolor="white",
            edgecolor=INK,
            linewidth=0.7,
            zorder=3,
            clip_on=False,
        )
    panel.annotate(
        number_on_bar(group, column),
        (x, highest(group, column)),
        xytext=(0, 4.5 if upright else 3),
        textcoords="offset points",
        ha="center",
        va="bottom",
        rotation=90 if upright else 0,
        annotation_clip=False,
        # A line may cross behind it.
        path_effects=[withStroke(linewidth=2.5, foreground="white")],
        zorder=4,
    )
