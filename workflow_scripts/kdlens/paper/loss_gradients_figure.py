"""Figures 8 and 13: the gradient of the loss with respect to the pixels, model by model.

A row is a validation image, the same for all models; a column is a model (one of its seeds). A
gradient is shown as Tsipras et al. 2018 do: clipped at three standard deviations around its mean
and brought to a scale of 0 to 1, so that grey is no change. Each is on a scale of its own, since
the absolute size says how sure a network is and not where it looks. Of images without colour, the
gradient of their brightness is shown, the sum over the channels.

:class:`Gradients` is the file that the measures stage wrote; :func:`draw` is a pure function of it.

Errors: :class:`~kdlens.errors.InputError` for a file with missing or disagreeing arrays.
"""

from __future__ import annotations

import csv
import io
import json
import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from numpy.typing import NDArray

from kdlens.errors import InputError
from kdlens.files import write_text
from kdlens.npz import opened
from kdlens.paper.style import FONT_SIZE, WIDTH, house_style, looks_of

CLIP = 3.0
"""Standard deviations at which gradients are clipped."""

_WIDEST_CELL = 1.45
_ARRAYS = ("images", "gradients", "classes", "predicted", "p_true", "losses", "files")


@dataclass(frozen=True)
class Gradients:
    """Loss gradients of M models on N images of side S.

    Attributes:
        images: (N, S, S, 3) uint8.
        gradients: (M, N, S, S, 3) float.
        classes, files: (N,), the true class and the file of each image.
        predicted, p_true, losses: (M, N): the predicted class, the true one's probability, its
            cross-entropy in nats.
        entries: for each model ``{"model", "seed", "label", "method", …}``; the method gives the
            frame its colour.
        dataset: its name.
    """

    images: NDArray[np.uint8]
    gradients: NDArray[np.float32]
    classes: NDArray[np.str_]
    predicted: NDArray[np.str_]
    p_true: NDArray[np.float32]
    losses: NDArray[np.float32]
    files: NDArray[np.str_]
    entries: Sequence[Mapping[str, Any]]
    dataset: str

    @classmethod
    def load(cls, path: str | Path) -> Gradients:
        """Read the npz file."""
        with opened(path, "loss gradients") as file:
            arrays = {name: file[name] for name in _ARRAYS}
            entries, meta = (json.loads(str(file[name])) for name in ("entries", "meta"))
            found = cls(**arrays, entries=entries, dataset=meta["dataset"])
        shape = (len(entries), *found.images.shape)
        columns = (found.predicted, found.p_true, found.losses)
        if found.gradients.shape != shape or any(each.shape != shape[:2] for each in columns):
            raise InputError(
                f"{path}: gradients of shape {found.gradients.shape} for {len(entries)} models and "
                f"images of shape {found.images.shape}; delete it and run the workflow again"
            )
        return found

    @property
    def colourless(self) -> bool:
        """Whether all images are grey."""
        return bool((self.images == self.images[..., :1]).all())


def for_display(gradient: NDArray[np.floating]) -> NDArray[np.float64]:
    """Clip a gradient at :data:`CLIP` standard deviations and bring it to a scale of 0 to 1.

    One that is the same everywhere becomes 0.5.
    """
    values = gradient.astype(np.float64)
    reach = CLIP * values.std()
    if not reach:
        return np.full(values.shape, 0.5)
    return ((values - values.mean()) / (2 * reach) + 0.5).clip(0, 1)


def draw(shown: Gradients) -> Figure:
    """Draw the grid."""
    looks = looks_of([entry["method"] for entry in shown.entries])
    rows, columns = len(shown.images), 1 + len(shown.entries)
    cell = min(_WIDEST_CELL, (WIDTH - 0.1) / columns)
    grey = shown.colourless
    with house_style():
        titles = [_title(entry, cell) for entry in shown.entries]
        lines = max(title.count("\n") + 1 for title in titles)
        figure = Figure(
            figsize=(max(cell * columns + 0.1, 3.0), rows * (cell + 0.16) + lines * 0.14 + 0.4),
        )
        figure.set_layout_engine("compressed", w_pad=0.02, h_pad=0.02, wspace=0.01, hspace=0.01)
        figure.suptitle(f"Loss gradients on {shown.dataset}")
        axes = figure.subplots(rows, columns, squeeze=False)
        for panel, title in zip(axes[0], ["Input", *titles], strict=True):
            panel.set_title(title, loc="center", fontsize=FONT_SIZE)
        for row in range(rows):
            _show(axes[row, 0], shown.images[row])
            axes[row, 0].spines[:].set_visible(False)
            axes[row, 0].set_xlabel(_fit(str(shown.classes[row]), cell), labelpad=2)
            for m, look in enumerate(looks):
                gradient = shown.gradients[m, row]
                panel = axes[row, 1 + m]
                if grey:
                    _show(panel, for_display(gradient.sum(axis=-1)), cmap="gray", vmin=0, vmax=1)
                else:
                    _show(panel, for_display(gradient))
                panel.set_xlabel(f"p = {shown.p_true[m, row]:.2f}", labelpad=2)
                for spine in panel.spines.values():
                    spine.set(visible=True, color=look.color, linewidth=1.6)
    return figure


def _title(entry: Mapping[str, Any], cell: float) -> str:
    width = int(cell * 72 / (0.54 * FONT_SIZE))
    return f"{textwrap.fill(str(entry['label']), width)}\nseed {entry['seed']}"


def _fit(text: str, cell: float) -> str:
    width = int(cell * 72 / (0.58 * FONT_SIZE))
    return text if len(text) <= width else text[: width - 1] + "…"


def _show(panel: Axes, image: NDArray[Any], **options: Any) -> None:
    panel.imshow(image, **options)
    panel.set_xticks([])
    panel.set_yticks([])


def write_csv(path: str | Path, shown: Gradients) -> None:
    """Write a row for each model and image: what was predicted, and the loss."""
    handle = io.StringIO()
    writer = csv.writer(handle, lineterminator="\n")
    writer.writerow(["model", "seed", "image", "class", "predicted", "p_true", "loss"])
    for m, entry in enumerate(shown.entries):
        for n, (file, name) in enumerate(zip(shown.files, shown.classes, strict=True)):
            numbers = (round(float(each[m, n]), 6) for each in (shown.p_true, shown.losses))
            predicted = shown.predicted[m, n]
            writer.writerow([entry["model"], entry["seed"], file, name, predicted, *numbers])
    write_text(path, handle.getvalue())
