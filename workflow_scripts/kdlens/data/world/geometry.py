"""Chance and shapes: seeded draws, and outlines that come out the same on every machine.

A point is a complex number, x to the right and y **up**, in the drawn thing's own unit (about its
height); an outline is a one-dimensional complex array of corners, closed.

Why outlines are exact: libraries of mathematics differ in the last bit of sine and cosine, and
compilers in whether they fuse a multiplication with an addition; a pixel could then change sides.
So everything that enters a product (corners, cosines, scales) is first rounded to a multiple of a
power of two (:func:`snap`), coarse enough that products and sums are exact in a double, in
whatever order they are made.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import Any, TypeVar

import numpy as np

T = TypeVar("T")
Outline = np.ndarray

_GRID = 4096.0
_BLOCK = 512


class Dice:
    """Draws for one picture, from ``PCG64(SeedSequence(key))``: a function of the key alone.

    Only uniform doubles are drawn, a block at a time (one call of the generator costs as much as
    fifty draws from a list), and everything else is derived from them.
    """

    def __init__(self, *key: int) -> None:
        self.generator = np.random.Generator(np.random.PCG64(np.random.SeedSequence(key)))
        self._block: list[float] = []

    def unit(self) -> float:
        """A number in [0, 1)."""
        if not self._block:
            self._block = self.generator.random(_BLOCK).tolist()
        return self._block.pop()

    def real(self, low: float, high: float) -> float:
        """A number in [low, high)."""
        return low + (high - low) * self.unit()

    def whole(self, low: int, high: int) -> int:
        """An integer in [low, high], both ends included."""
        return low + int((high - low + 1) * self.unit())

    def chance(self, probability: float) -> bool:
        """True with this probability."""
        return self.unit() < probability

    def pick(self, items: Sequence[T]) -> T:
        """One of the items, each as likely."""
        return items[int(len(items) * self.unit())]

    def weighted(self, weights: dict[T, float]) -> T:
        """One of the keys, as likely as its weight."""
        left = self.unit() * sum(weights.values())
        for item, weight in weights.items():
            left -= weight
            if left < 0:
                return item
        return item

    def noise(self, shape: tuple[int, ...]) -> np.ndarray:
        """Bytes in 0..255, uint8, of this shape."""
        return self.generator.integers(0, 256, size=shape, dtype=np.uint8)


def snap(points: Any) -> Outline:
    """Round points, complex (N,), to multiples of 1/4096 (see the module's docstring)."""
    flat = np.array(points, dtype=np.complex128).view(np.float64)
    flat *= _GRID
    np.rint(flat, out=flat)
    flat /= _GRID
    return flat.view(np.complex128)


def snap_point(x: float, y: float) -> complex:
    """One point, rounded in the same way."""
    return complex(round(x * _GRID) / _GRID, round(y * _GRID) / _GRID)


def rotor(degrees: float) -> complex:
    """The complex number that turns by so many degrees counter-clockwise, snapped."""
    angle = math.radians(degrees)
    return complex(round(math.cos(angle) * _GRID) / _GRID, round(math.sin(angle) * _GRID) / _GRID)


def outline(*corners: tuple[float, float]) -> Outline:
    """A polygon with straight sides."""
    return snap([complex(x, y) for x, y in corners])


def box(left: float, bottom: float, right: float, top: float) -> Outline:
    """An upright rectangle."""
    return outline((left, bottom), (right, bottom), (right, top), (left, top))


@lru_cache(maxsize=1024)
def blob(*corners: tuple[float, float], steps: int = 4) -> Outline:
    """A smooth closed curve through the corners (Catmull-Rom), ``steps`` points a side.

    Cached, since most blobs are the same each time: not to be changed in place.
    """
    here = np.array([complex(x, y) for x, y in corners])
    before, after, later = np.roll(here, 1), np.roll(here, -1), np.roll(here, -2)
    rows = []
    for step in range(steps):
        t = step / steps
        rows.append(
            0.5
            * (
                2 * here
                + (after - before) * t
                + (2 * before - 5 * here + 4 * after - later) * t * t
                + (3 * here - before - 3 * after + later) * t * t * t
            )
        )
    curve = snap(np.stack(rows, axis=1).ravel())
    curve.flags.writeable = False
    return curve


_CIRCLE = snap([complex(math.cos(k * math.pi / 10), math.sin(k * math.pi / 10)) for k in range(20)])


def ellipse(x: float, y: float, rx: float, ry: float | None = None, tilt: float = 0) -> Outline:
    """An ellipse about (x, y), tilted by so many degrees."""
    shape = _CIRCLE.real * rx + 1j * (_CIRCLE.imag * (rx if ry is None else ry))
    if tilt:
        shape = shape * rotor(tilt)
    return snap(shape + complex(x, y))


def limb(points: Sequence[tuple[float, float]], widths: Sequence[float]) -> Outline:
    """A bent strip through the points, so wide at each: legs, necks, tails, branches."""
    line = [complex(x, y) for x, y in points]
    left, right = [], []
    for k, (point, width) in enumerate(zip(line, widths, strict=True)):
        ahead = line[min(k + 1, len(line) - 1)] - line[max(k - 1, 0)]
        normal = 1j * ahead / (abs(ahead) or 1.0) * (width / 2)
        left.append(point + normal)
        right.append(point - normal)
    return snap(left + right[::-1])


def turn(points: Outline, degrees: float, x: float = 0, y: float = 0) -> Outline:
    """The outline turned about (x, y)."""
    pivot = snap_point(x, y)
    return snap((points - pivot) * rotor(degrees) + pivot)


def turned(x: float, y: float, degrees: float, px: float, py: float) -> tuple[float, float]:
    """One point turned about (px, py)."""
    point = complex(x - px, y - py) * rotor(degrees) + complex(px, py)
    return point.real, point.imag


def star(x: float, y: float, inner: float, outer: float, tips: int, tilt: float = 0) -> Outline:
    """A star with so many tips."""
    return snap(
        [
            complex(x, y) + (outer if k % 2 == 0 else inner) * rotor(90 + tilt + 180 * k / tips)
            for k in range(2 * tips)
        ]
    )
