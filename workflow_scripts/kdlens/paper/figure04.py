"""Figure 4: the students of a teacher that was trained with label smoothing, by temperature.

(a) units that detect at least one concept, (b) top-1 accuracy, each against the temperature of
distillation. The line is the mean over the seeds, each faint dot one seed, the band the sample
standard deviation (two seeds or more). Level lines show a network from scratch and the nulls. The
paper draws (a) and (b) into one panel, on two scales, and prints no numbers.

Errors: :class:`~kdlens.errors.InputError` for fewer than two temperatures, or two students of one.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from kdlens.errors import InputError
from kdlens.paper.bars import count_label
from kdlens.paper.curves import curve, level_strokes, strokes
from kdlens.paper.formats import decimals_of, signed
from kdlens.paper.legend import add_legend, figure_with_note, legend_label
from kdlens.paper.style import Line, house_style, lines_of
from kdlens.paper.table01 import Group, Table

_PLOT_HEIGHT = 2.5
_PANELS = {"total": "(a) Concept detectors", "top1": "(b) Top-1 accuracy"}


def draw(table: Table, temperatures: Mapping[str, float], label: str) -> Figure:
    """Draw the figure.

    Args:
        table: the students, and the models that stand beside.
        temperatures: those of the students by model.
        label: what the students are called in the legend.
    """
    students = sorted(
        (g for g in table.groups if g.labels == "true" and g.model in temperatures),
        key=lambda group: temperatures[group.model],
    )
    values = [temperatures[group.model] for group in students]
    if len(values) < 2 or len(set(values)) < len(values):
        raise InputError(
            f"figure04: needs two temperatures or more, each once; found {values or 'none'}"
        )
    beside = [group for group in table.groups if group not in students]
    lines = lines_of([students[0].style, *(group.style for group in beside)])
    with house_style():
        labels = [legend_label(text) for text in (label, *(g.label for g in beside))]
        note = change_line(students, values)
        figure, ncols = figure_with_note(_PLOT_HEIGHT, labels, note, wspace=0.04)
        panels = figure.subplots(1, 2)
        for panel, (column, title) in zip(panels, _PANELS.items(), strict=True):
            panel.set_title(title)
            _panel(panel, values, students, beside, lines, column)
        panels[0].set_ylabel(count_label([*students, *beside]))
        panels[0].set_ylim(bottom=0, top=max(panels[0].get_ylim()[1], 1))
        panels[0].locator_params(axis="y", integer=True)
        panels[1].set_ylabel("%")
        low, high = panels[1].get_ylim()
        panels[1].set_yticks([tick for tick in panels[1].get_yticks() if low <= tick <= high])
        handles = [Line2D([], [], label=labels[0], **strokes(lines[0]))]
        handles += [
            Line2D([], [], label=text, **level_strokes(line))
            for line, text in zip(lines[1:], labels[1:], strict=True)
        ]
        add_legend(figure, handles, ncols)
    return figure


def change_line(students: Sequence[Group], values: Sequence[float]) -> str:
    """Say how detectors and accuracy change from the lowest temperature to the highest."""
    changes = []
    for column in _PANELS:
        first, last = (students[i].mean(column) for i in (0, -1))
        changes.append(
            None if first is None or last is None else signed(last - first, decimals_of(column))
        )
    accuracy = f", the accuracy by {changes[1]} points" if changes[1] else ""
    return (
        f"From T {values[0]:g} to T {values[-1]:g} the number of detectors changes by {changes[0]}"
        f"{accuracy}. In the paper the former rises and the latter falls, at every step."
    )


def _panel(
    panel: Axes,
    values: Sequence[float],
    students: Sequence[Group],
    beside: Sequence[Group],
    lines: Sequence[Line],
    column: str,
) -> None:
    # Temperatures are doubled from step to step, so they stand at equal distances.
    places = list(range(len(values)))
    if None not in (value for group in students for value in group.values[column]):
        curve(panel, places, students, lines[0], column)
    for group, line in zip(beside, lines[1:], strict=True):
        mean = group.mean(column)
        # What a null scores says nothing, and would squeeze the scale.
        if mean is not None and not (group.is_null and column == "top1"):
            panel.axhline(mean, **level_strokes(line))
    panel.set_xticks(places, [f"{value:g}" for value in values])
    panel.set_xlim(-0.3, places[-1] + 0.3)
    panel.set_xlabel("temperature T")
    panel.grid(axis="y", color="#E6E6E6", linewidth=0.6)
    panel.set_axisbelow(True)
