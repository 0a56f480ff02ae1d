"""Four ways to count the units that detect a concept, and which of them Table 1 means.

A unit detects a concept of category k if the IoU of its best label of that category is **at least**
the threshold (the published programs drop ``score < threshold``). Then:

- ``units_any``: units that detect a concept in at least one category;
- ``pairs``: (unit, category) pairs that do;
- ``distinct_labels``: different labels among the best labels of the ``units_any`` units;
- ``exactly_one``: units that do so in exactly one category.

Han et al. do not publish the program that made their Table 1. Their words and the published reports
of Network Dissection, counted again, fit the mapping :data:`TABLE1_COLUMNS` best:

- Their *unique* detector is "aligned with only a single concept": ``exactly_one``. Their ResNet-50
  has 602 such of 2,048 units, which cannot be distinct labels (169 in the published report of
  ResNet-152) but is near that report's ``exactly_one``, 650.
- Their *total* is the sum of the six category columns. It is at most the number of units, for both
  ``units_any`` with each unit in its best category and ``pairs``; their tables cannot tell the two
  apart. We take the first, as their wording ("number of detectors") counts units.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

TABLE1_COLUMNS = {"total": "units_any", "unique": "exactly_one"}
"""Column of Table 1 -> field of :class:`Detectors`. The category columns are ``by_category``, which
sums to ``units_any``."""


@dataclass(frozen=True)
class Detectors:
    """Detectors of one layer. Every category of the dataset is a key of ``by_category``."""

    units: int
    """Units of the layer."""
    units_any: int
    pairs: int
    distinct_labels: int
    exactly_one: int
    by_category: dict[str, int]
    """Detecting units, each counted once, in its best category. Sums to ``units_any``."""


def count_detectors(
    label: np.ndarray,
    iou: np.ndarray,
    category: np.ndarray,
    category_names: Iterable[str],
    iou_threshold: float,
) -> Detectors:
    """Count, from the best label (U, K) and its IoU (U, K) in each category.

    Args:
        label: label numbers; 0 is no label and no detector, even at a threshold of 0.
        category: (U,) index of each unit's best category.
        iou_threshold: least IoU of a detector.
    """
    detects = (iou >= iou_threshold) & (label > 0)
    any_category = detects.any(axis=1)
    own_label = label[np.arange(len(label)), category]
    return Detectors(
        units=len(label),
        units_any=int(any_category.sum()),
        pairs=int(detects.sum()),
        distinct_labels=len(np.unique(own_label[any_category])),
        exactly_one=int((detects.sum(axis=1) == 1).sum()),
        by_category={
            str(name): int((any_category & (category == index)).sum())
            for index, name in enumerate(category_names)
        },
    )
