"""Figure 5: feature distillation without and with logit distillation.

(a) units that detect at least one concept; (b) units that detect concepts of exactly one category;
both on one scale. Each method has two bars, without and with distillation of the teacher's logits.
A bar is the mean over the seeds, each dot one seed, the whisker the sample standard deviation (two
seeds or more). Level lines show a network from scratch and the nulls. The paper prints no numbers.

Errors: :class:`~kdlens.errors.InputError` for a model that the table does not have.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from kdlens.paper.bars import bar, count_label, highest, number_on_bar
from kdlens.paper.curves import level_strokes
from kdlens.paper.legend import add_legend, figure_with_note, legend_label, text_width
from kdlens.paper.style import FONT_SIZE, INK, WIDTH, Line, Look, house_style, lines_of, looks_of
from kdlens.paper.table01 import Group, Table
from kdlens.paper.table_parts import means_over

_PLOT_HEIGHT = 2.3
_GAP = 0.6
_PANELS = {"total": "(a) Concept detectors", "unique": "(b) Unique detectors (one category only)"}

Pairs = Sequence[Sequence[Group]]


def draw(table: Table, pairs: Sequence[Sequence[str]]) -> Figure:
    """Draw the figure; ``pairs`` are models without and with logit distillation."""
    groups = [[table.group(model) for model in pair] for pair in pairs]
    shown = [group for pair in groups for group in pair]
    beside = [group for group in table.groups if group not in shown]
    looks, lines = looks_of([g.style for g in shown]), lines_of([g.style for g in beside])
    with house_style():
        labels = [legend_label(group.label) for group in (*shown, *beside)]
        figure, ncols = figure_with_note(_PLOT_HEIGHT, labels, claim_line(groups), wspace=0.03)
        panels = figure.subplots(1, 2, sharey=True)
        slot = 72 * (WIDTH - 0.8) / 2 / (len(groups) * (2 + _GAP))
        numbers = [number_on_bar(group, column) for group in shown for column in _PANELS]
        upright = max(map(text_width, numbers)) + 2 > slot
        for panel, (column, title) in zip(panels, _PANELS.items(), strict=True):
            panel.set_title(title)
            _panel(panel, groups, looks, beside, lines, column, upright)
        room = (max(map(text_width, numbers)) if upright else FONT_SIZE) + 8
        top = max(highest(group, column) for group in (*shown, *beside) for column in _PANELS)
        panels[0].set_ylim(0, max(top, 1) / (1 - room / (72 * (_PLOT_HEIGHT - 0.5))))
        panels[0].locator_params(axis="y", integer=True, nbins=5)
        panels[0].set_ylabel(count_label([*shown, *beside]))
        handles: list[Artist] = [
            Patch(facecolor=look.color, hatch=look.hatch, edgecolor=INK, linewidth=0.6)
            for look in looks
        ]
        handles += [Line2D([], [], **level_strokes(line)) for line in lines]
        for handle, label in zip(handles, labels, strict=True):
            handle.set_label(label)
        add_legend(figure, handles, ncols)
    return figure


def claim_line(pairs: Pairs) -> str:
    """Say in how many pairs logit distillation comes with more detectors."""
    changes = []
    for without, both in pairs:
        first, second = without.mean("total"), both.mean("total")
        if first is not None and second is not None and without.units == both.units:
            changes.append(second - first)
    more, equal = sum(change > 0 for change in changes), changes.count(0)
    return (
        f"With logit distillation there are more detectors in {more} of {len(changes)} methods "
        f"(as many in {equal}, fewer in {len(changes) - more - equal}); in the paper, in all. "
        f"{means_over([group for pair in pairs for group in pair])}"
    )


def _panel(
    panel: Axes,
    pairs: Pairs,
    looks: Sequence[Look],
    beside: Sequence[Group],
    lines: Sequence[Line],
    column: str,
    upright: bool,
) -> None:
    for group, line in zip(beside, lines, strict=True):
        mean = group.mean(column)
        if mean is not None:
            panel.axhline(mean, zorder=0.5, **level_strokes(line))
    for i, pair in enumerate(pairs):
        for j, group in enumerate(pair):
            bar(panel, i * (2 + _GAP) + j, group, column, looks[2 * i + j], upright)
    panel.set_xticks(
        [0.5 + i * (2 + _GAP) for i in range(len(pairs))],
        [textwrap.fill(without.label, 16) for without, _ in pairs],
    )
    panel.set_xlim(-0.5 - _GAP / 2, len(pairs) * (2 + _GAP) - 0.5 - _GAP / 2)
    panel.tick_params(axis="x", length=0)
