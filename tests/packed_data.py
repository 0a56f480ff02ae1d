"""Whether a pack says what the dataset says."""

from __future__ import annotations

import numpy as np

from kdlens.data.broden import Broden
from kdlens.data.packed import PackedConcepts
from kdlens.data.photographs import read_image
from kdlens.data.regions import Regions, regions_of


def assert_same_regions(found: Regions, expected: Regions) -> None:
    for field in ("index", "labels", "sizes", "scalars"):
        one, other = getattr(found, field), getattr(expected, field)
        assert one.dtype == other.dtype, field
        np.testing.assert_array_equal(one, other, err_msg=field)


def labels_of_pixels(planes: np.ndarray) -> np.ndarray:
    """The labels of each pixel in rising order, (sh, sw, P), without columns of nothing but 0."""
    labels = np.sort(np.moveaxis(np.asarray(planes), 0, -1), axis=-1)
    return labels[:, :, labels.any(axis=(0, 1))]


def assert_same(pack: PackedConcepts, broden: Broden, size: int | None) -> None:
    """Compare all that a pack says with the dataset."""
    assert pack.categories == broden.categories
    assert pack.label_names == broden.label_names
    assert pack.mask_shape == broden.mask_shape
    assert pack.image_size == size
    assert len(pack) == len(broden) == len(pack.image_files)
    np.testing.assert_array_equal(pack.primary_category, broden.primary_category)
    assert list(pack.image_files) == broden.image_files
    area = broden.mask_shape[0] * broden.mask_shape[1]
    for image in range(len(broden)):
        annotation = broden.annotation(image)
        assert_same_regions(pack.regions(image), regions_of(annotation, area))
        rebuilt = pack.annotation(image)
        np.testing.assert_array_equal(
            labels_of_pixels(rebuilt.planes), labels_of_pixels(annotation.planes)
        )
        np.testing.assert_array_equal(rebuilt.scalars, annotation.scalars)
        if size is not None:
            pixels = pack.pixels(image, size)
            assert pixels.dtype == np.uint8
            np.testing.assert_array_equal(pixels, read_image(broden.image_files[image], size))
