"""The pen: it draws one thing in the thing's own unit, on a canvas."""

from __future__ import annotations

import dataclasses

from kdlens.data.world.canvas import PART_PLANES, Canvas
from kdlens.data.world.colours import Rgb
from kdlens.data.world.geometry import Outline, rotor, snap, snap_point
from kdlens.data.world.textures import TEXTURE_CODE
from kdlens.data.world.tiles import TILE
from kdlens.data.world.vocabulary import MATERIAL_CODE, OBJECT_CODE, PART_CODE


@dataclasses.dataclass(frozen=True)
class Livery:
    """What a species wears: a texture in two paints (``plain`` shows only the first)."""

    texture: str
    first: Rgb
    second: Rgb


class Pen:
    """Draws one thing in its own unit, standing at ``(x, y)`` of the canvas (unit square, y up).

    Args:
        canvas: where it is drawn.
        label: the object's name in the labels; None for none.
        scale: canvas widths per unit of the thing.
        mirror: face left instead of right.
        tilt: degrees counter-clockwise (before mirroring).
        livery, livery_size, livery_tilt: what it wears, units a period of the texture, and degrees.
        raised: shade the rim of its silhouette, as things in front of a background have.
    """

    def __init__(
        self,
        canvas: Canvas,
        label: str | None,
        x: float,
        y: float,
        scale: float,
        *,
        mirror: bool = False,
        tilt: float = 0,
        livery: Livery | None = None,
        livery_size: float = 0.2,
        livery_tilt: float = 0,
        raised: bool = True,
    ) -> None:
        self.canvas = canvas
        self.label = label
        self.origin = snap_point(x, y)
        self.scale = snap_point(scale, 0).real
        self.turn = rotor(tilt)
        self.mirror = mirror
        self.livery = livery
        self._livery = (livery_size, livery_tilt)
        self.thing = canvas.new_thing() if raised else 0
        self._cache: dict[tuple, int] = {}

    def ink(
        self,
        colour: Rgb,
        material: str | None = None,
        *parts: str,
        shade: float = 1.0,
        label: str | None = None,
        glow: bool = False,
        texture: str = "plain",
        second: Rgb = (0, 0, 0),
        period: float = 0.2,
        tilt: float = 0,
    ) -> int:
        """The number of a surface; ``parts`` from the outermost to the innermost.

        ``texture`` in two colours with so many units a ``period``; ``glow`` is not dimmed by the
        light; ``label`` replaces the pen's object.
        """
        key = (colour, material, parts, shade, label, glow, texture, second, period, tilt)
        if key not in self._cache:
            planes = [PART_CODE[part] for part in parts] + [0] * (PART_PLANES - len(parts))
            named = label if label is not None else self.label
            self._cache[key] = self.canvas.new_surface(
                (
                    *_dim(colour, shade),
                    *_dim(second, shade),
                    TEXTURE_CODE[texture],
                    OBJECT_CODE[named] if named else 0,
                    *planes,
                    MATERIAL_CODE[material] if material else 0,
                    self.thing,
                    int(glow),
                    *self._projection(texture, period, tilt),
                )
            )
        return self._cache[key]

    def coat(self, material: str, *parts: str, shade: float = 1.0) -> int:
        """A surface in the livery that the thing wears."""
        assert self.livery is not None
        size, tilt = self._livery
        return self.ink(
            self.livery.first,
            material,
            *parts,
            shade=shade,
            texture=self.livery.texture,
            second=self.livery.second,
            period=size,
            tilt=tilt,
        )

    def _projection(self, texture: str, period: float, tilt: float) -> tuple[int, int, int, int]:
        """Steps in the tile (256ths) per fine pixel right and down, and the tile's origin."""
        fine = self.canvas.fine
        if texture == "ramp":  # once over the thing's unit height, not repeated
            rise = round(256 * TILE / (fine * self.scale))
            top = round(fine * (1 - self.origin.imag - self.scale) * rise)
            return rise, 0, 0, -top
        direction = rotor(tilt) * self.turn
        step = 256 * 32 / (period * self.scale * fine)
        a, b = round(step * direction.real), round(step * direction.imag)
        x = round(fine * self.origin.real)
        y = round(fine * (1 - self.origin.imag))
        return a, b, -(a * x + b * y), -(a * y - b * x)

    def fill(self, ink: int, *outlines: Outline) -> None:
        """Fill outlines, over all that was filled before."""
        for points in outlines:
            points = snap(points)
            if self.mirror:
                points = -points.conj()
            self.canvas.queue.append((ink, points * (self.turn * self.scale) + self.origin))

    def shadow(self, x: float, y: float, rx: float, ry: float) -> None:
        """Darken the ground in an ellipse of the thing's unit."""
        centre = snap_point(-x if self.mirror else x, y) * self.scale + self.origin
        half = snap_point(rx, ry) * self.scale
        self.canvas.shadows.append((centre, half))


def _dim(colour: Rgb, shade: float) -> Rgb:
    red, green, blue = (min(255, round(channel * shade)) for channel in colour)
    return red, green, blue
