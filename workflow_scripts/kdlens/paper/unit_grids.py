"""The best units of one network, and the images to which they respond most.

A row is a unit: its concept, IoU and number (from 1, as in the table of units), and its top images,
strongest first; bright and outlined where the unit's activation exceeds its threshold, darkened
elsewhere. So a reader sees whether "dog" is dogs. Of each category the units with the highest IoU
are shown, only such as detect a concept; a line names the categories without any. After the figures
of Network Dissection.

Photographs are brought to the pixels that they fill in the png, and their colours to fewer steps
than one can see: a figure of a hundred photographs stays below 2 MB in every format.

Errors: :class:`~kdlens.errors.InputError` for top images that do not fit the tallies or the
concept dataset, and for photographs that cannot be read.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.patches import Patch, Rectangle
from numpy.typing import NDArray
from PIL import Image

from kdlens.dissection.tallies import Tallies
from kdlens.dissection.top_images import TopImages
from kdlens.errors import InputError
from kdlens.paper.categories import figure_colours, in_order
from kdlens.paper.legend import legend_layout, shorten_text, wrap_text
from kdlens.paper.style import FONT_SIZE, INK, PNG_DPI, WIDTH, house_style

_TEXT_WIDTH = 1.3
"""Of the column on the left, in inches."""

_LINE = FONT_SIZE * 1.25 / 72
_GAP = 0.03
_WIDEST_CELL = 0.9
_DARK = 0.33
"""Brightness outside the region."""

_STEP = 10
"""Colours are multiples of this, of 255: half the bytes, and not to be seen."""


@dataclass(frozen=True)
class Unit:
    """A unit (from 0) that detects ``concept``; ``threshold`` is that of its activation."""

    unit: int
    concept: str
    category: str
    iou: float
    threshold: float


@dataclass(frozen=True)
class Row:
    """A unit with its pictures, (h, w, 3) uint8 each, as :func:`compose` makes them."""

    unit: Unit
    pictures: Sequence[NDArray[np.uint8]]


def best_units(
    tallies: Tallies, per_category: int, *, iou_threshold: float, quantile: float, denominator: str
) -> list[Unit]:
    """Return the detectors with the highest IoU of each category, in the order of the figure.

    A unit belongs to its best category; equal IoUs come by unit number.
    """
    best = tallies.best(quantile, denominator)
    thresholds = tallies.thresholds[tallies.index_of(quantile)]
    names = [str(name) for name in tallies.category_names]
    units = []
    for category in in_order(map(str, tallies.category_names)):
        detects = (best.score >= iou_threshold) & (best.unit_label > 0)
        members = np.flatnonzero(detects & (best.category == names.index(category)))
        members = members[np.argsort(-best.score[members], kind="stable")]
        for u in members[:per_category]:
            concept = str(tallies.label_names[best.unit_label[u]])
            score, threshold = float(best.score[u]), float(thresholds[u])
            units.append(Unit(int(u), concept, category, score, threshold))
    return units


def make_rows(
    units: Sequence[Unit],
    top: TopImages,
    image_files: Sequence[Path],
    mask_shape: tuple[int, int],
    images: int,
) -> list[Row]:
    """Read the photographs of the units and show where each unit exceeds its threshold."""
    side = round(_cell(images) * PNG_DPI)
    rows = []
    for unit in units:
        regions = top.regions(unit.unit, unit.threshold, mask_shape)
        numbers = top.images[unit.unit][:images]
        pictures = [
            compose(_photograph(image_files[number]), region, side)
            for number, region in zip(numbers, regions, strict=False)
        ]
        rows.append(Row(unit, pictures))
    return rows


def compose(photograph: Image.Image, region: NDArray[np.bool_], side: int) -> NDArray[np.uint8]:
    """Darken a photograph outside a region of any resolution, and outline the region in white.

    The photograph's longer side becomes ``side`` pixels.
    """
    scale = side / max(photograph.size)
    width, height = (max(1, round(length * scale)) for length in photograph.size)
    size = (width, height)
    pixels = np.asarray(photograph.resize(size, Image.Resampling.LANCZOS), np.float64)
    inside = np.asarray(Image.fromarray(region).resize(size, Image.Resampling.NEAREST))
    shown = np.where(inside[..., None], pixels, _DARK * pixels)
    shown[inside & ~_eroded(inside)] = 255
    return np.minimum(np.rint(shown / _STEP) * _STEP, 255).astype(np.uint8)


def _eroded(region: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return the region without the pixels at its edge; the picture's own edge is none."""
    wide = np.pad(region, 1, mode="edge")
    return wide[:-2, 1:-1] & wide[2:, 1:-1] & wide[1:-1, :-2] & wide[1:-1, 2:]


def _photograph(path: Path) -> Image.Image:
    try:
        with Image.open(path) as image:
            return image.convert("RGB")
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(
            f"{path}: the photograph cannot be read ({error}); mend the concept dataset and check "
            "it again (snakemake --forcerun check_concepts)"
        ) from error


def draw(rows: Sequence[Row], categories: Sequence[str], title: str, images: int) -> Figure:
    """Draw the grid.

    Args:
        categories: all categories of the dataset; those without a row are named below.
        images: how many images a row has room for.
    """
    colors = dict(zip(categories, figure_colours(categories), strict=True))
    shown = [name for name in categories if any(row.unit.category == name for row in rows)]
    absent = [name for name in categories if name not in shown]
    notes = (
        [f"No unit detects a concept of these categories: {', '.join(absent)}."] if absent else []
    )
    with house_style():
        ncols, legend_height = legend_layout(shown) if shown else (1, 0.0)
        notes = [line for note in notes for line in wrap_text(note, 72 * (WIDTH - 0.2))]
        cell = _cell(images)
        height = max(cell, 4 * _LINE + _GAP)
        top = 0.3 + legend_height
        total = top + len(rows) * (height + _GAP) + len(notes) * _LINE + 0.15
        figure = Figure(figsize=(WIDTH, total))
        # One panel for all, in inches from the upper left: a hundred panels take long to lay out.
        panel = figure.add_axes((0, 0, 1, 1))
        panel.set_axis_off()
        panel.text(0.1, 0.2, title, fontsize=FONT_SIZE + 1, va="center")
        for r, row in enumerate(rows):
            _row(panel, row, top + r * (height + _GAP), height, cell, colors[row.unit.category])
        for i, line in enumerate(notes):
            panel.text(0.1, total - 0.1 - (len(notes) - i - 0.5) * _LINE, line, va="center")
        panel.set_xlim(0, WIDTH)
        panel.set_ylim(total, 0)
        panel.set_aspect("equal")
        if shown:
            figure.legend(
                handles=[Patch(facecolor=colors[name], label=name) for name in shown],
                loc="upper left",
                bbox_to_anchor=(0.1 / WIDTH, 1 - 0.32 / total),
                ncols=ncols,
                frameon=False,
                handlelength=1.2,
                borderaxespad=0,
                borderpad=0,
            )
    return figure


def _cell(images: int) -> float:
    """Return the side of a picture's cell in inches."""
    return min(_WIDEST_CELL, (WIDTH - _TEXT_WIDTH - 0.1) / images - _GAP)


def _row(panel: Axes, row: Row, y: float, height: float, cell: float, color: str) -> None:
    panel.add_patch(Rectangle((0.1, y), 0.05, height, facecolor=color, linewidth=0))
    room = 0.88 * 72 * (_TEXT_WIDTH - 0.27)  # bold letters are wider than those measured
    name = wrap_text(row.unit.concept, room)
    if len(name) > 2:
        name = [name[0], shorten_text(" ".join(name[1:]), room)]
    lines = [*name, f"IoU {row.unit.iou:.3f}", f"unit {row.unit.unit + 1}"]
    for i, line in enumerate(lines):
        panel.text(
            0.22,
            y + height / 2 + (i - (len(lines) - 1) / 2) * _LINE,
            line,
            va="center",
            fontweight="bold" if i < len(name) else "normal",
            color=INK,
        )
    for i, picture in enumerate(row.pictures):
        longer = max(picture.shape[:2])
        h, w = (cell * length / longer for length in picture.shape[:2])
        left = _TEXT_WIDTH + i * (cell + _GAP) + (cell - w) / 2
        upper = y + (height - h) / 2
        panel.imshow(picture, extent=(left, left + w, upper + h, upper), interpolation="none")
