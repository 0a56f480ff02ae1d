"""The cells of Tjoa & Guan drawn plainly: whole images, step by step, as the source describes them.

From the same :class:`~kdlens.data.cells.scene.Cell` and Background as the fast way, but with
SciPy's general routines on full three-channel pictures: every part is coloured, turned and shifted
by itself, then looked at again to find the truth.
"""

import math

import numpy as np
from scipy import ndimage

from kdlens.data.cells.scene import Background, Cell


def draw(cell: Cell | None, background: Background, size: int):
    """Return the image, float (size, size, 3) in [0, 1], its truth, and the feature's share."""
    image, truth, share = np.zeros((size, size, 3)), np.zeros((size, size), np.uint8), 0.0
    if cell is not None:
        pictures = rectangle(cell, size) if cell.kind in (3, 4, 5) else ball(cell, size)
        image = np.clip(pictures["whole"], 0, 1)
        share = pictures["feature_share"].mean()
        truth = truth_of(cell, pictures)
    behind = paint(background, size)
    if behind is not None:
        image = image + (image < 0.01) * behind
    return np.clip(image, 0, 1), truth, share


def truth_of(cell, pictures):
    seen = {
        name: np.sqrt((np.clip(pictures[name], 0, 1) ** 2).sum(axis=2)) / 3 > 0.05
        for name in ("border", "inner", "feature")
    }
    features = seen["border"] if cell.kind in (0, 3, 4, 5) else seen["feature"]
    body = seen["border"] | seen["inner"]
    truth = np.zeros(body.shape, np.uint8)
    truth[body] = 1
    truth[features] = 2
    return truth


def lattice(size):
    """Return x and y from the image's centre, in pixels of a 512-pixel image."""
    x, y = np.meshgrid(np.arange(size) - size // 2, np.arange(size) - size // 2)
    return x * 512 / size, y * 512 / size


def resize(grid, size):
    return ndimage.zoom(grid, size / len(grid), order=1, mode="mirror", grid_mode=True)


def coloured(mask, colour):
    return mask[:, :, None] * np.asarray(colour)


def rotate(picture, angle):
    """Turn a picture (H, W, C) counter-clockwise about its centre; zero beyond the edges."""
    size = len(picture)
    middle = (size - 1) / 2
    row, column = np.mgrid[:size, :size] - middle
    cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
    at = [cosine * row + sine * column + middle, cosine * column - sine * row + middle]
    channels = [
        ndimage.map_coordinates(picture[:, :, k], at, order=1, mode="grid-constant")
        for k in range(picture.shape[2])
    ]
    return np.stack(channels, axis=2)


def ball(cell, size):
    x, y = lattice(size)
    distance = np.sqrt(x**2 + (y / cell.stretch) ** 2) + resize(cell.noise[0], size)
    border = (distance <= cell.radius) & (distance >= cell.radius - cell.border)
    inner = distance < cell.radius - cell.border
    feature = np.zeros((size, size), bool)
    x, y = x + resize(cell.noise[1], size), y + resize(cell.noise[2], size)
    if cell.kind in (1, 2):
        half = int(cell.bar / 2)
        feature |= (x >= -cell.radius) & (x <= cell.radius) & (y >= -half) & (y <= half)
    if cell.kind == 2:
        half, up = int(cell.pole / 2), cell.radius * cell.stretch
        feature |= (y >= -up) & (y <= up) & (x >= -half) & (x <= half)
    for angle in cell.tail_angles:
        cosine, sine = math.cos(math.radians(angle)), math.sin(math.radians(angle))
        across, along = cosine * x - sine * y, sine * x + cosine * y
        start = 0.8 * cell.stretch * cell.radius
        end = 1.5 * cell.stretch * cell.radius + cell.border
        half = cell.tail / 2
        feature |= (across >= -half) & (across <= half) & (along >= start) & (along <= end)
    whole = coloured(border, cell.border_colour) + coloured(inner, cell.inner_colour)
    whole = whole * ~feature[:, :, None] + coloured(feature, cell.feature_colour)
    pictures = {
        "whole": whole,
        "border": coloured(border, cell.border_colour),
        "inner": coloured(inner, cell.inner_colour),
        "feature": coloured(feature, cell.feature_colour),
        "feature_share": feature[:, :, None].astype(float),
    }
    down, right = (int(share * size) for share in cell.offset)
    return {
        name: ndimage.shift(rotate(picture, cell.angle), (down, right, 0), order=3)
        for name, picture in pictures.items()
    }


def rectangle(cell, size):
    x, y = lattice(size)
    right, down = (int(share * size) * 512 / size for share in cell.offset)
    noise = resize(cell.noise[1], size)
    x, y = x + noise - right, y + noise - down
    w, h, t = int(cell.width / 2), int(cell.height / 2), cell.border
    whole = (x <= w) & (x >= -w) & (y <= h) & (y >= -h)
    inner = (x <= w - t) & (x >= t - w) & (y <= h - t) & (y >= t - h)
    border = whole & ~inner
    pictures = {
        "whole": coloured(border, cell.border_colour) + coloured(inner, cell.inner_colour),
        "border": coloured(border, cell.border_colour),
        "inner": coloured(inner, cell.inner_colour),
        "feature": np.zeros((size, size, 3)),
        "feature_share": np.zeros((size, size, 1)),
    }
    return {name: rotate(picture, cell.angle) for name, picture in pictures.items()}


def paint(background, size):
    if background.kind == 0:
        return None
    fields = np.stack([resize(grid, size) for grid in background.grids], axis=2)
    if background.kind == 1:
        return fields
    x, y = lattice(size)
    across, down = (int(share * size) * 512 / size for share in background.centre)
    distance = np.sqrt((x - across) ** 2 + (y - down) ** 2)[:, :, None]
    angle = background.frequency * (distance + fields * distance) * 180 / np.pi
    return 0.5 * (0.5 * np.sin(angle) + 0.5)
