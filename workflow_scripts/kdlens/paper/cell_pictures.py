"""Drawn cells and their truths as pictures, for Figures 7 and 11.

Errors: :class:`~kdlens.errors.InputError` for an image or a truth that is missing or damaged.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.colors import to_rgb
from numpy.typing import NDArray
from PIL import Image

from kdlens.data.cells.tree import read_truth, truth_path
from kdlens.errors import InputError
from kdlens.paper.style import INK

TRUTH_COLOURS = ("#FFFFFF", "#F7BFCB", "#C2185B")
"""Of background, body and feature: white, light and dark pink, as in the paper."""

TRUTH_NAMES = ("background", "body", "feature")


def read_image(path: str | Path) -> NDArray[np.uint8]:
    """Read an image, uint8 (H, W, 3)."""
    try:
        with Image.open(path) as image:
            return np.asarray(image.convert("RGB"))
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError(
            f"{path}: cannot be decoded ({error}); delete the dataset's tree and run the workflow "
            "again"
        ) from error


def coloured_truth(image: str | Path) -> NDArray[np.float64]:
    """Return the truth of an image file in its colours, (H, W, 3)."""
    return np.array([to_rgb(colour) for colour in TRUTH_COLOURS])[read_truth(truth_path(image))]


def show(panel: Axes, picture: NDArray[np.generic], **how: Any) -> None:
    """Show a picture in a thin frame, without ticks."""
    panel.imshow(picture, **how)
    panel.set_xticks([])
    panel.set_yticks([])
    for spine in panel.spines.values():
        spine.set(visible=True, color=INK, linewidth=0.4)
