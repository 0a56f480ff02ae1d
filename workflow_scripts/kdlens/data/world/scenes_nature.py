"""The places in the country, then those at the water or in it."""

from __future__ import annotations

from kdlens.data.world.backdrop import (
    Stage,
    backdrop,
    far,
    hills,
    land,
    mountains,
    sea,
    sky,
)
from kdlens.data.world.canvas import Canvas
from kdlens.data.world.colours import shaded, vary
from kdlens.data.world.geometry import Dice, box, ellipse, outline
from kdlens.data.world.lights import DAWN, DAY, DEEP, DUSK, NIGHT, OVERCAST, weather
from kdlens.data.world.props import place


def meadow(canvas: Canvas, dice: Dice) -> Stage:
    """Rolling grass under a wide sky."""
    light, horizon = weather(dice), dice.real(0.42, 0.6)
    pen = sky(canvas, dice, light)
    if dice.chance(0.7):
        hills(pen, dice, horizon)
    land(pen, dice, "lawn", "grass", (112, 178, 74), horizon)
    if dice.chance(0.4):
        far(canvas, dice, "tree", horizon, 2)
    return Stage(
        (0.06, horizon - 0.14),
        (0.5, 0.75),
        None,
        ("flower", "flower", "bush", "mushroom", "boulder", "kite", "balloon"),
        light,
    )


def forest(canvas: Canvas, dice: Dice) -> Stage:
    """Two rows of trees on soil."""
    light, horizon = dice.pick((DAY, OVERCAST, DUSK)), dice.real(0.4, 0.55)
    pen = sky(canvas, dice, light, 0.2)
    land(pen, dice, "ground", "soil", (104, 92, 58), horizon)
    for row, count in ((0.0, 6), (-0.03, 5)):
        far(canvas, dice, "tree", horizon + row, count, 1.15)
    return Stage(
        (0.06, horizon - 0.16),
        (0.5, 0.72),
        None,
        ("mushroom", "mushroom", "bush", "boulder", "tree"),
        light,
    )


def desert(canvas: Canvas, dice: Dice) -> Stage:
    """Dunes and cactuses, by day or night."""
    light, horizon = dice.pick((DAY, DAY, DUSK, NIGHT)), dice.real(0.42, 0.58)
    pen = sky(canvas, dice, light, 0.15)
    if dice.chance(0.5):
        mountains(pen, dice, horizon, 0.2, False)
    dune = pen.ink(vary(dice, (222, 160, 92), 10), "sand", label="dune")
    for _ in range(2):
        pen.fill(
            dune, ellipse(dice.unit(), horizon - 0.03, dice.real(0.3, 0.6), dice.real(0.06, 0.13))
        )
    land(pen, dice, "dune", "sand", (232, 178, 106), horizon - 0.03, 0.03)
    return Stage(
        (0.06, horizon - 0.16), (0.5, 0.75), None, ("cactus", "cactus", "boulder", "boulder"), light
    )


def mountain(canvas: Canvas, dice: Dice) -> Stage:
    """Snow-capped mountains behind rocky ground."""
    light, horizon = weather(dice), dice.real(0.36, 0.48)
    pen = sky(canvas, dice, light)
    mountains(pen, dice, horizon, 0.46, True)
    land(pen, dice, "ground", "rock", (138, 142, 112), horizon, 0.03)
    if dice.chance(0.4):
        far(canvas, dice, "tree", horizon, 3, 0.5)
    return Stage(
        (0.05, horizon - 0.1),
        (0.5, 0.75),
        None,
        ("boulder", "boulder", "flower", "bush", "signpost"),
        light,
    )


def snowfield(canvas: Canvas, dice: Dice) -> Stage:
    """Snow, with or without mountains."""
    light, horizon = dice.pick((DAY, OVERCAST, DAWN, NIGHT)), dice.real(0.4, 0.56)
    pen = sky(canvas, dice, light)
    if dice.chance(0.5):
        mountains(pen, dice, horizon, 0.26, True)
    land(pen, dice, "snowdrift", "snow", (232, 238, 246), horizon, 0.03)
    if dice.chance(0.4):
        far(canvas, dice, "tree", horizon, 2, 0.6)
    return Stage(
        (0.05, horizon - 0.14), (0.5, 0.75), None, ("snowman", "snowman", "boulder", "bush"), light
    )


def farm(canvas: Canvas, dice: Dice) -> Stage:
    """A fenced field and hills."""
    light, horizon = weather(dice), dice.real(0.44, 0.58)
    pen = sky(canvas, dice, light)
    hills(pen, dice, horizon)
    land(pen, dice, "ground", "soil", (172, 142, 82), horizon)
    field = pen.ink(vary(dice, (126, 180, 70), 10), "grass", label="lawn")
    pen.fill(field, box(-0.1, -0.1, 1.1, horizon * dice.real(0.45, 0.7)))
    place(canvas, dice, "fence", 0.5, horizon - dice.real(0.06, 0.12), 1.2)
    return Stage(
        (0.05, horizon - 0.16),
        (0.5, 0.75),
        None,
        ("hay bale", "hay bale", "pumpkin", "barrel", "well"),
        light,
    )


def garden(canvas: Canvas, dice: Dice) -> Stage:
    """A lawn with a path, a fence and a hedge."""
    light, horizon = dice.pick((DAY, DAY, OVERCAST, DAWN)), dice.real(0.44, 0.56)
    pen = sky(canvas, dice, light)
    pen.fill(
        pen.ink(vary(dice, (60, 120, 60), 10), "foliage", label="bush"),
        box(-0.1, horizon - 0.02, 1.1, horizon + 0.12),
    )
    place(canvas, dice, "fence", 0.5, horizon - 0.04, 1.0)
    pen = backdrop(canvas)
    land(pen, dice, "lawn", "grass", (124, 190, 84), horizon, 0.0)
    path = pen.ink(vary(dice, (206, 190, 160), 8), "concrete", label="pavement")
    x = dice.real(0.2, 0.7)
    pen.fill(path, outline((x, horizon), (x + 0.1, horizon), (x + 0.26, -0.1), (x - 0.14, -0.1)))
    return Stage(
        (0.05, horizon - 0.14),
        (0.55, 0.75),
        None,
        ("flower", "flower", "flower", "bench", "well", "bush"),
        light,
    )


def beach(canvas: Canvas, dice: Dice) -> Stage:
    """Sand, then sea to the horizon."""
    light, horizon = dice.pick((DAY, DAY, DUSK, DAWN)), dice.real(0.5, 0.62)
    shore = horizon - dice.real(0.14, 0.22)
    pen = sky(canvas, dice, light)
    sea(pen, dice, shore - 0.06, horizon)
    land(pen, dice, "beach", "sand", (236, 208, 142), shore)
    if dice.chance(0.4):
        place(canvas, dice, "boat", dice.real(0.1, 0.9), horizon - 0.03, 0.6)
    return Stage((0.05, shore - 0.08), (0.55, 0.75), (shore - 0.1, horizon - 0.18),
                 ("parasol", "starfish", "starfish", "ball", "boulder", "kite"), light)  # fmt: skip


def underwater(canvas: Canvas, dice: Dice) -> Stage:
    """A sea floor, blue fading to the deep, shafts of light."""
    floor = dice.real(0.12, 0.3)
    pen = backdrop(canvas)
    deep = dice.pick(((20, 70, 130), (16, 90, 120), (30, 60, 150)))
    pen.fill(
        pen.ink((110, 190, 226), "water", label="sea", texture="ramp", second=deep), box(0, 0, 1, 1)
    )
    ray = pen.ink((150, 214, 238), "water", label="sea", texture="ramp", second=shaded(deep, 1.15))
    for _ in range(dice.whole(0, 3)):
        x = dice.real(0.0, 1.0)
        pen.fill(ray, outline((x, 1.05), (x + 0.08, 1.05), (x - 0.04, floor), (x - 0.22, floor)))
    land(pen, dice, "seabed", "sand", (206, 192, 146), floor, 0.03)
    for _ in range(dice.whole(1, 3)):
        place(
            canvas,
            dice,
            dice.pick(("seaweed", "coral", "boulder")),
            dice.unit(),
            floor - dice.real(0.02, 0.1),
        )
    return Stage(
        (0.04, floor),
        (0.35, 0.6),
        (0.25, 0.6),
        ("seaweed", "coral", "bubble", "bubble", "starfish", "boulder"),
        DEEP,
    )


def lake(canvas: Canvas, dice: Dice) -> Stage:
    """Water between a near shore and far hills or mountains."""
    light, horizon = weather(dice), dice.real(0.48, 0.62)
    pen = sky(canvas, dice, light)
    if dice.chance(0.4):
        mountains(pen, dice, horizon, 0.24, True)
    else:
        hills(pen, dice, horizon)
    shore = dice.real(0.12, 0.24)
    sea(pen, dice, shore - 0.06, horizon, (70, 140, 176))
    far(canvas, dice, "tree", horizon, dice.whole(1, 3), 0.55)
    land(backdrop(canvas), dice, "lawn", "grass", (118, 168, 80), shore)
    return Stage(
        (0.03, shore),
        (0.55, 0.75),
        (shore - 0.02, horizon - 0.26),
        ("boat", "boulder", "bench", "flower", "bush"),
        light,
    )


def harbour(canvas: Canvas, dice: Dice) -> Stage:
    """A quay, boats at sea."""
    light, horizon = weather(dice), dice.real(0.5, 0.62)
    pen = sky(canvas, dice, light)
    if dice.chance(0.5):
        hills(pen, dice, horizon)
    quay = dice.real(0.18, 0.28)
    sea(pen, dice, quay - 0.02, horizon, (52, 104, 150))
    for _ in range(dice.whole(1, 3)):
        place(canvas, dice, "boat", dice.unit(), dice.real(quay + 0.02, horizon - 0.06))
    pen = backdrop(canvas)
    pen.fill(
        pen.ink(vary(dice, (150, 110, 72), 10), "wood", label="floor"), box(-0.1, -0.1, 1.1, quay)
    )
    pen.fill(pen.ink((96, 70, 48), "wood", label="floor"), box(-0.1, quay - 0.03, 1.1, quay))
    return Stage(
        (0.03, quay - 0.06),
        (0.55, 0.75),
        (quay, horizon - 0.24),
        ("barrel", "barrel", "cube", "signpost", "street lamp"),
        light,
    )
