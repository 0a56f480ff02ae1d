"""The whole measurement of two images and three units, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
from slow_dissection import CANNED_IMAGE, Annotation, CannedConcepts, CannedNetwork

from kdlens.dissection import dissect


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory):
    """Two images, three units, maps of 1 x 2, masks of 2 x 4 (rows x columns), q = 1/2.

    A row [a, b] is sampled at s = (j + 1/2) 2/4 - 1/2 = -1/4, 1/4, 3/4, 5/4, cut off to 0 and 1:
    [a, a + (b - a)/4, a + 3(b - a)/4, b], and the same again in the second row.

    unit 1: maps [0 4], [8 0]; sorted 0 0 4 8; p = 3/2, T = (0 + 4)/2 = 2
        image 1: [0 1 3 4] > 2 in columns 2 3       |M| = 4
        image 2: [8 6 2 0] > 2 in columns 0 1       |M| = 4  (2 > 2 is false)
    unit 2: dead; T = 0; never active
    unit 3: maps [1 1], [1 3]; sorted 1 1 1 3; T = 1
        image 1: [1 1 1 1] never > 1                |M| = 0
        image 2: [1 1.5 2.5 3] > 1 in columns 1 2 3 |M| = 6
    """
    maps = np.array(
        [
            [[[0, 4]], [[0, 0]], [[1, 1]]],
            [[[8, 0]], [[0, 0]], [[1, 3]]],
        ],
        dtype=np.float32,
    )
    first = Annotation(
        planes=np.array(
            [
                [[1, 1, 1, 1], [1, 1, 1, 1]],  # colour: all red
                [[0, 0, 0, 2], [0, 0, 2, 2]],  # object: a dog
                [[0, 0, 0, 0], [0, 0, 0, 3]],  # part: a leg
                [[3, 0, 0, 0], [0, 0, 0, 3]],  # part again: one leg pixel is labelled twice
            ],
            dtype=np.uint16,
        ),
        scalars=np.array([], dtype=np.int64),
    )
    second = Annotation(
        planes=np.array(
            [[[1, 1, 0, 0], [1, 1, 0, 0]], [[0, 0, 0, 2], [0, 0, 0, 0]]], dtype=np.uint16
        ),
        scalars=np.array([4]),  # texture: spotted
    )
    concepts = CannedConcepts(
        tmp_path_factory.mktemp("by_hand"),
        [first, second],
        (2, 4),
        ["color", "object", "part", "texture"],
        [3, 0, 1, 2, 3],
        ["", "red-c", "dog", "leg", "spotted"],
    )
    return dissect(
        CannedNetwork(maps),
        ["layer"],
        concepts,
        image=CANNED_IMAGE,
        quantiles=[0.5],
        shuffle_seed=0,
        meta={"model": "hand", "seed": 7},
    )


def test_by_hand_counts(by_hand):
    tallies = by_hand["layer"]
    np.testing.assert_array_equal(tallies.thresholds, [[2, 0, 1]])
    # Labelled pixels: red 8 + 4; dog 3 + 1; leg 1 + 2; spotted 2 x 4 (a whole image).
    np.testing.assert_array_equal(tallies.label_pixels, [0, 12, 4, 3, 8])
    # Unit 1, image 1 (columns 2 3): 4 red, 3 dog, 2 leg (one pixel, twice);
    #         image 2 (columns 0 1): 4 red, no dog, 4 spotted.
    # Unit 3, image 2 (columns 1 2 3): 2 red, 1 dog, 6 spotted.
    np.testing.assert_array_equal(
        tallies.intersection[0], [[0, 8, 3, 2, 4], [0, 0, 0, 0, 0], [0, 2, 1, 0, 6]]
    )
    # Both images have colour and object, the first parts, the second texture.
    np.testing.assert_array_equal(
        tallies.activated_image[0], [[8, 8, 4, 4], [0, 0, 0, 0], [6, 6, 0, 6]]
    )
    # Unit 1 touches no dog in image 2: object falls from 8 to 4.
    np.testing.assert_array_equal(
        tallies.activated_mask[0], [[8, 4, 4, 4], [0, 0, 0, 0], [6, 6, 0, 6]]
    )
    assert tallies.meta["labels"] == "true"
    assert (tallies.meta["model"], tallies.meta["seed"], tallies.meta["layer"]) == (
        "hand",
        7,
        "layer",
    )


def test_by_hand_iou(by_hand):
    # red 8/(8+12-8), dog 3/(8+4-3), leg 2/(4+3-2), spotted 4/(4+8-4);
    # unit 3: 2/(6+12-2), 1/(6+4-1), 0/(0+3-0), 6/(6+8-6).
    image = [[0, 2 / 3, 1 / 3, 2 / 5, 1 / 2], [0] * 5, [0, 1 / 8, 1 / 9, 0, 3 / 4]]
    np.testing.assert_allclose(by_hand["layer"].iou(0.5), image, atol=1e-10)
    mask = [[0, 2 / 3, 3 / 5, 2 / 5, 1 / 2], [0] * 5, [0, 1 / 8, 1 / 9, 0, 3 / 4]]
    np.testing.assert_allclose(by_hand["layer"].iou(0.5, "mask"), mask, atol=1e-10)


def test_by_hand_detectors(by_hand):
    # At 0.45: unit 1 by red (2/3) and spotted (1/2), unit 3 by spotted (3/4).
    found = by_hand["layer"].detectors(0.45)
    assert (found.units, found.units_any, found.pairs) == (3, 2, 3)
    assert (found.distinct_labels, found.exactly_one) == (2, 1)
    assert found.by_category == {"color": 1, "object": 0, "part": 0, "texture": 1}
    # By the mask-level denominator unit 1's dog (3/5) joins.
    assert by_hand["layer"].detectors(0.45, denominator="mask").pairs == 4


def test_by_hand_shuffled(by_hand):
    """Two images: the only permutation without a fixed point swaps their annotations."""
    tallies = by_hand.shuffled["layer"]
    np.testing.assert_array_equal(tallies.thresholds, [[2, 0, 1]])
    np.testing.assert_array_equal(tallies.label_pixels, [0, 12, 4, 3, 8])
    # Unit 1, image 1 (columns 2 3) under labels 2: no red, 1 dog, 4 spotted;
    #         image 2 (columns 0 1) under labels 1: 4 red, 1 leg.
    # Unit 3, image 2 (columns 1 2 3) under labels 1: 6 red, 3 dog, 2 leg.
    np.testing.assert_array_equal(
        tallies.intersection[0], [[0, 4, 1, 1, 4], [0, 0, 0, 0, 0], [0, 6, 3, 2, 0]]
    )
    np.testing.assert_array_equal(
        tallies.activated_image[0], [[8, 8, 4, 4], [0, 0, 0, 0], [6, 6, 6, 0]]
    )
    # Unit 1: in image 1 no red is touched, in image 2 no dog.
    np.testing.assert_array_equal(
        tallies.activated_mask[0], [[4, 4, 4, 4], [0, 0, 0, 0], [6, 6, 6, 0]]
    )
    assert tallies.meta["labels"] == "shuffled"
