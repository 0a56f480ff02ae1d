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

PROPS: dict[str, Prop] = {
    "ball": making.ball,
    "cube": making.cube,
    "bush": growing.bush,
    "flower": growing.flower,
    "boulder": growing.boulder,
    "cactus": growing.cactus,
    "street lamp": making.street_lamp,
    "traffic light": making.traffic_light,
    "parasol": making.parasol,
    "snowman": growing.snowman,
    "hay bale": making.hay_bale,
    "starfish": growing.starfish,
    "seaweed": growing.seaweed,
    "coral": growing.coral,
    "bubble": growing.bubble,
    "balloon": making.balloon,
    "kite": making.kite,
    "bench": making.bench,
    "mushroom": growing.mushroom,
    "boat": making.boat,
    "barrel": making.barrel,
    "traffic cone": making.traffic_cone,
    "pumpkin": growing.pumpkin,
    "signpost": making.signpost,
    "well": making.well,
    "fence": making.fence,
    "tree": growing.tree,
}
"""By name; a prop's name is its label."""

PROP_SIZE: dict[str, tuple[float, float]] = {
    "ball": (0.08, 0.19), "cube": (0.09, 0.2), "bush": (0.12, 0.24), "flower": (0.1, 0.22),
    "boulder": (0.1, 0.24), "cactus": (0.2, 0.42), "street lamp": (0.4, 0.62),
    "traffic light": (0.3, 0.5), "parasol": (0.28, 0.46), "snowman": (0.24, 0.42),
    "hay bale": (0.12, 0.22), "starfish": (0.1, 0.18), "seaweed": (0.2, 0.4),
    "coral": (0.14, 0.3), "bubble": (0.1, 0.2), "balloon": (0.16, 0.34), "kite": (0.16, 0.32),
    "bench": (0.16, 0.26), "mushroom": (0.1, 0.2), "boat": (0.14, 0.3), "barrel": (0.14, 0.24),
    "traffic cone": (0.12, 0.22), "pumpkin": (0.12, 0.22), "signpost": (0.22, 0.36),
    "well": (0.22, 0.36), "fence": (0.13, 0.2), "tree": (0.24, 0.5),
}  # fmt: skip
"""Smallest and largest height, in picture heights."""

AIRBORNE: frozenset[str] = frozenset({"balloon", "kite", "bubble"})


def place(canvas: Canvas, dice: Dice, name: str, x: float, y: float, scale: float = 1.0) -> None:
    """Put a prop on the canvas, its foot at (x, y), at a size drawn from its range."""
    height = dice.real(*PROP_SIZE[name]) * scale
    tilt = dice.real(-8, 8) if name in AIRBORNE or name == "cube" else 0
    PROPS[name](Pen(canvas, name, x, y, height, mirror=dice.chance(0.5), tilt=tilt), dice)
