"""What tests of whole dissections share: a random problem, and whether two results are the same."""

from __future__ import annotations

import numpy as np
from slow_dissection import Annotation, CannedConcepts

ARRAYS = (
    "intersection",
    "activated_image",
    "activated_mask",
    "label_pixels",
    "label_category",
    "thresholds",
)


def assert_same(one, other):
    assert list(one) == list(other) and list(one.shuffled) == list(other.shuffled)
    for ours, theirs in ((one, other), (one.shuffled, other.shuffled)):
        for name in ours:
            for array in ARRAYS:
                np.testing.assert_array_equal(
                    getattr(ours[name], array), getattr(theirs[name], array), f"{name} {array}"
                )
    for name, ours in one.top_images.items():
        for array in ("images", "peaks", "maps"):
            np.testing.assert_array_equal(
                getattr(ours, array), getattr(other.top_images[name], array), f"{name} {array}"
            )


def random_problem(root, seed, map_shape, mask_shape, grid=None):
    """Maps of a dead, a sparse, a constant and three usual units, and annotations of all kinds."""
    rng = np.random.default_rng(seed)
    images, units, labels, categories = 11, 6, 13, 4
    maps = rng.standard_normal((images, units, *map_shape)).astype(np.float32)
    if grid:
        # Few different values: ties at the thresholds, and every operation is exact.
        maps = np.round(maps * grid) / grid
    maps[:, 0] = 0
    maps[:, 1] = np.where(rng.random(maps[:, 1].shape) < 0.02, np.abs(maps[:, 1]), 0)
    maps[:, 2] = 1.5
    maps[:, 3] = np.maximum(maps[:, 3], 0)
    primary = rng.integers(0, categories, labels)
    primary[0] = categories - 1
    annotations = []
    for number in range(images):
        depth = 0 if number == 4 else rng.integers(0, 5)
        # Few labels an image, so that most images have none of some category.
        palette = np.append(rng.integers(0, labels, 3), 0)
        annotations.append(
            Annotation(
                planes=rng.choice(palette, (depth, *mask_shape)).astype(np.uint16),
                scalars=rng.integers(0, labels, rng.integers(0, 4)),
            )
        )
    annotations[4].scalars = np.array([5, 5, 7])  # whole-image labels alone, one of them twice
    annotations[5].scalars = np.array([], dtype=np.int64)
    names = ["", *[f"label {number}" for number in range(1, labels)]]
    concepts = CannedConcepts(
        root, annotations, mask_shape, [f"category {k}" for k in range(categories)], primary, names
    )
    return maps, concepts
