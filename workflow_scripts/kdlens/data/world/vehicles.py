"""Car, van, truck, tractor: body, cabin, windows, doors, lights and wheels. All drive right."""

from __future__ import annotations

from kdlens.data.world.colours import Rgb, paint
from kdlens.data.world.geometry import Dice, Outline, blob, box, ellipse, limb, outline, star
from kdlens.data.world.pen import Pen

_TYRE: Rgb = (38, 38, 42)
_RIM: Rgb = (206, 208, 212)
_GLASS: Rgb = (150, 200, 224)
_CHROME: Rgb = (176, 180, 186)
_LAMP: Rgb = (252, 240, 170)
_RED: Rgb = (214, 44, 40)


def _wheel(pen: Pen, dice: Dice, x: float, radius: float, rim: Rgb = _RIM) -> None:
    pen.fill(pen.ink(_TYRE, "rubber", "wheel"), ellipse(x, radius, radius))
    pen.fill(pen.ink(rim, "metal", "wheel", "hubcap"), ellipse(x, radius, radius * 0.58))
    spokes = star(x, radius, radius * 0.16, radius * 0.5, 5, dice.real(0, 72))
    pen.fill(pen.ink((120, 122, 128), "metal", "wheel", "hubcap"), spokes)


def _window(pen: Pen, *panes: Outline, inside: str = "cabin") -> None:
    pen.fill(pen.ink(_GLASS, "glass", inside, "window"), *panes)


def _lights(pen: Pen, front: float, back: float, y: float, size: float = 0.045) -> None:
    pen.fill(
        pen.ink(_LAMP, "glass", "body", "headlight", glow=True), ellipse(front, y, size, size * 1.2)
    )
    pen.fill(pen.ink(_RED, "glass", "body", "lamp"), box(back, y - size, back + size, y + size))


_CAR_BODY = blob(
    (-0.72, 0.42),
    (-0.66, 0.5),
    (-0.42, 0.53),
    (0.0, 0.54),
    (0.38, 0.52),
    (0.64, 0.46),
    (0.74, 0.36),
    (0.74, 0.2),
    (0.6, 0.14),
    (0.0, 0.13),
    (-0.6, 0.14),
    (-0.74, 0.22),
)
_CAR_CABIN = outline((-0.5, 0.5), (-0.36, 0.78), (0.16, 0.8), (0.42, 0.5))


def car(pen: Pen, dice: Dice) -> None:
    """A saloon: bonnet, sloping windscreen, two side windows."""
    pen.shadow(0, 0.02, 0.75, 0.06)
    pen.fill(pen.coat("metal", "cabin"), _CAR_CABIN)
    pen.fill(
        pen.coat("metal", "cabin", "roof", shade=0.85),
        limb([(-0.36, 0.79), (0.16, 0.81)], [0.05, 0.05]),
    )
    _window(
        pen,
        outline((-0.41, 0.54), (-0.31, 0.74), (-0.12, 0.745), (-0.12, 0.54)),
        outline((-0.07, 0.54), (-0.07, 0.745), (0.13, 0.75), (0.32, 0.54)),
    )
    pen.fill(pen.coat("metal", "body"), _CAR_BODY)
    door = pen.coat("metal", "body", "door", shade=0.82)
    pen.fill(door, outline((-0.06, 0.52), (0.27, 0.51), (0.27, 0.2), (-0.06, 0.19)))
    pen.fill(pen.ink(_CHROME, "metal", "body", "door"), box(-0.02, 0.42, 0.06, 0.45))
    bumper = pen.ink(_CHROME, "metal", "body", "bumper")
    pen.fill(bumper, box(0.62, 0.14, 0.79, 0.22), box(-0.79, 0.14, -0.62, 0.22))
    _lights(pen, 0.68, -0.73, 0.37)
    for x in (-0.45, 0.46):
        _wheel(pen, dice, x, 0.17)


def van(pen: Pen, dice: Dice) -> None:
    """A tall box with a short snout, a sliding door and a row of windows."""
    pen.shadow(0, 0.02, 0.75, 0.06)
    pen.fill(
        pen.coat("metal", "body"),
        blob(
            (-0.7, 0.5),
            (-0.69, 0.9),
            (-0.6, 0.98),
            (0.0, 0.99),
            (0.34, 0.97),
            (0.5, 0.84),
            (0.62, 0.56),
            (0.74, 0.46),
            (0.76, 0.2),
            (0.66, 0.13),
            (0.0, 0.12),
            (-0.66, 0.13),
        ),
    )
    pen.fill(
        pen.coat("metal", "body", "roof", shade=0.8),
        limb([(-0.62, 0.97), (0.0, 1.0), (0.34, 0.97)], [0.05, 0.06, 0.05]),
    )
    _window(
        pen,
        outline((0.24, 0.6), (0.24, 0.88), (0.4, 0.86), (0.56, 0.6)),
        box(-0.14, 0.6, 0.16, 0.86),
        box(-0.58, 0.6, -0.24, 0.86),
        inside="body",
    )
    door = pen.coat("metal", "body", "door", shade=0.78)
    pen.fill(door, box(-0.16, 0.18, 0.18, 0.56))
    pen.fill(pen.ink(_CHROME, "metal", "body", "door"), box(0.08, 0.44, 0.15, 0.48))
    if dice.chance(0.4):
        pen.fill(pen.ink(paint(dice), "metal", "body", "sign"), ellipse(-0.42, 0.4, 0.12, 0.1))
    pen.fill(
        pen.ink(_CHROME, "metal", "body", "bumper"),
        box(0.6, 0.12, 0.8, 0.2),
        box(-0.76, 0.12, -0.64, 0.2),
    )
    _lights(pen, 0.69, -0.72, 0.38)
    for x in (-0.42, 0.44):
        _wheel(pen, dice, x, 0.17)


def truck(pen: Pen, dice: Dice) -> None:
    """A cab apart from its cargo: a box, a tank or logs, on six wheels."""
    pen.shadow(0, 0.02, 0.85, 0.06)
    pen.fill(pen.ink((70, 72, 78), "metal", "body"), box(-0.82, 0.18, 0.7, 0.28))
    load = dice.pick(("box", "tank", "logs"))
    if load == "box":
        pen.fill(pen.coat("metal", "cargo"), box(-0.86, 0.28, 0.24, 0.98))
        pen.fill(
            pen.coat("metal", "cargo", "frame", shade=0.6),
            box(-0.86, 0.92, 0.24, 0.98),
            box(-0.86, 0.28, 0.24, 0.33),
        )
    elif load == "tank":
        pen.fill(
            pen.coat("metal", "cargo"),
            blob(
                (-0.86, 0.58),
                (-0.78, 0.8),
                (-0.3, 0.84),
                (0.16, 0.8),
                (0.24, 0.58),
                (0.16, 0.34),
                (-0.3, 0.3),
                (-0.78, 0.34),
            ),
        )
        pen.fill(pen.ink(_CHROME, "metal", "cargo", "lid"), box(-0.4, 0.82, -0.22, 0.88))
    else:
        end = pen.ink((226, 184, 130), "wood", "cargo")
        side = pen.ink((120, 84, 54), "bark", "cargo")
        for row, count in enumerate((4, 3, 2)):
            for k in range(count):
                x = -0.68 + 0.25 * k + 0.125 * row
                pen.fill(side, ellipse(x, 0.4 + 0.21 * row, 0.13))
                pen.fill(end, ellipse(x, 0.4 + 0.21 * row, 0.095))
    pen.fill(
        pen.coat("metal", "cabin"),
        outline((0.3, 0.2), (0.3, 0.86), (0.62, 0.86), (0.74, 0.52), (0.8, 0.48), (0.8, 0.2)),
    )
    _window(pen, outline((0.46, 0.54), (0.46, 0.78), (0.58, 0.78), (0.68, 0.54)))
    pen.fill(pen.coat("metal", "cabin", "door", shade=0.8), box(0.36, 0.24, 0.62, 0.5))
    pen.fill(pen.ink(_CHROME, "metal", "exhaust"), box(0.25, 0.5, 0.3, 1.06))
    pen.fill(pen.ink(_CHROME, "metal", "cabin", "bumper"), box(0.66, 0.14, 0.86, 0.23))
    _lights(pen, 0.75, -0.86, 0.36, 0.04)
    for x in (-0.66, -0.32, 0.52):
        _wheel(pen, dice, x, 0.165)


def tractor(pen: Pen, dice: Dice) -> None:
    """A huge hind wheel, a small front one, a bonnet, a glazed cabin and an exhaust pipe."""
    pen.shadow(0, 0.02, 0.65, 0.06)
    pen.fill(
        pen.ink(_CHROME, "metal", "exhaust"), box(0.3, 0.6, 0.36, 0.98), box(0.27, 0.96, 0.36, 1.0)
    )
    pen.fill(
        pen.coat("metal", "body"),
        blob(
            (-0.3, 0.3),
            (-0.28, 0.6),
            (0.1, 0.66),
            (0.54, 0.64),
            (0.64, 0.56),
            (0.64, 0.34),
            (0.5, 0.28),
            (0.0, 0.24),
        ),
    )
    grille = pen.ink((70, 72, 76), "metal", "body")
    for k in range(3):
        pen.fill(grille, box(0.32 + 0.09 * k, 0.4, 0.36 + 0.09 * k, 0.56))
    pen.fill(
        pen.coat("metal", "cabin"), outline((-0.42, 0.56), (-0.34, 1.04), (0.08, 1.04), (0.14, 0.6))
    )
    _window(
        pen,
        outline((-0.34, 0.64), (-0.28, 0.97), (-0.12, 0.97), (-0.12, 0.64)),
        outline((-0.07, 0.64), (-0.07, 0.97), (0.03, 0.97), (0.08, 0.64)),
    )
    pen.fill(pen.coat("metal", "cabin", "roof", shade=0.7), box(-0.42, 1.02, 0.16, 1.1))
    _lights(pen, 0.62, -0.4, 0.5, 0.04)
    rim = dice.pick(((240, 200, 50), (220, 60, 50), _RIM))
    _wheel(pen, dice, -0.28, 0.36, rim)
    pen.fill(
        pen.coat("metal", "mudguard", shade=0.75),
        limb([(-0.66, 0.46), (-0.52, 0.72), (-0.24, 0.8), (0.04, 0.7)], [0.06, 0.08, 0.08, 0.06]),
    )
    _wheel(pen, dice, 0.46, 0.2, rim)
