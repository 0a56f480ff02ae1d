"""Props that grew: plants, stones, sea life, and a snowman. See :mod:`kdlens.data.world.props`."""

from __future__ import annotations

from kdlens.data.world.colours import Rgb, paint, shaded
from kdlens.data.world.geometry import Dice, blob, box, ellipse, limb, outline, star, turn
from kdlens.data.world.pen import Pen

_DARK: Rgb = (36, 34, 38)


def bush(pen: Pen, dice: Dice) -> None:
    """Two layers of leaves, sometimes with berries."""
    green = paint(dice, ("green",))
    pen.fill(
        pen.ink(shaded(green, 0.75), "foliage", "leaves"),
        ellipse(-0.4, 0.26, 0.36, 0.28),
        ellipse(0.42, 0.26, 0.34, 0.28),
        ellipse(0.02, 0.4, 0.44, 0.4),
    )
    pen.fill(
        pen.ink(green, "foliage", "leaves"),
        ellipse(-0.36, 0.32, 0.28, 0.22),
        ellipse(0.34, 0.32, 0.26, 0.22),
        ellipse(0.0, 0.48, 0.34, 0.29),
    )
    if dice.chance(0.4):
        berry = pen.ink(paint(dice, ("red", "purple", "pink")), "skin", "fruit")
        for _ in range(6):
            pen.fill(berry, ellipse(dice.real(-0.5, 0.5), dice.real(0.15, 0.6), 0.065))


def flower(pen: Pen, dice: Dice) -> None:
    """Five petals on a stem."""
    stem = pen.ink((60, 130, 50), "foliage", "stem")
    pen.fill(stem, limb([(0, 0), (0.04, 0.35), (0, 0.7)], [0.08, 0.07, 0.06]))
    pen.fill(
        pen.ink((76, 150, 60), "foliage", "leaves"),
        blob((0.02, 0.2), (0.2, 0.36), (0.3, 0.34), (0.16, 0.18)),
    )
    petal = pen.ink(
        paint(dice, ("red", "pink", "purple", "yellow", "white", "orange", "blue")),
        "foliage",
        "petal",
    )
    spin = dice.real(0, 72)
    for k in range(5):
        pen.fill(petal, turn(ellipse(0, 0.96, 0.15, 0.19), 72 * k + spin, 0, 0.75))
    pen.fill(pen.ink((250, 214, 60), "foliage", "petal"), ellipse(0, 0.75, 0.11))


def boulder(pen: Pen, dice: Dice) -> None:
    """A faceted stone, its right side in the shade."""
    grey = paint(dice, ("grey", "grey", "brown"))
    tall = dice.real(0.5, 0.9)
    pen.shadow(0, 0.03, 0.66, 0.1)
    pen.fill(
        pen.ink(grey, "rock"),
        outline(
            (-0.6, 0),
            (-0.56, tall * 0.4),
            (-0.2, tall),
            (0.16, tall * 0.92),
            (0.5, tall * 0.5),
            (0.62, 0),
        ),
    )
    pen.fill(
        pen.ink(shaded(grey, 0.68), "rock"),
        outline((0.0, 0), (0.16, tall * 0.92), (0.5, tall * 0.5), (0.62, 0)),
    )


def cactus(pen: Pen, dice: Dice) -> None:
    """A ribbed column with two arms, sometimes in flower."""
    green = paint(dice, ("green",))
    skin = pen.ink(green, "skin", texture="striped", second=shaded(green, 0.72), period=0.12)
    arm = pen.ink(green, "skin", "arm", texture="striped", second=shaded(green, 0.72), period=0.12)
    pen.shadow(0, 0.02, 0.3, 0.06)
    pen.fill(
        arm, limb([(0, 0.35), (-0.26, 0.36), (-0.32, 0.46), (-0.32, 0.7)], [0.12, 0.13, 0.13, 0.1])
    )
    pen.fill(arm, limb([(0, 0.5), (0.22, 0.5), (0.29, 0.6), (0.29, 0.86)], [0.12, 0.13, 0.13, 0.1]))
    pen.fill(skin, blob((-0.12, 0), (-0.13, 0.8), (0, 1.0), (0.13, 0.8), (0.12, 0)))
    if dice.chance(0.35):
        pen.fill(pen.ink((236, 100, 150), "foliage", "petal"), star(0, 1.0, 0.05, 0.13, 5))


def starfish(pen: Pen, dice: Dice) -> None:
    """Five arms."""
    colour = paint(dice, ("orange", "red", "pink", "purple"))
    pen.fill(pen.ink(colour, "skin"), star(0, 0.4, 0.2, 0.5, 5, dice.real(0, 72)))
    pen.fill(pen.ink(shaded(colour, 1.25), "skin"), ellipse(0, 0.4, 0.12))


def seaweed(pen: Pen, dice: Dice) -> None:
    """Three swaying ribbons."""
    green = paint(dice, ("green", "green", "brown"))
    for x in (-0.24, 0.0, 0.22):
        sway, tall = dice.real(-0.14, 0.14), dice.real(0.7, 1.1)
        line = [(x, 0), (x + sway, tall * 0.33), (x - sway, tall * 0.66), (x + sway * 0.6, tall)]
        pen.fill(
            pen.ink(green, "foliage", "leaves", shade=1.0 if x else 0.75),
            limb(line, [0.12, 0.14, 0.12, 0.02]),
        )


def coral(pen: Pen, dice: Dice) -> None:
    """A branching fan with round tips."""
    ink = pen.ink(paint(dice, ("pink", "red", "orange", "purple")), "rock")
    pen.fill(ink, limb([(0, 0), (0, 0.5)], [0.2, 0.14]))
    for x, y, angle, length in (
        (0, 0.2, 42, 0.6),
        (0, 0.26, -40, 0.62),
        (0, 0.46, 16, 0.5),
        (0, 0.46, -18, 0.46),
    ):
        branch = limb([(x, y), (x, y + length)], [0.14, 0.1])
        pen.fill(ink, turn(branch, angle + dice.real(-8, 8), x, y))
        pen.fill(ink, turn(ellipse(x, y + length, 0.09), angle, x, y))


def bubble(pen: Pen, dice: Dice) -> None:
    """Three rising bubbles."""
    for x, y, r in ((0, 0.2, 0.2), (0.24, 0.66, 0.14), (-0.06, 1.0, 0.1)):
        pen.fill(pen.ink((190, 226, 244), None), ellipse(x, y, r))
        pen.fill(pen.ink((110, 170, 214), None), ellipse(x, y, r * 0.72))
        pen.fill(pen.ink((250, 254, 255), None), ellipse(x - r * 0.3, y + r * 0.35, r * 0.2))


def mushroom(pen: Pen, dice: Dice) -> None:
    """A spotted cap on a stout stem."""
    red = paint(dice, ("red", "red", "brown", "orange"))
    pen.fill(pen.ink((238, 228, 206), "skin", "stem"), limb([(0, 0), (0, 0.55)], [0.34, 0.24]))
    pen.fill(
        pen.ink(red, "skin", "cap"),
        blob((-0.52, 0.46), (-0.36, 0.82), (0, 0.98), (0.36, 0.82), (0.52, 0.46), (0, 0.4)),
    )
    spot = pen.ink((250, 248, 240), "skin", "cap")
    pen.fill(
        spot,
        ellipse(-0.22, 0.68, 0.09),
        ellipse(0.06, 0.84, 0.08),
        ellipse(0.26, 0.62, 0.09),
        ellipse(0, 0.56, 0.07),
    )


def pumpkin(pen: Pen, dice: Dice) -> None:
    """Orange ribs and a green stem."""
    pen.shadow(0, 0.03, 0.5, 0.1)
    pen.fill(pen.ink((80, 120, 50), "foliage", "stem"), limb([(0, 0.6), (0.06, 0.9)], [0.12, 0.09]))
    for x, rx, shade in (
        (-0.28, 0.24, 0.8),
        (0.28, 0.24, 0.8),
        (-0.13, 0.24, 0.92),
        (0.13, 0.24, 0.92),
        (0, 0.18, 1.04),
    ):
        pen.fill(pen.ink((236, 128, 34), "skin", shade=shade), ellipse(x, 0.36, rx, 0.36))


def tree(pen: Pen, dice: Dice) -> None:
    """A distant tree, of no species in particular: round, lobed or narrow."""
    pen.fill(pen.ink((104, 74, 50), "bark", "trunk"), limb([(0, 0), (0, 0.5)], [0.13, 0.1]))
    green = paint(dice, ("green",))
    leaves = pen.ink(shaded(green, 0.85), "foliage", "leaves")
    shape = dice.whole(0, 2)
    if shape == 0:
        pen.fill(leaves, ellipse(0, 0.68, 0.3, 0.36))
    elif shape == 1:
        pen.fill(
            leaves, ellipse(-0.16, 0.6, 0.22), ellipse(0.16, 0.6, 0.22), ellipse(0, 0.82, 0.22)
        )
    else:
        pen.fill(
            leaves,
            blob((0, 1.1), (0.16, 0.7), (0.18, 0.36), (0, 0.26), (-0.18, 0.36), (-0.16, 0.7)),
        )


def snowman(pen: Pen, dice: Dice) -> None:
    """Two balls and a head, with stick arms, a carrot, a hat and a scarf."""
    pen.shadow(0, 0.02, 0.36, 0.06)
    pen.fill(
        pen.ink((112, 78, 50), "wood", "arm"),
        limb([(-0.2, 0.46), (-0.5, 0.66)], [0.04, 0.03]),
        limb([(0.2, 0.46), (0.5, 0.6)], [0.04, 0.03]),
    )
    pen.fill(
        pen.ink((240, 244, 250), "snow", "torso"),
        ellipse(0, 0.24, 0.3, 0.25),
        ellipse(0, 0.55, 0.22, 0.19),
    )
    pen.fill(pen.ink((246, 249, 253), "snow", "head"), ellipse(0, 0.8, 0.16, 0.15))
    coal = pen.ink(_DARK, "rock", "head", "eye")
    pen.fill(coal, ellipse(-0.05, 0.84, 0.025), ellipse(0.07, 0.84, 0.025))
    pen.fill(
        pen.ink((240, 130, 40), "skin", "head", "beak"),
        outline((0.02, 0.81), (0.22, 0.77), (0.02, 0.76)),
    )
    hat = pen.ink(paint(dice, ("black", "red", "blue")), "fabric", "hat")
    pen.fill(hat, box(-0.18, 0.9, 0.18, 0.94), box(-0.11, 0.92, 0.11, 1.1))
    pen.fill(
        pen.ink(paint(dice, ("red", "green", "blue")), "fabric", "torso"),
        box(-0.15, 0.65, 0.15, 0.71),
    )
