"""From outlines to pixels: one polygon pass into a plane of surface numbers, then table look-ups.

A *surface* is a patch of one material and colour on one part of one thing. Every outline is filled
with its surface's number (at most 255 a picture) into an 8-bit plane, twice as fine as the picture
each way. What a pixel shows and means is then read off tables by that number: paint, livery,
grain, light for the picture, and object, part and material for the labels. So labels and picture
cannot disagree, and the cost of a picture hardly depends on how much there is to see.

:meth:`Canvas.develop` returns the picture, :meth:`Canvas.labels` the label planes. The picture's
pixel is the mean of its 2 x 2 fine pixels, the label is that of the lower right one of them.
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from PIL import Image, ImageDraw

from kdlens.data.world.geometry import Dice, Outline, rotor
from kdlens.data.world.grains import grain_tiles
from kdlens.data.world.lights import Light
from kdlens.data.world.textures import TEXTURE_CODE, texture_tiles
from kdlens.data.world.tiles import TILE

PART_PLANES = 3
_FINE = 2
_TEXTURE, _OBJECT, _PART, _MATERIAL, _THING, _GLOW, _STEP = 6, 7, 8, 11, 12, 13, 14
_COLUMNS = 18  # of a surface's row: two paints, then what the names above begin
_REFERENCE = 160  # fine pixels for which grain and rims are drawn one to one (an 80 px picture)


@lru_cache(maxsize=4)
def _axes(fine: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Fine pixel coordinates (1, n) and (n, 1), and the same axis in reference pixels."""
    axis = np.arange(fine, dtype=np.int32)
    return axis[None, :], axis[:, None], axis * _REFERENCE // fine


def _margin(fine: int) -> int:
    """How far right of the image's left side the canvas is drawn.

    Pillow finds where a side of a polygon crosses a row by single-precision x = x0 + dy * slope,
    which some processors fuse into one rounding, and sides between whole corners often cross just
    between two pixels. With x0 beyond six times the canvas, the error of the product is less than
    half a step of the sum: a tie comes out as a tie, and anything else on its side, everywhere.
    """
    return (1 << (6 * fine - 1).bit_length()) + fine


class Canvas:
    """A square picture in the making.

    Args:
        size: side of the finished picture in pixels.
    """

    def __init__(self, size: int) -> None:
        self.size = size
        self.fine = _FINE * size
        self.queue: list[tuple[int, Outline]] = []
        self.shadows: list[tuple[complex, complex]] = []
        self._surfaces: list[tuple[int, ...]] = [(0,) * _COLUMNS]
        self._things = 0
        self._plane: np.ndarray | None = None

    def new_thing(self) -> int:
        """Return the number of another thing, from 1: what its rim runs around."""
        self._things += 1
        return self._things

    def new_surface(self, row: tuple[int, ...]) -> int:
        """Return the number of another surface, from 1.

        Args:
            row: whole numbers: two paints (red, green, blue each); the codes of the texture, the
                object, three parts (0: none) and the material; the thing's number; 1 if it glows;
                and where its texture lies (``Pen._projection``, four numbers).

        Raises:
            OverflowError: if the plane's 8 bits do not hold it.
        """
        self._surfaces.append(row)
        if len(self._surfaces) > 256:
            raise OverflowError("more than 255 surfaces in one picture")
        return len(self._surfaces) - 1

    def expose(self) -> np.ndarray:
        """The plane of surface numbers, (2 * size, 2 * size) uint8; drawn once."""
        if self._plane is None:
            fine, margin = self.fine, _margin(self.fine)
            image = Image.new("L", (margin + fine, fine), 0)
            draw = ImageDraw.Draw(image)
            points = np.concatenate([outline for _, outline in self.queue])
            flat = np.empty((len(points), 2))
            flat[:, 0] = points.real * fine
            flat[:, 1] = (1 - points.imag) * fine
            whole = np.rint(flat).clip(-fine, 2 * fine).astype(np.int32)
            whole[:, 0] += margin
            corners = whole.ravel().tolist()
            start = 0
            for ink, outline in self.queue:
                end = start + 2 * len(outline)
                draw.polygon(corners[start:end], fill=ink)
                start = end
            self._plane = np.ascontiguousarray(np.asarray(image)[:, margin:])
        return self._plane

    def _table(self) -> np.ndarray:
        return np.array(self._surfaces, dtype=np.int32)

    def thing_pixels(self, thing: int) -> int:
        """How many of the picture's pixels show this thing."""
        shown = self._table()[:, _THING].astype(np.uint8)[self.expose()[1::_FINE, 1::_FINE]]
        return int(np.count_nonzero(shown == thing))

    def labels(self) -> dict[str, np.ndarray]:
        """Codes per pixel: ``object`` and ``material`` (size, size), ``part`` (3, size, size)."""
        plane = self.expose()[1::_FINE, 1::_FINE]
        table = self._table().astype(np.uint8)
        return {
            "object": table[plane, _OBJECT],
            "part": np.stack([table[:, _PART + k][plane] for k in range(PART_PLANES)]),
            "material": table[plane, _MATERIAL],
        }

    def develop(self, dice: Dice, light: Light, noise: int) -> np.ndarray:
        """The picture, (size, size, 3) uint8; ``noise`` is the largest noise in grey levels."""
        plane, table = self.expose(), self._table()
        at = plane.astype(np.intp)  # once, or every look-up would convert it again
        size = self.size
        x, y, reference = _axes(self.fine)
        column = np.ascontiguousarray(table.T)

        # where each fine pixel lies in its surface's texture tile, and how much of the second paint
        right, down = column[_STEP].take(at), column[_STEP + 1].take(at)
        u = right * x + down * y + column[_STEP + 2].take(at) >> 8
        v = right * y - down * x + column[_STEP + 3].take(at) >> 8
        ramp = (column[_TEXTURE] == TEXTURE_CODE["ramp"]).take(at)
        v = np.where(ramp, v.clip(0, TILE - 1), v & (TILE - 1))
        start = (column[_TEXTURE] * (TILE * TILE)).take(at)
        mix = texture_tiles().take(start + v * TILE + (u & (TILE - 1))).astype(np.int16) >> 1

        # grain, and rims: light from the upper left gives things a bright and a dark edge
        across = (reference + dice.whole(0, TILE - 1)) & (TILE - 1)
        along = (reference + dice.whole(0, TILE - 1)) & (TILE - 1)
        grain = (column[_MATERIAL] * (TILE * TILE)).take(at) + along[:, None] * TILE + across
        value = grain_tiles().take(grain).astype(np.int16) + np.int16(128)
        value += self._rims(plane, column[_THING].astype(np.uint8).take(at))

        tint = np.where(column[_GLOW] > 0, 256, np.array(light.tint)[:, None])
        paints = (column[:6].reshape(2, 3, -1) * tint >> 8).clip(0, 255).astype(np.int16)
        low, span = paints[0], paints[1] - paints[0] >> 1  # halved: products stay in 16 bits
        rgb = np.empty((size, size, 3), dtype=np.int32)
        for channel in range(3):
            full = low[channel].take(at) + (span[channel].take(at) * mix >> 6)
            full = full.astype(np.int32) * value >> 8
            rows = full[0::2] + full[1::2]
            rgb[:, :, channel] = rows[:, 0::2] + rows[:, 1::2] >> 2

        tilt = rotor(dice.real(0, 360))
        a, b = round(light.slope * tilt.real * 2), round(light.slope * tilt.imag * 2)
        slope = 256 + (a * (x[:, :size] * 2 - size) + b * (y[:size] * 2 - size)) // (2 * size)
        rgb = rgb * slope[:, :, None] >> 8
        if noise:
            grit = dice.noise((2, size, size, 3)).astype(np.int32).sum(axis=0) - 255
            rgb += grit * noise >> 8
        return rgb.clip(0, 255).astype(np.uint8)

    def _rims(self, plane: np.ndarray, things: np.ndarray) -> np.ndarray:
        """Brightness to add: rims of things, thin lines between surfaces, and cast shadows."""
        wide = max(1, 2 * self.fine // _REFERENCE)
        thin = max(1, self.fine // _REFERENCE)
        rims = np.zeros(plane.shape, dtype=np.int16)
        edge = plane[thin:] != plane[:-thin]
        rims[thin:] -= (edge & (things[thin:] > 0)) * np.int16(26)
        edge = plane[:, thin:] != plane[:, :-thin]
        rims[:, thin:] -= (edge & (things[:, thin:] > 0)) * np.int16(26)
        inner = things[wide:, wide:] != things[:-wide, :-wide]
        rims[wide:, wide:] += (inner & (things[wide:, wide:] > 0)) * np.int16(44)
        inner &= things[:-wide, :-wide] > 0
        rims[:-wide, :-wide] -= inner * np.int16(64)
        if self.shadows:
            image = Image.new("1", (self.fine, self.fine), 0)
            draw = ImageDraw.Draw(image)
            for centre, half in self.shadows:
                left, right = centre.real - half.real, centre.real + half.real
                top, bottom = 1 - centre.imag - half.imag, 1 - centre.imag + half.imag
                draw.ellipse([round(v * self.fine) for v in (left, top, right, bottom)], fill=1)
            rims -= (np.asarray(image) & (things == 0)) * np.int16(64)
        return rims
