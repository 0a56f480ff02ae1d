"""Five-band scores: by hand, against a plain loop, against scikit-learn, and where nothing is."""

import numpy as np
import pytest
from sklearn.metrics import (
    average_precision_score,
    precision_recall_fscore_support,
    roc_auc_score,
)

from kdlens.measures.five_band import (
    SCORES,
    TRUTH_VALUES,
    Sweep,
    band_scores,
    binary_scores,
    count,
    ranking_scores,
    scaled_map,
)
from kdlens.measures.five_band_summary import Summary, score_image

SWEEP = Sweep.of((0.3, 0.5), 0.005, 56)


def plain_scores(values, truth, a, b):
    """The definition, one pixel after the other."""
    equal = tp = fp = tn = fn = 0
    for h, expected in zip(values.ravel(), truth.ravel(), strict=True):
        if h <= -b:
            band = -2
        elif h <= -a:
            band = -1
        elif h <= a:
            band = 0
        elif h <= b:
            band = 1
        else:
            band = 2
        equal += band == expected
        if band != 0 and band == expected:
            tp += 1
        elif band != 0:
            fp += 1
        elif expected == 0:
            tn += 1
        else:
            fn += 1
    return [
        equal / values.size,
        tp / (tp + fn + 1e-6),
        tp / (tp + fp + 1e-6),
        fp / (fp + tn + 1e-6),
    ]


def random_case(seed, signed=False, size=12):
    random = np.random.default_rng(seed)
    values = np.round(random.normal(0, 0.4, (size, size)), 2).clip(-1, 1)
    return (values if signed else np.abs(values)), random.integers(0, 3, (size, size), np.uint8)


def test_one_image_by_hand():
    values = np.array([[0.0, 0.35, 0.6, 1.0], [0.3, 0.2, 0.9, 0.5]])
    truth = np.array([[0, 0, 0, 2], [1, 2, 1, 1]], np.uint8)
    # Bands 0 1 2 2 / 0 0 2 1, since a value at a threshold is not beyond it: equal are the first,
    # the fourth and the last. TP 2, FP 3 (two on the background, one body pixel as feature), TN 1,
    # FN 2.
    scores = band_scores(count(values, truth, Sweep.of((0.3, 0.5), 0.005, 1)))[:, 0]
    np.testing.assert_allclose(scores, [3 / 8, 2 / 4, 2 / 5, 3 / 4], rtol=1e-5)


def test_negative_values_have_bands_of_their_own():
    values = np.array([[-1.0, -0.5, -0.4, -0.3, -0.2, 0.4]])
    truth = np.array([[2, 2, 1, 1, 0, 1]], np.uint8)
    # Bands -2 -2 -1 -1 0 1: the first four are false positives although they are on the object.
    scores = band_scores(count(values, truth, Sweep.of((0.3, 0.5), 0.005, 1)))[:, 0]
    np.testing.assert_allclose(scores, [2 / 6, 1, 1 / 5, 4 / 5], rtol=1e-5)


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize(
    "sweep",
    [
        SWEEP,
        Sweep.of((0.5, 0.9), 0.01, 41),
        Sweep.of((0.3, 0.7), 0.02, 11),
        Sweep.of((0.3, 0.3), 0.05, 4),
    ],
)
def test_all_steps_at_once_are_the_plain_loop(sweep, signed):
    for seed in range(3):
        values, truth = random_case(seed, signed)
        expected = [
            plain_scores(values, truth, a, b) for a, b in zip(sweep.inner, sweep.outer, strict=True)
        ]
        scores = band_scores(count(values, truth, sweep))
        np.testing.assert_array_equal(scores, np.transpose(expected))


def test_the_sweep_goes_down_by_steps():
    assert (SWEEP.inner[0], SWEEP.outer[0]) == (0.3, 0.5)
    assert (SWEEP.inner[-1], SWEEP.outer[-1]) == (0.025, 0.225)
    assert SWEEP.inner[20] == 0.2
    assert len(SWEEP.inner) == 56


def test_a_map_is_summed_over_channels_and_scaled():
    attribution = np.array([[[0.1, -0.4]], [[0.1, -0.2]], [[0.1, 0.0]]], np.float32)
    np.testing.assert_allclose(scaled_map(attribution), [[0.5, -1]], rtol=1e-6)
    np.testing.assert_allclose(scaled_map(attribution, clamp=0.1), [[1, -2 / 3]], rtol=1e-6)
    assert scaled_map(attribution * 1e-30)[0, 1] == -1
    assert not scaled_map(np.zeros((3, 2, 2))).any()


def test_a_map_of_zeros_finds_nothing():
    values, truth = np.zeros((4, 4)), np.zeros((4, 4), np.uint8)
    truth[0] = (1, 2, 1, 0)
    scores = band_scores(count(values, truth, SWEEP))
    np.testing.assert_array_equal(scores, np.tile([[13 / 16], [0], [0], [0]], 56))
    np.testing.assert_array_equal(binary_scores(count(values, truth, SWEEP), "object"), 0)
    np.testing.assert_array_equal(ranking_scores(values, [truth > 0]), [[0.5, 3 / 16]])


def truth_of(background, body, feature, size):
    """A truth with these shares of the three values."""
    shares = np.cumsum([background, body, feature])
    at = (np.arange(size**2) + 0.5) / size**2
    return np.searchsorted(shares, at).astype(np.uint8).reshape(size, size)


def test_a_perfect_map_does_not_score_one():
    """The numbers that the source's program gave, averaged over the steps."""
    truth = truth_of(0.82, 0.145, 0.035, 100)
    scores = band_scores(count(np.array(TRUTH_VALUES)[truth] / 0.9, truth, SWEEP))
    np.testing.assert_allclose(scores.mean(axis=1), [0.886, 1, 0.366, 0.118], atol=2e-3)
    # While b is above .4 / .9 it is perfect.
    np.testing.assert_allclose(scores[:, :12], [[1], [1], [1], [0]] * np.ones(12), atol=1e-4)
    assert (scores[0, 12:] == 1 - 0.145).all()


def test_noise_scores_as_the_source_says():
    """Half-normal in each of three channels."""
    truth = truth_of(0.82, 0.145, 0.035, 512)
    noise = scaled_map(np.abs(np.random.default_rng(0).normal(size=(3, 512, 512))))
    scores = band_scores(count(noise, truth, SWEEP)).mean(axis=1)
    np.testing.assert_allclose(scores, [0.28, 0.70, 0.11, 0.77], atol=0.03)


@pytest.mark.parametrize("question", ["object", "feature"])
def test_binary_scores_are_scikit_learns(question):
    thresholds = SWEEP.inner if question == "object" else SWEEP.outer
    for seed in range(3):
        values, truth = random_case(seed)
        asked = truth >= (1 if question == "object" else 2)
        expected = [
            precision_recall_fscore_support(
                asked.ravel(), values.ravel() > t, average="binary", zero_division=0
            )[:3]
            for t in thresholds
        ]
        scores = binary_scores(count(values, truth, SWEEP), question)
        np.testing.assert_allclose(scores, np.transpose(expected), rtol=1e-12)


def test_rankings_are_scikit_learns():
    for seed in range(5):
        values, truth = random_case(seed, size=30)
        truths = [truth > 0, truth > 1]
        expected = [
            (
                roc_auc_score(t.ravel(), values.ravel()),
                average_precision_score(t.ravel(), values.ravel()),
            )
            for t in truths
        ]
        np.testing.assert_allclose(ranking_scores(values, truths), expected, rtol=1e-12)


def test_what_is_nowhere_or_everywhere_has_no_ranking():
    values = np.array([[0.1, 0.2]])
    scores = ranking_scores(values, [np.array([[False, False]]), np.array([[True, True]])])
    assert np.isnan(scores).all()
    no_feature = count(values, np.array([[0, 1]], np.uint8), SWEEP)
    assert np.isnan(binary_scores(no_feature, "feature")).all()
    assert not np.isnan(binary_scores(no_feature, "object")).any()


def test_signed_maps_are_asked_by_their_magnitude():
    values, truth = random_case(4, signed=True)
    signed, plain = score_image(values, truth, SWEEP), score_image(np.abs(values), truth, SWEEP)
    np.testing.assert_array_equal(signed.binary, plain.binary)
    np.testing.assert_array_equal(signed.ranking, plain.ranking)
    assert (signed.bands != plain.bands).any()


def image(values, truth, sweep=SWEEP):
    return score_image(np.array(values, float), np.array(truth, np.uint8), sweep)


def test_the_empty_class_drags_recall_and_precision_down_where_it_is_included():
    sweep = Sweep.of((0.3, 0.5), 0.1, 2)
    summary = Summary()
    summary.add(image([[1, 0.45], [0, 0]], [[2, 1], [0, 0]], sweep), 3, True)
    summary.add(image([[1, 0], [0, 0]], [[0, 0], [0, 0]], sweep), 9, False)
    values = summary.values()
    assert (values["images_included"], values["images_excluded"]) == (2, 1)
    assert values["accuracy"] == 0.5
    # At .3, .5 the first image is perfect; at .2, .4 its body pixel counts as feature.
    assert values["recall_mean_excluded"] == pytest.approx(1, abs=1e-5)
    assert values["precision_mean_excluded"] == pytest.approx((1 + 1 / 2) / 2, abs=1e-5)
    assert values["precision_best_excluded"] == pytest.approx(1, abs=1e-5)
    assert values["pixel_accuracy_mean_excluded"] == pytest.approx(7 / 8)
    assert values["false_positive_rate_mean_excluded"] == pytest.approx(1 / 6, abs=1e-5)
    for name in ("recall", "precision"):
        assert values[f"{name}_mean_included"] == values[f"{name}_mean_excluded"] / 2
        assert values[f"{name}_best_included"] == values[f"{name}_best_excluded"] / 2
    assert values["pixel_accuracy_mean_included"] == pytest.approx((7 / 8 + 3 / 4) / 2)
    assert "false_positive_rate_best_included" not in values
    # The binary questions never ask about it.
    assert (values["object_images"], values["feature_images"]) == (1, 1)
    assert values["object_auroc"] == values["feature_average_precision"] == 1
    curves = summary.curves(sweep)
    assert curves["inner"] == [0.3, 0.2] and curves["outer"] == [0.5, 0.4]
    np.testing.assert_allclose(curves["false_positive_rate_excluded"], [0, 1 / 3], atol=1e-5)
    np.testing.assert_allclose(curves["recall_included"], [0.5, 0.5], atol=1e-5)


def test_binary_scores_are_averaged_and_maximal_over_the_thresholds():
    sweep = Sweep.of((0.5, 0.5), 0.25, 2)
    summary = Summary()
    summary.add(image([[1, 0.4], [0.4, 0]], [[2, 0], [1, 0]], sweep), 0, True)
    values = summary.values()
    # Object: at .5 one of two is found, at .25 both and one more.
    assert values["object_recall_mean"] == pytest.approx(3 / 4)
    assert values["object_recall_max"] == 1
    assert values["object_precision_mean"] == pytest.approx((1 + 2 / 3) / 2)
    assert values["object_f1_max"] == pytest.approx(4 / 5)
    assert values["feature_precision_mean"] == pytest.approx((1 + 1 / 3) / 2)


def test_an_image_whose_feature_is_out_of_sight_is_not_asked_for_it():
    summary = Summary()
    summary.add(image([[1, 0]], [[1, 0]]), 8, True)
    values = summary.values()
    assert (values["object_images"], values["feature_images"]) == (1, 0)
    assert values["feature_recall_mean"] is None and values["feature_auroc"] is None
    assert values["images_excluded"] == 1


def test_only_correct_images_may_count():
    summary = Summary(only_correct=True)
    summary.add(image([[1, 0]], [[2, 0]]), 0, False)
    values = summary.values()
    assert values["accuracy"] == 0 and values["images_included"] == 0
    assert values["recall_mean_included"] is None
    assert summary.curves(SWEEP)["recall_included"] is None
    summary.add(image([[1, 0]], [[2, 0]]), 0, True)
    values = summary.values()
    assert values["accuracy"] == 0.5 and values["images_included"] == 1
    assert values[f"{SCORES[1]}_best_included"] == pytest.approx(1, abs=1e-5)
