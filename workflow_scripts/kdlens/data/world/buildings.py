"""House, shop, barn, lighthouse: walls, a roof, doors and windows. Seen from the front."""

from __future__ import annotations

from kdlens.data.world.colours import Rgb, paint, shaded
from kdlens.data.world.geometry import Dice, blob, box, ellipse, limb, outline
from kdlens.data.world.pen import Pen

_GLASS: Rgb = (140, 190, 220)
_LIT: Rgb = (252, 226, 130)
_FRAME: Rgb = (242, 240, 232)
_ROOFS: tuple[Rgb, ...] = ((170, 70, 50), (120, 60, 50), (86, 92, 110), (70, 104, 90))


def _window(pen: Pen, lit: bool, left: float, bottom: float, right: float, top: float) -> None:
    pen.fill(
        pen.ink(_FRAME, "wood", "wall", "window", "frame"),
        box(left - 0.025, bottom - 0.025, right + 0.025, top + 0.025),
    )
    pane = pen.ink(_LIT if lit else _GLASS, "glass", "wall", "window", glow=lit)
    x, y = (left + right) / 2, (bottom + top) / 2
    for a, b in ((left, x - 0.01), (x + 0.01, right)):
        pen.fill(pane, box(a, bottom, b, y - 0.01), box(a, y + 0.01, b, top))


def _door(pen: Pen, dice: Dice, x: float, width: float, height: float) -> None:
    colour = paint(dice, ("brown", "red", "green", "blue"))
    pen.fill(
        pen.ink(_FRAME, "wood", "wall", "door", "frame"),
        box(x - 0.025, 0, x + width + 0.025, height + 0.03),
    )
    pen.fill(pen.ink(colour, "wood", "wall", "door"), box(x, 0, x + width, height))
    pen.fill(
        pen.ink((230, 190, 70), "metal", "wall", "door"),
        ellipse(x + width * 0.8, height * 0.48, 0.022),
    )


def house(pen: Pen, dice: Dice) -> None:
    """A gabled roof of tiles, a chimney, a door beside one or two windows."""
    lit = dice.chance(0.3)
    pen.shadow(0.02, 0.0, 0.62, 0.05)
    brick = pen.ink((160, 84, 66), "brick", "chimney")
    side = dice.pick((-0.3, 0.26))
    pen.fill(brick, box(side - 0.07, 0.7, side + 0.07, 1.1))
    pen.fill(pen.ink((110, 60, 50), "brick", "chimney"), box(side - 0.09, 1.06, side + 0.09, 1.12))
    pen.fill(pen.coat("plaster", "wall"), box(-0.5, 0, 0.5, 0.6))
    eaves = dice.real(0.6, 0.7)
    peak = dice.real(1.0, 1.12)
    roof = dice.pick(_ROOFS)
    pen.fill(pen.ink(roof, "tile", "roof"), outline((-eaves, 0.56), (0, peak), (eaves, 0.56)))
    pen.fill(pen.ink(shaded(roof, 0.6), "tile", "roof"), box(-eaves, 0.54, eaves, 0.585))
    pen.fill(pen.ink(_FRAME, "wood", "roof", "window", "frame"), ellipse(0, 0.76, 0.095))
    pen.fill(
        pen.ink(_LIT if lit else _GLASS, "glass", "roof", "window", glow=lit),
        ellipse(0, 0.76, 0.07),
    )
    where = dice.pick((-0.1, -0.4, 0.18))
    _door(pen, dice, where, 0.2, 0.4)
    for x in (-0.4, -0.1, 0.2):
        if abs(x - where) > 0.22:
            _window(pen, lit, x, 0.2, x + 0.19, 0.42)
    pen.fill(
        pen.ink((150, 148, 146), "concrete", "step"), box(where - 0.05, -0.02, where + 0.25, 0.03)
    )


def shop(pen: Pen, dice: Dice) -> None:
    """Flat-roofed, with a sign, a striped awning, a wide show window and a glass door."""
    lit = dice.chance(0.35)
    pen.shadow(0.02, 0.0, 0.72, 0.05)
    pen.fill(pen.coat("plaster", "wall"), box(-0.66, 0, 0.66, 0.86))
    pen.fill(pen.ink((112, 108, 106), "concrete", "roof"), box(-0.71, 0.84, 0.71, 0.92))
    sign = paint(dice, ("red", "green", "blue", "yellow", "purple"))
    pen.fill(pen.ink(sign, "wood", "sign"), box(-0.5, 0.68, 0.5, 0.81))
    letter = pen.ink((250, 248, 240), "wood", "sign")
    for k in range(5):
        x = -0.36 + 0.16 * k
        pen.fill(letter, box(x, 0.71, x + 0.04 + 0.05 * dice.unit(), 0.78))
    glass = _LIT if lit else _GLASS
    left = dice.chance(0.5)
    frame = pen.ink(_FRAME, "metal", "wall", "window", "frame")
    pane = pen.ink(glass, "glass", "wall", "window", glow=lit)
    start = -0.56 if left else -0.2
    pen.fill(frame, box(start - 0.03, 0.1, start + 0.79, 0.48))
    pen.fill(pane, box(start, 0.13, start + 0.36, 0.46), box(start + 0.4, 0.13, start + 0.76, 0.46))
    goods = pen.ink(paint(dice), "fabric", "wall", "window")
    for k in range(4):
        pen.fill(goods, ellipse(start + 0.1 + 0.19 * k, 0.18, 0.06))
    door = 0.3 if left else -0.54
    pen.fill(pen.ink(shaded(sign, 0.7), "wood", "wall", "door"), box(door, 0, door + 0.24, 0.46))
    pen.fill(
        pen.ink(glass, "glass", "wall", "door", "window", glow=lit),
        box(door + 0.05, 0.16, door + 0.19, 0.42),
    )
    other = pen.ink((248, 246, 240), "fabric", "awning")
    cloth = pen.ink(sign, "fabric", "awning")
    for k in range(10):
        a, b = -0.6 + 0.12 * k, -0.6 + 0.12 * (k + 1)
        pen.fill(
            cloth if k % 2 else other,
            outline((a, 0.64), (b, 0.64), (b * 1.12, 0.5), (a * 1.12, 0.5)),
            ellipse((a + b) * 0.56, 0.5, 0.065, 0.04),
        )


def barn(pen: Pen, dice: Dice) -> None:
    """A bent roof, a great door braced with a cross, a hatch under the ridge."""
    pen.shadow(0.02, 0.0, 0.6, 0.05)
    pen.fill(
        pen.coat("wood", "wall"),
        outline(
            (-0.5, 0), (-0.5, 0.56), (-0.36, 0.84), (0, 1.02), (0.36, 0.84), (0.5, 0.56), (0.5, 0)
        ),
    )
    roof = dice.pick(_ROOFS)
    pen.fill(
        pen.ink(roof, "tile", "roof"),
        limb(
            [(-0.6, 0.48), (-0.4, 0.86), (0, 1.07), (0.4, 0.86), (0.6, 0.48)],
            [0.1, 0.11, 0.11, 0.11, 0.1],
        ),
    )
    white = pen.ink(_FRAME, "wood", "wall", "door", "frame")
    inner = pen.ink(paint(dice, ("brown", "red", "green")), "wood", "wall", "door")
    pen.fill(white, box(-0.27, 0, 0.27, 0.46))
    for a, b in ((-0.24, -0.015), (0.015, 0.24)):
        pen.fill(inner, box(a, 0.0, b, 0.43))
        pen.fill(
            white,
            limb([(a, 0.02), (b, 0.42)], [0.035] * 2),
            limb([(a, 0.42), (b, 0.02)], [0.035] * 2),
        )
    pen.fill(pen.ink(_FRAME, "wood", "wall", "window", "frame"), box(-0.13, 0.58, 0.13, 0.8))
    pen.fill(pen.ink((60, 44, 36), None, "wall", "window"), box(-0.1, 0.6, 0.1, 0.78))
    if dice.chance(0.5):
        pen.fill(
            pen.ink((226, 190, 90), "straw", "wall", "window"),
            blob((-0.1, 0.6), (-0.06, 0.68), (0.02, 0.7), (0.1, 0.66), (0.1, 0.6)),
        )
    if dice.chance(0.4):
        vane = pen.ink((96, 98, 104), "metal", "roof", "pole")
        pen.fill(
            vane,
            limb([(0, 1.06), (0, 1.22)], [0.025] * 2),
            limb([(-0.1, 1.18), (0.06, 1.22)], [0.025] * 2),
        )
        pen.fill(vane, outline((0.04, 1.26), (0.15, 1.24), (0.06, 1.17)))


def lighthouse(pen: Pen, dice: Dice) -> None:
    """A tapering tower with a gallery, a lantern that shines and a pointed cap."""
    pen.shadow(0.02, 0.0, 0.34, 0.05)
    pen.fill(
        pen.ink((128, 124, 120), "rock", "step"),
        blob((-0.36, -0.02), (-0.3, 0.1), (0.0, 0.12), (0.3, 0.1), (0.38, -0.02)),
    )
    pen.fill(
        pen.coat("plaster", "wall"), outline((-0.23, 0.06), (-0.14, 1.0), (0.14, 1.0), (0.23, 0.06))
    )
    if dice.chance(0.6):
        band = pen.ink(paint(dice, ("red", "blue", "black")), "plaster", "wall")
        for y in (0.3, 0.74):
            a, b = 0.23 - 0.096 * (y - 0.06), 0.23 - 0.096 * (y + 0.08)
            pen.fill(band, outline((-a, y), (-b, y + 0.14), (b, y + 0.14), (a, y)))
    for y in (0.52, 0.9):
        pen.fill(
            pen.ink(_FRAME, "wood", "wall", "window", "frame"),
            box(-0.055, y - 0.02, 0.055, y + 0.12),
        )
        pen.fill(pen.ink((90, 120, 150), "glass", "wall", "window"), box(-0.035, y, 0.035, y + 0.1))
    _door(pen, dice, -0.07, 0.14, 0.26)
    pen.fill(pen.ink((60, 62, 70), "metal", "gallery"), box(-0.24, 1.0, 0.24, 1.05))
    rail = pen.ink((90, 92, 98), "metal", "gallery")
    for k in range(7):
        x = -0.22 + 0.44 * k / 6
        pen.fill(rail, limb([(x, 1.04), (x, 1.13)], [0.016] * 2))
    pen.fill(rail, box(-0.24, 1.12, 0.24, 1.145))
    pen.fill(pen.ink((255, 240, 150), "glass", "lantern", glow=True), box(-0.11, 1.05, 0.11, 1.24))
    pen.fill(pen.ink((70, 72, 80), "metal", "lantern"), box(-0.012, 1.05, 0.012, 1.24))
    pen.fill(
        pen.ink(dice.pick(_ROOFS), "metal", "roof"), outline((-0.16, 1.23), (0, 1.42), (0.16, 1.23))
    )
    pen.fill(pen.ink((60, 62, 70), "metal", "roof"), ellipse(0, 1.42, 0.03))
