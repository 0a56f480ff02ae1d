"""How much of an attribution lies on the object: by hand, and where nothing can be said."""

import numpy as np
import pytest

from kdlens.measures.alignment import Alignments, alignment

# Two of four pixels are the object's.
MASK = np.array([[True, True], [False, False]])


def attribution(*channels):
    return np.array(channels, float).reshape(3, 2, 2)


ZERO = [0, 0, 0, 0]
BY_HAND = attribution([3, -1, 0, 0], [0, 0, -2, 0], ZERO)


def test_by_hand():
    found = alignment(BY_HAND, MASK)
    assert found["area"] == 1 / 2
    assert found["energy_inside"] == pytest.approx((9 + 1) / 14)
    assert found["absolute_inside"] == pytest.approx(4 / 6)
    assert found["energy_enrichment"] == pytest.approx(10 / 7)
    assert found["absolute_enrichment"] == pytest.approx(4 / 3)
    # 3 > 2, 3 > 0, 1 < 2, 1 > 0
    assert found["auroc"] == pytest.approx(3 / 4)


def test_the_same_everywhere_is_chance():
    found = alignment(np.full((3, 2, 2), -0.5), np.array([[True, False], [False, False]]))
    assert found["energy_inside"] == found["absolute_inside"] == found["area"] == 1 / 4
    assert found["energy_enrichment"] == 1 and found["auroc"] == 1 / 2


def test_scale_and_sign_do_not_matter():
    expected = alignment(BY_HAND, MASK)
    for factor in (-1, 1e-200, 1e30):
        assert alignment(factor * BY_HAND, MASK) == pytest.approx(expected)


def test_all_on_the_object_and_none():
    on = attribution([1, 2, 0, 0], ZERO, ZERO)
    assert (alignment(on, MASK)["energy_inside"], alignment(on, MASK)["auroc"]) == (1, 1)
    assert (alignment(on, ~MASK)["energy_inside"], alignment(on, ~MASK)["auroc"]) == (0, 0)


def test_channels_are_summed_before_pixels_are_compared():
    spread = attribution([1, 0, 0, 2], [1, 0, 0, 0], [1, 0, 0, 0])
    found = alignment(spread, np.array([[True, False], [False, False]]))
    assert found["auroc"] == 1, "3 x 1 beats 2"
    assert found["energy_inside"] == pytest.approx(3 / 7)


def test_what_says_nothing_is_left_out_and_counted():
    sums = Alignments()
    empty, full = np.zeros((2, 2), bool), np.ones((2, 2), bool)
    zero = np.zeros((3, 2, 2))
    sums.add([BY_HAND, zero, BY_HAND, BY_HAND, BY_HAND], [MASK, MASK, empty, full, ~MASK])
    found = sums.values()
    assert [found[f"images_{why}"] for why in ("empty", "full", "zero")] == [1, 1, 1]
    assert found["images"] == 2
    assert found["auroc"] == pytest.approx(1 / 2)
    assert found["energy_inside"] == pytest.approx(1 / 2)
    nothing = Alignments()
    nothing.add([zero], [MASK])
    assert nothing.values()["images"] == 0 and nothing.values()["auroc"] is None
