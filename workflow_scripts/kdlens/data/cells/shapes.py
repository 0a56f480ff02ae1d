"""The parts of an object before it is turned: which pixel belongs to the ring, the inside, a tail.

Every pixel gets a code of three bits (:data:`BORDER_BIT`, :data:`INNER_BIT`, :data:`FEATURE_BIT`);
a feature lies over the body, so the bits overlap. Outlines are uneven: a coarse random field is
added to the distance from a ball's centre, and two more to x and y where bars and tails are cut
out. Only the window that an object can reach is computed.

As in the source, and otherwise than one would expect:

- half the thickness of bars and poles, and half of a rectangle's sides, is rounded down to whole
  (512-image) pixels; half a tail's thickness is not;
- one field displaces both x and y of a rectangle's border, so its unevenness runs along diagonals;
- eight tails meet where their roots overlap the ball's ring, and may be cut by the image's edge.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from kdlens.data.cells import REFERENCE_SIZE
from kdlens.data.cells.scene import Cell

BORDER_BIT, INNER_BIT, FEATURE_BIT = 1, 2, 4

_TAIL_START, _TAIL_END = 0.8, 1.5  # radii


@dataclass(frozen=True)
class Window:
    """Part of an image: rows ``top`` to ``bottom`` - 1, columns ``left`` to ``right`` - 1."""

    top: int
    bottom: int
    left: int
    right: int

    @property
    def slices(self) -> tuple[slice, slice]:
        """Its rows and columns, to index an image with."""
        return slice(self.top, self.bottom), slice(self.left, self.right)


def place(cell: Cell, size: int) -> tuple[int, int]:
    """Return by how many whole pixels an object is moved.

    A rectangle is moved (to the right, down) before it is turned, which moves it further; anything
    else (down, to the right) afterwards. Being whole, the spline shift of the source is exact.
    """
    first, second = (int(share * size) for share in cell.offset)
    return first, second


def parts(cell: Cell, size: int) -> tuple[np.ndarray, Window]:
    """Return the codes of the pixels in a window, uint8 (h, w); beyond it there is nothing."""
    return _rectangle(cell, size) if cell.is_rectangle else _ball(cell, size)


def enlarge(grid: np.ndarray, size: int, rows: slice, columns: slice) -> np.ndarray:
    """Interpolate a coarse grid (g, g) to ``size`` x ``size`` and return these rows and columns.

    Linear, with pixels as areas (half a pixel in at the edges), mirrored beyond the outer samples:
    what scikit-image's ``resize`` does, which is ``scipy.ndimage.zoom(grid, size / g, order=1,
    mode="mirror", grid_mode=True)``.
    """
    across = _interpolated(grid, size, columns, axis=1)
    return _interpolated(across, size, rows, axis=0)


def _interpolated(values: np.ndarray, size: int, part: slice, axis: int) -> np.ndarray:
    low, high, share = (array[part] for array in _neighbours(values.shape[axis], size))
    if axis == 0:
        share = share[:, None]
    first = values.take(low, axis)
    step = values.take(high, axis)
    step -= first
    step *= share
    step += first
    return step


@lru_cache
def _neighbours(samples: int, size: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the two samples that each pixel lies between, and its share of the second."""
    at = (np.arange(size) + 0.5) * samples / size - 0.5
    at = np.abs(at)
    at = np.where(at > samples - 1, 2 * (samples - 1) - at, at)
    low = np.minimum(at.astype(np.intp), samples - 2)
    return low, low + 1, at - low


def _reach(cell: Cell) -> float:
    """How far the noise can move an outline, in 512-image pixels."""
    return float(np.abs(cell.noise).max()) + 1


def _window(
    size: int, centre: tuple[float, float], half_width: float, half_height: float
) -> Window:
    """Return the window of the pixels within these distances (512-image pixels) of a point."""
    scale, middle = size / REFERENCE_SIZE, size // 2
    spans = []
    for at, half in ((centre[1], half_height), (centre[0], half_width)):
        start = math.floor(middle + at - half * scale)
        end = math.ceil(middle + at + half * scale) + 1
        spans += [min(max(start, 0), size), min(max(end, 0), size)]
    return Window(*spans)


def _lattice(size: int, window: Window) -> tuple[np.ndarray, np.ndarray]:
    """Return x (1, w) and y (h, 1) from the image's centre, in 512-image pixels."""
    scale, middle = REFERENCE_SIZE / size, size // 2
    x = (np.arange(window.left, window.right) - middle) * scale
    y = (np.arange(window.top, window.bottom) - middle) * scale
    return x[None, :], y[:, None]


def _ball(cell: Cell, size: int) -> tuple[np.ndarray, Window]:
    reach = _reach(cell)
    tip = _TAIL_END * cell.stretch * cell.radius + cell.border
    width, height = cell.radius, cell.radius * cell.stretch
    if cell.tail:
        # A tail's far corners; those of several may point anywhere.
        far = math.hypot(tip, cell.tail / 2)
        width, height = max(width, far), max(height, far)
    height += reach * max(1.0, cell.stretch)  # that of a ball is stretched with it
    window = _window(size, (0, 0), width + reach, height)
    x, y = _lattice(size, window)
    rows, columns = window.slices
    distance = np.sqrt(x**2 + (y / cell.stretch) ** 2)
    distance += enlarge(cell.noise[0], size, rows, columns)
    within = distance <= cell.radius
    inner = distance < cell.radius - cell.border
    codes = within.view(np.uint8) * np.uint8(BORDER_BIT)
    codes += inner.view(np.uint8)  # a ring's 1 becomes an inside's 2
    if cell.has_feature:
        x = x + enlarge(cell.noise[1], size, rows, columns)
        y = y + enlarge(cell.noise[2], size, rows, columns)
        feature = _tails(cell, x, y) if cell.tail else _bars(cell, x, y)
        codes |= feature.view(np.uint8) * np.uint8(FEATURE_BIT)
    return codes, window


def _bars(cell: Cell, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    across, up = np.abs(x), np.abs(y)
    feature = (across <= cell.radius) & (up <= int(cell.bar / 2))
    if cell.pole:
        feature |= (up <= cell.radius * cell.stretch) & (across <= int(cell.pole / 2))
    return feature


def _tails(cell: Cell, x: np.ndarray, y: np.ndarray) -> np.ndarray:
    root = _TAIL_START * cell.stretch * cell.radius
    tip = _TAIL_END * cell.stretch * cell.radius + cell.border
    feature = np.zeros(x.shape, bool)
    for angle in cell.tail_angles:
        cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        along = sine * x + cosine * y
        across = np.abs(cosine * x - sine * y)
        feature |= (across <= cell.tail / 2) & (along >= root) & (along <= tip)
    return feature


def _rectangle(cell: Cell, size: int) -> tuple[np.ndarray, Window]:
    reach = _reach(cell)
    right, down = place(cell, size)
    half_width, half_height = int(cell.width / 2), int(cell.height / 2)
    window = _window(size, (right, down), half_width + reach, half_height + reach)
    scale = REFERENCE_SIZE / size
    x, y = _lattice(size, window)
    noise = enlarge(cell.noise[1], size, *window.slices)
    across, up = np.abs(x - right * scale + noise), np.abs(y - down * scale + noise)
    within = (across <= half_width) & (up <= half_height)
    inner = (across <= half_width - cell.border) & (up <= half_height - cell.border)
    codes = within.view(np.uint8) * np.uint8(BORDER_BIT)
    codes += inner.view(np.uint8)
    return codes, window
