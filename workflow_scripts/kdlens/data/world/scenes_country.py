"""Places in the country: meadow, forest, desert, mountain, snowfield, farm, garden."""

from __future__ import annotations

from kdlens.data.world.backdrop import (
    DAWN,
    DAY,
    DUSK,
    NIGHT,
    OVERCAST,
    Stage,
    backdrop,
    far,
    hills,
    land,
    mountains,
    sky,
    weather,
)
from kdlens.data.world.canvas import Canvas
from kdlens.data.world.colours import vary
from kdlens.data.world.geometry import Dice, box, ellipse, outline
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
