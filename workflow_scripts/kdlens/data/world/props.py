"""Clutter: small things that stand, hang, float or grow about, each an object of its own.

Every prop draws itself in a box about one unit high that stands on (0, 0); what hangs in the air
(balloon, kite, bubble) too, its pen is placed higher.
"""

from __future__ import annotations

from collections.abc import Callable

from kdlens.data.world import growing, making
from kdlens.data.world.canvas import Canvas, Pen
from kdlens.data.world.geometry import Dice

Prop = Callable[[Pen, Dice], None]

PROPS: dict[str, tuple[Prop, float, float]] = {
    "ball": (making.ball, 0.08, 0.19),
    "cube": (making.cube, 0.09, 0.2),
    "bush": (growing.bush, 0.12, 0.24),
    "flower": (growing.flower, 0.1, 0.22),
    "boulder": (growing.boulder, 0.1, 0.24),
    "cactus": (growing.cactus, 0.2, 0.42),
    "street lamp": (making.street_lamp, 0.4, 0.62),
    "traffic light": (making.traffic_light, 0.3, 0.5),
    "parasol": (making.parasol, 0.28, 0.46),
    "snowman": (growing.snowman, 0.24, 0.42),
    "hay bale": (making.hay_bale, 0.12, 0.22),
    "starfish": (growing.starfish, 0.1, 0.18),
    "seaweed": (growing.seaweed, 0.2, 0.4),
    "coral": (growing.coral, 0.14, 0.3),
    "bubble": (growing.bubble, 0.1, 0.2),
    "balloon": (making.balloon, 0.16, 0.34),
    "kite": (making.kite, 0.16, 0.32),
    "bench": (making.bench, 0.16, 0.26),
    "mushroom": (growing.mushroom, 0.1, 0.2),
    "boat": (making.boat, 0.14, 0.3),
    "barrel": (making.barrel, 0.14, 0.24),
    "traffic cone": (making.traffic_cone, 0.12, 0.22),
    "pumpkin": (growing.pumpkin, 0.12, 0.22),
    "signpost": (making.signpost, 0.22, 0.36),
    "well": (making.well, 0.22, 0.36),
    "fence": (making.fence, 0.13, 0.2),
    "tree": (growing.tree, 0.24, 0.5),
}
"""By name, which is the label: who draws it; least and greatest height, in picture heights."""

AIRBORNE: frozenset[str] = frozenset({"balloon", "kite", "bubble"})


def place(canvas: Canvas, dice: Dice, name: str, x: float, y: float, scale: float = 1.0) -> None:
    """Put a prop on the canvas, its foot at (x, y), at a size drawn from its range."""
    draw, least, greatest = PROPS[name]
    height = dice.real(least, greatest) * scale
    tilt = dice.real(-8, 8) if name in AIRBORNE or name == "cube" else 0
    draw(Pen(canvas, name, x, y, height, mirror=dice.chance(0.5), tilt=tilt), dice)
