"""Entropy over all classes and within a category: by hand, against scipy, and at the edges."""

import math

import numpy as np
import pytest
import scipy.stats

from kdlens.measures.entropy import Grouping, measure, measure_pair, per_image, sample

# Classes 0 and 1 are a category, 2 and 3 another one, 4 is one by itself, and 5 does not count.
GROUPING = Grouping(("twins", "others", "lonely"), np.array([0, 0, 1, 1, 2, -1]))
OPTIONS = {"images": None, "seed": 1, "singletons": "excluded"}


def logits_of(*probabilities):
    return np.log(np.array([probabilities]))


def one(logits, label, grouping=GROUPING):
    each = per_image(np.asarray(logits, float), np.array([label]), grouping)
    return {name: float(getattr(each, name)[0]) for name in vars(each)}


def test_an_image_by_hand():
    found = one(logits_of(1 / 2, 1 / 8, 1 / 8, 1 / 8, 1 / 16, 1 / 16), 0)
    bit = math.log(2)
    assert found["entire"] == pytest.approx((1 / 2 + 3 * 3 / 8 + 2 * 4 / 16) * bit)
    assert found["p_true"] == pytest.approx(1 / 2)
    assert found["p_category"] == pytest.approx(5 / 8)
    # 4/5 and 1/5 within the category; not renormalised, 1/2 log 2 + 1/8 log 8.
    assert found["category"] == pytest.approx(math.log(5) - 4 / 5 * math.log(4))
    assert found["restricted"] == pytest.approx(7 / 8 * bit)


def test_normalised_logits_by_hand():
    # 3/4 and 1/4 of the category's logits: 2 - 3/4 log2(3) bits. Other classes' do not matter.
    found = one([[3, 1, 9, -9, 2, 7]], 1)
    assert found["normalised"] / math.log(2) == pytest.approx(2 - 3 / 4 * math.log2(3))
    assert one([[3, -1, 9, -9, 2, 7]], 1)["normalised"] == 0, "a negative logit counts as zero"


def test_normalised_logits_are_no_property_of_the_distribution():
    before, after = one([[3, 1, 0, 0, 0, 0]], 0), one([[4, 2, 1, 1, 1, 1]], 0)
    assert after["category"] == pytest.approx(before["category"])
    assert after["normalised"] > before["normalised"] + 0.05


def test_the_published_pair_is_within_reach_of_normalised_logits_alone():
    """Table 12 prints 0.944 bits for scratch: two logits in a ratio of 1.77."""
    found = one([[17.7, 10, 0, 0, 0, 0]], 0)
    assert found["normalised"] / math.log(2) == pytest.approx(0.944, abs=0.001)
    assert found["category"] / math.log(2) < 0.01


@pytest.mark.parametrize("scale", [0.1, 1, 10, 300])
def test_agrees_with_scipy(scale):
    rng = np.random.default_rng(3)
    logits = (scale * rng.standard_normal((50, 6))).astype(np.float32)
    labels = rng.integers(0, 5, 50)
    each = per_image(logits, labels, GROUPING)
    for i, label in enumerate(labels):
        p = scipy.special.softmax(logits[i].astype(float))
        members = GROUPING.of_class == GROUPING.of_class[label]
        assert each.entire[i] == pytest.approx(scipy.stats.entropy(p), abs=1e-12)
        within = scipy.special.softmax(logits[i, members].astype(float))
        assert each.category[i] == pytest.approx(scipy.stats.entropy(within), abs=1e-12)
        positive = logits[i, members].astype(float).clip(0)
        if positive.sum():
            expected = scipy.stats.entropy(positive)  # which normalises
            assert each.normalised[i] == pytest.approx(expected, abs=1e-12)
        else:
            assert math.isnan(each.normalised[i])


def test_no_softmax_reading_exceeds_the_entropy_of_all_classes():
    """The bound that the published category entropies break."""
    rng = np.random.default_rng(0)
    logits, labels = 4 * rng.standard_normal((500, 6)), rng.integers(0, 5, 500)
    each = per_image(logits, labels, GROUPING)
    assert (each.p_category * each.category <= each.entire + 1e-12).all()
    assert (each.restricted <= each.entire + 1e-12).all()


def test_extreme_logits_stay_finite():
    found = one([[1e4, -1e4, 0, 0, 0, 0]], 1)
    assert found["entire"] == 0 and found["category"] == 0
    assert found["p_category"] == 1 and found["p_true"] == 0


LABELS = np.array([0, 0, 0, 2, 4, 5])
EQUAL = np.ones((6, 6))
# The first images are sure of a class; the one of the second category is not.
SURE = EQUAL + 1000 * np.eye(6)[[0, 0, 0, 5, 4, 5]]
ALL_RIGHT = np.ones(6, bool)


def test_macro_is_the_mean_over_categories_and_micro_over_images():
    found = measure(SURE, LABELS, ALL_RIGHT, GROUPING, **OPTIONS)
    # Three images with 0 bits of category 0; one with 1 bit (two equal classes) of category 1.
    assert found["category_micro_bits"] == pytest.approx(1 / 4)
    assert found["category_macro_bits"] == pytest.approx(1 / 2)
    assert found["category_macro_nats"] == pytest.approx(math.log(2) / 2)
    assert (found["images"], found["categories"]) == (4, 2)


def test_singletons_and_classes_that_do_not_count():
    found = measure(EQUAL, LABELS, ALL_RIGHT, GROUPING, **OPTIONS)
    assert found["category_macro_bits"] == pytest.approx(1)
    assert found["images_singletons_included"] == 5, "without the image of class 5"
    assert found["category_macro_bits_singletons_included"] == pytest.approx(2 / 3)
    assert found["category_micro_bits_singletons_included"] == pytest.approx(4 / 5)
    other = measure(EQUAL, LABELS, ALL_RIGHT, GROUPING, **{**OPTIONS, "singletons": "included"})
    assert other["category_macro_bits"] == found["category_macro_bits_singletons_included"]
    assert other["category_macro_bits_singletons_excluded"] == found["category_macro_bits"]
    assert len(other) == len(found)


def test_only_images_that_all_networks_classify_right():
    right = np.array([True, False, True, False, True, True])
    found = measure(SURE, LABELS, right, GROUPING, **OPTIONS)
    assert (found["images"], found["categories"]) == (2, 1), "and a category without images"
    assert found["category_macro_bits"] == 0


def test_without_an_image_there_is_no_number():
    found = measure(SURE, LABELS, ~ALL_RIGHT, GROUPING, **OPTIONS)
    assert found["images"] == found["categories"] == found["normalised_undefined"] == 0
    assert {v for k, v in found.items() if k.endswith(("bits", "nats"))} == {None}


def test_undefined_normalised_entropies_are_counted_and_left_out():
    logits = np.array([[3.0, 1, 0, 0, 0, 0], [0, 0, 5, 5, 5, 5], [9, 9, -1, 0, 9, 9]])
    found = measure(logits, np.array([0, 1, 2]), np.ones(3, bool), GROUPING, **OPTIONS)
    assert found["normalised_undefined"] == 2
    expected = pytest.approx(2 - 3 / 4 * math.log2(3))
    assert found["normalised_micro_bits"] == expected == found["normalised_macro_bits"]
    assert found["images"] == 3, "the other numbers are of all images"


def test_a_pair_of_classes():
    logits = np.array([[3.0, 1, 9, 9, 9, 9], [1, 3, 9, 9, 9, 9], [1, 1, 9, 9, 9, 9], [0] * 6])
    labels, right = np.array([0, 1, 0, 2]), np.array([True, True, False, True])
    found = measure_pair(logits, labels, right, (0, 1))
    assert found["images"] == 2
    assert found["normalised_bits"] == pytest.approx(2 - 3 / 4 * math.log2(3))
    p = 1 / (1 + math.exp(-2))
    expected = -p * math.log2(p) - (1 - p) * math.log2(1 - p)
    assert found["category_bits"] == pytest.approx(expected)
    none = measure_pair(logits, labels, right, (4, 5))
    assert none["images"] == 0 and none["category_bits"] is None


def test_the_sample_is_the_same_for_all_and_hardly_changes_with_who_is_eligible():
    eligible = np.random.default_rng(5).random(400) < 0.5
    chosen = sample(eligible, 50, seed=1)
    assert len(chosen) == 50 and eligible[chosen].all() and (np.diff(chosen) > 0).all()
    assert np.array_equal(chosen, sample(eligible, 50, seed=1))
    assert not np.array_equal(chosen, sample(eligible, 50, seed=2))
    fewer = eligible.copy()
    fewer[chosen[7]] = False
    assert len(set(chosen) - set(sample(fewer, 50, seed=1))) == 1
    assert np.array_equal(sample(eligible, None, 1), np.flatnonzero(eligible))
    assert np.array_equal(sample(eligible, 1000, 1), np.flatnonzero(eligible))


def test_many_images_are_as_one_by_one():
    rng = np.random.default_rng(1)
    logits, labels = rng.standard_normal((2500, 6)), rng.integers(0, 5, 2500)
    whole = per_image(logits, labels, GROUPING)
    for i in (0, 1023, 1024, 2499):
        assert whole.category[i] == one(logits[i : i + 1], labels[i])["category"]
