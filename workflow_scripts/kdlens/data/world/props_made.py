"""Props that were made: toys, street furniture, boats. See :mod:`kdlens.data.world.props`."""

from __future__ import annotations

from typing import Any

from kdlens.data.world.colours import Rgb, contrasting, paint, shaded
from kdlens.data.world.geometry import Dice, blob, box, ellipse, limb, outline
from kdlens.data.world.pen import Pen

_PATTERNS = ("plain", "plain", "striped", "dotted", "chequered")
_DARK: Rgb = (36, 34, 38)
_WOOD: tuple[Rgb, ...] = ((150, 104, 62), (120, 80, 48), (176, 132, 86))


def _pattern(dice: Dice, colour: Rgb) -> dict[str, Any]:
    """Draw a texture, and a second paint that stands out from ``colour``: for ``Pen.ink``."""
    return {"texture": dice.pick(_PATTERNS), "second": contrasting(dice, colour)}


def ball(pen: Pen, dice: Dice) -> None:
    """A ball in two colours."""
    colour = paint(dice)
    skin = pen.ink(
        colour,
        "rubber",
        **_pattern(dice, colour),
        period=dice.real(0.4, 0.7),
        tilt=dice.real(0, 90),
    )
    pen.shadow(0, 0.04, 0.5, 0.1)
    pen.fill(skin, ellipse(0, 0.5, 0.5))
    pen.fill(pen.ink((255, 255, 255), "rubber"), ellipse(-0.17, 0.7, 0.1, 0.07, 30))


def cube(pen: Pen, dice: Dice) -> None:
    """A box seen from an angle: front, side and lid."""
    colour = paint(dice)
    material = dice.pick(("wood", "plastic", "cardboard"))
    kwargs = {**_pattern(dice, colour), "period": 0.4}
    pen.shadow(0.05, 0.04, 0.6, 0.1)
    pen.fill(pen.ink(colour, material, **kwargs), box(-0.5, 0, 0.25, 0.72))
    pen.fill(pen.ink(colour, material, shade=0.6, **kwargs),
             outline((0.25, 0), (0.52, 0.2), (0.52, 0.92), (0.25, 0.72)))  # fmt: skip
    pen.fill(pen.ink(colour, material, shade=1.18, **kwargs),
             outline((-0.5, 0.72), (-0.22, 0.92), (0.52, 0.92), (0.25, 0.72)))  # fmt: skip


def street_lamp(pen: Pen, dice: Dice) -> None:
    """A curved pole with a lamp that shines."""
    iron = pen.ink((56, 60, 64), "metal", "pole")
    pen.fill(
        iron,
        limb([(0, 0), (0, 0.96)], [0.09, 0.06]),
        limb([(0, 0.94), (0.16, 1.0), (0.3, 0.96)], [0.05] * 3),
    )
    pen.fill(
        pen.ink((255, 240, 170), "glass", "lamp", glow=True),
        blob((0.18, 0.95), (0.42, 0.95), (0.38, 0.82), (0.22, 0.82)),
    )


def traffic_light(pen: Pen, dice: Dice) -> None:
    """Three lamps, one of them lit."""
    pen.fill(pen.ink((90, 92, 96), "metal", "pole"), limb([(0, 0), (0, 0.5)], [0.09, 0.08]))
    pen.fill(pen.ink((40, 42, 40), "metal", "body"), box(-0.17, 0.42, 0.17, 1.06))
    lit = dice.whole(0, 2)
    for k, colour in enumerate(((60, 220, 90), (250, 200, 50), (240, 50, 44))):
        lamp = pen.ink(colour, "glass", "lamp", shade=1.0 if k == lit else 0.35, glow=k == lit)
        pen.fill(lamp, ellipse(0, 0.54 + 0.2 * k, 0.085))


def parasol(pen: Pen, dice: Dice) -> None:
    """Five cloths on a pole."""
    first = paint(dice, ("red", "blue", "yellow", "green", "orange", "pink"))
    second = (246, 244, 238)
    pen.shadow(0, 0.02, 0.5, 0.07)
    pen.fill(pen.ink((232, 224, 210), "wood", "pole"), limb([(0, 0), (0, 0.9)], [0.06, 0.05]))
    edges = (-0.66, -0.4, -0.14, 0.14, 0.4, 0.66)
    for k in range(5):
        cloth = pen.ink(first if k % 2 == 0 else second, "fabric", "cap")
        a, b = edges[k], edges[k + 1]
        pen.fill(
            cloth, blob((a, 0.62), (a * 0.8, 0.8), (0, 1.04), (b * 0.8, 0.8), (b, 0.62), steps=3)
        )


def hay_bale(pen: Pen, dice: Dice) -> None:
    """A rolled bale, its coil to the front."""
    pen.shadow(0, 0.03, 0.66, 0.1)
    straw = (218, 180, 84)
    pen.fill(
        pen.ink(shaded(straw, 0.85), "straw"),
        blob((-0.62, 0.36), (-0.5, 0.74), (0.3, 0.78), (0.4, 0.0), (-0.5, 0.0)),
    )
    pen.fill(pen.ink(straw, "straw"), ellipse(0.26, 0.38, 0.34, 0.39))
    pen.fill(pen.ink(shaded(straw, 0.66), "straw"), ellipse(0.26, 0.38, 0.22, 0.26))
    pen.fill(pen.ink(straw, "straw"), ellipse(0.26, 0.38, 0.12, 0.15))


def balloon(pen: Pen, dice: Dice) -> None:
    """A hot-air balloon with its basket."""
    colour = paint(dice, ("red", "yellow", "blue", "green", "pink", "orange", "purple"))
    pen.fill(
        pen.ink(colour, "fabric", "cap", **_pattern(dice, colour), period=0.3),
        blob(
            (-0.38, 0.7),
            (-0.24, 0.98),
            (0, 1.08),
            (0.24, 0.98),
            (0.38, 0.7),
            (0.1, 0.3),
            (-0.1, 0.3),
        ),
    )
    rope = pen.ink((90, 70, 50), None)
    pen.fill(
        rope,
        limb([(-0.1, 0.32), (-0.08, 0.16)], [0.025] * 2),
        limb([(0.1, 0.32), (0.08, 0.16)], [0.025] * 2),
    )
    pen.fill(pen.ink((150, 100, 56), "wood", "hull"), box(-0.12, 0, 0.12, 0.17))


def kite(pen: Pen, dice: Dice) -> None:
    """Four cloths and a tail of bows."""
    first, second = (
        paint(dice, ("red", "blue", "purple", "green")),
        paint(dice, ("yellow", "orange", "white", "pink")),
    )
    pen.fill(
        pen.ink((240, 240, 240), None),
        limb([(0, 0.4), (0.1, 0.2), (-0.06, 0.06), (0.06, -0.2)], [0.025] * 4),
    )
    a, b = pen.ink(first, "fabric"), pen.ink(second, "fabric")
    pen.fill(
        a, outline((0, 1.1), (-0.32, 0.8), (0, 0.8)), outline((0, 0.8), (0.32, 0.8), (0, 0.34))
    )
    pen.fill(
        b, outline((0, 1.1), (0.32, 0.8), (0, 0.8)), outline((0, 0.8), (-0.32, 0.8), (0, 0.34))
    )
    bow = pen.ink(first, "fabric", "tail")
    for x, y in ((0.08, 0.2), (-0.05, 0.04)):
        pen.fill(
            bow,
            outline((x, y), (x - 0.1, y + 0.06), (x - 0.1, y - 0.06)),
            outline((x, y), (x + 0.1, y + 0.06), (x + 0.1, y - 0.06)),
        )


def bench(pen: Pen, dice: Dice) -> None:
    """Three planks on iron legs."""
    wood, iron = dice.pick(_WOOD), pen.ink((54, 56, 60), "metal", "leg")
    pen.shadow(0, 0.02, 0.7, 0.08)
    for x in (-0.54, 0.54):
        pen.fill(iron, box(x - 0.04, 0, x + 0.04, 0.84))
    for y in (0.36, 0.56, 0.74):
        pen.fill(pen.ink(wood, "wood", "seat"), box(-0.66, y, 0.66, y + 0.12))


def boat(pen: Pen, dice: Dice) -> None:
    """A hull with a mast and two sails."""
    pen.fill(pen.ink((120, 84, 54), "wood", "pole"), limb([(0, 0.2), (0, 1.1)], [0.05, 0.04]))
    cloth = paint(dice, ("white", "red", "yellow", "orange"))
    pen.fill(
        pen.ink(cloth, "fabric", "sail", **_pattern(dice, cloth), period=0.3),
        outline((0.04, 0.32), (0.04, 1.08), (0.5, 0.32)),
    )
    pen.fill(
        pen.ink(shaded(cloth, 0.85), "fabric", "sail"),
        outline((-0.04, 0.32), (-0.04, 0.96), (-0.38, 0.32)),
    )
    pen.fill(
        pen.ink(paint(dice, ("brown", "red", "blue", "white")), "wood", "hull"),
        blob((-0.62, 0.28), (0, 0.24), (0.66, 0.3), (0.44, 0.0), (-0.44, 0.0)),
    )


def barrel(pen: Pen, dice: Dice) -> None:
    """Staves, two hoops and a lid."""
    pen.shadow(0, 0.03, 0.42, 0.08)
    pen.fill(
        pen.ink(dice.pick(_WOOD), "wood"),
        blob((-0.3, 0.02), (-0.4, 0.5), (-0.3, 0.94), (0.3, 0.94), (0.4, 0.5), (0.3, 0.02)),
    )
    hoop = pen.ink((90, 94, 100), "metal")
    pen.fill(hoop, box(-0.37, 0.22, 0.37, 0.3), box(-0.37, 0.66, 0.37, 0.74))
    pen.fill(pen.ink((96, 66, 42), "wood", "lid"), ellipse(0, 0.94, 0.3, 0.07))


def traffic_cone(pen: Pen, dice: Dice) -> None:
    """A cone with a white band."""
    pen.shadow(0, 0.02, 0.46, 0.08)
    pen.fill(
        pen.ink((240, 112, 36), "plastic"),
        box(-0.42, 0, 0.42, 0.12),
        outline((-0.28, 0.1), (-0.06, 1.0), (0.06, 1.0), (0.28, 0.1)),
    )
    pen.fill(
        pen.ink((246, 246, 242), "plastic"),
        outline((-0.2, 0.42), (-0.15, 0.64), (0.15, 0.64), (0.2, 0.42)),
    )


def signpost(pen: Pen, dice: Dice) -> None:
    """An arrow on a post."""
    pen.fill(pen.ink(dice.pick(_WOOD), "wood", "pole"), limb([(0, 0), (0, 1.0)], [0.1, 0.09]))
    board = pen.ink(dice.pick(((226, 196, 140), (60, 120, 190), (240, 238, 230))), "wood", "sign")
    pen.fill(board, outline((-0.2, 0.68), (-0.2, 0.92), (0.36, 0.92), (0.5, 0.8), (0.36, 0.68)))
    pen.fill(pen.ink(_DARK, "wood", "sign"), limb([(-0.08, 0.8), (0.26, 0.8)], [0.05] * 2))


def well(pen: Pen, dice: Dice) -> None:
    """A brick ring under a small roof."""
    pen.shadow(0, 0.02, 0.5, 0.08)
    post = pen.ink(dice.pick(_WOOD), "wood", "pole")
    pen.fill(post, box(-0.36, 0.3, -0.28, 0.86), box(0.28, 0.3, 0.36, 0.86))
    pen.fill(pen.ink((150, 66, 50), "tile", "roof"), outline((-0.54, 0.8), (0, 1.12), (0.54, 0.8)))
    pen.fill(pen.ink((150, 148, 144), "brick", "wall"), box(-0.42, 0, 0.42, 0.42))
    pen.fill(pen.ink(_DARK, None), ellipse(0, 0.42, 0.36, 0.06))


def fence(pen: Pen, dice: Dice) -> None:
    """Pickets on two rails, five units long."""
    wood = pen.ink(dice.pick((*_WOOD, (240, 238, 230))), "wood")
    for y in (0.3, 0.66):
        pen.fill(wood, box(-2.6, y, 2.6, y + 0.12))
    for k in range(11):
        x = -2.5 + 0.5 * k
        pen.fill(
            wood, outline((x - 0.07, 0), (x - 0.07, 0.9), (x, 1.0), (x + 0.07, 0.9), (x + 0.07, 0))
        )
