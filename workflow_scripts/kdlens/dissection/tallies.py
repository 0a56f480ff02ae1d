"""The counts of one dissected layer, and what is read off them (numpy alone, no torch).

Shapes: Q quantiles, U units, C label numbers (0 = none), K categories. With the counts of
``kdlens.dissection.tally`` and G[c] the labelled pixels of label c::

    IoU[u, c] = I[u, c] / (A[u, k(c)] + G[c] - I[u, c] + 1e-10)

k(c) is the label's primary category, and A is one of two denominators:

- ``"image"`` (the paper of Network Dissection, the default): the unit's active pixels in images
  annotated with category k anywhere;
- ``"mask"`` (the published programs): in images where the active region itself touches a pixel
  labelled with category k. Never larger, so its IoU is never smaller.

Best label of a category: the largest IoU among labels whose primary category it is; ties go to the
smallest label number; if all are zero it is label 0, with an empty name. Best category of a unit:
the largest of these; ties go to the last category.

A file is a compressed ``.npz`` with one array for each field and ``meta`` as a JSON string. The
same tallies give the same bytes.
"""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from kdlens.dissection.detectors import Detectors, count_detectors
from kdlens.errors import InputError
from kdlens.npz import Record

EPSILON = 1e-10
DENOMINATORS = ("image", "mask")


@dataclasses.dataclass(frozen=True, eq=False)
class Best:
    """The best label of each (unit, category), and the best category of each unit."""

    label: np.ndarray
    """(U, K) int64, label number; 0 where no label of the category is met."""
    iou: np.ndarray
    """(U, K) float64, its IoU."""
    category: np.ndarray
    """(U,) int64, index of the best category."""

    @property
    def unit_label(self) -> np.ndarray:
        """(U,) the label of the unit's best category."""
        return np.take_along_axis(self.label, self.category[:, None], axis=1)[:, 0]

    @property
    def score(self) -> np.ndarray:
        """(U,) its IoU."""
        return np.take_along_axis(self.iou, self.category[:, None], axis=1)[:, 0]


@dataclasses.dataclass(frozen=True, eq=False)
class Tallies(Record):
    """The counts of one layer against one labelling (the true one, or shuffled ones)."""

    WHAT = "tallies"

    intersection: np.ndarray
    """(Q, U, C) int64."""
    activated_image: np.ndarray
    """(Q, U, K) int64."""
    activated_mask: np.ndarray
    """(Q, U, K) int64."""
    label_pixels: np.ndarray
    """(C,) int64."""
    label_category: np.ndarray
    """(C,) int64, the primary category."""
    thresholds: np.ndarray
    """(Q, U) float32."""
    quantiles: np.ndarray
    """(Q,) float64."""
    label_names: np.ndarray
    """(C,) str."""
    category_names: np.ndarray
    """(K,) str."""
    meta: dict[str, Any]
    """layer, model, seed, images, mask_shape, labels ("true" or "shuffled"), ..."""

    def __post_init__(self) -> None:
        levels, units, labels = self.intersection.shape
        categories = len(self.category_names)
        expected = {
            "activated_image": (levels, units, categories),
            "activated_mask": (levels, units, categories),
            "label_pixels": (labels,),
            "label_category": (labels,),
            "thresholds": (levels, units),
            "quantiles": (levels,),
            "label_names": (labels,),
        }
        for name, shape in expected.items():
            if getattr(self, name).shape != shape:
                raise ValueError(f"{name} is {getattr(self, name).shape}, expected {shape}")

    def __repr__(self) -> str:
        levels, units, labels = self.intersection.shape
        return f"Tallies({levels} quantiles, {units} units, {labels - 1} labels, {self.meta})"

    @property
    def units(self) -> int:
        """U."""
        return self.intersection.shape[1]

    def index_of(self, quantile: float | None = None) -> int:
        """Return the place of a quantile; None means the first.

        Raises:
            InputError: if the layer was not dissected at it.
        """
        if quantile is None:
            return 0
        near = np.flatnonzero(np.isclose(self.quantiles, quantile, rtol=1e-9, atol=0))
        if not len(near):
            known = ", ".join(f"{value:g}" for value in self.quantiles)
            raise InputError(
                f"quantile {quantile:g} was not dissected; known: {known}. "
                "Add it to the quantiles in the config"
            )
        return int(near[0])

    def activated(self, quantile: float | None = None, denominator: str = "image") -> np.ndarray:
        """Return A (U, K) int64.

        Raises:
            InputError: for an unknown denominator or quantile.
        """
        if denominator not in DENOMINATORS:
            raise InputError(f"denominator '{denominator}' is not known; write image or mask")
        table = self.activated_image if denominator == "image" else self.activated_mask
        return table[self.index_of(quantile)]

    def iou(self, quantile: float | None = None, denominator: str = "image") -> np.ndarray:
        """Return IoU (U, C) float64, each label against its primary category's denominator.

        Errors as :meth:`activated`, here and below.
        """
        shared = self.intersection[self.index_of(quantile)]
        activated = self.activated(quantile, denominator)[:, self.label_category]
        return shared / (activated + self.label_pixels - shared + EPSILON)

    def best(self, quantile: float | None = None, denominator: str = "image") -> Best:
        """Return the best label per category and the best category of each unit."""
        iou = self.iou(quantile, denominator)
        label = np.zeros((self.units, len(self.category_names)), dtype=np.int64)
        best = np.zeros(label.shape)
        for category in range(label.shape[1]):
            numbers = np.flatnonzero(self.label_category == category)
            if len(numbers):
                among = iou[:, numbers]
                best[:, category] = among.max(axis=1)
                label[:, category] = numbers[among.argmax(axis=1)]
        label[best == 0] = 0
        # argmax takes the first of equals, so look from the last category backwards.
        category = label.shape[1] - 1 - best[:, ::-1].argmax(axis=1)
        return Best(label, best, category)

    def detectors(
        self,
        iou_threshold: float = 0.05,
        quantile: float | None = None,
        denominator: str = "image",
    ) -> Detectors:
        """Count the units that detect a concept: IoU >= ``iou_threshold``."""
        best = self.best(quantile, denominator)
        return count_detectors(
            best.label, best.iou, best.category, self.category_names, iou_threshold
        )
