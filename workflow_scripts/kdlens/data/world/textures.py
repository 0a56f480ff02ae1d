"""Tiles: the textures of liveries and texture-only images, and the grain of materials.

A tile is a uint8 array of 128 x 128 that wraps at its edges. A texture's tile says how much of a
surface's second colour is seen (0 none, 255 all); a grain's tile how bright the material is there
(128 neutral). Tiles are made in whole numbers, or rounded far from a tie, so that their bytes are
the same on every machine.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from kdlens.data.world.colours import contrasting, paint
from kdlens.data.world.geometry import Dice, rotor
from kdlens.data.world.vocabulary import MATERIALS, TEXTURES

TILE = 128
_Y, _X = np.mgrid[0:TILE, 0:TILE]


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


def _clouds(seed: int) -> np.ndarray:
    return (4 * value_noise(seed, 4) + 2 * value_noise(seed, 8) + value_noise(seed, 16)) // 7


def _nearest(points: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Distance to the nearest and second nearest point on the wrapped tile, and which is nearest.

    Distances in eighths of a pixel; square roots are correctly rounded everywhere.
    """
    squares = []
    for px, py in points:
        dx = np.abs(_X - px)
        dy = np.abs(_Y - py)
        dx, dy = np.minimum(dx, TILE - dx), np.minimum(dy, TILE - dy)
        squares.append(dx * dx + dy * dy)
    stack = np.sqrt(np.stack(squares).astype(np.float64))
    order = np.argsort(stack, axis=0, kind="stable")
    first = np.take_along_axis(stack, order[:1], axis=0)[0]
    second = np.take_along_axis(stack, order[1:2], axis=0)[0]
    return (first * 8).astype(np.int64), (second * 8).astype(np.int64), order[0]


def _scatter(seed: int, count: int) -> list[tuple[int, int]]:
    dice = Dice(seed, count)
    return [(dice.whole(0, TILE - 1), dice.whole(0, TILE - 1)) for _ in range(count)]


def _scallops(width: int, height: int) -> np.ndarray:
    """Overlapping round scales, dark at their rims: each row covers the one below."""
    shade = np.zeros((TILE, TILE), dtype=np.int64)
    for row in range(-2, TILE // height + 2):
        shift = (row % 2) * (width // 2)
        dx = (_X + shift) % width - width // 2
        dy = _Y - row * height
        radius = dx * dx * height * height * 4 + dy * dy * width * width
        limit = width * width * height * height
        inside = (dy >= 0) & (radius <= limit)
        shade = np.where(inside, 255 * radius // limit, shade)
    return np.where(shade > 150, 255, shade // 2)


def _tri(values: np.ndarray, period: int) -> np.ndarray:
    """A triangle wave 0..period/2."""
    return np.abs(values % period - period // 2)


def _binary(condition: np.ndarray) -> np.ndarray:
    return np.where(condition, 255, 0)


def _hexagons() -> list[tuple[int, int]]:
    return [
        (43 * column + (21 if row % 2 else 0), 32 * row) for row in range(4) for column in range(3)
    ]


def _spiral() -> np.ndarray:
    # 64 + 0.37: no pixel lies on the centre or on the angle's cut
    dx, dy = _X - 63.63, _Y - 63.63
    turns = np.rint((np.arctan2(dy, dx) / (2 * np.pi)) * 4096).astype(np.int64)
    radius = np.rint(np.sqrt(dx * dx + dy * dy) * 4096 / 22).astype(np.int64)
    return _binary((radius + turns) % 4096 < 2048)


def _cobweb() -> np.ndarray:
    dx, dy = _X - 63.63, _Y - 63.63
    angle = np.rint((np.arctan2(dy, dx) / (2 * np.pi)) * 4096).astype(np.int64) % 4096
    sector = _tri(angle, 341)
    radius = np.rint(np.sqrt(dx * dx + dy * dy) * 16).astype(np.int64)
    sagging = radius + radius * (170 - sector) // 700
    return _binary((sagging % 208 < 48) | (sector * radius < 3600) | (radius < 40))


def _texture(name: str) -> np.ndarray:
    match name:
        case "striped":
            return _binary(_X // 16 % 2 == 1)
        case "dotted":
            dx, dy = (_X + _Y // 32 % 2 * 16) % 32 - 16, _Y % 32 - 16
            return _binary(dx * dx + dy * dy < 110)
        case "chequered":
            return _binary((_X // 16 + _Y // 16) % 2 == 1)
        case "zigzagged":
            return _binary((_Y + _tri(_X, 32)) % 32 < 16)
        case "blotchy":
            return _binary(_clouds(11) > 126)
        case "gridded":
            return _binary((_X % 32 < 7) | (_Y % 32 < 7))
        case "scaly":
            return _scallops(32, 16)
        case "banded":
            levels = np.array([0, 255, 90, 255, 0, 150, 40, 230])
            return levels[(_Y + value_noise(5, 4) // 24) % TILE // 16]
        case "honeycombed":
            first, second, _ = _nearest(_hexagons())
            return _binary(second - first < 44)
        case "woven":
            across = (_X // 16 + _Y // 16) % 2 == 0
            return np.where(across, 255 - 28 * _tri(_Y, 16), 28 * _tri(_X, 16))
        case "bubbly":
            first, _, nearest = _nearest(_scatter(3, 26))
            rim = np.array([60 + 13 * k % 50 for k in range(26)])[nearest]
            return np.where(first < rim - 22, 70, np.where(first < rim, 255, 0))
        case "marbled":
            return np.clip(12 * _tri(_X + _Y + _clouds(7), 64) - 60, 0, 255)
        case "cracked":
            first, second, _ = _nearest(_scatter(8, 22))
            return _binary(second - first < 26 + value_noise(4, 8) // 12)
        case "crystalline":
            first, _, nearest = _nearest(_scatter(9, 30))
            return (np.array([37 * k % 226 for k in range(30)])[nearest] + first // 4).clip(0, 255)
        case "spiralled":
            return _spiral()
        case "crosshatched":
            return _binary(((_X + _Y) % 16 < 4) | ((_X - _Y) % 32 < 4))
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
            return np.clip(22 * (9 - np.minimum(_tri(_X + 16, 32), _tri(_Y + 16, 32))), 0, 255)
        case "swirly":
            return _binary((_clouds(31) * 3 + _X) % 64 < 32)
        case "cobwebbed":
            return _cobweb()
        case "plain":
            return np.zeros((TILE, TILE), dtype=np.int64)
        case "ramp":
            return 2 * _Y
    raise KeyError(name)


def _grain(name: str) -> np.ndarray:
    noise = Dice(40).noise((TILE, TILE)).astype(np.int64) - 128
    coarse = _clouds(41) - 128
    along = (noise + np.roll(noise, 1, 0) + np.roll(noise, 2, 0) + np.roll(noise, 3, 0)) // 2
    across = (noise + np.roll(noise, 1, 1) + np.roll(noise, 2, 1) + np.roll(noise, 3, 1)) // 2
    match name:
        case "fur":
            return along // 5 + coarse // 6
        case "skin":
            first, second, _ = _nearest(_scatter(14, 90))
            return np.where(second - first < 8, -16, 4) + coarse // 8
        case "feathers":
            return 10 - _scallops(16, 8) // 9
        case "scales":
            return 12 - _scallops(8, 6) // 8
        case "metal":
            return np.where((_X + _Y) % 64 < 10, 22, 0) - 2
        case "glass":
            return np.where((_X + 2 * _Y) % 48 < 9, 44, 0) - 4
        case "wood":
            rings = (2 * _Y + value_noise(15, 4) // 4) % 16
            return np.where(rings < 4, -26, 4) + across // 12 - np.where(_Y % 32 < 2, 18, 0)
        case "bark":
            return along // 4 + np.where((_X + value_noise(16, 8) // 32) % 8 < 2, -30, 6)
        case "brick":
            mortar = (_Y % 16 < 3) | ((_X + _Y // 16 % 2 * 16) % 32 < 3)
            return np.where(mortar, 40, -6) + coarse // 8 + noise // 16
        case "tile":
            return 14 - _scallops(16, 10) // 6
        case "foliage":
            first, _, nearest = _nearest(_scatter(17, 140))
            return (nearest * 37 % 53) - 22 - first // 6
        case "grass":
            return along // 4 + coarse // 4
        case "sand":
            return noise // 9 + coarse // 6
        case "water":
            return np.where((_Y + _tri(_X, 32) // 4 + coarse // 24) % 16 < 4, 26, -4)
        case "snow":
            return coarse // 9
        case "rock":
            first, second, nearest = _nearest(_scatter(18, 40))
            return (nearest * 29 % 47) - 24 - np.where(second - first < 9, 24, 0)
        case "soil":
            return noise // 10 + np.where((_Y + coarse // 12) % 16 < 6, -16, 6)
        case "asphalt":
            return noise // 6
        case "concrete":
            return noise // 16 + np.where((_X % 64 < 2) | (_Y % 64 < 2), -18, 0)
        case "fabric":
            return np.where((_X // 2 + _Y // 2) % 2 == 0, 7, -7)
        case "straw":
            return across // 3 + np.where(_Y % 8 < 2, -12, 3)
        case "cardboard":
            return np.where(_X % 8 < 3, -7, 3)
        case "keratin" | "rubber" | "plaster" | "plastic":
            return noise // 24
    raise KeyError(name)


TEXTURE_CODE: dict[str, int] = {
    name: code for code, name in enumerate(("plain", "ramp", *TEXTURES))
}


@lru_cache(maxsize=1)
def texture_tiles() -> np.ndarray:
    """All texture tiles, flat: (codes * 128 * 128,) uint8, in the order of TEXTURE_CODE."""
    return np.stack([_texture(name) for name in TEXTURE_CODE]).astype(np.uint8).ravel()


@lru_cache(maxsize=1)
def grain_tiles() -> np.ndarray:
    """Grains by material code (0: none), flat, uint8 with 128 for neutral."""
    tiles = [np.zeros((TILE, TILE), dtype=np.int64)] + [_grain(name) for name in MATERIALS]
    return (np.stack(tiles).clip(-90, 90) + 128).astype(np.uint8).ravel()


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
