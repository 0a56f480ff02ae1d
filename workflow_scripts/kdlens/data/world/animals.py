"""Horse, cow, giraffe, elephant: four legs, a torso, a neck, a head and a tail, in a pose.

All face right, stand on y = 0, and share the build of :func:`_quadruped`; the numbers and the
extras (mane, udder, horns, proboscis) make the species.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from kdlens.data.world.colours import Rgb, shaded
from kdlens.data.world.geometry import Dice, Outline, blob, ellipse, limb, outline, turn, turned
from kdlens.data.world.pen import Pen

_DARK: Rgb = (34, 28, 28)
_HOOF: Rgb = (58, 46, 40)
_PINK: Rgb = (226, 160, 150)
_HORN: Rgb = (225, 214, 190)


@dataclasses.dataclass(frozen=True)
class Build:
    """Proportions: where legs begin (x of front and hind, y of the hip) and how thick they are."""

    torso: Outline
    front: float
    hind: float
    hip: float
    thigh: float
    shin: float
    swing: float
    skin: str = "fur"


def _legs(pen: Pen, dice: Dice, build: Build, near: bool, stride: float) -> None:
    shade = 1.0 if near else 0.62
    coat = pen.coat(build.skin, "leg", shade=shade)
    hoof = pen.ink(_HOOF, "keratin", "leg", "hoof", shade=shade)
    side = 1 if near else -1
    for x, phase in ((build.front, 1), (build.hind, -1)):
        x += 0.0 if near else 0.09 * phase
        angle = stride * phase * side
        bend = abs(angle) * (0.5 if phase > 0 else 0.7) + dice.real(0, 4)
        knee = turned(x, build.hip * 0.48, angle, x, build.hip)
        foot = turned(knee[0], 0.0, angle - bend, *knee)
        pen.fill(
            coat,
            limb(
                [(x, build.hip + 0.06), knee, foot],
                [build.thigh, build.shin * 1.15, build.shin],
            ),
        )
        fx, fy = foot
        pen.fill(
            hoof,
            outline(
                (fx - build.shin * 0.55, fy + 0.075),
                (fx + build.shin * 0.55, fy + 0.075),
                (fx + build.shin * 0.75, fy),
                (fx - build.shin * 0.6, fy),
            ),
        )


def _quadruped(
    pen: Pen, dice: Dice, build: Build, before: Callable[[], None], after: Callable[[], None]
) -> None:
    """Far legs, what lies behind the torso, near legs, the torso, what lies before it."""
    stride = dice.real(-build.swing, build.swing)
    pen.shadow(0, 0.02, 0.62, 0.07)
    _legs(pen, dice, build, False, stride)
    before()
    _legs(pen, dice, build, True, stride)
    pen.fill(pen.coat(build.skin, "torso"), build.torso)
    after()


def _eye(pen: Pen, points: Outline, *parts: str) -> None:
    pen.fill(pen.ink(_DARK, None, *parts, "eye"), points)


_HORSE = Build(
    torso=blob(
        (-0.46, 0.78), (-0.3, 0.84), (0.0, 0.79), (0.26, 0.84), (0.42, 0.78), (0.46, 0.64),
        (0.36, 0.53), (0.05, 0.5), (-0.22, 0.52), (-0.4, 0.56), (-0.49, 0.66),
    ),
    front=0.33, hind=-0.36, hip=0.56, thigh=0.17, shin=0.085, swing=24,
)  # fmt: skip
_HORSE_NECK = blob((0.22, 0.8), (0.4, 0.98), (0.53, 1.12), (0.64, 1.08), (0.6, 0.92), (0.45, 0.62))
_HORSE_HEAD = blob(
    (0.5, 1.14),
    (0.58, 1.18),
    (0.7, 1.1),
    (0.86, 0.96),
    (0.86, 0.88),
    (0.78, 0.86),
    (0.64, 0.95),
    (0.53, 1.0),
)
_HORSE_MUZZLE = blob((0.76, 1.03), (0.87, 0.96), (0.87, 0.87), (0.79, 0.85), (0.72, 0.92))
_HORSE_EAR = outline((0.5, 1.14), (0.52, 1.28), (0.6, 1.15))
_HORSE_MANE = blob((0.2, 0.82), (0.3, 0.99), (0.46, 1.18), (0.58, 1.2), (0.53, 1.08), (0.36, 0.82))
_HORSE_TAIL = blob((-0.42, 0.79), (-0.55, 0.76), (-0.62, 0.5), (-0.6, 0.26), (-0.53, 0.3),
                   (-0.52, 0.55), (-0.44, 0.68))  # fmt: skip


def horse(pen: Pen, dice: Dice) -> None:
    """Arched neck with a mane, long head, flowing tail; sometimes grazing."""
    bow = dice.real(-14, 10) if dice.chance(0.75) else dice.real(-62, -40)
    swish = dice.real(-8, 24)
    coat = pen.livery.first if pen.livery else _DARK
    hair = dice.pick(((44, 32, 26), (236, 226, 200), shaded(coat, 0.5)))

    def before() -> None:
        pen.fill(pen.ink(hair, "fur", "tail"), turn(_HORSE_TAIL, -swish, -0.45, 0.76))

    def after() -> None:
        def bent(points: Outline) -> Outline:
            return turn(points, bow, 0.34, 0.72)

        pen.fill(pen.ink(hair, "fur", "neck", "mane"), bent(_HORSE_MANE))
        pen.fill(pen.coat("fur", "neck"), bent(_HORSE_NECK))
        pen.fill(pen.coat("fur", "head", "ear", shade=0.85), bent(_HORSE_EAR))
        pen.fill(pen.coat("fur", "head"), bent(_HORSE_HEAD))
        pen.fill(pen.ink(shaded(coat, 0.7), "skin", "head", "muzzle"), bent(_HORSE_MUZZLE))
        _eye(pen, bent(ellipse(0.63, 1.07, 0.028)), "head")

    _quadruped(pen, dice, _HORSE, before, after)


_COW = Build(
    torso=blob(
        (-0.56, 0.76), (-0.46, 0.82), (0.0, 0.8), (0.4, 0.83), (0.52, 0.74), (0.5, 0.56),
        (0.38, 0.42), (0.0, 0.36), (-0.36, 0.42), (-0.54, 0.5), (-0.6, 0.64),
    ),
    front=0.36, hind=-0.42, hip=0.46, thigh=0.17, shin=0.1, swing=16,
)  # fmt: skip
_COW_NECK = blob((0.3, 0.8), (0.5, 0.86), (0.66, 0.9), (0.68, 0.72), (0.52, 0.5), (0.36, 0.5))
_COW_HEAD = blob(
    (0.58, 0.92), (0.66, 0.97), (0.77, 0.94), (0.92, 0.72), (0.9, 0.62), (0.78, 0.6), (0.64, 0.7)
)
_COW_MUZZLE = blob((0.8, 0.78), (0.91, 0.74), (0.94, 0.65), (0.88, 0.58), (0.77, 0.6), (0.74, 0.7))
_COW_HORNS = (
    limb([(0.66, 0.95), (0.72, 1.06), (0.69, 1.13)], [0.06, 0.045, 0.01]),
    limb([(0.58, 0.94), (0.54, 1.05), (0.58, 1.12)], [0.06, 0.045, 0.01]),
)
_COW_EAR = blob((0.6, 0.9), (0.48, 0.94), (0.44, 0.86), (0.54, 0.83))
_COW_UDDER = blob((-0.3, 0.44), (-0.06, 0.42), (-0.08, 0.3), (-0.18, 0.27), (-0.28, 0.31))


def cow(pen: Pen, dice: Dice) -> None:
    """A long heavy torso, low head with horns and a pink muzzle, an udder, a thin tail."""
    bow = dice.real(-10, 14) if dice.chance(0.7) else dice.real(-48, -30)
    swish = dice.real(-10, 40)
    tip = turned(-0.68, 0.3, -swish, -0.56, 0.74)
    middle = turned(-0.66, 0.58, -swish * 0.6, -0.56, 0.74)

    def before() -> None:
        pen.fill(
            pen.coat("fur", "tail", shade=0.85),
            limb([(-0.54, 0.78), middle, tip], [0.06, 0.05, 0.05]),
        )
        pen.fill(pen.ink(_DARK, "fur", "tail"), ellipse(*tip, 0.05, 0.09, -swish))
        pen.fill(pen.ink(_PINK, "skin", "torso", "udder"), _COW_UDDER)

    def after() -> None:
        def bent(points: Outline) -> Outline:
            return turn(points, bow, 0.42, 0.66)

        for horn in _COW_HORNS:
            pen.fill(pen.ink(_HORN, "keratin", "head", "horn"), bent(horn))
        pen.fill(pen.coat("fur", "neck"), bent(_COW_NECK))
        pen.fill(pen.coat("fur", "head"), bent(_COW_HEAD))
        pen.fill(pen.coat("fur", "head", "ear", shade=0.75), bent(_COW_EAR))
        pen.fill(pen.ink(_PINK, "skin", "head", "muzzle"), bent(_COW_MUZZLE))
        pen.fill(pen.ink((110, 60, 60), "skin", "head", "muzzle"), bent(ellipse(0.88, 0.66, 0.018)))
        _eye(pen, bent(ellipse(0.71, 0.86, 0.03)), "head")

    _quadruped(pen, dice, _COW, before, after)


_GIRAFFE = Build(
    torso=blob(
        (-0.38, 0.76), (-0.24, 0.84), (0.08, 0.9), (0.3, 0.98), (0.38, 0.86), (0.32, 0.66),
        (0.05, 0.6), (-0.22, 0.6), (-0.38, 0.64),
    ),
    front=0.25, hind=-0.27, hip=0.66, thigh=0.14, shin=0.07, swing=18,
)  # fmt: skip
_GIRAFFE_NECK = blob(
    (0.14, 0.88), (0.3, 1.12), (0.44, 1.44), (0.53, 1.45), (0.5, 1.2), (0.36, 0.78)
)
_GIRAFFE_MANE = limb([(0.12, 0.94), (0.28, 1.2), (0.43, 1.5)], [0.06, 0.05, 0.05])
_GIRAFFE_HEAD = blob(
    (0.42, 1.5), (0.5, 1.56), (0.6, 1.51), (0.74, 1.4), (0.73, 1.33), (0.6, 1.35), (0.46, 1.4)
)
_GIRAFFE_HORNS = (
    limb([(0.47, 1.52), (0.45, 1.66)], [0.035, 0.05]),
    limb([(0.53, 1.52), (0.53, 1.66)], [0.035, 0.05]),
)
_GIRAFFE_EAR = blob((0.44, 1.48), (0.34, 1.54), (0.33, 1.47), (0.42, 1.43))


def giraffe(pen: Pen, dice: Dice) -> None:
    """Very long neck, long legs, a sloping back, two knobbed horns."""
    bow = dice.real(-22, 12)

    def before() -> None:
        tail = limb([(-0.36, 0.78), (-0.44, 0.6), (-0.42, 0.42)], [0.05, 0.035, 0.035])
        pen.fill(pen.coat("fur", "tail", shade=0.85), tail)
        pen.fill(pen.ink(_DARK, "fur", "tail"), ellipse(-0.42, 0.4, 0.035, 0.075))

    def after() -> None:
        def bent(points: Outline) -> Outline:
            return turn(points, bow, 0.25, 0.85)

        pen.fill(pen.ink((110, 66, 36), "fur", "neck", "mane"), bent(_GIRAFFE_MANE))
        pen.fill(pen.coat("fur", "neck"), bent(_GIRAFFE_NECK))
        for horn in _GIRAFFE_HORNS:
            pen.fill(pen.ink((92, 60, 40), "keratin", "head", "horn"), bent(horn))
        pen.fill(pen.coat("fur", "head", "ear", shade=0.8), bent(_GIRAFFE_EAR))
        pen.fill(pen.coat("fur", "head"), bent(_GIRAFFE_HEAD))
        muzzle = bent(ellipse(0.69, 1.385, 0.055, 0.045, -30))
        pen.fill(pen.ink((190, 150, 120), "skin", "head", "muzzle"), muzzle)
        _eye(pen, bent(ellipse(0.54, 1.47, 0.026)), "head")

    _quadruped(pen, dice, _GIRAFFE, before, after)


_ELEPHANT = Build(
    torso=blob(
        (-0.56, 0.62), (-0.46, 0.86), (-0.18, 0.98), (0.16, 0.98), (0.4, 0.86), (0.46, 0.6),
        (0.36, 0.38), (0.0, 0.34), (-0.36, 0.36), (-0.54, 0.42),
    ),
    front=0.28, hind=-0.36, hip=0.46, thigh=0.25, shin=0.19, swing=11, skin="skin",
)  # fmt: skip
_ELEPHANT_HEAD = blob(
    (0.34, 0.9), (0.46, 1.06), (0.64, 1.06), (0.76, 0.9), (0.76, 0.7), (0.64, 0.58), (0.46, 0.6)
)
_ELEPHANT_EAR = blob(
    (0.4, 0.98), (0.5, 0.94), (0.54, 0.74), (0.44, 0.54), (0.3, 0.5), (0.18, 0.66), (0.22, 0.9)
)


def elephant(pen: Pen, dice: Dice) -> None:
    """Pillar legs, a big ear, a proboscis that curls, tusks."""
    curl = dice.real(0.0, 1.0)
    tip = (0.86 + 0.2 * curl, 0.14 + 0.5 * curl)
    middle = (0.84 + 0.06 * curl, 0.42)

    def before() -> None:
        pen.fill(
            pen.coat("skin", "tail"),
            limb([(-0.54, 0.74), (-0.64, 0.56), (-0.62, 0.38)], [0.05, 0.035, 0.04]),
        )

    def after() -> None:
        trunk = limb([(0.66, 0.82), (0.78, 0.64), middle, tip], [0.24, 0.17, 0.13, 0.09])
        pen.fill(pen.ink((240, 232, 214), "keratin", "head", "tusk"),
                 limb([(0.66, 0.6), (0.78, 0.46), (0.92, 0.46)], [0.06, 0.05, 0.015]))  # fmt: skip
        pen.fill(pen.coat("skin", "head"), _ELEPHANT_HEAD)
        pen.fill(pen.coat("skin", "head", "proboscis"), trunk)
        pen.fill(
            pen.coat("skin", "head", "ear", shade=0.78),
            turn(_ELEPHANT_EAR, dice.real(-12, 8), 0.46, 0.86),
        )
        _eye(pen, ellipse(0.63, 0.86, 0.03), "head")

    _quadruped(pen, dice, _ELEPHANT, before, after)
