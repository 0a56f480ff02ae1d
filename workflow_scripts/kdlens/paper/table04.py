"""Table 4: DiffROAR scores, in percentage points, dataset by dataset.

A line is a model on its dataset: the score (mean ± sample standard deviation over the model's own
seeds), the spread over the initialisations of the retrained networks (a mean over the seeds: the
two spreads have nothing to do with each other), the score at the best epochs, the accuracies behind
the score, and the score with the other ranking where both were used. The paper's number stands
below, and the nulls come last: random weights, and random rankings.

Errors: as in :mod:`~kdlens.paper.measure_table`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kdlens.paper.formats import counted, escape_markdown
from kdlens.paper.measure_table import Column, ModelLine, read_lines
from kdlens.paper.reference import parse_number, read_rows

MEASURE = "diffroar"
COLUMNS = (
    Column("diffroar", "DiffROAR", 2),
    Column("sd", "sd (initialisations)", 2),
    Column("best_diffroar", "Best epochs", 2),
    Column("bottom", "Acc. without bottom (%)", 1),
    Column("top", "Acc. without top (%)", 1),
)
_RANKINGS = ("coordinate", "pixel")
_FILLS = {"mean": "the mean of its channel over the training images", "zero": "zero (black)"}
_LABELS = {"predicted": "predicted", "annotated": "annotated (true)"}


def columns_of(datasets: Mapping[str, Mapping[str, Any]]) -> list[Column]:
    """Return the columns; those of both rankings if a dataset was measured with both."""
    both = any(len(settings["rankings"]) > 1 for settings in datasets.values())
    more = [Column(f"{name}_diffroar", f"By {name}", 2) for name in _RANKINGS] if both else []
    return [*COLUMNS, *more]


def read_table(
    runs: Sequence[Mapping[str, Any]],
    files: Sequence[str | Path],
    reference: str | Path,
    datasets: Mapping[str, Mapping[str, Any]],
    fractions: Sequence[float],
) -> list[ModelLine]:
    """Return a line for each model, dataset by dataset.

    Args:
        runs: the networks: ``{"model", "seed", "label", "method", "reference", "dataset"}``.
        files: their JSON files, in the same order.
        reference: csv file of the published Table 4: a row a model, a column a dataset.
        datasets: by name, ``rankings``, and ``published``, the column that stands beside, or None.
        fractions: what was removed.
    """
    columns = columns_of(datasets)
    lines = []
    for name, settings in datasets.items():
        pairs = [pair for pair in zip(runs, files, strict=True) if pair[0]["dataset"] == name]
        main = settings["rankings"][0]
        sides = {
            side: [f"{main}_f{fraction:g}_{side}" for fraction in fractions]
            for side in ("bottom", "top")
        }
        given = [column.key for column in columns if column.key not in sides]
        found = read_lines(
            MEASURE,
            [run for run, _ in pairs],
            [file for _, file in pairs],
            [*given, *sides["bottom"], *sides["top"]],
            read_published(reference, settings.get("published")),
            dataset=name,
        )
        lines += [_with_means(line, name, sides) for line in found]
    return lines


def _mean(values: Sequence[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return sum(known) / len(known) if len(known) == len(values) else None


def _with_means(line: ModelLine, dataset: str, sides: Mapping[str, Sequence[str]]) -> ModelLine:
    """Add the mean accuracies over the fractions, and the dataset to the label."""
    means = {
        side: tuple(_mean([line.values[key][i] for key in keys]) for i in range(len(line.seeds)))
        for side, keys in sides.items()
    }
    label = f"{dataset}: {line.label}"
    return replace(line, label=label, values={**line.values, **means})


def read_published(path: str | Path, column: str | None) -> dict[str, dict[str, float | None]]:
    """Return the published scores of one dataset by the rows' names; none without a column."""
    if column is None:
        return {}
    return {
        row["model"]: {"diffroar": parse_number(row[column], path, column)}
        for row in read_rows(path, ("model", column))
    }


def how_to_read(
    datasets: Mapping[str, Mapping[str, Any]],
    label: str,
    fractions: Sequence[float],
    initialisations: int,
    lines: Sequence[ModelLine],
) -> list[str]:
    """Return how to read the table, in Markdown."""
    removed = ", ".join(f"{fraction:g}" for fraction in fractions)
    sentences = [
        f"Every image is ranked by the absolute gradient of its {_LABELS[label]} class's logit "
        "(captum's Saliency). **DiffROAR** is the accuracy of networks trained anew on images "
        "without the lowest-ranked part, minus that on images without the highest-ranked one, in "
        "percentage points: above 0, what the network's attributions call important tells the "
        "classes apart better than what they call unimportant.",
        f"Mean over the removed fractions {removed} and "
        f"{counted(initialisations, 'initialisation')} of the retrained networks, the same for "
        "every model. Over all pairs of top and bottom runs, as in the published program, the mean "
        "is the same.",
        "Two spreads, kept apart: ± is the sample standard deviation over the model's own seeds; "
        "*sd (initialisations)* that of the retrained networks' means over the fractions.",
        "Accuracies are those after the last epoch; under *best epochs* each retrained network "
        "counts with the epoch in which it was best on the very images that it is judged by.",
    ]
    for name, settings in datasets.items():
        rankings = " and ".join(settings["rankings"])
        sentences.append(
            f"**{escape_markdown(name)}**: ranked by {rankings}"
            + (f" (shown: {settings['rankings'][0]})" if len(settings["rankings"]) > 1 else "")
            + f"; what is removed gets {_FILLS[settings['fill']]}; retrained for "
            f"{counted(settings['epochs'], 'epoch')}."
        )
    if any(line.published for line in lines):
        sentences.append(
            "*Published* lines are those of Han et al. 2023, Table 4 (ResNet-18, ten "
            "initialisations; fill, ranking and label are not stated): compare which model has the "
            "higher score, not the scores."
        )
    if any(line.is_null for line in lines):
        sentences.append(
            "The last lines are nulls. Rankings drawn at random score 0 but for chance. A network "
            "with random weights can score far above 0, since its gradients too depend on the "
            "image: what training adds is the lead over it."
        )
    return sentences
