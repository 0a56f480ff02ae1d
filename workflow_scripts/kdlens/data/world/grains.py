"""The grain of materials, a tile each: how bright the material is there."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from kdlens.data.world.geometry import Dice
from kdlens.data.world.tiles import TILE, X, Y, closest, clouds, scales, scatter, value_noise, wave
from kdlens.data.world.vocabulary import MATERIALS


def _grain(name: str) -> np.ndarray:
    noise = Dice(40).noise((TILE, TILE)).astype(np.int64) - 128
    coarse = clouds(41) - 128
    along = (noise + np.roll(noise, 1, 0) + np.roll(noise, 2, 0) + np.roll(noise, 3, 0)) // 2
    across = (noise + np.roll(noise, 1, 1) + np.roll(noise, 2, 1) + np.roll(noise, 3, 1)) // 2
    match name:
        case "fur":
            return along // 5 + coarse // 6
        case "skin":
            first, second, _ = closest(scatter(14, 90))
            return np.where(second - first < 8, -16, 4) + coarse // 8
        case "feathers":
            return 10 - scales(16, 8) // 9
        case "scales":
            return 12 - scales(8, 6) // 8
        case "metal":
            return np.where((X + Y) % 64 < 10, 22, 0) - 2
        case "glass":
            return np.where((X + 2 * Y) % 48 < 9, 44, 0) - 4
        case "wood":
            rings = (2 * Y + value_noise(15, 4) // 4) % 16
            return np.where(rings < 4, -26, 4) + across // 12 - np.where(Y % 32 < 2, 18, 0)
        case "bark":
            return along // 4 + np.where((X + value_noise(16, 8) // 32) % 8 < 2, -30, 6)
        case "brick":
            mortar = (Y % 16 < 3) | ((X + Y // 16 % 2 * 16) % 32 < 3)
            return np.where(mortar, 40, -6) + coarse // 8 + noise // 16
        case "tile":
            return 14 - scales(16, 10) // 6
        case "foliage":
            first, _, nearest = closest(scatter(17, 140))
            return (nearest * 37 % 53) - 22 - first // 6
        case "grass":
            return along // 4 + coarse // 4
        case "sand":
            return noise // 9 + coarse // 6
        case "water":
            return np.where((Y + wave(X, 32) // 4 + coarse // 24) % 16 < 4, 26, -4)
        case "snow":
            return coarse // 9
        case "rock":
            first, second, nearest = closest(scatter(18, 40))
            return (nearest * 29 % 47) - 24 - np.where(second - first < 9, 24, 0)
        case "soil":
            return noise // 10 + np.where((Y + coarse // 12) % 16 < 6, -16, 6)
        case "asphalt":
            return noise // 6
        case "concrete":
            return noise // 16 + np.where((X % 64 < 2) | (Y % 64 < 2), -18, 0)
        case "fabric":
            return np.where((X // 2 + Y // 2) % 2 == 0, 7, -7)
        case "straw":
            return across // 3 + np.where(Y % 8 < 2, -12, 3)
        case "cardboard":
            return np.where(X % 8 < 3, -7, 3)
        case "keratin" | "rubber" | "plaster" | "plastic":
            return noise // 24
    raise KeyError(name)


@lru_cache(maxsize=1)
def grain_tiles() -> np.ndarray:
    """Grains by material code (0: none), flat, uint8 with 128 for neutral."""
    tiles = [np.zeros((TILE, TILE), dtype=np.int64)] + [_grain(name) for name in MATERIALS]
    return (np.stack(tiles).clip(-90, 90) + 128).astype(np.uint8).ravel()
