"""What tiles are made of: noise, points, scales, waves.

A tile is an array of 128 x 128 that wraps at its edges. Tiles are made in whole numbers, or rounded
far from a tie, so that their bytes are the same on every machine.
"""

from __future__ import annotations

import numpy as np

from kdlens.data.world.geometry import Dice

TILE = 128
Y, X = np.mgrid[0:TILE, 0:TILE]


def value_noise(seed: int, cells: int) -> np.ndarray:
    """A tile of smooth noise, int64 (128, 128) in 0..255.

    ``cells`` x ``cells`` random values on a wrapped lattice, interpolated; ``cells`` divides 128.
    """
    lattice = Dice(seed, cells).noise((cells, cells)).astype(np.int64)
    step = TILE // cells
    fine = np.arange(TILE)
    low, part = fine // step, fine % step
    weight = part * part * (3 * step - 2 * part)  # smoothstep, over step**3
    whole = step**3
    high = (low + 1) % cells
    rows = lattice[low] * (whole - weight)[:, None] + lattice[high] * weight[:, None]
    both = rows[:, low] * (whole - weight) + rows[:, high] * weight
    return (both // (whole * whole)).astype(np.int64)


def clouds(seed: int) -> np.ndarray:
    """A tile of coarse and finer noise together, int64 (128, 128) in 0..255."""
    return (4 * value_noise(seed, 4) + 2 * value_noise(seed, 8) + value_noise(seed, 16)) // 7


def closest(points: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distance to the nearest and second nearest point on the wrapped tile, and which is nearest.

    All int64 (128, 128). Distances are in eighths of a pixel; square roots are correctly rounded
    everywhere.
    """
    squares = []
    for px, py in points:
        dx = np.abs(X - px)
        dy = np.abs(Y - py)
        dx, dy = np.minimum(dx, TILE - dx), np.minimum(dy, TILE - dy)
        squares.append(dx * dx + dy * dy)
    stack = np.sqrt(np.stack(squares).astype(np.float64))
    order = np.argsort(stack, axis=0, kind="stable")
    first = np.take_along_axis(stack, order[:1], axis=0)[0]
    second = np.take_along_axis(stack, order[1:2], axis=0)[0]
    return (first * 8).astype(np.int64), (second * 8).astype(np.int64), order[0]


def scatter(seed: int, count: int) -> list[tuple[int, int]]:
    """Random points (x, y) of a tile, in pixels."""
    dice = Dice(seed, count)
    return [(dice.whole(0, TILE - 1), dice.whole(0, TILE - 1)) for _ in range(count)]


def scales(width: int, height: int) -> np.ndarray:
    """A tile of overlapping round scales, int64 (128, 128) in 0..255, each of this size in pixels.

    They are dark at their rims, and each row covers the one below.
    """
    shade = np.zeros((TILE, TILE), dtype=np.int64)
    for row in range(-2, TILE // height + 2):
        shift = (row % 2) * (width // 2)
        dx = (X + shift) % width - width // 2
        dy = Y - row * height
        radius = dx * dx * height * height * 4 + dy * dy * width * width
        limit = width * width * height * height
        inside = (dy >= 0) & (radius <= limit)
        shade = np.where(inside, 255 * radius // limit, shade)
    return np.where(shade > 150, 255, shade // 2)


def wave(values: np.ndarray, period: int) -> np.ndarray:
    """A triangle wave of whole numbers, 0..period/2, of this period."""
    return np.abs(values % period - period // 2)
