"""The legend above a figure, the note below it, and how wide a text is.

Figures plan their room with these.

Texts are measured in the figures' own font at :data:`~kdlens.paper.style.FONT_SIZE`, so call these
functions inside :func:`~kdlens.paper.style.house_style`.
"""

from __future__ import annotations

import functools
import math
import textwrap
from collections.abc import Sequence
from typing import Any

from matplotlib.artist import Artist
from matplotlib.figure import Figure
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import text_to_path

from kdlens.paper.style import FONT_SIZE, WIDTH


@functools.lru_cache
def text_width(text: str) -> float:
    """Return the width of the widest line, in points."""
    font = FontProperties(size=FONT_SIZE)
    return max(
        text_to_path.get_text_width_height_descent(line, font, ismath=False)[0]
        for line in text.split("\n")
    )


def wrap_text(text: str, width: float) -> list[str]:
    """Break a text into lines of at most ``width`` points; a word too long for one is cut."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer) <= width:
            lines[-1] = longer
        else:
            lines.append(shorten_text(word, width))
    return lines


def shorten_text(text: str, width: float) -> str:
    """Cut a text, with an ellipsis, to at most ``width`` points."""
    if text_width(text) <= width:
        return text
    while text and text_width(text + "…") > width:
        text = text[:-1].rstrip()
    return text + "…"


def legend_label(text: str) -> str:
    """Break a model's name into the lines that it has in a legend."""
    return textwrap.fill(text, 32)


def legend_layout(labels: Sequence[str]) -> tuple[int, float]:
    """Return the number of columns that fit the page, and the legend's height in inches."""
    column = max(text_width(label) for label in labels) + 4.5 * FONT_SIZE
    ncols = max(1, min(len(labels), int(WIDTH * 72 // column)))
    lines = math.ceil(len(labels) / ncols)
    ncols = math.ceil(len(labels) / lines)
    text_lines = max(label.count("\n") + 1 for label in labels) * lines
    return ncols, text_lines * FONT_SIZE * 1.6 / 72 + 0.1


def add_legend(figure: Figure, handles: Sequence[Artist], ncols: int) -> None:
    """Put the legend above all panels, to be read line by line."""
    figure.legend(
        # matplotlib fills a legend column by column.
        handles=[handle for i in range(ncols) for handle in handles[i::ncols]],
        loc="outside upper center",
        ncols=ncols,
        frameon=False,
        handlelength=2.0,
        handleheight=1.2,
        columnspacing=1.5,
    )


def note_layout(note: str) -> tuple[str, float]:
    """Return a note in lines as wide as the page, and its height in inches.

    Without a note, the room of a line stays free.
    """
    lines = wrap_text(note, 72 * (WIDTH - 0.3))
    return "\n".join(lines), max(len(lines), 1) * FONT_SIZE * 1.3 / 72


def add_note(figure: Figure, note: str) -> None:
    """Put a note, broken into lines, below all panels; none if it is empty."""
    if note:
        figure.supxlabel(note, x=0.02, ha="left", fontsize=FONT_SIZE)


def figure_with_note(
    plots: float, labels: Sequence[str], note: str, **spacing: Any
) -> tuple[Figure, int]:
    """Return an empty figure with the note below, and the number of columns for its legend.

    Args:
        plots: height of all plots in inches.
        labels: of the legend, which :func:`add_legend` draws.
        note: any text; it is broken into lines.
        spacing: between panels, as matplotlib's constrained layout takes it.
    """
    ncols, legend_height = legend_layout(labels)
    note, note_height = note_layout(note)
    figure = Figure(figsize=(WIDTH, plots + legend_height + note_height))
    figure.set_layout_engine("constrained", h_pad=0.06, w_pad=0.06, **spacing)
    add_note(figure, note)
    return figure, ncols
