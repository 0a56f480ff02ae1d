"""Duck, parrot, owl, flamingo: head, beak, eye, wing, tail and legs. All face right."""

from __future__ import annotations

from kdlens.data.world.colours import Rgb, paint, shaded
from kdlens.data.world.geometry import Dice, blob, ellipse, limb, outline, turn
from kdlens.data.world.pen import Pen

_DARK: Rgb = (26, 24, 28)
_ORANGE: Rgb = (236, 140, 40)
_WHITE: Rgb = (244, 242, 236)


def _webbed_foot(pen: Pen, ink: int, x: float, y: float) -> None:
    pen.fill(ink, outline((x - 0.03, y + 0.03), (x + 0.03, y + 0.03), (x + 0.14, y), (x - 0.06, y)))


_DUCK_BODY = blob(
    (-0.5, 0.58),
    (-0.36, 0.5),
    (-0.1, 0.54),
    (0.16, 0.52),
    (0.36, 0.5),
    (0.46, 0.38),
    (0.34, 0.2),
    (0.06, 0.12),
    (-0.22, 0.17),
    (-0.4, 0.32),
)
_DUCK_TAIL = outline((-0.34, 0.34), (-0.62, 0.62), (-0.52, 0.62), (-0.54, 0.7), (-0.22, 0.52))
_DUCK_WING = blob(
    (0.18, 0.48),
    (-0.06, 0.53),
    (-0.34, 0.47),
    (-0.44, 0.4),
    (-0.28, 0.28),
    (-0.04, 0.24),
    (0.16, 0.32),
)
_DUCK_NECK = blob(
    (0.14, 0.46), (0.22, 0.72), (0.28, 0.84), (0.46, 0.82), (0.46, 0.58), (0.44, 0.36)
)


def duck(pen: Pen, dice: Dice) -> None:
    """A boat of a body, round head, flat bill, webbed feet; a wing that may be raised."""
    head = paint(dice, ("green", "brown", "white", "yellow", "blue"))
    leg = pen.ink(_ORANGE, "skin", "leg")
    foot = pen.ink(_ORANGE, "skin", "leg", "foot")
    flap = dice.real(-6, 12) if dice.chance(0.65) else dice.real(-75, -35)
    pen.shadow(0, 0.02, 0.45, 0.05)
    for x, shade in ((-0.02, 0.1), (0.12, 0.0)):
        pen.fill(leg, limb([(x, 0.2), (x + shade * 0.3, 0.02)], [0.07, 0.05]))
        _webbed_foot(pen, foot, x + shade * 0.3, 0.0)
    pen.fill(pen.coat("feathers", "tail", shade=0.8), _DUCK_TAIL)
    pen.fill(pen.coat("feathers", "torso"), _DUCK_BODY)
    pen.fill(pen.coat("feathers", "neck"), _DUCK_NECK)
    pen.fill(pen.ink(_WHITE, "feathers", "neck"), limb([(0.2, 0.66), (0.47, 0.64)], [0.06, 0.06]))
    nod = dice.real(-16, 12)
    at = (0.34, 0.7)
    beak = pen.ink(_ORANGE, "keratin", "head", "beak")
    pen.fill(
        beak, turn(blob((0.5, 0.9), (0.66, 0.85), (0.76, 0.8), (0.72, 0.76), (0.5, 0.77)), nod, *at)
    )
    pen.fill(pen.ink(shaded(_ORANGE, 0.7), "keratin", "head", "beak"),
             turn(limb([(0.52, 0.82), (0.74, 0.79)], [0.02, 0.015]), nod, *at))  # fmt: skip
    pen.fill(pen.ink(head, "feathers", "head"), turn(ellipse(0.4, 0.86, 0.18, 0.165), nod, *at))
    x, y = 0.46, 0.9
    eye = turn(ellipse(x, y, 0.042), nod, *at)
    pen.fill(pen.ink(_WHITE, None, "head", "eye"), eye)
    pen.fill(pen.ink(_DARK, None, "head", "eye"), turn(ellipse(x + 0.008, y, 0.026), nod, *at))
    pen.fill(pen.coat("feathers", "wing", shade=0.78), turn(_DUCK_WING, flap, 0.12, 0.42))


_PARROT_BODY = blob(
    (-0.02, 0.84),
    (0.16, 0.86),
    (0.24, 0.7),
    (0.24, 0.5),
    (0.12, 0.3),
    (-0.06, 0.26),
    (-0.16, 0.4),
    (-0.14, 0.66),
)
_PARROT_TAIL = outline(
    (-0.14, 0.42), (0.02, 0.28), (-0.1, 0.0), (-0.2, -0.24), (-0.26, -0.24), (-0.3, -0.06)
)
_PARROT_WING = blob(
    (0.02, 0.74),
    (-0.12, 0.66),
    (-0.26, 0.4),
    (-0.34, 0.12),
    (-0.24, 0.14),
    (-0.06, 0.3),
    (0.1, 0.5),
)


def parrot(pen: Pen, dice: Dice) -> None:
    """Upright on a perch, hooked beak, pale face, long tail; or in flight with the wing up."""
    crown = paint(dice, ("red", "green", "blue", "yellow"))
    flies = dice.chance(0.3)
    second = paint(dice, ("blue", "green", "yellow", "red"))
    if flies:
        pen.fill(pen.coat("feathers", "wing", shade=0.6), turn(_PARROT_WING, -120, 0.06, 0.62))
    pen.fill(pen.ink(second, "feathers", "tail"), _PARROT_TAIL)
    pen.fill(pen.ink(shaded(second, 0.7), "feathers", "tail"),
             outline((-0.1, 0.34), (-0.04, 0.3), (-0.2, -0.2), (-0.24, -0.2)))  # fmt: skip
    if not flies:
        bark = pen.ink((116, 80, 50), "bark", label="tree")
        pen.fill(bark, limb([(-0.55, 0.16), (0.0, 0.22), (0.6, 0.2)], [0.07, 0.09, 0.06]))
        claw = pen.ink((80, 78, 80), "skin", "leg", "foot")
        pen.fill(claw, ellipse(0.0, 0.25, 0.06, 0.05), ellipse(0.12, 0.26, 0.06, 0.05))
    pen.fill(pen.coat("feathers", "torso"), _PARROT_BODY)
    pen.fill(
        pen.ink((60, 58, 62), "keratin", "head", "beak"),
        blob((0.24, 1.0), (0.36, 0.98), (0.42, 0.86), (0.38, 0.76), (0.32, 0.84), (0.24, 0.82)),
    )
    pen.fill(
        pen.ink(crown, "feathers", "head"),
        blob((-0.04, 0.84), (0.0, 1.02), (0.14, 1.1), (0.28, 1.02), (0.3, 0.86), (0.18, 0.76)),
    )
    pen.fill(pen.ink(_WHITE, "skin", "head", "face"), ellipse(0.2, 0.92, 0.09, 0.085))
    pen.fill(pen.ink(_DARK, None, "head", "eye"), ellipse(0.2, 0.94, 0.034))
    wing = turn(_PARROT_WING, -dice.real(95, 125) if flies else dice.real(-4, 10), 0.0, 0.66)
    pen.fill(pen.coat("feathers", "wing", shade=0.8), wing)
    tip = limb([(-0.3, 0.14), (-0.24, 0.2), (-0.1, 0.4)], [0.03, 0.1, 0.06])
    angle = -110 if flies else 3
    pen.fill(pen.ink(second, "feathers", "wing"), turn(tip, angle, 0.0, 0.66))


def owl(pen: Pen, dice: Dice) -> None:
    """Seen from the front: two great eyes in a pale face, ear tufts, wings at its sides."""
    pale = paint(dice, ("white", "yellow", "brown"))
    look = dice.real(-0.02, 0.02)
    pen.shadow(0, 0.02, 0.3, 0.05)
    foot = pen.ink((200, 150, 60), "skin", "leg", "foot")
    for x in (-0.12, 0.12):
        pen.fill(foot, ellipse(x, 0.04, 0.1, 0.045))
    pen.fill(
        pen.coat("feathers", "tail", shade=0.6),
        outline((-0.1, 0.12), (0.1, 0.12), (0.08, -0.06), (-0.08, -0.06)),
    )
    pen.fill(
        pen.coat("feathers", "torso"),
        blob(
            (-0.26, 0.66),
            (0.0, 0.74),
            (0.26, 0.66),
            (0.32, 0.38),
            (0.2, 0.08),
            (-0.2, 0.08),
            (-0.32, 0.38),
        ),
    )
    pen.fill(
        pen.ink(shaded(pale, 0.92), "feathers", "torso", "belly"), ellipse(0, 0.34, 0.17, 0.24)
    )
    lift = dice.real(0, 10) if dice.chance(0.65) else dice.real(35, 70)
    wing = blob(
        (-0.22, 0.66), (-0.36, 0.56), (-0.43, 0.3), (-0.32, 0.06), (-0.24, 0.2), (-0.2, 0.44)
    )
    coat = pen.coat("feathers", "wing", shade=0.75)
    left = turn(wing, -lift, -0.24, 0.6)
    pen.fill(coat, left, -left.conj())
    for side in (-1, 1):
        tuft = outline((0.12, 0.98), (0.32, 1.2), (0.34, 0.88))
        pen.fill(pen.coat("feathers", "head", "ear", shade=0.7), tuft if side > 0 else -tuft.conj())
    pen.fill(pen.coat("feathers", "head"), ellipse(0, 0.86, 0.36, 0.27))
    disc = pen.ink(pale, "feathers", "head", "face")
    pen.fill(disc, ellipse(-0.15, 0.86, 0.17, 0.19), ellipse(0.15, 0.86, 0.17, 0.19))
    iris = dice.pick(((250, 200, 40), (240, 140, 30)))
    for x in (-0.14, 0.14):
        pen.fill(pen.ink(iris, None, "head", "face", "eye"), ellipse(x, 0.88, 0.11))
        pen.fill(pen.ink(_DARK, None, "head", "face", "eye"), ellipse(x + look, 0.88, 0.062))
    pen.fill(
        pen.ink((90, 76, 50), "keratin", "head", "beak"),
        outline((-0.05, 0.82), (0.05, 0.82), (0, 0.68)),
    )


def flamingo(pen: Pen, dice: Dice) -> None:
    """Stilt legs (one often drawn up), an S of a neck, a bent beak with a black tip."""
    legs = pen.ink((236, 130, 140), "skin", "leg")
    pen.shadow(0, 0.01, 0.3, 0.04)
    pen.fill(legs, limb([(0.02, 0.62), (0.0, 0.32), (0.03, 0.0)], [0.06, 0.055, 0.045]))
    pen.fill(legs, limb([(0.0, 0.02), (0.14, 0.0)], [0.05, 0.03]))
    if dice.chance(0.5):
        pen.fill(legs, limb([(-0.06, 0.62), (0.16, 0.42), (-0.06, 0.32)], [0.055, 0.05, 0.04]))
    else:
        pen.fill(legs, limb([(-0.06, 0.62), (-0.12, 0.32), (-0.1, 0.0)], [0.055, 0.05, 0.045]))
        pen.fill(legs, limb([(-0.12, 0.02), (0.02, 0.0)], [0.05, 0.03]))
    pen.fill(
        pen.coat("feathers", "tail", shade=0.7),
        blob((-0.24, 0.8), (-0.46, 0.66), (-0.44, 0.6), (-0.2, 0.64)),
    )
    pen.fill(
        pen.coat("feathers", "torso"),
        blob(
            (0.3, 0.8),
            (0.16, 0.92),
            (-0.1, 0.92),
            (-0.36, 0.76),
            (-0.3, 0.64),
            (0.0, 0.56),
            (0.22, 0.62),
        ),
    )
    nod = dice.real(-14, 10)
    neck = limb(
        [(0.2, 0.74), (0.36, 0.84), (0.34, 1.02), (0.2, 1.14), (0.2, 1.3), (0.3, 1.4), (0.4, 1.38)],
        [0.18, 0.14, 0.1, 0.09, 0.09, 0.1, 0.13],
    )
    pen.fill(pen.coat("feathers", "neck"), turn(neck, nod, 0.24, 0.76))
    pen.fill(
        pen.coat("feathers", "head"), turn(ellipse(0.4, 1.37, 0.105, 0.09, -20), nod, 0.24, 0.76)
    )
    beak = limb([(0.46, 1.37), (0.58, 1.32), (0.6, 1.24)], [0.09, 0.09, 0.06])
    pen.fill(pen.ink((244, 214, 200), "keratin", "head", "beak"), turn(beak, nod, 0.24, 0.76))
    tip = limb([(0.6, 1.28), (0.59, 1.18)], [0.08, 0.02])
    pen.fill(pen.ink(_DARK, "keratin", "head", "beak"), turn(tip, nod, 0.24, 0.76))
    pen.fill(pen.ink(_DARK, None, "head", "eye"), turn(ellipse(0.42, 1.39, 0.03), nod, 0.24, 0.76))
    wing = blob((0.2, 0.82), (0.0, 0.9), (-0.24, 0.8), (-0.38, 0.68), (-0.14, 0.64), (0.12, 0.68))
    lift = dice.real(-4, 8) if dice.chance(0.7) else dice.real(-70, -40)
    pen.fill(pen.coat("feathers", "wing", shade=0.8), turn(wing, lift, 0.14, 0.76))
