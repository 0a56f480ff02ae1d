"""One image and its truth: the object is turned, moved and laid over the background.

Turning interpolates linearly between four pixels. Everything that the source turns is a mask times
one colour, so what is turned here is the masks, and of those only what an object can reach. Where a
pixel's four neighbours have the same code nothing is interpolated: that leaves the few thousand
pixels along the outlines.

The truth of a part is where its turned and coloured picture is visible, (1/3) ||rgb|| > .05; the
feature wins over the body. The background is added to each channel where the object has less than
.01 of it: so it shines through where a border lacks a colour, as in the source.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from kdlens.data.cells import BACKGROUND, BODY, EMPTY_CLASS, FEATURE
from kdlens.data.cells.backgrounds import paint
from kdlens.data.cells.scene import (
    Background,
    Cell,
    draw_background,
    draw_cell,
    draw_kinds,
    generator,
)
from kdlens.data.cells.shapes import BORDER_BIT, FEATURE_BIT, INNER_BIT, Window, parts, place

_VISIBLE = 0.15  # length of an RGB vector
_TRANSPARENT = 0.01
_TAIL_CLASS = 6
_LEAST_TAIL = 0.3  # per cent of the image, after rounding to two digits as in the source

# Of every code: is the pixel of the border, the inside, the feature; and what is seen of these two.
_CODES = np.arange(8)
_MASKS = np.stack(
    [
        _CODES & BORDER_BIT > 0,
        _CODES & INNER_BIT > 0,
        _CODES & FEATURE_BIT > 0,
        _CODES == BORDER_BIT,
        _CODES == INNER_BIT,
    ]
).astype(np.float64)
# Of every quadruple of codes, 3 bits each: the code if all are the same, otherwise 8.
_MIXED = 8
_SAME = np.full(8**4, _MIXED, np.uint8)
_SAME[_CODES * 0o1111] = _CODES


@dataclass(frozen=True)
class Picture:
    """An image.

    Attributes:
        rgb: uint8 (size, size, 3).
        truth: uint8 (size, size), see :mod:`kdlens.data.cells`.
        background: the kind of background.
    """

    rgb: np.ndarray
    truth: np.ndarray
    background: int


@dataclass(frozen=True)
class Figure:
    """An object as it stands in the image: what is in a window; beyond it there is nothing.

    Attributes:
        window: where it is.
        colours: float64 (h, w, 3).
        truth: uint8 (h, w).
        feature: sum over all pixels of the feature's share of the pixel.
    """

    window: Window
    colours: np.ndarray
    truth: np.ndarray
    feature: float


def picture(seed: int, split: str, number: int, size: int, kind: int | None = None) -> Picture:
    """Draw image ``number`` of a split at ``size`` pixels a side.

    Args:
        kind: its class; None for the one that is drawn.
    """
    cell, background, _ = scene(seed, split, number, size, kind)
    return Picture(*compose(cell, background, size), background.kind)


def scene(
    seed: int, split: str, number: int, size: int, kind: int | None = None
) -> tuple[Cell | None, Background, int]:
    """Draw what an image shows: object (None for class 9), background, class.

    A single tail is drawn again until it is seen; several (classes 7 and 8) are not, as in the
    source.
    """
    random = generator(seed, split, number)
    drawn, behind = draw_kinds(random)
    kind = drawn if kind is None else kind
    cell = None if kind == EMPTY_CLASS else draw_cell(random, kind)
    if kind == _TAIL_CLASS:
        while cell and not shows_feature(figure(cell, size).feature, size):
            cell = draw_cell(random, kind)
    return cell, draw_background(random, behind), kind


def shows_feature(pixels: float, size: int) -> bool:
    """Whether a single tail of so many pixels counts as seen."""
    return round(100 * pixels / size**2, 2) >= _LEAST_TAIL


def compose(cell: Cell | None, background: Background, size: int) -> tuple[np.ndarray, np.ndarray]:
    """Return the image, uint8 (size, size, 3), and its truth, uint8 (size, size)."""
    behind = paint(background, size)
    rgb = np.zeros((size, size, 3), np.uint8)
    truth = np.zeros((size, size), np.uint8)
    if behind is not None:
        rgb[...] = np.moveaxis(_bytes(behind), 0, -1)
    if cell is not None:
        drawn = figure(cell, size)
        area = drawn.window.slices
        colours = drawn.colours
        if behind is not None:
            here = np.moveaxis(behind[(slice(None), *area)], 0, -1)
            colours = np.where(colours < _TRANSPARENT, colours + here, colours)
        rgb[area] = _bytes(colours)
        truth[area] = drawn.truth
    return rgb, truth


def figure(cell: Cell, size: int) -> Figure:
    """Turn and move an object, in an image of ``size`` pixels a side."""
    codes, source = parts(cell, size)
    down, right = (0, 0) if cell.is_rectangle else place(cell, size)
    window, rows, columns = _turned(cell.angle, size, source, down, right)
    top, left = np.floor(rows), np.floor(columns)
    # One more row and column of nothing on each side than the neighbours reach.
    index = np.clip(top - (source.top - 2), 0, source.bottom - source.top + 2).astype(np.intp)
    index *= source.right - source.left + 3
    index += np.clip(left - (source.left - 2), 0, source.right - source.left + 2).astype(np.intp)
    quadruples = _quadruples(codes).ravel().take(index)
    same = _SAME.take(quadruples)

    mixed = np.flatnonzero(same == _MIXED)
    shares = _shares(
        quadruples.ravel()[mixed],
        (rows - top).ravel()[mixed],
        (columns - left).ravel()[mixed],
    )
    palette = np.stack([cell.feature_colour, cell.border_colour, cell.inner_colour])

    same.ravel()[mixed] = 0
    colours = (_MASKS[2:].T @ palette).take(same, axis=0)
    colours.reshape(-1, 3)[mixed] = np.clip(shares[2:].T @ palette, 0, 1)
    truth = _truth(cell, _MASKS[:3]).take(same)
    truth.ravel()[mixed] = _truth(cell, shares[:3])
    whole = np.count_nonzero(same & FEATURE_BIT)
    return Figure(window, colours, truth, whole + float(shares[2].sum()))


def _turned(
    angle: float, size: int, source: Window, down: int, right: int
) -> tuple[Window, np.ndarray, np.ndarray]:
    """Return the window that an object fills once it is turned and moved, and where it was before.

    The latter are rows and columns (h, w). What lies beyond the image's edges once it is turned is
    nothing, and stays so when it is moved.
    """
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    middle = size / 2 - 0.5
    corners = [
        (row - middle, column - middle)
        for row in (source.top - 1, source.bottom)
        for column in (source.left - 1, source.right)
    ]
    y = [cosine * row - sine * column + middle for row, column in corners]
    x = [cosine * column + sine * row + middle for row, column in corners]
    window = Window(
        *_span(y, down, size),
        *_span(x, right, size),
    )
    row = np.arange(window.top, window.bottom)[:, None] - down - middle
    column = np.arange(window.left, window.right)[None, :] - right - middle
    return window, sine * column + cosine * row + middle, cosine * column - sine * row + middle


def _span(values: list[float], shift: int, size: int) -> tuple[int, int]:
    """Return first and last + 1 of the moved pixels; those within ``values`` are moved.

    They are in the image both before and after.
    """
    first = min(max(math.floor(min(values)), 0), size) + shift
    last = min(max(math.ceil(max(values)) + 1, 0), size) + shift
    first = min(max(first, 0), size)
    return first, max(min(last, size), first)


def _quadruples(codes: np.ndarray) -> np.ndarray:
    """Return, for every place between four pixels, their codes in one number, uint16.

    With two more rows and columns of nothing on each side, less one: (h + 3, w + 3).
    """
    padded = np.pad(codes.astype(np.uint16), 2)
    return padded[:-1, :-1] | padded[:-1, 1:] << 3 | padded[1:, :-1] << 6 | padded[1:, 1:] << 9


def _shares(quadruples: np.ndarray, down: np.ndarray, right: np.ndarray) -> np.ndarray:
    """Return how much of each mask is in each of these pixels, (masks, pixels)."""
    weights = ((1 - down) * (1 - right), (1 - down) * right, down * (1 - right), down * right)
    shares = np.zeros((len(_MASKS), len(quadruples)))
    for k, weight in enumerate(weights):
        shares += weight * _MASKS.take(quadruples >> 3 * k & 7, axis=1)
    return shares


def _truth(cell: Cell, shares: np.ndarray) -> np.ndarray:
    """Return the truth of pixels with these shares of border, inside and feature, uint8."""
    colours = (cell.border_colour, cell.inner_colour, cell.feature_colour)
    border, inner, feature = (
        share * np.linalg.norm(colour) > _VISIBLE
        for share, colour in zip(shares, colours, strict=True)
    )
    if not cell.has_feature:
        border, inner, feature = inner, inner, border
    return np.where(feature, FEATURE, np.where(border | inner, BODY, BACKGROUND)).astype(np.uint8)


def _bytes(values: np.ndarray) -> np.ndarray:
    """Return what is in [0, 1] (and cut off beyond) as bytes."""
    scaled = values * 255
    np.rint(scaled, out=scaled)
    return np.clip(scaled, 0, 255, out=scaled).astype(np.uint8)
