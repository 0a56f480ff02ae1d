"""Five-band scores of maps that no network made: how a network's scores are to be read.

``noise``    independent uniform numbers in every pixel: what chance gives
``perfect``  the truth itself, .4 on the body and .9 on the feature: it does not score 1, since
             scaled by .9 its body counts as feature once the outer threshold falls below .444
"""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kdlens.data.cells.tree import read_truth, truth_path
from kdlens.data.image_folder import split_files
from kdlens.data.work import run_chunks
from kdlens.measures.five_band import TRUTH_VALUES, Sweep, scaled_map
from kdlens.measures.five_band_summary import ImageScores, Summary, score_image

_log = logging.getLogger(__name__)


def noise(truth: NDArray[np.uint8], number: int) -> NDArray[np.float64]:
    """Return a map of uniform noise for image ``number``."""
    return np.random.default_rng(number).random(truth.shape)


def perfect(truth: NDArray[np.uint8], number: int) -> NDArray[np.float64]:
    """Return the map that says what the truth says."""
    return np.array(TRUTH_VALUES)[truth]


YARDSTICKS: Mapping[str, Callable[..., NDArray[np.float64]]] = {"noise": noise, "perfect": perfect}


def measure_yardsticks(
    dataset: Mapping[str, Any], sweep: Sweep, threads: int = 1
) -> dict[str, dict[str, Any]]:
    """Return the numbers of each yardstick over the validation images (no accuracy, of course).

    Args:
        dataset: the contents of ``dataset.json``.
    """
    files, labels = split_files(dataset, "val")
    summaries = {name: Summary() for name in YARDSTICKS}

    def score(numbers: Sequence[int]) -> list[tuple[int, dict[str, ImageScores]]]:
        found = []
        for number in numbers:
            truth = read_truth(truth_path(files[number]))
            maps = {name: make(truth, number) for name, make in YARDSTICKS.items()}
            scores = {
                name: score_image(scaled_map(values[None]), truth, sweep)
                for name, values in maps.items()
            }
            found.append((number, scores))
        return found

    for part in run_chunks(
        score, range(len(files)), workers=threads, logger=_log, what="scored", unit="images"
    ):
        for number, scores in part:
            for name, each in scores.items():
                summaries[name].add(each, int(labels[number]), True)
    values = {name: summary.values() for name, summary in summaries.items()}
    for numbers in values.values():
        del numbers["accuracy"]
    return values
