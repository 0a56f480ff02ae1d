"""Clutter: small things that stand, hang, float or grow about, each an object of its own.

Every prop draws itself in a box about one unit high that stands on (0, 0); what hangs in the air
(balloon, kite, bubble) too, its pen is placed higher.
"""

from __future__ import annotations

from collections.abc import Callable

from kdlens.data.world import props_grown, props_made
from kdlens.data.world.canvas import Canvas
from kdlens.data.world.geometry import Dice
from kdlens.data.world.pen import Pen

Prop = Callable[[Pen, Dice], None]

PROPS: dict[str, tuple[Prop, float, float]] = {
    "ball": (props_made.ball, 0.08, 0.19),
    "cube": (props_made.cube, 0.09, 0.2),
    "bush": (props_grown.bush, 0.12, 0.24),
    "flower": (props_grown.flower, 0.1, 0.22),
    "boulder": (props_grown.boulder, 0.1, 0.24),
    "cactus": (props_grown.cactus, 0.2, 0.42),
    "street lamp": (props_made.street_lamp, 0.4, 0.62),
    "traffic light": (props_made.traffic_light, 0.3, 0.5),
    "parasol": (props_made.parasol, 0.28, 0.46),
    "snowman": (props_grown.snowman, 0.24, 0.42),
    "hay bale": (props_made.hay_bale, 0.12, 0.22),
    "starfish": (props_grown.starfish, 0.1, 0.18),
    "seaweed": (props_grown.seaweed, 0.2, 0.4),
    "coral": (props_grown.coral, 0.14, 0.3),
    "bubble": (props_grown.bubble, 0.1, 0.2),
    "balloon": (props_made.balloon, 0.16, 0.34),
    "kite": (props_made.kite, 0.16, 0.32),
    "bench": (props_made.bench, 0.16, 0.26),
    "mushroom": (props_grown.mushroom, 0.1, 0.2),
    "boat": (props_made.boat, 0.14, 0.3),
    "barrel": (props_made.barrel, 0.14, 0.24),
    "traffic cone": (props_made.traffic_cone, 0.12, 0.22),
    "pumpkin": (props_grown.pumpkin, 0.12, 0.22),
    "signpost": (props_made.signpost, 0.22, 0.36),
    "well": (props_made.well, 0.22, 0.36),
    "fence": (props_made.fence, 0.13, 0.2),
    "tree": (props_grown.tree, 0.24, 0.5),
}
"""By name, which is the label: who draws it; least and greatest height, in picture heights."""

AIRBORNE: frozenset[str] = frozenset({"balloon", "kite", "bubble"})


def place(canvas: Canvas, dice: Dice, name: str, x: float, y: float, scale: float = 1.0) -> None:
    """Put a prop on the canvas, its foot at (x, y), at a size drawn from its range."""
    draw, least, greatest = PROPS[name]
    height = dice.real(least, greatest) * scale
    tilt = dice.real(-8, 8) if name in AIRBORNE or name == "cube" else 0
    draw(Pen(canvas, name, x, y, height, mirror=dice.chance(0.5), tilt=tilt), dice)
