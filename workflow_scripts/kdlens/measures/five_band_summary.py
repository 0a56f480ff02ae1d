"""The five-band scores of many images: averaged, with and without the empty class.

In an image of the empty class nothing can be found, so its recall and precision are 0 whatever the
map is. The paper leaves such images out of the binary scores and does not say what it does in
Table 3; so every number has two readings, whose names end in ``_included`` and ``_excluded``::

    <score>_<mean|best>_<reading>     the score's mean, or best, over the steps; then over images
    <question>_<score>_<mean|max>     binary: precision, recall, f1 for object and feature
    <question>_auroc, <question>_average_precision
    images_<reading>, <question>_images, accuracy

There is no best false-positive rate. Binary scores never include the empty class, nor an image
without a pixel of what is asked for. A number is None where no image is left.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kdlens.data.cells import BODY, EMPTY_CLASS, FEATURE
from kdlens.measures.five_band import (
    BINARY_SCORES,
    SCORES,
    Sweep,
    band_scores,
    binary_scores,
    count,
    ranking_scores,
)

READINGS = ("included", "excluded")
QUESTIONS: Mapping[str, int] = {"object": BODY, "feature": FEATURE}
"""What the binary scores ask for, and the least truth of a pixel that is of it."""
RANKINGS = ("auroc", "average_precision")


@dataclass(frozen=True)
class ImageScores:
    """One image's scores.

    Attributes:
        bands: (4, steps), see :func:`~kdlens.measures.five_band.band_scores`.
        binary: (questions, 3, steps).
        ranking: (questions, 2).
    """

    bands: NDArray[np.float64]
    binary: NDArray[np.float64]
    ranking: NDArray[np.float64]


def score_image(values: NDArray[np.float64], truth: NDArray[np.uint8], sweep: Sweep) -> ImageScores:
    """Score one scaled map (H, W) against its truth (H, W)."""
    counts = asked = count(values, truth, sweep)
    magnitude = np.abs(values)
    if counts.negative.any():
        asked = count(magnitude, truth, sweep)
    return ImageScores(
        bands=band_scores(counts),
        binary=np.stack([binary_scores(asked, question) for question in QUESTIONS]),
        ranking=ranking_scores(magnitude, [truth >= least for least in QUESTIONS.values()]),
    )


@dataclass
class Summary:
    """Gathers images one after another.

    Attributes:
        only_correct: leave out images that the network classifies wrong.
    """

    only_correct: bool = False
    _scores: list[ImageScores] = field(default_factory=list)
    _empty: list[bool] = field(default_factory=list)
    _correct: list[bool] = field(default_factory=list)

    def add(self, scores: ImageScores, kind: int, correct: bool) -> None:
        """Add an image of class ``kind``."""
        self._correct.append(correct)
        if correct or not self.only_correct:
            self._scores.append(scores)
            self._empty.append(kind == EMPTY_CLASS)

    def values(self) -> dict[str, float | int | None]:
        """Return the numbers by name (see the module)."""
        values: dict[str, float | int | None] = {"accuracy": _mean(np.array(self._correct, float))}
        for reading, chosen in self._readings():
            bands = self._bands()[chosen]
            values[f"images_{reading}"] = len(bands)
            for i, name in enumerate(SCORES):
                values[f"{name}_mean_{reading}"] = _mean(bands[:, i].mean(axis=1))
                if name != "false_positive_rate":
                    values[f"{name}_best_{reading}"] = _mean(bands[:, i].max(axis=1))
        with_object = [s for s, empty in zip(self._scores, self._empty, strict=True) if not empty]
        for i, question in enumerate(QUESTIONS):
            asked = [s for s in with_object if not np.isnan(s.ranking[i]).any()]
            values[f"{question}_images"] = len(asked)
            for j, name in enumerate(BINARY_SCORES):
                steps = [s.binary[i, j] for s in asked]
                values[f"{question}_{name}_mean"] = _mean([each.mean() for each in steps])
                values[f"{question}_{name}_max"] = _mean([each.max() for each in steps])
            for j, name in enumerate(RANKINGS):
                values[f"{question}_{name}"] = _mean([s.ranking[i, j] for s in asked])
        return values

    def curves(self, sweep: Sweep) -> dict[str, Any]:
        """Return the ROC: per step the mean recall and false-positive rate over the images."""
        curves: dict[str, Any] = {"inner": sweep.inner.tolist(), "outer": sweep.outer.tolist()}
        for reading, chosen in self._readings():
            bands = self._bands()[chosen]
            for name in ("recall", "false_positive_rate"):
                steps = bands[:, SCORES.index(name)]
                curves[f"{name}_{reading}"] = steps.mean(axis=0).tolist() if len(steps) else None
        return curves

    def _bands(self) -> NDArray[np.float64]:
        """All images' scores, (N, 4, steps)."""
        if not self._scores:
            return np.zeros((0, len(SCORES), 1))
        return np.stack([s.bands for s in self._scores])

    def _readings(self) -> list[tuple[str, NDArray[np.bool_]]]:
        empty = np.array(self._empty, bool)
        return [("included", np.ones_like(empty)), ("excluded", ~empty)]


def _mean(values: Any) -> float | None:
    return float(np.mean(values)) if len(values) else None
