"""Figure 3: where the best detector of one concept is active, model by model.

A row is an image, the same for all models. The first column shows the image with the concept
outlined. Each other column shows one model's unit with the highest IoU for the concept: its
activation, upsampled, over the greyed image. Brighter is more active, from 0 to the model's own
maximum over the images shown (the absolute activations of two networks cannot be compared). The
line encloses where the activation exceeds the unit's threshold, the region that the IoU is
computed from; the dots are the concept's outline. A column's title gives the unit's number (from
1, as in the table of units) and its IoU over the whole dataset, and says so if the unit is too
weak to count as a detector.

:class:`Maps` is the file that the dissection stage wrote; :func:`draw` is a pure function of it.

Errors: :class:`~kdlens.errors.InputError` for a file with missing or disagreeing arrays.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.colors import Normalize
from matplotlib.figure import Figure
from matplotlib.patheffects import withStroke
from numpy.typing import NDArray

from kdlens.errors import InputError
from kdlens.npz import opened
from kdlens.paper.style import FONT_SIZE, INK, WIDTH, house_style, looks_of

MOST_IMAGES = 4
COLORMAP = "inferno"
"""Perceptually uniform, and brighter means more in print and to every eye."""

_OVERLAY = 0.6
"""Opacity of the activation over the image."""

_WIDEST_CELL = 1.45

_ARRAYS = ("images", "masks", "upsampled", "thresholds", "units", "ious")


@dataclass(frozen=True)
class Maps:
    """Activation maps of M models on N images of height H and width W.

    Attributes:
        images: (N, H, W, 3) uint8.
        masks: (N, sh, sw) bool, the concept's pixels, at the masks' resolution.
        upsampled: (M, N, sh, sw) float, each model's best unit at the masks' resolution.
        thresholds, units, ious: (M,), of those units; units count from 0.
        concept, category: what is shown.
        entries: for each model ``{"model", "seed", "label", "method", …}``; the method gives the
            frame its colour.
        layer, iou_threshold: the layer of the units, and the IoU from which on one is a detector.
    """

    images: NDArray[np.uint8]
    masks: NDArray[np.bool_]
    upsampled: NDArray[np.float32]
    thresholds: NDArray[np.float32]
    units: NDArray[np.int64]
    ious: NDArray[np.float64]
    concept: str
    category: str
    entries: Sequence[Mapping[str, Any]]
    layer: str
    iou_threshold: float

    @classmethod
    def load(cls, path: str | Path) -> Maps:
        """Read the npz file of activation maps."""
        with opened(path, "activation maps") as file:
            arrays: dict[str, Any] = {name: file[name] for name in _ARRAYS}
            texts: dict[str, Any] = {name: str(file[name]) for name in ("concept", "category")}
            entries, meta = (json.loads(str(file[name])) for name in ("entries", "meta"))
            about = {name: meta[name] for name in ("layer", "iou_threshold")}
        maps = cls(**arrays, **texts, entries=entries, **about)
        maps._check(path)
        return maps

    def _check(self, path: str | Path) -> None:
        models, images = self.upsampled.shape[:2]
        shapes = {
            "images": (images, *self.images.shape[1:3], 3),
            "masks": (images, *self.upsampled.shape[2:]),
            "thresholds": (models,),
            "units": (models,),
            "ious": (models,),
        }
        for name, expected in shapes.items():
            if getattr(self, name).shape != expected:
                raise InputError(
                    f"{path}: array '{name}' has shape {getattr(self, name).shape}, expected "
                    f"{expected}; delete the file and run the workflow again"
                )
        if len(self.entries) != models or not models or not images:
            raise InputError(
                f"{path}: {len(self.entries)} entries for maps of {models} models on {images} "
                "images; delete the file and run the workflow again"
            )
        for entry in self.entries:
            for key in ("model", "seed", "label", "method"):
                if key not in entry:
                    raise InputError(
                        f"{path}: an entry has no '{key}'; delete the file and run the workflow "
                        "again"
                    )


def draw(maps: Maps) -> Figure:
    """Draw the grid; of many images, the first :data:`MOST_IMAGES`."""
    looks = looks_of([entry["method"] for entry in maps.entries])
    rows = min(MOST_IMAGES, len(maps.images))
    columns = 1 + len(maps.entries)
    cell = min(_WIDEST_CELL, (WIDTH - 0.1) / columns)
    with house_style():
        titles = [_title(maps, m, cell) for m in range(len(maps.entries))]
        lines = max(title.count("\n") + 1 for title in titles)
        aspect = maps.images.shape[1] / maps.images.shape[2]
        figure = Figure(
            figsize=(max(cell * columns, 4.5), rows * (cell * aspect + 0.03) + lines * 0.14 + 0.85),
        )
        figure.set_layout_engine("compressed", w_pad=0.02, h_pad=0.03, wspace=0.01, hspace=0.01)
        figure.suptitle(f"Best detector of “{maps.concept}” ({maps.category}) in {maps.layer}")
        axes = figure.subplots(rows, columns, squeeze=False)
        for panel, title in zip(axes[0], ["Input", *titles], strict=True):
            panel.set_title(title, loc="center", fontsize=FONT_SIZE)
        tops = maps.upsampled[:, :rows].max(axis=(1, 2, 3))
        for row in range(rows):
            _input(axes[row, 0], maps.images[row], maps.masks[row])
            for m, look in enumerate(looks):
                _overlay(axes[row, 1 + m], maps, m, row, float(tops[m]))
                for spine in axes[row, 1 + m].spines.values():
                    spine.set(visible=True, color=look.color, linewidth=1.6)
        _scale(figure, axes)
    return figure


def _title(maps: Maps, m: int, cell: float) -> str:
    entry, iou = maps.entries[m], float(maps.ious[m])
    width = int(cell * 72 / (0.54 * FONT_SIZE))
    lines = [textwrap.fill(str(entry["label"]), width)]
    lines.append(f"seed {entry['seed']}, unit {int(maps.units[m]) + 1}")
    lines.append(f"IoU {iou:.3f}")
    if iou < maps.iou_threshold:
        lines.append(textwrap.fill(f"(best unit, below {maps.iou_threshold:g})", width))
    return "\n".join(lines)


def _show(panel: Axes, image: NDArray[Any], **options: Any) -> None:
    height, width = image.shape[:2]
    panel.imshow(image, extent=(0, width, height, 0), **options)
    panel.set_xticks([])
    panel.set_yticks([])


def _input(panel: Axes, image: NDArray[np.uint8], mask: NDArray[np.bool_]) -> None:
    _show(panel, image)
    panel.spines[:].set_visible(False)
    _outline(panel, mask, 0.5, image.shape[:2], linestyles="solid")


def _overlay(panel: Axes, maps: Maps, m: int, row: int, top: float) -> None:
    image, activation = maps.images[row], maps.upsampled[m, row]
    grey = image @ np.array([0.299, 0.587, 0.114])
    _show(panel, grey, cmap="gray", vmin=0, vmax=255)
    panel.imshow(
        activation,
        cmap=COLORMAP,
        vmin=0,
        vmax=top if top > 0 else 1,
        alpha=_OVERLAY,
        extent=(0, image.shape[1], image.shape[0], 0),
        interpolation="bilinear",
    )
    _outline(panel, maps.masks[row], 0.5, image.shape[:2], linestyles="dotted")
    _outline(panel, activation, float(maps.thresholds[m]), image.shape[:2], linestyles="solid")


def _outline(
    panel: Axes,
    field: NDArray[Any],
    level: float,
    image_shape: tuple[int, ...],
    **options: Any,
) -> None:
    """Draw the line where ``field`` passes ``level``, white with a dark edge to show on anything.

    A frame of values far below closes the line at the image's border.
    """
    field = field.astype(np.float64)
    if not field.max() > level:
        return
    rows, columns = field.shape
    low = level - (field.max() - level)
    padded = np.pad(field, 1, constant_values=low)
    y = (np.arange(-1, rows + 1) + 0.5) * image_shape[0] / rows
    x = (np.arange(-1, columns + 1) + 0.5) * image_shape[1] / columns
    lines = panel.contour(x, y, padded, levels=[level], colors="white", linewidths=1.1, **options)
    lines.set_path_effects([withStroke(linewidth=2.2, foreground=INK)])
    panel.set_xlim(0, image_shape[1])
    panel.set_ylim(image_shape[0], 0)


def _scale(figure: Figure, axes: NDArray[Any]) -> None:
    scale = figure.colorbar(
        ScalarMappable(Normalize(0, 1), COLORMAP),
        ax=axes,
        location="bottom",
        shrink=0.5,
        aspect=30,
        pad=0.02,
    )
    scale.set_ticks([0, 1], labels=["0", "maximum"])
    scale.set_label("activation, each model on its own scale")
    scale.outline.set_linewidth(0.6)
