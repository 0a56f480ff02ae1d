"""Places at the water or in it: beach, sea floor, lake, harbour."""

from __future__ import annotations

from kdlens.data.world.backdrop import (
    DAWN,
    DAY,
    DEEP,
    DUSK,
    Stage,
    backdrop,
    far,
    hills,
    land,
    mountains,
    sea,
    sky,
    weather,
)
from kdlens.data.world.canvas import Canvas
from kdlens.data.world.colours import shaded, vary
from kdlens.data.world.geometry import Dice, box, outline
from kdlens.data.world.props import place


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
