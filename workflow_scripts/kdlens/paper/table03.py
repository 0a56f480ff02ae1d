"""Table 3: five-band scores of saliency maps on drawn cells.

The columns are the scores' means over the steps of the thresholds, in two readings: with the images
of the empty class and without. The one that the config prefers comes first, and the published
numbers stand with it, though the paper does not say which reading they are. Below the networks are
yardsticks: maps of noise, and perfect ones.

Errors: :class:`~kdlens.errors.InputError` for a file of something else than what is expected.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.errors import InputError
from kdlens.files import read_json
from kdlens.paper.formats import escape_markdown
from kdlens.paper.inputs import check_belongs
from kdlens.paper.measure_table import (
    Column,
    ModelLine,
    read_lines,
    read_published,
    write_measure_table,
)

SCORES = {
    "pixel_accuracy": "Pixel acc. ↑",
    "recall": "Recall ↑",
    "precision": "Precision ↑",
    "false_positive_rate": "FPR ↓",
}
READINGS = {"included": "with class 9", "excluded": "without class 9"}
_WITH_BEST = ("pixel_accuracy", "recall", "precision")
YARDSTICKS = {"noise": "Uniform noise map", "perfect": "Perfect map"}


def columns_of(empty_class: str) -> list[Column]:
    """Return accuracy, then the scores of the reading that is preferred, then of the other."""
    other = next(reading for reading in READINGS if reading != empty_class)
    scores = [
        Column(
            f"{score}_mean_{reading}",
            title if reading == empty_class else f"{title} †",
            published=score if reading == empty_class else None,
        )
        for reading in (empty_class, other)
        for score, title in SCORES.items()
    ]
    return [Column("accuracy", "Top-1 (%)", 1, factor=100), *scores]


def write(
    measures: Sequence[str | Path],
    yardsticks: str | Path,
    reference: str | Path,
    outputs: Mapping[str, str | Path],
    *,
    runs: Sequence[Mapping[str, Any]],
    empty_class: str,
    thresholds: Mapping[str, Any],
    clamp: float | None,
    only_correct: bool,
    dataset: str,
    image_size: int,
) -> None:
    """Write the table.

    Args:
        measures: the networks' JSON files, in the order of ``runs``.
        yardsticks: the JSON file of the maps that no network made.
        reference: csv file of the published Table 3.
        outputs: files to write: csv, md, html, tex.
        runs: the networks: model, seed, label, method, reference.
        empty_class: the reading of the main columns, ``included`` or ``excluded``.
        thresholds, clamp, only_correct: how maps were scored.
        dataset, image_size: what is said of the images.
    """
    columns = columns_of(empty_class)
    best = [f"{score}_best_{reading}" for reading in READINGS for score in _WITH_BEST]
    keys = [*(column.key for column in columns), *best]
    published = read_published(reference, columns)
    lines = read_lines("five_band", runs, measures, keys, published, dataset=dataset)
    lines += read_yardsticks(yardsticks, keys, dataset)
    inner, outer = thresholds["start"]
    published_lines = " *Published* lines are those of Han et al. 2023, Table 3."
    other = next(READINGS[reading] for reading in READINGS if reading != empty_class)
    how = [
        f"Networks were trained on **{escape_markdown(dataset)}**, drawn cells of {image_size} "
        f"pixels; maps are of its validation images{_chosen(only_correct)}. Top-1 is the accuracy "
        "on these.",
        "A map is the gradient of the predicted class's output at the pixels: its magnitude, "
        f"{_clamped(clamp)}summed over the channels and divided by its maximum. It is cut into "
        "background, body and feature by two thresholds and compared with the truth, pixel by "
        "pixel.",
        f"The thresholds start at {inner:g} and {outer:g} and fall by {thresholds['delta']:g} at "
        f"each of {thresholds['steps']} steps; a score is the mean over the steps, then over the "
        "images.",
        "**FPR**: pixels with an active band that is not the truth's, among them those on the "
        "object whose band is wrong, and active background.",
        f"The first four scores are {READINGS[empty_class]}, the images without an object, whose "
        f"recall and precision are 0 whatever the map; those with a dagger (†) {other}. The "
        "paper does not say which way it read them, nor at which thresholds or image size. So "
        "compare which model has more, not the numbers themselves.",
        "Numbers are the mean ± sample standard deviation over the seeds of a model; one seed has "
        "no spread." + (published_lines if any(line.published for line in lines) else ""),
        "The csv file also has each score's best over the steps, averaged over the images.",
        "The last lines are yardsticks. A network with random weights and a map of uniform noise "
        "show what chance gives. A perfect map does not score 1: as the outer threshold falls, its "
        "body counts as feature too.",
    ]
    write_measure_table(
        lines,
        columns,
        title="Table 3: five-band scores of saliency maps",
        caption=(
            f"Five-band scores of saliency maps on drawn cells ({image_size} pixels), "
            f"{READINGS[empty_class]}, and {other} (†); mean ± sample standard deviation over the "
            "seeds."
        ),
        name="table03",
        how_to_read=how,
        published="Han et al. 2023.",
        extra=best,
        **outputs,
    )


def read_yardsticks(path: str | Path, keys: Sequence[str], dataset: str) -> list[ModelLine]:
    """Return a line for each map that no network made; it has no accuracy."""
    found = read_json(path)
    check_belongs(path, found, {"measure": "five_band_yardsticks", "dataset": dataset})
    lines = []
    for name, label in YARDSTICKS.items():
        values = found["values"].get(name)
        if values is None or any(key not in values for key in keys if key != "accuracy"):
            raise InputError(
                f"{path}: the scores of '{name}' are not whole; delete it and make it again"
            )
        lines.append(
            ModelLine(name, label, "null", (1,), {key: (values.get(key),) for key in keys})
        )
    return lines


def _chosen(only_correct: bool) -> str:
    return ", of those that a network classifies right" if only_correct else ""


def _clamped(clamp: float | None) -> str:
    return "" if clamp is None else f"limited to {clamp:g} in each channel, "
