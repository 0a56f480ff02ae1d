"""A network's outputs on the validation images of its dataset, as a file.

The npz has ``logits`` (N, K) float32 of N images and K classes, ``labels`` (N,) int64,
``predicted`` (N,) int64, the class of the largest logit (the first of several), and ``meta``, what
they belong to, as JSON: ``model, seed, dataset, dataset_digest, model_sha256, device``. Images are
in the order of :func:`kdlens.data.image_folder.split_files`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kdlens.errors import InputError
from kdlens.npz import opened, save_arrays


def save_predictions(
    path: str | Path,
    logits: NDArray[np.float32],
    labels: NDArray[np.int64],
    meta: Mapping[str, Any],
) -> None:
    """Write the file.

    Args:
        logits: (N, K).
        labels: (N,).
        meta: see the module.

    Raises:
        InputError: if outputs are not finite, so that no class is predicted; if the disk is full.
    """
    if not np.isfinite(logits).all():
        raise InputError(
            f"{meta['model']}, seed {meta['seed']}: the network's outputs on the validation images "
            "are not finite, so its weights are damaged or its training diverged"
        )
    save_arrays(
        path,
        logits=logits,
        labels=labels,
        predicted=logits.argmax(axis=1),
        meta=np.array(json.dumps(dict(meta), sort_keys=True)),
    )


def read_arrays(
    path: str | Path, names: Sequence[str], expected: Mapping[str, Any]
) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return ``meta`` and the arrays named; the others are not read.

    Args:
        expected: what ``meta`` must say.

    Raises:
        InputError: if the file is missing or damaged, or ``meta`` says something else.
    """
    with opened(path, "predictions") as file:
        meta = json.loads(str(file["meta"]))
        found = {key: meta[key] for key in expected}
        arrays = {name: file[name] for name in names}
    for key, value in expected.items():
        if found[key] != value:
            raise InputError(
                f"{path}: its {key} is {found[key]!r}, expected {value!r}; delete it and run the "
                "workflow again"
            )
    return meta, arrays


def all_correct(files: Sequence[str | Path], digest: str) -> NDArray[np.bool_]:
    """Tell of each validation image (N,) whether all these networks classify it right.

    Args:
        files: of the networks' predictions.
        digest: of the dataset that they must be about.

    Raises:
        InputError: as :func:`read_arrays`.
    """
    right = []
    for path in files:
        _, arrays = read_arrays(path, ("labels", "predicted"), {"dataset_digest": digest})
        right.append(arrays["predicted"] == arrays["labels"])
    return np.logical_and.reduce(right)
