"""The lights of the world: five kinds of weather, and that of the deep."""

from __future__ import annotations

import dataclasses

from kdlens.data.world.geometry import Dice


@dataclasses.dataclass(frozen=True)
class Light:
    """Light over a picture: factors in 256ths for red, green, blue, and how uneven it is."""

    name: str
    tint: tuple[int, int, int]
    slope: int


DAY = Light("day", (256, 256, 256), 40)
OVERCAST = Light("overcast", (214, 220, 228), 24)
DAWN = Light("dawn", (262, 224, 232), 52)
DUSK = Light("dusk", (272, 208, 160), 64)
NIGHT = Light("night", (140, 150, 200), 50)
DEEP = Light("deep", (150, 214, 250), 70)


def weather(dice: Dice) -> Light:
    """Any light but that of the deep, mostly day."""
    return dice.weighted({DAY: 0.5, OVERCAST: 0.18, DUSK: 0.12, DAWN: 0.1, NIGHT: 0.1})
