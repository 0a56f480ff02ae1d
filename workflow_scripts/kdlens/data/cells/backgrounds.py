"""What lies behind an object: nothing (dark), blurred colours, or waves around a point (noisy)."""

from __future__ import annotations

import math

import numpy as np

from kdlens.data.cells import REFERENCE_SIZE
from kdlens.data.cells.scene import Background
from kdlens.data.cells.shapes import enlarge

_ALL = slice(None)


def paint(background: Background, size: int) -> np.ndarray | None:
    """Return a background, float64 (3, size, size) in [0, 1], or None for a dark one."""
    if background.kind == 0:
        return None
    fields = np.stack([enlarge(grid, size, _ALL, _ALL) for grid in background.grids])
    return fields if background.kind == 1 else _waves(background, fields, size)


def _waves(background: Background, disturbance: np.ndarray, size: int) -> np.ndarray:
    """Return .5 (.5 + .5 sin(frequency (180 / pi) distance (1 + disturbance)))."""
    scale = REFERENCE_SIZE / size
    across, down = (int(share * size) for share in background.centre)
    x, y = np.arange(size) - size // 2 - across, np.arange(size) - size // 2 - down
    distance = np.sqrt(np.square(x * scale)[None, :] + np.square(y * scale)[:, None])
    disturbance += 1
    disturbance *= distance
    # The source takes radians for degrees, or the other way round; the waves come from it.
    disturbance *= (background.frequency * (180 / math.pi))[:, None, None]
    waves = np.sin(disturbance, out=disturbance)
    waves *= 0.25
    waves += 0.25
    return waves
