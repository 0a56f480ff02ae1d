"""Figure 11: one drawn cell of every class before every kind of background, and its truth.

From the dataset alone: of each class and background the first training image, or the first
validation image if there is none; a place stays empty where the dataset has no such image.

Errors: :class:`~kdlens.errors.InputError` for a list of images that is missing or none.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path

from matplotlib.figure import Figure
from matplotlib.patches import Patch

from kdlens.data.cells import BACKGROUNDS, CLASSES
from kdlens.data.cells.tree import INDEX
from kdlens.errors import InputError
from kdlens.paper.cell_pictures import (
    TRUTH_COLOURS,
    TRUTH_NAMES,
    coloured_truth,
    read_image,
    show,
)
from kdlens.paper.style import FONT_SIZE, INK, WIDTH, house_style

_LABELS = 0.62  # inches on the left
_LINE = FONT_SIZE * 1.35 / 72
_GROUPS = {"ball": (0, 3), "rectangle": (3, 6), "tails": (6, 9), "empty": (9, 10)}


def first_images(tree: str | Path) -> dict[tuple[str, str], Path]:
    """Return the first image of each (class, background)."""
    path = Path(tree, INDEX)
    found: dict[tuple[str, str], Path] = {}
    try:
        with open(path, newline="", encoding="utf-8") as handle:
            for row in sorted(csv.DictReader(handle), key=lambda row: row["split"] != "train"):
                file = Path(tree, row["split"], row["class"], f"{int(row['number']):05d}.png")
                found.setdefault((row["class"], row["background"]), file)
    except (OSError, KeyError, ValueError) as error:
        raise InputError(
            f"{path}: is no list of drawn cells ({error}); delete the dataset's tree and run the "
            "workflow again"
        ) from error
    return found


def draw(images: Mapping[tuple[str, str], Path]) -> Figure:
    """Draw three rows of images and three of truths, a column for each class."""
    cell = (WIDTH - _LABELS) / len(CLASSES)
    rows = 2 * len(BACKGROUNDS)
    head, foot, gap = 2 * _LINE + 0.05, _LINE + 0.12, 0.08
    height = head + rows * cell + gap + foot
    with house_style():
        figure = Figure(figsize=(WIDTH, height))
        for name, (start, end) in _GROUPS.items():
            middle = _LABELS + cell * (start + end) / 2
            figure.text(
                middle / WIDTH,
                (height - 0.02) / height,
                name,
                ha="center",
                va="top",
                fontsize=FONT_SIZE + 1,
            )
        for row in range(rows):
            background = BACKGROUNDS[row % len(BACKGROUNDS)]
            truths = row >= len(BACKGROUNDS)
            bottom = height - head - (row + 1) * cell - (gap if truths else 0)
            figure.text(
                (_LABELS - 0.06) / WIDTH,
                (bottom + cell / 2) / height,
                f"{background},\ntruth" if truths else background,
                ha="right",
                va="center",
                fontsize=FONT_SIZE,
            )
            for column, kind in enumerate(CLASSES):
                panel = figure.add_axes(
                    (
                        (_LABELS + column * cell) / WIDTH,
                        bottom / height,
                        (cell - 0.04) / WIDTH,
                        (cell - 0.04) / height,
                    )
                )
                if row == 0:
                    panel.set_title(str(column), loc="center", fontsize=FONT_SIZE, pad=2)
                image = images.get((kind, background))
                if image is None:
                    panel.set_axis_off()
                else:
                    show(panel, coloured_truth(image) if truths else read_image(image))
        handles = [
            Patch(facecolor=colour, edgecolor=INK, linewidth=0.4, label=name)
            for colour, name in zip(TRUTH_COLOURS, TRUTH_NAMES, strict=True)
        ]
        figure.legend(
            handles=handles,
            loc="lower center",
            bbox_to_anchor=(0.5, 0),
            borderpad=0.1,
            ncols=3,
            frameon=False,
        )
    return figure
