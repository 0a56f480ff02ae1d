"""Oak, palm, fir, apple tree: a trunk, branches, leaves and sometimes fruit."""

from __future__ import annotations

from kdlens.data.world.colours import Rgb, shaded
from kdlens.data.world.geometry import Dice, blob, ellipse, limb, outline, star, turn, turned
from kdlens.data.world.pen import Pen

_BARK: tuple[Rgb, ...] = ((112, 76, 48), (92, 66, 50), (134, 98, 64))
_RED: tuple[Rgb, ...] = ((210, 40, 40), (236, 190, 50), (226, 90, 60))


def oak(pen: Pen, dice: Dice) -> None:
    """A stout forked trunk under a broad, lobed crown."""
    bark = pen.ink(dice.pick(_BARK), "bark", "trunk")
    pen.shadow(0.02, 0.02, 0.45, 0.06)
    lean = dice.real(-0.06, 0.06)
    pen.fill(bark, limb([(0, 0.0), (lean * 0.4, 0.2), (lean, 0.55)], [0.3, 0.17, 0.15]))
    branch = pen.ink(shaded((112, 76, 48), 0.85), "bark", "trunk", "branch")
    for angle in (38, -34):
        pen.fill(branch, turn(limb([(lean, 0.38), (lean, 0.78)], [0.09, 0.04]), angle, lean, 0.38))
    wide = dice.real(0.92, 1.12)
    lobes = [
        (-0.34, 0.62, 0.25), (0.34, 0.62, 0.25), (-0.2, 0.86, 0.26), (0.22, 0.88, 0.25),
        (0.0, 0.68, 0.3), (0.02, 1.02, 0.2),
    ]  # fmt: skip
    dark, light = pen.coat("foliage", "leaves", shade=0.72), pen.coat("foliage", "leaves")
    placed = []
    for x, y, r in lobes:
        r *= dice.real(0.88, 1.1)
        placed.append((x * wide + lean, y + dice.real(-0.03, 0.03), r))
    for x, y, r in placed:
        pen.fill(dark, ellipse(x, y, r * 1.06, r * 0.98))
    for x, y, r in placed:
        pen.fill(light, ellipse(x - 0.02, y + 0.03, r * 0.9, r * 0.86))


def palm(pen: Pen, dice: Dice) -> None:
    """A thin curved ringed trunk, a burst of hanging fronds, coconuts."""
    bend = dice.real(-0.24, 0.24)
    top = (bend, 0.86)
    pen.shadow(0.0, 0.01, 0.3, 0.05)
    pen.fill(
        pen.ink(dice.pick(_BARK), "bark", "trunk"),
        limb([(0, 0), (bend * 0.15, 0.3), (bend * 0.5, 0.6), top], [0.17, 0.12, 0.1, 0.09]),
    )
    ring = pen.ink((70, 50, 36), "bark", "trunk")
    for k in range(1, 7):
        t = k / 7
        x = bend * t * t
        pen.fill(ring, limb([(x - 0.055, 0.86 * t), (x + 0.055, 0.86 * t)], [0.018, 0.018]))
    frond = blob((0.0, 0.02), (0.16, 0.13), (0.36, 0.1), (0.56, -0.1), (0.62, -0.24), (0.46, -0.1),
                 (0.3, -0.02), (0.14, 0.0))  # fmt: skip
    shift = dice.real(-8, 8)
    for angle, flip in (
        (-22, 1),
        (-22, -1),
        (-52, 1),
        (-52, -1),
        (14, 1),
        (14, -1),
        (44, 1),
        (44, -1),
    ):
        leaf = frond * dice.real(0.86, 1.06)
        leaf = leaf if flip > 0 else -leaf.conj()
        shade = 0.72 if angle in (-52, 14) else 1.0
        pen.fill(
            pen.coat("foliage", "leaves", shade=shade),
            turn(leaf, angle * flip + shift) + complex(*top),
        )
    nut = pen.ink((96, 60, 34), "bark", "fruit")
    for dx, dy in ((-0.06, -0.03), (0.06, -0.02), (0.0, -0.08)):
        pen.fill(nut, ellipse(top[0] + dx, top[1] + dy, 0.055))


def fir(pen: Pen, dice: Dice) -> None:
    """Tiers of drooping triangles on a short trunk, narrow at the top."""
    pen.shadow(0, 0.01, 0.36, 0.05)
    pen.fill(pen.ink(dice.pick(_BARK), "bark", "trunk"), limb([(0, 0), (0, 0.3)], [0.15, 0.12]))
    wide = dice.real(0.85, 1.15)
    for k, (y, half, height) in enumerate(
        ((0.18, 0.46, 0.42), (0.42, 0.37, 0.4), (0.66, 0.28, 0.36), (0.88, 0.18, 0.32))
    ):
        half *= wide
        tier = outline(
            (0, y + height), (half * 0.5, y + height * 0.42), (half, y), (half * 0.55, y + 0.05),
            (half * 0.2, y - 0.02), (-half * 0.2, y + 0.04), (-half * 0.6, y), (-half, y + 0.02),
            (-half * 0.5, y + height * 0.42),
        )  # fmt: skip
        pen.fill(pen.coat("foliage", "leaves", shade=0.72), tier)
        pen.fill(
            pen.coat("foliage", "leaves", shade=1.0 - 0.02 * k),
            tier * 0.9 + complex(-0.02, 0.1 * y + 0.03),
        )
    if dice.chance(0.2):
        pen.fill(pen.ink((250, 220, 80), "metal", glow=True), star(0, 1.22, 0.04, 0.09, 5))


def apple_tree(pen: Pen, dice: Dice) -> None:
    """A round crown full of fruit on a slender trunk."""
    pen.shadow(0, 0.01, 0.36, 0.05)
    lean = dice.real(-0.05, 0.05)
    pen.fill(pen.ink(dice.pick(_BARK), "bark", "trunk"), limb([(0, 0), (lean, 0.5)], [0.17, 0.1]))
    branch = pen.ink((88, 62, 44), "bark", "trunk", "branch")
    for angle in (30, -30):
        pen.fill(branch, turn(limb([(lean, 0.34), (lean, 0.64)], [0.06, 0.03]), angle, lean, 0.34))
    crown = blob(
        (-0.4, 0.62),
        (-0.34, 0.9),
        (-0.1, 1.06),
        (0.16, 1.05),
        (0.38, 0.88),
        (0.42, 0.62),
        (0.24, 0.44),
        (0.0, 0.48),
        (-0.24, 0.42),
    )
    pen.fill(pen.coat("foliage", "leaves", shade=0.7), crown)
    pen.fill(pen.coat("foliage", "leaves"), crown * 0.88 + complex(-0.02, 0.1))
    apple = pen.ink(dice.pick(_RED), "skin", "leaves", "fruit")
    start = dice.real(0, 360)
    for k in range(8):
        ring = 0.29 if k < 5 else 0.13
        x, y = turned(ring, 0, start + (72 * k if k < 5 else 120 * k), 0, 0)
        pen.fill(apple, ellipse(x, 0.75 + y * 0.8, 0.058))
