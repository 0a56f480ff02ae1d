"""DiffROAR by the fraction removed: one panel a dataset, one line a model.

A line is the mean over the model's seeds of each fraction's score, itself a mean over
initialisations; each faint dot is one seed, and the band the sample standard deviation over the
seeds (two or more). With a single seed, the band is that over the initialisations, and the figure
says so. Nulls are grey and dashed. Random rankings score 0 but for chance.

The csv file has one row for each network and fraction: score, spread over the initialisations, and
the two accuracies.

Errors: as in :mod:`~kdlens.paper.measure_table`; a method without a colour.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kdlens.files import write_text
from kdlens.paper.curves import mean_line, strokes
from kdlens.paper.legend import add_legend, figure_with_note, legend_label
from kdlens.paper.measure_table import ModelLine, nulls_last, read_lines
from kdlens.paper.style import Line, house_style, lines_of
from kdlens.paper.table04 import MEASURE

_PLOT_HEIGHT = 2.6
_COLUMNS = 3
_HEADER = (
    *("row", "dataset", "ranking", "model", "label", "method", "seed", "initialisations"),
    *("fraction", "diffroar", "sd", "accuracy_without_bottom", "accuracy_without_top"),
)
# Random rankings are drawn as the other null that is not a network's: shuffled labels.
_STYLES = {"null": "shuffled"}


@dataclass(frozen=True)
class Panel:
    """A dataset's models; values are ``f<fraction>`` with ``_sd``, ``_top`` and ``_bottom``."""

    dataset: str
    ranking: str
    lines: Sequence[ModelLine]


def read_panels(
    runs: Sequence[Mapping[str, Any]],
    files: Sequence[str | Path],
    datasets: Mapping[str, Mapping[str, Any]],
    fractions: Sequence[float],
) -> list[Panel]:
    """Return a panel for each dataset; arguments as for :func:`kdlens.paper.table04.read_table`."""
    panels = []
    for name, settings in datasets.items():
        main = settings["rankings"][0]
        names = [
            f"f{fraction:g}{suffix}"
            for fraction in fractions
            for suffix in ("", "_sd", "_top", "_bottom")
        ]
        pairs = [pair for pair in zip(runs, files, strict=True) if pair[0]["dataset"] == name]
        lines = read_lines(
            MEASURE,
            [run for run, _ in pairs],
            [file for _, file in pairs],
            [f"{main}_{key}" for key in names],
            dataset=name,
        )
        panels.append(Panel(name, main, nulls_last(lines)))
    return panels


def draw(panels: Sequence[Panel], fractions: Sequence[float]) -> Figure:
    """Draw the panels side by side (three a row at most), each on a scale of its own."""
    styles: dict[tuple[str, str], Line] = {}
    for panel in panels:
        methods = [_STYLES.get(line.method, line.method) for line in panel.lines]
        for line, style in zip(panel.lines, lines_of(methods), strict=True):
            styles.setdefault((line.label, line.method), style)
    with house_style():
        labels = [legend_label(label) for label, _ in styles]
        columns = min(len(panels), _COLUMNS)
        rows = -(-len(panels) // columns)
        figure, ncols = figure_with_note(rows * _PLOT_HEIGHT, labels, _note(panels), wspace=0.03)
        # Datasets differ by a factor of ten and more: an axis for each.
        axes = figure.subplots(rows, columns, squeeze=False)
        for at in axes.flat[len(panels) :]:
            at.set_axis_off()
        for at, panel in zip(axes.flat, panels, strict=False):
            _draw_panel(at, panel, fractions, styles)
        for row in axes:
            row[0].set_ylabel("DiffROAR (percentage points)")
        handles = [
            Line2D([], [], label=label, **strokes(style))
            for label, style in zip(labels, styles.values(), strict=True)
        ]
        add_legend(figure, handles, ncols)
    return figure


def _draw_panel(
    at: Axes,
    panel: Panel,
    fractions: Sequence[float],
    styles: Mapping[tuple[str, str], Line],
) -> None:
    at.set_title(f"{panel.dataset} (by {panel.ranking})")
    at.axhline(0, color="#BBBBBB", linewidth=0.6, zorder=0.5)
    for line in panel.lines:
        style = styles[line.label, line.method]
        keys = [f"{panel.ranking}_f{fraction:g}" for fraction in fractions]
        seeds = np.array([line.values[key] for key in keys])
        mean_line(at, fractions, seeds.mean(axis=1), seeds, _band(line, keys), style)
    at.set_xlabel("fraction removed")
    at.set_xticks(fractions, _ticks(fractions))
    at.grid(axis="y", color="#E6E6E6", linewidth=0.6)
    at.set_axisbelow(True)


def _ticks(fractions: Sequence[float]) -> list[str]:
    """Return the fractions as texts; of many, every second one."""
    step = 2 if len(fractions) > 5 else 1
    return [f"{fraction:g}" if not i % step else "" for i, fraction in enumerate(fractions)]


def _band(line: ModelLine, keys: Sequence[str]) -> np.ndarray | None:
    """Return the spread over the seeds; of a single seed, that over the initialisations."""
    if len(line.seeds) > 1:
        return np.array([line.sd(key) for key in keys])
    spreads = [line.values[f"{key}_sd"][0] for key in keys]
    return None if None in spreads else np.array(spreads)


def _note(panels: Sequence[Panel]) -> str:
    counts = {len(line.seeds) for panel in panels for line in panel.lines}
    spreads = [
        value
        for panel in panels
        for line in panel.lines
        for key, values in line.values.items()
        if key.endswith("_sd")
        for value in values
    ]
    if max(counts) == 1 and set(spreads) == {None}:
        return (
            "One seed and one initialisation, so no spread. Random rankings score 0 but for chance."
        )
    single = "± 1 sd over the initialisations"
    if max(counts) == 1:
        bands = f"Bands: {single} (one seed a model)"
    elif min(counts) > 1:
        bands = "Bands: ± 1 sd over a model's seeds"
    else:
        bands = f"Bands: ± 1 sd over a model's seeds; where it has one seed, {single}"
    return f"{bands}. Random rankings score 0 but for chance."


def write_numbers(
    path: str | Path, panels: Sequence[Panel], fractions: Sequence[float], initialisations: int
) -> None:
    """Write every number of the figure: a row for each network and fraction, and each mean."""
    handle = io.StringIO()
    writer = csv.writer(handle, lineterminator="\n")
    writer.writerow(_HEADER)
    for panel in panels:
        for line in panel.lines:
            about = [panel.dataset, panel.ranking, line.model, line.label, line.method]
            for fraction in fractions:
                key = f"{panel.ranking}_f{fraction:g}"
                keys = [f"{key}{suffix}" for suffix in ("", "_sd", "_bottom", "_top")]
                columns = [line.values[each] for each in keys]
                for seed, *numbers in zip(line.seeds, *columns, strict=True):
                    writer.writerow(["seed", *about, seed, initialisations, fraction, *numbers])
                mean = [line.mean(each) for each in keys]
                mean[1] = line.sd(key)
                writer.writerow(["mean", *about, "", initialisations, fraction, *mean])
    write_text(path, handle.getvalue())
