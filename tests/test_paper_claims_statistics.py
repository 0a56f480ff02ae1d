"""The statistics of the claims: by hand, and over many simulated runs."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest

from kdlens.paper.claims import statistics
from kdlens.paper.claims.statistics import (
    greater,
    hedges_g,
    interval,
    pooled_sd,
    power,
    rising,
)


@pytest.mark.parametrize(
    ("a", "b", "p"),
    [
        ([1, 2], [3, 4], 1 / 6),
        ([1, 3], [2, 4], 2 / 6),
        ([3, 4], [1, 2], 1.0),
        ([1, 1], [1, 1], 1.0),
        ([0, 1, 2], [3, 4, 5], 1 / 20),
        ([1], [2], 1 / 2),
        ([1, 2, 3], [3], 2 / 4),
        ([1], [0, 2, 3], 2 / 4),
    ],
)
def test_a_p_value_by_hand(a, b, p):
    assert greater(a, b) == pytest.approx(p)


def test_many_values_are_dealt_at_random_and_p_is_never_0():
    a, b = list(range(20)), list(range(100, 120))
    assert greater(a, b) == pytest.approx(1 / (statistics.MOST_DEALS + 1))
    assert greater(a, b) == greater(a, b)


def test_an_interval_by_hand():
    found = interval([0, 1], [10, 14])
    # Typical values: 10, 14, 9, 13 (single seeds) and 11.5; with 6 deals no more than 2/3.
    assert (found.low, found.high) == (9, 14)
    assert found.level == pytest.approx(2 / 3)


def test_an_interval_of_many_values_is_that_of_normal_theory():
    rng = np.random.default_rng(5)
    a, b = rng.normal(size=40), rng.normal(1, size=50)
    found = interval(a, b)
    error = math.sqrt(pooled_sd(a, b) ** 2 * (1 / 40 + 1 / 50))
    theory = [b.mean() - a.mean() + sign * 1.987 * error for sign in (-1, 1)]
    assert [found.low, found.high] == pytest.approx(theory, abs=0.05)
    assert found.level == pytest.approx(0.95, abs=1e-3)
    assert 0.9 < power((40, 50), 0.7, 1, 0.05) < 1


def test_an_interval_covers_as_often_as_it_says():
    rng = np.random.default_rng(0)
    covered = []
    for _ in range(1000):
        a, b = rng.normal(size=3), rng.normal(2, size=4)
        found = interval(a, b, 0.9)
        covered.append(found.low <= 2 <= found.high)
    # 35 deals, j = 1: 1 - 2/35.
    assert found.level == pytest.approx(33 / 35)
    assert np.mean(covered) == pytest.approx(33 / 35, abs=0.025)


def test_an_interval_excludes_zero_exactly_where_the_test_rejects():
    rng = np.random.default_rng(1)
    for _ in range(200):
        a, b = rng.normal(size=4), rng.normal(1, size=4)
        found = interval(a, b, 0.9)
        assert (found.low > 0) == (greater(a, b) <= (1 - found.level) / 2 + 1e-9)


def test_effect_sizes_by_hand():
    assert pooled_sd([0, 2], [5, 5]) == pytest.approx(1)
    assert hedges_g([0, 2], [5, 5]) == pytest.approx(4 * (1 - 3 / 7))
    assert hedges_g([1, 1], [2, 2]) is None
    assert hedges_g([1], [2]) is None
    assert hedges_g([1, 2], [3]) is None  # one degree of freedom


def test_a_trend_by_hand_and_over_all_orders():
    # 3! orders of three single values: one rises as steeply.
    assert rising([1, 2, 4], [10, 11, 12]) == pytest.approx(1 / 6)
    assert rising([4, 2, 1], [10, 11, 12]) == pytest.approx(1.0)
    x, values = [1, 1, 2, 2, 4, 4], [1.0, 2.0, 1.5, 3.0, 2.5, 5.0]
    ranks = [0, 0, 1, 1, 2, 2]
    products = [np.dot(ranks, order) for order in itertools.permutations(values)]
    share = np.mean(np.array(products) >= np.dot(ranks, values) - 1e-9)
    assert rising(x, values) == pytest.approx(share)


def test_power_by_hand_and_by_simulation():
    assert power((2, 2), 100, 1, 0.05) == 0
    assert power((3, 3), 100, 1, 0.05) == 1
    assert power((3, 3), 0, 1, 0.05) == pytest.approx(0.05, abs=0.015)
    assert power((3, 3), 1, 0, 0.05) == 1 and power((3, 3), -1, 0, 0.05) == 0
    rng = np.random.default_rng(9)
    hits = [greater(rng.normal(size=4), rng.normal(2, size=4)) <= 0.05 for _ in range(1000)]
    assert power((4, 4), 2, 1, 0.05) == pytest.approx(np.mean(hits), abs=0.05)
