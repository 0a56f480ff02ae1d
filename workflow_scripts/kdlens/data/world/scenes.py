"""The fifteen places: sky or room, ground, what stands far off, and what belongs there.

A place paints its background and returns a :class:`~kdlens.data.world.backdrop.Stage`: where a
thing may stand or float, which props belong, and the light. What is scenery (sky, grass, sea,
mountain, skyscraper, ...) is an object in the labels like everything else. The lights that a place
can have are those that it has a scene's name for in
:data:`kdlens.data.world.vocabulary.SCENE_OF`.
"""

from __future__ import annotations

from collections.abc import Callable

from kdlens.data.world import scenes_nature
from kdlens.data.world.backdrop import Stage, backdrop, sky, skyline
from kdlens.data.world.canvas import Canvas
from kdlens.data.world.colours import paint, shaded, vary
from kdlens.data.world.geometry import Dice, box, ellipse
from kdlens.data.world.lights import DAWN, DAY, DUSK, NIGHT, OVERCAST, Light


def _town(canvas: Canvas, dice: Dice, light: Light) -> Stage:
    """Pavement and a marked road before a skyline."""
    horizon = dice.real(0.36, 0.5)
    pen = sky(canvas, dice, light, 0.4)
    skyline(pen, dice, horizon, light is NIGHT)
    pen.fill(
        pen.ink(vary(dice, (168, 164, 160), 10), "concrete", label="pavement"),
        box(-0.1, 0, 1.1, horizon),
    )
    kerb = horizon - dice.real(0.05, 0.1)
    pen.fill(
        pen.ink(vary(dice, (84, 84, 90), 10), "asphalt", label="road"), box(-0.1, -0.1, 1.1, kerb)
    )
    line = pen.ink((238, 234, 214), "asphalt", label="road")
    y, start = kerb * dice.real(0.4, 0.6), dice.real(-0.2, 0.0)
    for k in range(5):
        pen.fill(line, box(start + 0.28 * k, y, start + 0.28 * k + 0.16, y + 0.025))
    return Stage(
        (0.04, kerb - 0.06),
        (0.5, 0.75),
        None,
        ("street lamp", "street lamp", "traffic light", "traffic cone", "bench", "signpost"),
        light,
    )


def _street(canvas: Canvas, dice: Dice) -> Stage:
    """A town by day."""
    return _town(canvas, dice, dice.pick((DAY, OVERCAST, DUSK)))


def _night_street(canvas: Canvas, dice: Dice) -> Stage:
    """The same town with its windows lit."""
    return _town(canvas, dice, NIGHT)


def _playroom(canvas: Canvas, dice: Dice) -> Stage:
    """Indoors: papered wall, a picture, a wooden floor, a rug."""
    horizon = dice.real(0.34, 0.48)
    pen = backdrop(canvas)
    colour = paint(dice, ("yellow", "pink", "blue", "white", "green", "orange"))
    pattern = dice.pick(("plain", "striped", "dotted"))
    pen.fill(
        pen.ink(
            shaded(colour, 0.95),
            "plaster",
            label="room wall",
            texture=pattern,
            second=shaded(colour, 0.84),
            period=0.16,
        ),
        box(0, 0, 1, 1),
    )
    x = dice.real(0.05, 0.6)
    pen.fill(pen.ink((120, 82, 54), "wood", "frame", label="picture"), box(x, 0.62, x + 0.26, 0.9))
    pen.fill(
        pen.ink(paint(dice), "cardboard", label="picture"), box(x + 0.03, 0.65, x + 0.23, 0.87)
    )
    pen.fill(
        pen.ink(paint(dice), "cardboard", label="picture"), ellipse(x + 0.13, 0.72, 0.08, 0.06)
    )
    pen.fill(
        pen.ink(vary(dice, (186, 132, 80), 12), "wood", label="floor"),
        box(-0.1, -0.1, 1.1, horizon),
    )
    pen.fill(
        pen.ink((240, 236, 226), "wood", label="room wall"),
        box(-0.1, horizon, 1.1, horizon + 0.035),
    )
    if dice.chance(0.8):
        rug = paint(dice)
        pen.fill(
            pen.ink(rug, "fabric", label="rug"),
            ellipse(dice.real(0.3, 0.7), horizon * 0.45, 0.42, horizon * 0.3),
        )
        pen.fill(
            pen.ink(shaded(rug, 0.8), "fabric", label="rug"),
            ellipse(dice.real(0.4, 0.6), horizon * 0.45, 0.24, horizon * 0.17),
        )
    return Stage(
        (0.05, horizon - 0.12),
        None,
        None,
        ("cube", "cube", "ball", "ball", "balloon", "barrel"),
        dice.pick((DAY, DAY, DUSK)),
    )


def _open_sky(canvas: Canvas, dice: Dice) -> Stage:
    """Above the clouds."""
    light = dice.pick((DAY, DAY, DUSK, DAWN))
    pen = sky(canvas, dice, light, 1.0)
    cloud = pen.ink((248, 249, 252), label="cloud")
    for _ in range(dice.whole(4, 7)):
        x, y, s = dice.unit(), dice.real(0.0, 0.24), dice.real(0.14, 0.26)
        pen.fill(
            cloud, ellipse(x, y, s, s * 0.5), ellipse(x + s * 0.4, y + s * 0.25, s * 0.5, s * 0.4)
        )
    return Stage((0.08, 0.3), (0.3, 0.6), None, ("balloon", "balloon", "kite", "balloon"), light)


DRAWERS: dict[str, Callable[[Canvas, Dice], Stage]] = {
    "meadow": scenes_nature.meadow,
    "forest": scenes_nature.forest,
    "beach": scenes_nature.beach,
    "desert": scenes_nature.desert,
    "street": _street,
    "night_street": _night_street,
    "underwater": scenes_nature.underwater,
    "mountain": scenes_nature.mountain,
    "snowfield": scenes_nature.snowfield,
    "farm": scenes_nature.farm,
    "lake": scenes_nature.lake,
    "garden": scenes_nature.garden,
    "playroom": _playroom,
    "harbour": scenes_nature.harbour,
    "open_sky": _open_sky,
}
