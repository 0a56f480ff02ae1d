"""The eleven basic colour names, and the paints that the world is painted with.

:func:`name_colours` maps RGB to a name by a table of 32 x 32 x 32 cells (8 levels a cell and
channel), filled by a rule on hue, saturation and brightness in whole numbers. The names are the
eleven basic colour terms; the boundaries are ours, set to agree with everyday use (a dark orange
is brown, a light red is pink), and need not agree with another table on border cases.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from kdlens.data.world.geometry import Dice

COLOURS: tuple[str, ...] = (
    *("black-c", "blue-c", "brown-c", "green-c", "grey-c", "orange-c"),
    *("pink-c", "purple-c", "red-c", "white-c", "yellow-c"),
)

Rgb = tuple[int, int, int]


def colour_name(red: int, green: int, blue: int) -> str:
    """The basic name of one colour, without the suffix ``-c``.

    With m the largest channel (brightness), c the largest minus the smallest, s = 100 c / m
    (saturation) and h the hue in degrees: greys first, then the hue's sector, with dark and pale
    exceptions.
    """
    most, least = max(red, green, blue), min(red, green, blue)
    chroma = most - least
    if most < 44:
        return "black"
    saturation = 100 * chroma // most
    if saturation < 14 or chroma < 16:
        return "black" if most < 52 else "white" if most >= 208 else "grey"
    if most == red:
        hue = (60 * (green - blue) // chroma) % 360
    elif most == green:
        hue = 120 + 60 * (blue - red) // chroma
    else:
        hue = 240 + 60 * (red - green) // chroma
    if hue < 18 or hue >= 335:
        if most < 64:
            return "brown" if hue < 18 else "black" if most < 48 else "purple"
        if most >= 170 and saturation < 58:
            return "pink"
        return "brown" if (most < 120 or saturation < 45) and hue < 30 else "red"
    if hue < 45:
        if saturation < 30 and most >= 215:
            return "white" if saturation < 22 else "pink" if hue < 30 else "yellow"
        if most >= 185 and saturation >= 50:
            return "orange"
        return "brown"
    if hue < 68:
        if most >= 150:
            return "white" if saturation < 18 and most >= 225 else "yellow"
        return "brown" if hue < 55 else "green"
    if hue < 165:
        return "green"
    if hue < 255:
        return "grey" if saturation < 18 and most < 200 else "blue"
    if hue < 298:
        return "purple"
    return "pink" if most >= 165 else "purple"


@lru_cache(maxsize=1)
def _table() -> np.ndarray:
    cells = range(4, 256, 8)
    codes = [
        COLOURS.index(colour_name(r, g, b) + "-c") + 1 for r in cells for g in cells for b in cells
    ]
    return np.array(codes, dtype=np.uint8)


def name_colours(rgb: np.ndarray) -> np.ndarray:
    """Colour codes 1..11 (places in :data:`COLOURS` plus one) of an (..., 3) uint8 array."""
    cell = (rgb >> 3).astype(np.int32)
    return _table()[(cell[..., 0] << 10) | (cell[..., 1] << 5) | cell[..., 2]]


PAINTS: dict[str, tuple[Rgb, ...]] = {
    "black": ((28, 28, 32), (40, 36, 36)),
    "blue": ((40, 84, 190), (60, 120, 215), (30, 50, 130), (110, 165, 230)),
    "brown": ((120, 76, 40), (150, 100, 56), (92, 58, 34), (165, 120, 80)),
    "green": ((46, 140, 58), (90, 165, 60), (30, 95, 50), (130, 190, 90)),
    "grey": ((128, 130, 134), (160, 162, 166), (95, 98, 104)),
    "orange": ((236, 130, 32), (240, 155, 60), (220, 110, 30)),
    "pink": ((240, 150, 180), (232, 120, 160), (246, 180, 195)),
    "purple": ((120, 60, 160), (150, 90, 190), (90, 44, 120)),
    "red": ((200, 40, 40), (220, 60, 50), (165, 28, 36)),
    "white": ((240, 240, 236), (228, 226, 220)),
    "yellow": ((240, 210, 50), (246, 225, 100), (226, 190, 60)),
}


def _brightness(colour: Rgb) -> int:
    """Perceived brightness in 0..255."""
    return (77 * colour[0] + 150 * colour[1] + 29 * colour[2]) >> 8


def vary(dice: Dice, colour: Rgb, amount: int = 14) -> Rgb:
    """The colour, each channel moved by at most ``amount`` and all together by as much."""
    common = dice.whole(-amount, amount)
    red, green, blue = (
        min(255, max(0, channel + common + dice.whole(-amount // 2, amount // 2)))
        for channel in colour
    )
    return red, green, blue


def paint(dice: Dice, names: tuple[str, ...] = tuple(PAINTS)) -> Rgb:
    """A paint of one of the named colours."""
    return vary(dice, dice.pick(PAINTS[dice.pick(names)]))


def contrasting(dice: Dice, colour: Rgb, least: int = 62) -> Rgb:
    """Another paint, at least so much lighter or darker than ``colour``."""
    for _ in range(12):
        other = paint(dice)
        if abs(_brightness(other) - _brightness(colour)) >= least:
            return other
    return (244, 244, 240) if _brightness(colour) < 128 else (30, 30, 34)


def shaded(colour: Rgb, factor: float) -> Rgb:
    """The colour made darker (factor below 1) or lighter (above 1)."""
    red, green, blue = (min(255, int(channel * factor)) for channel in colour)
    return red, green, blue
