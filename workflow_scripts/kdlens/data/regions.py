"""One image's annotation as regions: the pixels that carry the same labels in all planes.

A photograph has some hundred regions and some ten thousand pixels, so what is counted by region
costs a hundredth of what is counted by pixel, and one small index a pixel says as much as several
planes of label numbers. This is the form in which annotations are packed (``kdlens.data.packed``)
and counted (``kdlens.dissection.labels``).
"""

from __future__ import annotations

import dataclasses

import numpy as np

# Combined keys below this are made dense with a table, larger ones by sorting.
_TABLE = 1 << 18


@dataclasses.dataclass(frozen=True, eq=False)
class Annotation:
    """The labels of one image: P masks, and S labels of the whole image."""

    planes: np.ndarray
    """(P, sh, sw) uint16: label numbers, 0 = none."""
    scalars: np.ndarray
    """(S,) int64: label numbers, none of them 0."""


@dataclasses.dataclass(frozen=True, eq=False)
class Regions:
    """R regions of an image with P planes and S whole-image labels."""

    index: np.ndarray
    """(sh * sw,) unsigned: the region of each pixel, row by row."""
    labels: np.ndarray
    """(R, P) uint16: the labels of each region, one a plane, 0 = none; rows rise (plane by plane),
    so the form is unique. Planes without any label are left out."""
    sizes: np.ndarray
    """(R,) int64: pixels of each region."""
    scalars: np.ndarray
    """(S,) int64: labels of the whole image, in the annotation's order, as often as they come."""


def regions_of(annotation: Annotation, area: int) -> Regions:
    """Return the regions of an annotation with ``area`` = sh * sw pixels.

    Label numbers must fit 16 bits, as the reader has made sure (``broden.MAX_LABEL``).
    """
    key = np.zeros(area, np.int64)
    keys = 1  # all keys are below this
    columns: list[np.ndarray] = []  # the labels of each plane, rising
    for plane in np.asarray(annotation.planes).reshape(-1, area):
        present = np.flatnonzero(np.bincount(plane))
        if len(present) == 1 and present[0] == 0:
            continue
        place = np.zeros(int(present[-1]) + 1, np.int64)
        place[present] = np.arange(len(present))
        if keys * len(present) > _TABLE:
            key, keys, columns = _dense(key, keys, columns)
        key = key * len(present) + place[plane]
        keys *= len(present)
        columns = [np.repeat(column, len(present)) for column in columns]
        columns.append(np.tile(present.astype(np.uint16), keys // len(present)))
    key, keys, columns = _dense(key, keys, columns)
    index = key.astype(np.min_scalar_type(max(keys - 1, 0)))
    labels = np.stack(columns, axis=1) if columns else np.zeros((keys, 0), np.uint16)
    return Regions(
        index, labels, np.bincount(key, minlength=keys), np.asarray(annotation.scalars, np.int64)
    )


def _dense(
    key: np.ndarray, keys: int, columns: list[np.ndarray]
) -> tuple[np.ndarray, int, list[np.ndarray]]:
    """Renumber the keys that occur as 0, 1, 2, ..., in their order; keep these rows of columns."""
    if keys > _TABLE:
        used, index = np.unique(key, return_inverse=True)
        return index.reshape(-1), len(used), [column[used] for column in columns]
    used = np.flatnonzero(np.bincount(key, minlength=keys))
    place = np.zeros(keys, np.int64)
    place[used] = np.arange(len(used))
    return place[key], len(used), [column[used] for column in columns]
