"""A network's maps of a few images, for readers to look at."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from kdlens.npz import Record


@dataclass(frozen=True)
class Samples(Record):
    """Maps of the same images for every network.

    Attributes:
        images: (n,) file names below the dataset's root.
        classes, predicted: int64 (n,).
        maps: float32 (n, S, S), each scaled to a largest magnitude of 1.
        meta: whose they are: model, seed, dataset, dataset_digest, model_sha256, device.
    """

    WHAT = "sample maps"

    images: NDArray[np.str_]
    classes: NDArray[np.int64]
    predicted: NDArray[np.int64]
    maps: NDArray[np.float32]
    meta: dict[str, Any]


def first_of_each(labels: NDArray[np.int64], classes: Sequence[int]) -> list[int]:
    """Return the number of the first image of each of these classes; every class has one."""
    return [int(np.flatnonzero(labels == kind)[0]) for kind in classes]
