"""The textures of liveries, a tile each, and images of nothing but a texture.

A texture's tile says how much of a surface's second colour is seen (0 none, 255 all).
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from kdlens.data.world.colours import contrasting, paint
from kdlens.data.world.geometry import Dice, rotor
from kdlens.data.world.tiles import TILE, X, Y, closest, clouds, scales, scatter, value_noise, wave
from kdlens.data.world.vocabulary import TEXTURES


def _binary(condition: np.ndarray) -> np.ndarray:
    return np.where(condition, 255, 0)


def _hexagons() -> list[tuple[int, int]]:
    return [
        (43 * column + (21 if row % 2 else 0), 32 * row) for row in range(4) for column in range(3)
    ]


def _polar() -> tuple[np.ndarray, np.ndarray]:
    """Angle of each pixel about the centre, int64 in 4096ths of a turn, and its distance."""
    dx, dy = X - 63.63, Y - 63.63  # no pixel lies on the centre or on the angle's cut
    turns = np.rint((np.arctan2(dy, dx) / (2 * np.pi)) * 4096).astype(np.int64)
    return turns, np.sqrt(dx * dx + dy * dy)


def _spiral() -> np.ndarray:
    turns, distance = _polar()
    radius = np.rint(distance * 4096 / 22).astype(np.int64)
    return _binary((radius + turns) % 4096 < 2048)


def _cobweb() -> np.ndarray:
    turns, distance = _polar()
    sector = wave(turns % 4096, 341)
    radius = np.rint(distance * 16).astype(np.int64)
    sagging = radius + radius * (170 - sector) // 700
    return _binary((sagging % 208 < 48) | (sector * radius < 3600) | (radius < 40))


def _texture(name: str) -> np.ndarray:
    match name:
        case "striped":
            return _binary(X // 16 % 2 == 1)
        case "dotted":
            dx, dy = (X + Y // 32 % 2 * 16) % 32 - 16, Y % 32 - 16
            return _binary(dx * dx + dy * dy < 110)
        case "chequered":
            return _binary((X // 16 + Y // 16) % 2 == 1)
        case "zigzagged":
            return _binary((Y + wave(X, 32)) % 32 < 16)
        case "blotchy":
            return _binary(clouds(11) > 126)
        case "gridded":
            return _binary((X % 32 < 7) | (Y % 32 < 7))
        case "scaly":
            return scales(32, 16)
        case "banded":
            levels = np.array([0, 255, 90, 255, 0, 150, 40, 230])
            return levels[(Y + value_noise(5, 4) // 24) % TILE // 16]
        case "honeycombed":
            first, second, _ = closest(_hexagons())
            return _binary(second - first < 44)
        case "woven":
            across = (X // 16 + Y // 16) % 2 == 0
            return np.where(across, 255 - 28 * wave(Y, 16), 28 * wave(X, 16))
        case "bubbly":
            first, _, nearest = closest(scatter(3, 26))
            rim = np.array([60 + 13 * k % 50 for k in range(26)])[nearest]
            return np.where(first < rim - 22, 70, np.where(first < rim, 255, 0))
        case "marbled":
            return np.clip(12 * wave(X + Y + clouds(7), 64) - 60, 0, 255)
        case "cracked":
            first, second, _ = closest(scatter(8, 22))
            return _binary(second - first < 26 + value_noise(4, 8) // 12)
        case "crystalline":
            first, _, nearest = closest(scatter(9, 30))
            return (np.array([37 * k % 226 for k in range(30)])[nearest] + first // 4).clip(0, 255)
        case "spiralled":
            return _spiral()
        case "crosshatched":
            return _binary(((X + Y) % 16 < 4) | ((X - Y) % 32 < 4))
        case "sprinkled":
            tile = np.zeros((TILE, TILE), dtype=np.int64)
            dice = Dice(21)
            for _ in range(150):
                x, y = dice.whole(0, TILE - 1), dice.whole(0, TILE - 1)
                dx, dy = dice.pick(((1, 0), (0, 1), (1, 1), (1, -1)))
                for k in range(7):
                    for wide in (0, 1):
                        tile[(y + k * dy + wide) % TILE, (x + k * dx + wide) % TILE] = 255
            return tile
        case "waffled":
            return np.clip(22 * (9 - np.minimum(wave(X + 16, 32), wave(Y + 16, 32))), 0, 255)
        case "swirly":
            return _binary((clouds(31) * 3 + X) % 64 < 32)
        case "cobwebbed":
            return _cobweb()
        case "plain":
            return np.zeros((TILE, TILE), dtype=np.int64)
        case "ramp":
            return 2 * Y
    raise KeyError(name)


TEXTURE_CODE: dict[str, int] = {
    name: code for code, name in enumerate(("plain", "ramp", *TEXTURES))
}


@lru_cache(maxsize=1)
def texture_tiles() -> np.ndarray:
    """All texture tiles, flat: (codes * 128 * 128,) uint8, in the order of TEXTURE_CODE."""
    return np.stack([_texture(name) for name in TEXTURE_CODE]).astype(np.uint8).ravel()


def texture_image(dice: Dice, size: int, name: str) -> np.ndarray:
    """A picture of one texture and nothing else, (size, size, 3) uint8.

    The tile is seen turned, scaled and gently warped, in two paints, with uneven light and noise.
    """
    whole = 2 * size
    tilt = rotor(dice.real(0, 360) if name not in ("banded", "woven") else dice.real(-25, 25))
    step = dice.real(0.75, 1.7) * TILE / size
    a, b = round(256 * step * tilt.real), round(256 * step * tilt.imag)
    axis = np.arange(whole)
    x, y = axis[None, :], axis[:, None]
    noise = value_noise(dice.whole(0, 63), 4)
    coarse = axis * 96 // whole
    bend = noise[np.ix_(coarse, coarse)] * dice.whole(0, 40)
    u = ((a * x + b * y + bend) >> 8) + dice.whole(0, TILE - 1)
    v = ((a * y - b * x + bend) >> 8) + dice.whole(0, TILE - 1)
    start = TEXTURE_CODE[name] * TILE * TILE
    mix = texture_tiles()[start + (v & TILE - 1) * TILE + (u & TILE - 1)].astype(np.int32)
    first = paint(dice)
    low, high = np.array(first), np.array(contrasting(dice, first))
    rgb = low + ((high - low) * mix[:, :, None] >> 8)
    rgb = rgb.reshape(size, 2, size, 2, 3).sum(axis=(1, 3)) >> 2
    spot = noise[np.ix_(axis[:size] * (TILE - 1) // size, axis[:size] * (TILE - 1) // size)]
    light = 190 + dice.whole(-30, 50) + (spot - 128) // 4
    grit = dice.noise((size, size, 3)).astype(np.int32) - 128
    return (
        ((rgb * light[:, :, None] >> 8) + (grit * dice.whole(4, 20) >> 7))
        .clip(0, 255)
        .astype(np.uint8)
    )
