"""The entropy of one network's outputs: over all classes, and within the true class's category.

Writes JSON: what it belongs to, and ``values``, the averages over those validation images that all
compared networks classify right; see ``kdlens.measures.entropy``. The values of the i-th pair of
classes are called ``pair<i>_...``, from 1.
"""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kdlens.data.categories import read_categories
from kdlens.data.image_folder import read_dataset
from kdlens.errors import InputError
from kdlens.files import write_json
from kdlens.measures.entropy import Grouping, measure, measure_pair
from kdlens.measures.predictions import all_correct, read_arrays

_log = logging.getLogger(__name__)


def main(
    *,
    dataset: str | Path,
    categories: str | Path,
    predictions: str | Path,
    compared: Sequence[str | Path],
    output: str | Path,
    label: Mapping[str, Any],
    correct: Sequence[str],
    images: int | None = 1000,
    seed: int = 1,
    singletons: str = "excluded",
    pairs: Sequence[Sequence[str]] = (),
) -> None:
    """Measure the entropies and write them.

    Args:
        dataset: ``dataset.json``.
        categories: its ``categories.csv``.
        predictions: of this network.
        compared: those of all networks that must classify an image right.
        output: the JSON file.
        label: ``{"model", "seed"}``, whose predictions are expected.
        correct: the models of ``compared``, for the record.
        images: how many images to draw; None for all.
        seed: of the draw.
        singletons: whether categories of one class count: ``excluded`` or ``included``.
        pairs: classes, two by two, within which the entropy is measured too.

    Raises:
        InputError: if a file is missing, damaged or of another dataset or network, or a pair names
            an unknown class.
    """
    classes = read_dataset(dataset)["classes"]
    found = read_categories(categories)
    if list(found.classes) != classes:
        raise InputError(f"{categories}: is of other classes; delete it and run the workflow again")
    meta, arrays = read_arrays(predictions, ("logits", "labels"), label)
    logits, labels = arrays["logits"], arrays["labels"]
    right = all_correct(compared, meta["dataset_digest"])
    values = measure(
        logits,
        labels,
        right,
        Grouping.of(found),
        images=images,
        seed=seed,
        singletons=singletons,
    )
    for i, pair in enumerate(pairs, start=1):
        numbers = [_number(name, classes) for name in pair]
        of_pair = measure_pair(logits, labels, right, numbers)
        values |= {f"pair{i}_{name}": value for name, value in of_pair.items()}
    values |= {"images_validation": len(labels), "images_all_correct": int(right.sum())}
    _log.info(
        "%d of %d images are classified right by all %d networks; %d in %d categories are used",
        *(right.sum(), len(labels), len(compared), values["images"], values["categories"]),
    )
    if not values["images"]:
        _log.warning(
            "no image is classified right by all of %s: nothing can be said; leave the weakest out "
            "of measures.entropy.correct",
            ", ".join(correct),
        )
    settings = {
        "correct": list(correct),
        "images": images,
        "seed": seed,
        "singletons": singletons,
        "pairs": [list(pair) for pair in pairs],
        "dropped": sorted(set(np.array(found.categories)[~np.array(found.counts)].tolist())),
    }
    write_json(output, {**meta, "measure": "entropy", "settings": settings, "values": values})


def _number(name: str, classes: Sequence[str]) -> int:
    if name not in classes:
        raise InputError(
            f"config key measures.entropy.pairs: the dataset has no class '{name}'; write the name "
            "of a class folder"
        )
    return classes.index(name)


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            dataset=snakemake.input.dataset,
            categories=snakemake.input.categories,
            predictions=snakemake.input.predictions,
            compared=list(snakemake.input.compared),
            output=snakemake.output.measure,
            **snakemake.params.measure,
        )
