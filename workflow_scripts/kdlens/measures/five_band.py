"""The five-band score of Tjoa & Guan (2020): a map of attributions against a truth of three values.

A map h (H, W), scaled so that its largest magnitude is 1, is cut into bands by two thresholds
0 < a <= b: -2 up to -b, -1 up to -a, 0 up to a, 1 up to b, 2 beyond. The truth h0 (H, W) has the
bands 0 (background), 1 (body) and 2 (feature). Over the pixels of one image::

    pixel accuracy = share with band = truth
    recall         = TP / (TP + FN + 1e-6)       TP  band = truth, not 0
    precision      = TP / (TP + FP + 1e-6)       FN  band 0, truth not 0
    FPR            = FP / (FP + TN + 1e-6)       TN  band = truth = 0
                                                 FP  any other: band not 0, and not the truth

So an object's pixel in the wrong band counts as false positive, though it is on the object: in the
precision and in the numerator of the FPR, but not in the recall.

The score is "soft": it is taken at ``steps`` thresholds, each ``delta`` lower than the last, and
its mean and its best over these steps are averaged over the images. A perfect map does not score 1:
scaled, its body is at .4 / .9 = .444, and counts as feature as soon as b falls below that.

From the same pixel counts come the scores of two binary questions (:func:`binary_scores`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_EPSILON = 1e-6

SCORES = ("pixel_accuracy", "recall", "precision", "false_positive_rate")
BINARY_SCORES = ("precision", "recall", "f1")

TRUTHS = (0, 1, 2)
TRUTH_VALUES = (0.0, 0.4, 0.9)
"""What the truth's bands are as a map: that of a perfect explanation, before it is scaled."""


@dataclass(frozen=True)
class Sweep:
    """The thresholds of all steps.

    Attributes:
        inner: a, (steps,), falling.
        outer: b, (steps,).
    """

    inner: NDArray[np.float64]
    outer: NDArray[np.float64]

    @classmethod
    def of(cls, start: Sequence[float], delta: float, steps: int) -> Sweep:
        """Return ``steps`` pairs from ``start`` (a, b) on, each ``delta`` lower."""
        lower = delta * np.arange(steps)
        # Rounded, so that .3 - .005 * 20 is the .2 that one reads in the settings.
        return cls(*(np.round(first - lower, 12) for first in start))


@dataclass(frozen=True)
class Counts:
    """How many pixels of one image lie beyond the thresholds, by their truth.

    Attributes:
        pixels: (3,), of each truth.
        inner, outer: (3, steps), above a and above b.
        negative: (3, steps), at -a or below.
    """

    pixels: NDArray[np.int64]
    inner: NDArray[np.int64]
    outer: NDArray[np.int64]
    negative: NDArray[np.int64]


def scaled_map(
    attribution: NDArray[np.floating], clamp: float | None = None
) -> NDArray[np.float64]:
    """Return the sum over channels, scaled to a largest magnitude of 1; zero stays zero.

    Args:
        attribution: (C, H, W).
        clamp: limit each channel to +-clamp first.
    """
    values = attribution.astype(np.float64)
    if clamp is not None:
        values = values.clip(-clamp, clamp)
    total = values.sum(axis=0)
    largest = np.abs(total).max()
    return total / largest if largest > 0 else total


def count(values: NDArray[np.floating], truth: NDArray[np.uint8], sweep: Sweep) -> Counts:
    """Count one map's pixels for all steps at once, in one pass over them.

    Args:
        values: (H, W), at most 1 in magnitude.
        truth: (H, W).
    """
    values, truth = values.ravel(), truth.ravel()
    levels = np.unique(np.concatenate([sweep.inner, sweep.outer]))
    above = _reached(np.searchsorted(levels, values, side="left"), truth, len(levels))
    inner, outer = (np.searchsorted(levels, part) for part in (sweep.inner, sweep.outer))
    negative = np.zeros((len(TRUTHS), len(levels)), np.int64)
    if values.min(initial=0) < 0:
        negative = _reached(np.searchsorted(levels, -values, side="right"), truth, len(levels))
    return Counts(
        pixels=np.bincount(truth, minlength=len(TRUTHS)),
        inner=above[:, inner],
        outer=above[:, outer],
        negative=negative[:, inner],
    )


def _reached(passed: NDArray[np.intp], truth: NDArray[np.uint8], levels: int) -> NDArray[np.int64]:
    """Return how many pixels of each truth passed each level: (3, levels)."""
    cells = np.bincount(passed + (levels + 1) * truth.astype(np.intp), minlength=3 * (levels + 1))
    cells = cells.reshape(len(TRUTHS), levels + 1)
    return cells[:, :0:-1].cumsum(axis=1)[:, ::-1]


def band_scores(counts: Counts) -> NDArray[np.float64]:
    """Return one image's scores at every step, (4, steps) in the order of :data:`SCORES`."""
    hit_body = counts.inner[1] - counts.outer[1]
    hit_feature = counts.outer[2]
    active = counts.inner + counts.negative
    tp = hit_body + hit_feature
    fp = active.sum(axis=0) - tp
    tn = counts.pixels[0] - active[0]
    fn = counts.pixels[1:].sum() - active[1:].sum(axis=0)
    return np.stack(
        [
            (tp + tn) / counts.pixels.sum(),
            tp / (tp + fn + _EPSILON),
            tp / (tp + fp + _EPSILON),
            fp / (fp + tn + _EPSILON),
        ]
    )


def binary_scores(counts: Counts, question: str) -> NDArray[np.float64]:
    """Return precision, recall and F1 of one image at every step, (3, steps).

    Args:
        question: ``object``, is the pixel of body or feature, asked at the inner thresholds; or
            ``feature``, is it of the feature, asked at the outer ones.

    A precision without a pixel above the threshold is 0. All is nan where no pixel is of what is
    asked for: a feature may lie beyond the image's edge.
    """
    above = counts.inner if question == "object" else counts.outer
    first = 1 if question == "object" else 2
    positive = counts.pixels[first:].sum()
    if not positive:
        return np.full((len(BINARY_SCORES), above.shape[1]), np.nan)
    tp, found = above[first:].sum(axis=0), above.sum(axis=0)
    return np.stack([tp / np.maximum(found, 1), tp / positive, 2 * tp / (found + positive)])


def ranking_scores(
    values: NDArray[np.floating], truths: Sequence[NDArray[np.bool_]]
) -> NDArray[np.float64]:
    """Return AUROC and average precision of one map for several binary truths, (truths, 2).

    The map is sorted once for all of them; scikit-learn, which gives the same numbers, sorts it for
    each number. nan where a truth is true everywhere or nowhere.

    Args:
        values: (H, W).
        truths: each (H, W).
    """
    values = values.ravel()
    order = np.argsort(values)[::-1]
    ranked = values[order]
    # The last of each run of equal values: a threshold cannot part them.
    ends = np.append(np.flatnonzero(ranked[1:] != ranked[:-1]), len(ranked) - 1)
    scores = np.full((len(truths), 2), np.nan)
    for i, truth in enumerate(truths):
        tp = np.cumsum(truth.ravel()[order])[ends]
        fp = ends + 1 - tp
        if not (tp[-1] and fp[-1]):
            continue
        steps = np.diff(tp, prepend=0)
        across = np.diff(fp, prepend=0)
        scores[i, 0] = (across * (tp - steps / 2)).sum() / (tp[-1] * fp[-1])
        scores[i, 1] = (steps * tp / (tp + fp)).sum() / tp[-1]
    return scores
