"""What scenes are put together from: skies, land, mountains, skylines, water.

Everything is painted in the unit square of the canvas, y up, and labelled as it is painted.
"""

from __future__ import annotations

import dataclasses

from kdlens.data.world.canvas import Canvas
from kdlens.data.world.colours import Rgb, shaded, vary
from kdlens.data.world.geometry import Dice, blob, box, ellipse, limb, outline, star, turn, turned
from kdlens.data.world.lights import DAY, Light
from kdlens.data.world.pen import Pen
from kdlens.data.world.props import place

_SKIES: dict[str, tuple[Rgb, Rgb]] = {
    "day": ((96, 160, 230), (196, 226, 246)),
    "overcast": ((140, 156, 176), (206, 212, 218)),
    "dawn": ((150, 150, 214), (250, 206, 190)),
    "dusk": ((120, 90, 160), (255, 176, 96)),
    "night": ((34, 40, 96), (90, 88, 150)),
}

_RAINBOW: tuple[Rgb, ...] = (
    (226, 70, 70), (244, 160, 60), (246, 226, 90), (96, 190, 100), (80, 130, 226), (150, 90, 200),
)  # fmt: skip


@dataclasses.dataclass(frozen=True)
class Stage:
    """A place as it was painted: where things go, which props belong, and the light.

    The bands of ground, air (None: indoors) and water are heights in the unit square, (low, high).
    """

    ground: tuple[float, float]
    air: tuple[float, float] | None
    water: tuple[float, float] | None
    props: tuple[str, ...]
    light: Light


def backdrop(canvas: Canvas) -> Pen:
    """A pen for what lies behind everything: no rims, no one object."""
    return Pen(canvas, None, 0, 0, 1, raised=False)


def sky(canvas: Canvas, dice: Dice, light: Light, clouds: float = 0.7) -> Pen:
    """A sky that fades to the horizon, with sun or moon, clouds, stars, at times a rainbow."""
    pen = backdrop(canvas)
    top, low = _SKIES.get(light.name, _SKIES["day"])
    pen.fill(
        pen.ink(
            vary(dice, top, 10), label="sky", texture="ramp", second=vary(dice, low, 10), glow=True
        ),
        box(0, 0, 1, 1),
    )
    x, y = dice.real(0.1, 0.9), dice.real(0.74, 0.94)
    if light.name == "night":
        spark = pen.ink((250, 248, 220), label="star", glow=True)
        for _ in range(dice.whole(6, 12)):
            pen.fill(
                spark, star(dice.unit(), dice.real(0.6, 1.0), 0.006, dice.real(0.012, 0.024), 4)
            )
        pen.fill(pen.ink((246, 242, 214), label="moon", glow=True), ellipse(x, y, 0.075))
        pen.fill(
            pen.ink((216, 212, 190), label="moon", glow=True),
            ellipse(x - 0.02, y + 0.015, 0.016),
            ellipse(x + 0.025, y - 0.02, 0.012),
        )
    elif light.name != "overcast" and dice.chance(0.6):
        sun = pen.ink((255, 226, 90) if light is DAY else (255, 150, 70), label="sun", glow=True)
        pen.fill(sun, ellipse(x, y, 0.075))
        ray = outline((-0.012, 0.09), (0.012, 0.09), (0, 0.125))
        pen.fill(sun, *(turn(ray, 45 * k) + complex(x, y) for k in range(8)))
    if light.name in ("day", "overcast") and dice.chance(0.12):
        middle = dice.real(0.3, 0.7)
        for k, colour in enumerate(_RAINBOW):
            radius = 0.46 - 0.025 * k
            bow = [turned(radius, 0, 15 * step, 0, 0) for step in range(13)]
            ink = pen.ink(colour, label="rainbow", glow=True)
            pen.fill(ink, limb([(middle + a, 0.35 + b) for a, b in bow], [0.03] * 13))
    if dice.chance(clouds):
        white = (250, 250, 252) if light.name != "overcast" else (176, 182, 190)
        cloud = pen.ink(white, label="cloud")
        for _ in range(dice.whole(1, 3)):
            cx, cy, s = dice.real(0.05, 0.95), dice.real(0.7, 0.93), dice.real(0.09, 0.16)
            pen.fill(
                cloud,
                ellipse(cx, cy, s, s * 0.4),
                ellipse(cx - s * 0.45, cy + s * 0.1, s * 0.5, s * 0.36),
                ellipse(cx + s * 0.35, cy + s * 0.22, s * 0.5, s * 0.42),
            )
    return pen


def land(
    pen: Pen, dice: Dice, label: str, material: str, colour: Rgb, horizon: float, wave: float = 0.02
) -> None:
    """Ground up to a horizon that rolls a little, in two shades."""
    ink = pen.ink(vary(dice, colour, 12), material, label=label)
    line = [(k / 5, horizon + dice.real(-wave, wave)) for k in range(6)]
    pen.fill(ink, outline((-0.1, -0.1), *line, (1.1, horizon), (1.1, -0.1)))
    near = pen.ink(vary(dice, shaded(colour, 0.88), 8), material, label=label)
    cut = horizon * dice.real(0.35, 0.6)
    line = [(k / 5, cut + dice.real(-wave, wave)) for k in range(6)]
    pen.fill(near, outline((-0.1, -0.1), *line, (1.1, cut), (1.1, -0.1)))


def mountains(pen: Pen, dice: Dice, horizon: float, high: float, snow: bool) -> None:
    """Three peaks, lit from the left, capped with snow if asked for."""
    colour = vary(dice, dice.pick(((118, 116, 130), (134, 118, 110), (96, 108, 130))), 10)
    rock = pen.ink(colour, "rock", label="mountain")
    side = pen.ink(shaded(colour, 0.75), "rock", label="mountain")
    white = pen.ink((240, 244, 250), "snow", label="mountain")
    for k in range(3):
        x = 0.2 + 0.32 * k + dice.real(-0.12, 0.12)
        peak, half = horizon + high * dice.real(0.6, 1.0), dice.real(0.26, 0.4)
        bend = dice.real(-0.05, 0.05)
        pen.fill(
            rock, outline((x - half, horizon - 0.02), (x + bend, peak), (x + half, horizon - 0.02))
        )
        pen.fill(
            side,
            outline((x + bend * 0.2, horizon - 0.02), (x + bend, peak), (x + half, horizon - 0.02)),
        )
        if snow:
            t = 0.3 * (peak - horizon)
            w = 0.3 * half
            pen.fill(
                white,
                outline(
                    (x + bend, peak),
                    (x + bend - w, peak - t),
                    (x - w * 0.3, peak - t * 0.75),
                    (x + w * 0.2, peak - t * 1.1),
                    (x + bend + w, peak - t),
                ),
            )


def hills(pen: Pen, dice: Dice, horizon: float) -> None:
    """Two rounded hills, the nearer one lighter."""
    for shade in (0.72, 0.84):
        ink = pen.ink(vary(dice, shaded((104, 160, 86), shade), 10), "grass", label="hill")
        x, half = dice.real(0.0, 1.0), dice.real(0.4, 0.7)
        pen.fill(ink, ellipse(x, horizon - 0.02, half, dice.real(0.08, 0.18)))


def skyline(pen: Pen, dice: Dice, horizon: float, lit: bool) -> None:
    """High houses side by side; ``lit``: by night, with light in the windows."""
    x = -0.05
    while x < 1.0:
        wide, tall = dice.real(0.12, 0.22), dice.real(0.16, 0.46)
        wall = vary(
            dice,
            dice.pick(((150, 110, 100), (128, 136, 150), (176, 160, 138), (104, 110, 128))),
            10,
        )
        wall = shaded(wall, 0.5) if lit else wall
        body = pen.ink(wall, "concrete", "wall", label="skyscraper")
        pen.fill(body, box(x, horizon - 0.03, x + wide, horizon + tall))
        pane = pen.ink(
            (252, 222, 120) if lit else (176, 206, 226),
            "glass",
            "wall",
            "window",
            label="skyscraper",
            glow=lit,
        )
        columns = max(2, round(wide / 0.05))
        for row in range(int(tall / 0.075)):
            for column in range(columns):
                if dice.chance(0.72):
                    left = x + wide * (column + 0.22) / columns
                    bottom = horizon + tall - 0.065 - 0.075 * row
                    pen.fill(pane, box(left, bottom, left + wide * 0.56 / columns, bottom + 0.042))
        x += wide + dice.real(-0.01, 0.06)


def sea(pen: Pen, dice: Dice, low: float, high: float, colour: Rgb = (44, 118, 184)) -> None:
    """Water between two heights, with a few crests."""
    pen.fill(pen.ink(vary(dice, colour, 10), "water", label="sea"), box(-0.1, low, 1.1, high))
    foam = pen.ink((224, 240, 246), "water", label="wave")
    for _ in range(dice.whole(2, 5)):
        x, y, half = dice.unit(), dice.real(low, high - 0.03), dice.real(0.05, 0.11)
        pen.fill(foam, blob((x - half, y), (x, y + 0.018), (x + half, y), (x, y - 0.006), steps=3))


def far(
    canvas: Canvas, dice: Dice, name: str, horizon: float, count: int, scale: float = 0.6
) -> None:
    """A row of props at the horizon, evenly spread with some chance."""
    for k in range(count):
        place(canvas, dice, name, (k + dice.unit()) / count, horizon - dice.real(0.0, 0.03), scale)
