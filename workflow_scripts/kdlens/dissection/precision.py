"""What bfloat16 costs: the IoUs of a sample of images, dissected in both precisions."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from kdlens.data.regions import Annotation
from kdlens.dissection.stream import Concepts, pixels_of
from kdlens.dissection.tallies import Tallies


class Sample:
    """Some images of a concept dataset, as a dataset."""

    def __init__(self, concepts: Concepts, numbers: Sequence[int]) -> None:
        self._concepts = concepts
        self._numbers = [int(number) for number in numbers]
        self.categories = concepts.categories
        self.mask_shape = concepts.mask_shape
        self.label_names = concepts.label_names
        self.primary_category = concepts.primary_category
        self.image_files = [concepts.image_files[number] for number in self._numbers]

    def __len__(self) -> int:
        return len(self._numbers)

    def annotation(self, index: int) -> Annotation:
        """Return the labels of an image."""
        return self._concepts.annotation(self._numbers[index])

    def pixels(self, index: int, size: int) -> np.ndarray:
        """Return a photograph, (size, size, 3) uint8."""
        return pixels_of(self._concepts, self._numbers[index], size)


def evenly_spaced(images: int, most: int) -> list[int]:
    """Return up to ``most`` numbers, evenly spaced over 0 .. images - 1."""
    return np.unique(np.linspace(0, images - 1, min(images, most)).round().astype(int)).tolist()


def iou_difference(exact: Tallies, coarse: Tallies, denominator: str = "image") -> dict[str, Any]:
    """Compare the units' best concepts in two dissections of the same images, at all quantiles.

    Returns:
        ``images``; ``mean_iou_difference`` and ``max_iou_difference``, of each unit's IoU with the
        concept that is its best in the exact one; ``same_concept``, the share of units whose best
        concept is the same.
    """
    differences, same = [], []
    for quantile in exact.quantiles.tolist():
        best = exact.best(quantile, denominator)
        units = np.arange(exact.units)
        before = exact.iou(quantile, denominator)[units, best.unit_label]
        after = coarse.iou(quantile, denominator)[units, best.unit_label]
        differences.append(np.abs(before - after))
        same.append(best.unit_label == coarse.best(quantile, denominator).unit_label)
    return {
        "images": exact.meta["images"],
        "mean_iou_difference": float(np.mean(differences)),
        "max_iou_difference": float(np.max(differences)),
        "same_concept": float(np.mean(same)),
    }
