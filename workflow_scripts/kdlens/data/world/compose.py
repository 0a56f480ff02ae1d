"""One picture of the world: a place, a species in its livery, company, clutter, light and noise.

:func:`paint_picture` is a function of its dice (hence of seed, split and index) and of what is
asked for, and of nothing else. The species asked for always covers at least 1/32 of the picture.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

import numpy as np

from kdlens.data.world import animals, birds, buildings, fish, trees, vehicles
from kdlens.data.world.canvas import Canvas
from kdlens.data.world.colours import contrasting, paint
from kdlens.data.world.geometry import Dice
from kdlens.data.world.lights import Light
from kdlens.data.world.pen import Livery, Pen
from kdlens.data.world.props import AIRBORNE, place
from kdlens.data.world.scenes import DRAWERS, Stage
from kdlens.data.world.vocabulary import FAMILY_OF, LIVERIES, SCENE_OF

DRAW_SPECIES: dict[str, Callable[[Pen, Dice], None]] = {
    "horse": animals.horse, "cow": animals.cow, "giraffe": animals.giraffe,
    "elephant": animals.elephant, "duck": birds.duck, "parrot": birds.parrot, "owl": birds.owl,
    "flamingo": birds.flamingo, "shark": fish.shark, "swordfish": fish.swordfish,
    "goldfish": fish.goldfish, "angelfish": fish.angelfish, "car": vehicles.car,
    "van": vehicles.van, "truck": vehicles.truck, "tractor": vehicles.tractor, "oak": trees.oak,
    "palm": trees.palm, "fir": trees.fir, "apple tree": trees.apple_tree,
    "house": buildings.house, "shop": buildings.shop, "barn": buildings.barn,
    "lighthouse": buildings.lighthouse,
}  # fmt: skip

_TALL: dict[str, float] = {"giraffe": 0.74, "flamingo": 0.8, "lighthouse": 0.78, "angelfish": 0.8}
"""How much smaller the tall ones are drawn, to fit."""

_LAND = {
    "meadow": 1.0, "forest": 1.0, "desert": 1.0, "street": 1.0, "night_street": 1.0,
    "mountain": 1.0, "snowfield": 1.0, "farm": 1.0, "garden": 1.0, "playroom": 1.0,
    "beach": 1.0, "lake": 0.6, "harbour": 0.8, "open_sky": 0.35, "underwater": 0.2,
}  # fmt: skip
_HABITAT: dict[str, dict[str, float]] = {
    "animal": {**_LAND, "farm": 1.8, "meadow": 1.6},
    "bird": {**_LAND, "open_sky": 4.0, "lake": 1.4, "beach": 1.4},
    "fish": {**_LAND, "underwater": 9.0, "beach": 2.0, "lake": 2.5, "harbour": 2.0},
    "vehicle": {**_LAND, "street": 1.8, "night_street": 1.8},
    "tree": {**_LAND, "underwater": 0.0, "open_sky": 0.0},
    "building": {**_LAND, "underwater": 0.0, "open_sky": 0.0},
}
"""How likely a family is met where: what lives there more often, but nearly all nearly anywhere."""

_NATURAL: dict[str, tuple[str, ...]] = {
    "animal": ("brown", "black", "white", "grey", "orange"),
    "bird": ("red", "blue", "green", "yellow", "pink", "white", "brown"),
    "fish": ("grey", "blue", "orange", "purple", "yellow"),
    "vehicle": ("red", "blue", "yellow", "white", "black", "green", "orange"),
    "tree": ("green", "green", "green", "orange", "yellow"),
    "building": ("white", "red", "yellow", "brown", "pink", "grey", "blue"),
}


@dataclasses.dataclass(frozen=True)
class Picture:
    """A finished picture before compression, and what is in it."""

    rgb: np.ndarray
    canvas: Canvas
    scene: str


def _livery(dice: Dice, species: str, texture: str) -> Livery:
    names = _NATURAL[FAMILY_OF[species]]
    first = paint(dice, names) if dice.chance(0.7) else paint(dice)
    return Livery(texture, first, contrasting(dice, first, 78))


def _put(
    canvas: Canvas, dice: Dice, species: str, texture: str, stage: Stage, scale: float, x: float
) -> Pen:
    """Stand, fly or swim the species on its stage, at about ``x``."""
    family, scale = FAMILY_OF[species], scale * _TALL.get(species, 1.0)
    band = stage.ground
    if family == "fish" and stage.water:
        band = stage.water
    elif family in ("bird", "fish") and stage.air and dice.chance(0.25):
        band = stage.air
    y = min(dice.real(*sorted(band)), 1 - 0.9 * scale)  # most of it below the upper edge
    tilt = dice.real(-14, 14) if family == "fish" else dice.real(-4, 4)
    pen = Pen(
        canvas,
        species,
        x,
        y,
        scale,
        mirror=dice.chance(0.5),
        tilt=tilt if family != "building" else dice.real(-1, 1),
        livery=_livery(dice, species, texture),
        livery_size=dice.real(0.17, 0.27),
        livery_tilt=dice.real(-25, 25),
    )
    DRAW_SPECIES[species](pen, dice)
    return pen


def paint_picture(
    dice: Dice,
    size: int,
    species: str,
    texture: str,
    company: tuple[str, ...],
    sociable: float,
) -> Picture:
    """Paint one picture.

    Args:
        size: its side in pixels.
        species: whom it shows.
        texture: the species' livery.
        company: species that may also be there, smaller and further off.
        sociable: how likely there is company.
    """
    for attempt in range(6):
        last = attempt == 5
        canvas = Canvas(size)
        where = dice.weighted(_HABITAT[FAMILY_OF[species]])
        stage = DRAWERS[where](canvas, dice)
        if dice.chance(sociable):
            friend, worn = dice.pick(company), dice.pick(LIVERIES)
            _put(canvas, dice, friend, worn, stage, dice.real(0.18, 0.3), dice.real(0.05, 0.95))
        for _ in range(dice.whole(0, 2)):
            _clutter(canvas, dice, stage, 0.6)
        scale = 0.6 if last else dice.real(0.38, 0.66)
        x = 0.5 if last else dice.real(0.26, 0.74) if dice.chance(0.75) else dice.real(0.02, 0.98)
        pen = _put(canvas, dice, species, texture, stage, scale, x)
        if not last:
            for _ in range(dice.whole(0, 2)):
                _clutter(canvas, dice, stage, 1.0)
        if canvas.thing_pixels(pen.thing) * 32 >= size * size:
            break
    rgb = canvas.develop(dice, _vary_light(dice, stage.light), dice.whole(4, 32))
    return Picture(rgb, canvas, SCENE_OF[where][stage.light.name])


def _clutter(canvas: Canvas, dice: Dice, stage: Stage, scale: float) -> None:
    """A prop that belongs, or now and then one that does not; ``scale`` 1 is in the foreground."""
    name = dice.pick(stage.props) if dice.chance(0.72) else dice.pick(("ball", "cube", "pumpkin"))
    low, high = stage.ground
    if name in AIRBORNE:
        low, high = stage.air or (0.45, 0.65)
    elif name == "boat" and stage.water:
        low, high = stage.water
    elif scale == 1.0:
        low, high = -0.02, low + 0.04
    place(canvas, dice, name, dice.unit(), dice.real(min(low, high), max(low, high)), scale)


def _vary_light(dice: Dice, light: Light) -> Light:
    """The same kind of light, a little brighter or darker, warmer or cooler."""
    gain = dice.real(0.84, 1.1)
    red, green, blue = (round(channel * gain * dice.real(0.95, 1.05)) for channel in light.tint)
    return Light(light.name, (red, green, blue), dice.whole(0, light.slope))
