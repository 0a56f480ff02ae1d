"""Figure 7: where each model's saliency lies, image by image.

A column is an image, the same for all models, chosen by its class alone (the first of each among
the validation images). From the top: the image, its truth (white background, light body, dark
feature), and one row a model: the saliency of the class that it predicts, from 0 to the map's own
maximum, brighter for more. Where a model is wrong, the class that it took the image for stands
below its map, "as 3".

Errors: :class:`~kdlens.errors.InputError` for files of different images or of other networks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.figure import Figure

from kdlens.errors import InputError
from kdlens.measures.five_band_samples import Samples
from kdlens.paper.cell_pictures import coloured_truth, read_image, show
from kdlens.paper.inputs import check_belongs
from kdlens.paper.legend import wrap_text
from kdlens.paper.style import FONT_SIZE, WIDTH, house_style

COLORMAP = "inferno"

_LABELS = 0.95  # inches on the left
_CELL = 0.85  # inches at most
_MOST_LINES = 5  # of a model's label
_LINE = FONT_SIZE * 1.35 / 72


def read_samples(
    files: Sequence[str | Path], runs: Sequence[Mapping[str, Any]], dataset: str
) -> list[Samples]:
    """Read the maps of every model, in the order of ``runs``; all must be of the same images."""
    found: list[Samples] = []
    for file, run in zip(files, runs, strict=True):
        samples = Samples.load(file)
        expected = {"model": run["model"], "seed": run["seed"], "dataset": dataset}
        check_belongs(file, samples.meta, expected)
        if found and samples.images.tolist() != found[0].images.tolist():
            raise InputError(
                f"{file}: its maps are of other images than those of {files[0]}; delete both and "
                "run the workflow again"
            )
        found.append(samples)
    return found


def draw(samples: Sequence[Samples], runs: Sequence[Mapping[str, Any]], tree: str | Path) -> Figure:
    """Draw the figure.

    Args:
        samples: each model's maps.
        runs: for each ``{"label", "seed", ...}``.
        tree: folder of the drawn cells.
    """
    images = [Path(tree, name) for name in samples[0].images]
    rows, columns = 2 + len(samples), len(images)
    cell = min(_CELL, (WIDTH - _LABELS) / columns)
    # Under every map there is room for the class that a model took the image for.
    heights = [cell + 0.02, cell + 0.02, *[cell + _LINE] * len(samples)]
    width, height = _LABELS + columns * cell + 0.05, sum(heights) + _LINE + 0.05
    with house_style():
        figure = Figure(figsize=(width, height))
        top = height - _LINE - 0.02
        for row in range(rows):
            label = ("Image", "Truth", *map(_label, runs))[row]
            figure.text(
                (_LABELS - 0.08) / width,
                (top - cell / 2) / height,
                label,
                ha="right",
                va="center",
                fontsize=FONT_SIZE,
                linespacing=1.1,
            )
            for column, image in enumerate(images):
                place = (
                    (_LABELS + column * cell) / width,
                    (top - cell + 0.03) / height,
                    (cell - 0.05) / width,
                    (cell - 0.05) / height,
                )
                panel = figure.add_axes(place)
                if row == 0:
                    show(panel, read_image(image))
                    panel.set_title(
                        f"class {samples[0].classes[column]}",
                        loc="center",
                        fontsize=FONT_SIZE,
                        pad=3,
                    )
                elif row == 1:
                    show(panel, coloured_truth(image))
                else:
                    shown = samples[row - 2]
                    show(panel, shown.maps[column], cmap=COLORMAP, vmin=0, vmax=1)
                    if shown.predicted[column] != shown.classes[column]:
                        panel.set_xlabel(f"as {shown.predicted[column]}", labelpad=2)
            top -= heights[row]
    return figure


def _label(run: Mapping[str, Any]) -> str:
    return "\n".join(wrap_text(run["label"], 72 * (_LABELS - 0.12))[:_MOST_LINES])
