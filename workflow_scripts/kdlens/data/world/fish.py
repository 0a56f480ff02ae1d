"""Shark, swordfish, goldfish, angelfish: head, eye, mouth, gills, torso, fins and a tail that wags.

The body's middle is at (0, 0.4), so that y = 0 lies below the belly.
"""

from __future__ import annotations

from kdlens.data.world.colours import Rgb
from kdlens.data.world.geometry import Dice, Outline, blob, ellipse, limb, outline, turn
from kdlens.data.world.pen import Pen

_DARK: Rgb = (20, 22, 28)
_WHITE: Rgb = (240, 242, 240)
_MOUTH: Rgb = (120, 40, 44)


def _eye(pen: Pen, x: float, y: float, size: float) -> None:
    pen.fill(pen.ink(_WHITE, None, "head", "eye"), ellipse(x, y, size))
    pen.fill(pen.ink(_DARK, None, "head", "eye"), ellipse(x + size * 0.2, y, size * 0.6))


def _gills(pen: Pen, x: float, y: float, height: float, count: int = 3) -> None:
    slit = pen.coat("scales", "head", "gill", shade=0.45)
    for k in range(count):
        left = x - 0.055 * k
        pen.fill(
            slit,
            limb([(left, y + height / 2), (left - 0.025, y), (left, y - height / 2)], [0.02] * 3),
        )


def _tail(pen: Pen, shape: Outline, wag: float, x: float) -> None:
    """A tail that swings in depth looks shorter, not turned; a little of both."""
    squeezed = (shape.real - x) * (1 - abs(wag) / 90) + x + 1j * shape.imag
    pen.fill(pen.coat("scales", "tail", shade=0.82), turn(squeezed, wag * 0.35, x, 0.4))


_SHARK_BODY = blob(
    (0.72, 0.44),
    (0.5, 0.55),
    (0.16, 0.6),
    (-0.24, 0.53),
    (-0.56, 0.43),
    (-0.56, 0.38),
    (-0.2, 0.27),
    (0.2, 0.22),
    (0.5, 0.28),
    (0.66, 0.36),
)
_SHARK_HEAD = blob(
    (0.73, 0.44), (0.5, 0.55), (0.32, 0.585), (0.3, 0.4), (0.32, 0.235), (0.5, 0.28), (0.66, 0.36)
)
_SHARK_BELLY = blob(
    (0.62, 0.35), (0.3, 0.34), (-0.1, 0.34), (-0.5, 0.39), (-0.2, 0.275), (0.2, 0.225), (0.5, 0.285)
)
_SHARK_TAIL = outline(
    (-0.5, 0.44),
    (-0.72, 0.72),
    (-0.78, 0.7),
    (-0.66, 0.4),
    (-0.74, 0.22),
    (-0.68, 0.22),
    (-0.5, 0.37),
)


def shark(pen: Pen, dice: Dice) -> None:
    """A torpedo with a tall back fin, a crescent tail, gill slits and a pale belly."""
    _tail(pen, _SHARK_TAIL, dice.real(-35, 35), -0.52)
    fin = pen.coat("scales", "fin", shade=0.75)
    pen.fill(fin, outline((0.2, 0.57), (0.02, 0.86), (-0.04, 0.86), (-0.1, 0.55)))
    pen.fill(fin, outline((-0.36, 0.48), (-0.48, 0.58), (-0.48, 0.44)))
    pen.fill(fin, outline((-0.3, 0.33), (-0.42, 0.22), (-0.4, 0.36)))
    pen.fill(pen.coat("scales", "torso"), _SHARK_BODY)
    pen.fill(pen.coat("scales", "head"), _SHARK_HEAD)
    pen.fill(pen.ink((226, 230, 232), "scales", "torso", "belly"), _SHARK_BELLY)
    _gills(pen, 0.38, 0.44, 0.14)
    mouth = limb([(0.67, 0.36), (0.56, 0.33), (0.46, 0.36)], [0.025, 0.04, 0.015])
    pen.fill(pen.ink(_MOUTH, "skin", "head", "mouth"), mouth)
    _eye(pen, 0.56, 0.46, 0.036)
    paddle = outline((0.3, 0.32), (0.04, 0.06), (-0.02, 0.08), (0.12, 0.34))
    pen.fill(pen.coat("scales", "fin", shade=0.7), turn(paddle, dice.real(-14, 14), 0.2, 0.32))


_SWORD_BODY = blob(
    (0.46, 0.41), (0.32, 0.5), (0.06, 0.55), (-0.26, 0.49), (-0.54, 0.42), (-0.54, 0.37),
    (-0.26, 0.32), (0.06, 0.27), (0.34, 0.31),
)  # fmt: skip
_SWORD_HEAD = blob((0.48, 0.41), (0.32, 0.5), (0.18, 0.53), (0.16, 0.4), (0.18, 0.28), (0.34, 0.31))
_SWORD_TAIL = outline(
    (-0.48, 0.43),
    (-0.7, 0.76),
    (-0.76, 0.74),
    (-0.6, 0.4),
    (-0.76, 0.06),
    (-0.7, 0.04),
    (-0.48, 0.36),
)


def swordfish(pen: Pen, dice: Dice) -> None:
    """A long bill, a sail along the back, a thin forked tail."""
    _tail(pen, _SWORD_TAIL, dice.real(-35, 35), -0.5)
    height = dice.real(0.7, 1.0)
    sail = outline(
        (0.22, 0.5), (0.12, 0.5 + 0.3 * height), (-0.02, 0.52 + 0.26 * height),
        (-0.14, 0.5 + 0.2 * height), (-0.3, 0.48 + 0.08 * height), (-0.34, 0.44),
    )  # fmt: skip
    pen.fill(pen.coat("scales", "fin", shade=0.72), sail)
    ray = pen.coat("scales", "fin", shade=0.45)
    for x, top in ((0.1, 0.24), (-0.02, 0.22), (-0.14, 0.14)):
        pen.fill(ray, limb([(x, 0.48), (x - 0.03, 0.5 + top * height)], [0.02, 0.012]))
    pen.fill(
        pen.coat("scales", "fin", shade=0.75), outline((0.02, 0.3), (-0.2, 0.1), (-0.12, 0.31))
    )
    pen.fill(
        pen.ink((96, 104, 120), "keratin", "head", "bill"),
        outline((0.4, 0.44), (0.96, 0.42), (0.4, 0.36)),
    )
    pen.fill(pen.coat("scales", "torso"), _SWORD_BODY)
    pen.fill(pen.coat("scales", "head"), _SWORD_HEAD)
    _gills(pen, 0.2, 0.4, 0.14, 1)
    _eye(pen, 0.34, 0.43, 0.04)
    paddle = outline((0.16, 0.34), (-0.06, 0.12), (-0.02, 0.35))
    pen.fill(pen.coat("scales", "fin", shade=0.66), turn(paddle, dice.real(-14, 14), 0.1, 0.34))


_GOLD_BODY = blob(
    (0.46, 0.42), (0.34, 0.58), (0.1, 0.7), (-0.16, 0.62), (-0.34, 0.46), (-0.34, 0.36),
    (-0.14, 0.2), (0.12, 0.14), (0.34, 0.24),
)  # fmt: skip
_GOLD_HEAD = blob((0.46, 0.42), (0.34, 0.58), (0.2, 0.66), (0.14, 0.42), (0.2, 0.17), (0.34, 0.24))
_GOLD_TAIL = blob(
    (-0.26, 0.44), (-0.46, 0.68), (-0.74, 0.82), (-0.66, 0.6), (-0.6, 0.42), (-0.68, 0.22),
    (-0.74, 0.02), (-0.48, 0.14), (-0.26, 0.38),
)  # fmt: skip


def goldfish(pen: Pen, dice: Dice) -> None:
    """Round, with a veil of a tail, a soft back fin and lips."""
    _tail(pen, _GOLD_TAIL, dice.real(-40, 40), -0.28)
    fin = pen.coat("scales", "fin", shade=0.78)
    pen.fill(fin, blob((0.2, 0.62), (0.1, 0.86), (-0.12, 0.9), (-0.24, 0.7), (-0.2, 0.56)))
    pen.fill(fin, blob((0.02, 0.2), (-0.02, 0.02), (-0.16, -0.02), (-0.16, 0.22)))
    pen.fill(pen.coat("scales", "torso"), _GOLD_BODY)
    pen.fill(pen.coat("scales", "head"), _GOLD_HEAD)
    _gills(pen, 0.16, 0.42, 0.3, 1)
    pen.fill(pen.ink((236, 120, 100), "skin", "head", "mouth"), ellipse(0.465, 0.39, 0.04, 0.05))
    _eye(pen, 0.31, 0.48, 0.07)
    paddle = blob((0.12, 0.36), (-0.04, 0.3), (-0.12, 0.16), (0.06, 0.24))
    pen.fill(pen.coat("scales", "fin", shade=0.66), turn(paddle, dice.real(-20, 20), 0.1, 0.34))


_ANGEL_BODY = blob(
    (0.4, 0.42), (0.2, 0.6), (-0.06, 0.68), (-0.3, 0.5), (-0.3, 0.34), (-0.06, 0.16), (0.2, 0.24)
)
_ANGEL_HEAD = blob((0.4, 0.42), (0.24, 0.57), (0.12, 0.6), (0.08, 0.42), (0.12, 0.24), (0.24, 0.28))


def angelfish(pen: Pen, dice: Dice) -> None:
    """A flat disc with tall swept fins above and below, and trailing feelers."""
    tail = outline((-0.24, 0.46), (-0.56, 0.62), (-0.5, 0.42), (-0.56, 0.22), (-0.24, 0.38))
    _tail(pen, tail, dice.real(-35, 35), -0.26)
    sweep = dice.real(-0.06, 0.06)
    fin = pen.coat("scales", "fin", shade=0.8)
    pen.fill(
        fin,
        outline(
            (0.18, 0.58), (-0.1 + sweep, 0.96), (-0.42 + sweep, 1.16), (-0.26, 0.84), (-0.26, 0.5)
        ),
    )
    pen.fill(
        fin,
        outline(
            (0.18, 0.26), (-0.1 + sweep, -0.12), (-0.42 + sweep, -0.32), (-0.26, 0.0), (-0.26, 0.34)
        ),
    )
    pen.fill(pen.ink((240, 230, 200), "scales", "fin"),
             limb([(0.1, 0.26), (0.0, -0.06), (-0.14, -0.34)], [0.03, 0.025, 0.012]))  # fmt: skip
    pen.fill(pen.coat("scales", "torso"), _ANGEL_BODY)
    pen.fill(pen.coat("scales", "head"), _ANGEL_HEAD)
    pen.fill(pen.ink((226, 110, 90), "skin", "head", "mouth"), ellipse(0.4, 0.41, 0.035, 0.03))
    _gills(pen, 0.1, 0.42, 0.22, 1)
    _eye(pen, 0.24, 0.46, 0.055)
    pen.fill(
        pen.coat("scales", "fin", shade=0.66),
        turn(
            blob((0.06, 0.4), (-0.12, 0.38), (-0.16, 0.28), (0.02, 0.32)),
            dice.real(-16, 16),
            0.06,
            0.36,
        ),
    )
