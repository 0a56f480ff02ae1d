"""What is random in an image: the object's shape, colours and place, and its background.

A scene is a function of (seed, split, number) alone, so neither the order in which images are drawn
nor the number of threads matters. Lengths are in pixels of a 512-pixel image.

The source draws each number from the global generator as it goes; here they are drawn from
``PCG64(SeedSequence((seed, split, number)))``, so the distributions are the source's, the images
are others.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from kdlens.data.cells import BACKGROUNDS, CLASSES, EMPTY_CLASS, REFERENCE_SIZE

SPLIT_KEY = {"train": 0, "val": 1}
"""What tells the splits' random streams apart."""

_RECTANGLES = (3, 4, 5)
_TAILS = {6: (0.0,), 7: (0.0, 120.0, 240.0), 8: tuple(45.0 * i for i in range(8))}
_TAIL_SHADE = 0.75
_FARTHEST = 0.33  # of the image's side, in each direction
_BLURRED_CELLS, _NOISY_CELLS = 8, 16


@dataclass(frozen=True)
class Cell:
    """An object.

    Attributes:
        kind: its class, 0 to 8.
        radius, stretch: of a ball: half its width, and its height by its width.
        height, width: of a rectangle.
        border: thickness of the ring or border.
        bar, pole, tail: thickness; 0 where there is none.
        tail_angles: degrees.
        noise: fields (3, g, g) that displace the outlines: of a ball's radius, of x, of y.
        border_colour, inner_colour, feature_colour: RGB on a scale of 0 to 1.
        angle: by which it is turned, degrees, counter-clockwise.
        offset: by which it is moved, as a share of the image's side (see :func:`.shapes.place`).
    """

    kind: int
    radius: float
    stretch: float
    height: float
    width: float
    border: float
    bar: float
    pole: float
    tail: float
    tail_angles: tuple[float, ...]
    noise: np.ndarray
    border_colour: np.ndarray
    inner_colour: np.ndarray
    feature_colour: np.ndarray
    angle: float
    offset: tuple[float, float]

    @property
    def is_rectangle(self) -> bool:
        """Whether it is a rectangle; otherwise it is a ball."""
        return self.kind in _RECTANGLES

    @property
    def has_feature(self) -> bool:
        """Whether bars or tails tell its class; otherwise its border does."""
        return self.bar > 0 or self.tail > 0


@dataclass(frozen=True)
class Background:
    """What lies behind the object.

    Attributes:
        kind: its place in :data:`~kdlens.data.cells.BACKGROUNDS`.
        grids: (3, g, g), one a channel: brightness if blurred, disturbance of the waves if noisy.
        frequency: (3,), of the waves of a noisy one.
        centre: of the waves, (x, y) from the image's centre, as a share of its side. As in the
            source, it is in the lower right or beyond the image.
    """

    kind: int
    grids: np.ndarray
    frequency: np.ndarray
    centre: tuple[float, float]


def generator(seed: int, split: str, number: int) -> np.random.Generator:
    """Return the random stream of image ``number`` of a split, ``train`` or ``val``."""
    key = np.random.SeedSequence((seed, SPLIT_KEY[split], number))
    return np.random.Generator(np.random.PCG64(key))


def draw_kinds(random: np.random.Generator) -> tuple[int, int]:
    """Draw the class and the kind of background: each as likely, independently."""
    return int(random.integers(len(CLASSES))), int(random.integers(len(BACKGROUNDS)))


def draw_cell(random: np.random.Generator, kind: int) -> Cell:
    """Draw an object of class ``kind``, 0 to 8.

    Raises:
        ValueError: for another class.
    """
    if not 0 <= kind < EMPTY_CLASS:
        raise ValueError(f"class {kind} has no object")
    radius = random.uniform(90, 110)
    stretch = random.uniform(0.5, 1.5)
    height, width = random.uniform(100, 200, 2)
    border = random.uniform(10, 30)
    bar = random.uniform(10, 30)
    pole = random.uniform(5, 40)
    tail = random.uniform(10, 30)
    spread = random.uniform(6, 12)
    cells = int(REFERENCE_SIZE / random.uniform(31, 64))
    noise = random.normal(0, spread, (3, cells, cells))
    inner = random.uniform((0.1, 0.1, 0.3), (0.3, 0.3, 0.5))
    ring = random.uniform(0.5, 0.9, 3)
    if kind in _RECTANGLES:
        ring = random.uniform(0, 0.2, 3)
        ring[kind - _RECTANGLES[0]] = random.uniform(0.6, 0.9)
    return Cell(
        kind=kind,
        radius=radius,
        stretch=stretch,
        height=height,
        width=width,
        border=border,
        bar=bar if kind in (1, 2) else 0.0,
        pole=pole if kind == 2 else 0.0,
        tail=tail if kind in _TAILS else 0.0,
        tail_angles=_TAILS.get(kind, ()),
        noise=noise,
        border_colour=ring,
        inner_colour=inner,
        feature_colour=ring * _TAIL_SHADE if kind in _TAILS else ring,
        angle=random.uniform(-60, 60),
        offset=tuple(random.uniform(-_FARTHEST, _FARTHEST, 2).tolist()),
    )


def draw_background(random: np.random.Generator, kind: int) -> Background:
    """Draw a background of this kind, a place in :data:`~kdlens.data.cells.BACKGROUNDS`."""
    centre = tuple(random.uniform(0.25, 0.75, 2).tolist())
    if kind == 1:
        grids = random.uniform(0.2, 0.7, (3, _BLURRED_CELLS, _BLURRED_CELLS))
    else:
        grids = random.uniform(-0.3, 0.3, (3, _NOISY_CELLS, _NOISY_CELLS))
    return Background(kind, grids, random.uniform(1e-4, 1e-3, 3), centre)
