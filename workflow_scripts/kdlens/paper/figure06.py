"""Figure 6: is the saliency on the object, and is it on the feature? Two radar plots.

Left, the pixels of body and feature against the background; right, those of the feature against
everything else. Images without an object are left out. Eight axes from 0 in the middle to 1: AUROC
and average precision (AP), which need no threshold; precision, recall and F1, averaged over the
thresholds; and the best of each over the thresholds, marked with an asterisk. A line is a model,
its mean over the seeds. The paper prints no numbers.

Errors: as :func:`kdlens.paper.measure_table.read_lines`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kdlens.paper.legend import add_legend, legend_label, legend_layout
from kdlens.paper.measure_table import ModelLine
from kdlens.paper.style import FONT_SIZE, INK, WIDTH, Line, house_style, lines_of

AXES = {
    "auroc": "AUROC",
    "precision_mean": "Precision",
    "recall_mean": "Recall",
    "f1_mean": "F1",
    "average_precision": "AP",
    "f1_max": "F1*",
    "recall_max": "Recall*",
    "precision_max": "Precision*",
}
PANELS = {
    "object": "(a) Object against background\nclasses 1 and 2 against 0",
    "feature": "(b) Feature against the rest\nclass 2 against 0 and 1",
}

# Inches: a plot's diameter, room for an axis's name, for a title.
_SIDE, _LABEL, _TITLE = 2.35, 0.32, 0.42
_RINGS = (0.2, 0.4, 0.6, 0.8, 1.0)


def keys_of_panels() -> list[str]:
    """Return the names of all values that are drawn."""
    return [f"{question}_{axis}" for question in PANELS for axis in AXES]


def draw(lines: Sequence[ModelLine]) -> Figure:
    """Draw the figure; a model without a number on some axis has a gap there."""
    looks = lines_of([line.method for line in lines])
    with house_style():
        labels = [legend_label(line.label) for line in lines]
        ncols, legend_height = legend_layout(labels)
        height = legend_height + _TITLE + 2 * _LABEL + _SIDE + 0.05
        figure = Figure(figsize=(WIDTH, height))
        panels = [
            figure.add_axes(
                (
                    ((0.25 + 0.5 * i) * WIDTH - _SIDE / 2) / WIDTH,
                    (_LABEL + 0.05) / height,
                    _SIDE / WIDTH,
                    _SIDE / height,
                ),
                projection="polar",
            )
            for i in range(2)
        ]
        angles = np.linspace(0, 2 * np.pi, len(AXES), endpoint=False)
        for panel, (question, title) in zip(panels, PANELS.items(), strict=True):
            _web(panel, angles, title)
            for line, look in zip(lines, looks, strict=True):
                means = [line.mean(f"{question}_{axis}") for axis in AXES]
                radii = np.array([np.nan if mean is None else mean for mean in means])
                panel.plot(
                    np.append(angles, angles[0]),
                    np.append(radii, radii[0]),
                    clip_on=False,
                    **_strokes(look),
                )
        handles = [
            Line2D([], [], label=label, **_strokes(look))
            for look, label in zip(looks, labels, strict=True)
        ]
        add_legend(figure, handles, ncols)
    return figure


def _strokes(line: Line) -> dict[str, Any]:
    return {
        "color": line.color,
        "marker": line.marker,
        "linestyle": line.dashes,
        "linewidth": 1.2,
        "markersize": 3.5,
    }


def _web(panel: Any, angles: np.ndarray, title: str) -> None:
    panel.set_title(title, loc="center", pad=27)
    panel.set_theta_zero_location("N")
    panel.set_theta_direction(-1)
    panel.set_ylim(0, 1)
    panel.set_xticks(angles, list(AXES.values()))
    panel.tick_params(axis="x", pad=4)
    # Between two axes, where no line has a marker.
    panel.set_rlabel_position(180 / len(AXES))
    panel.set_yticks(_RINGS, [f"{ring:g}" for ring in _RINGS], fontsize=FONT_SIZE)
    for label in panel.get_yticklabels():
        label.set_color(INK)
        label.set_alpha(0.7)
    panel.grid(color="#CCCCCC", linewidth=0.5)
    panel.spines["polar"].set_color("#AAAAAA")
