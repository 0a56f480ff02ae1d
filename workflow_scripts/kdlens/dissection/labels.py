"""The annotations of a batch of images, packed into rectangular arrays.

What counts as labelled (*planes* are pixel maps of label numbers, *scalars* whole-image labels):

- label 0 means "none" and counts nowhere;
- a pixel labelled c in two planes counts twice, in the label's pixels and in the intersection;
- a scalar label counts as sh * sw pixels;
- an image is annotated with a category if any plane or scalar holds a label whose *primary*
  category it is (Broden puts a label into several categories' planes; each label belongs to one).

Pixels with the same labels in all planes form a region (``kdlens.data.regions``); active pixels are
counted by region, and regions by label.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence

import numpy as np
import torch
from torch import Tensor

from kdlens.data.regions import Regions
from kdlens.errors import InputError


@dataclasses.dataclass
class LabelBatch:
    """The labels of B images with R regions in all; C label numbers, K categories, S = sh * sw."""

    region: Tensor
    """(B * S,) int32: the region of each pixel, numbered through the batch."""
    first_region: Tensor
    """(B + 1,) int64: the first region of each image, and R."""
    region_labels: Tensor
    """(R, P) int64: the labels of each region in all planes; 0 = none, and pads."""
    region_category: Tensor
    """(R, K) bool: whether the region carries a label of the category."""
    scalar_image: Tensor
    """(N,) int64: image of each whole-image label..."""
    scalar_label: Tensor
    """(N,) int64: ... and the label."""
    scalar_category: Tensor
    """(B, K) bool: whether a whole-image label of the category is there."""
    category_image: Tensor
    """(M,) int64: image of each (image, category it is annotated with) pair..."""
    category: Tensor
    """(M,) int64: ... and the category."""
    pixels: Tensor
    """(C,) int64: labelled pixels of all images, scalars included."""

    def __len__(self) -> int:
        return len(self.first_region) - 1

    def to(self, device: torch.device) -> LabelBatch:
        """Copy to a device."""
        return self._each(lambda tensor: tensor.to(device, non_blocking=True))

    def pin_memory(self) -> LabelBatch:
        """Copy to page-locked memory, from where a GPU fetches by itself."""
        return self._each(Tensor.pin_memory)

    def _each(self, change: Callable[[Tensor], Tensor]) -> LabelBatch:
        fields = dataclasses.fields(self)
        return LabelBatch(**{each.name: change(getattr(self, each.name)) for each in fields})


def pack_labels(
    regions: Sequence[Regions],
    names: Sequence[str],
    mask_shape: tuple[int, int],
    label_category: np.ndarray,
    categories: int,
) -> LabelBatch:
    """Pack the regions of images called ``names``; ``label_category`` is (C,), values < K.

    Raises:
        InputError: if an image has another number of pixels, or a label number is not below C.
    """
    area, labels = mask_shape[0] * mask_shape[1], len(label_category)
    first = np.cumsum([0, *[len(each.sizes) for each in regions]])
    depth = max((each.labels.shape[1] for each in regions), default=0)
    table = np.zeros((int(first[-1]), depth), np.int64)
    region = np.empty((len(regions), area), np.int32)
    scalars = np.zeros((len(regions), labels), np.int64)
    for index, (each, name) in enumerate(zip(regions, names, strict=True)):
        if len(each.index) != area:
            raise InputError(
                f"{name}: masks of {len(each.index)} pixels, expected {mask_shape[0]} x "
                f"{mask_shape[1]}; check the concept dataset"
            )
        largest = max(each.labels.max(initial=0), each.scalars.max(initial=0))
        if largest >= labels:
            raise InputError(f"{name}: label number {largest} is not in label.csv")
        np.add(each.index, first[index], out=region[index], casting="unsafe")
        table[first[index] : first[index + 1], : each.labels.shape[1]] = each.labels
        np.add.at(scalars[index], each.scalars, 1)
    scalars[:, 0] = 0
    belongs = np.eye(categories, dtype=bool)[label_category]
    belongs[0] = False
    region_category = belongs[table].any(axis=1)
    scalar_category = (scalars > 0) @ belongs
    annotated = scalar_category.copy()
    for index in range(len(regions)):
        annotated[index] |= region_category[first[index] : first[index + 1]].any(axis=0)
    sizes = np.concatenate([each.sizes for each in regions]) if regions else np.zeros(0, np.int64)
    pixels = scalars.sum(axis=0) * area
    for plane in table.T:
        # Weights are counted in float64, which is exact below 2^53 pixels.
        pixels += np.bincount(plane, weights=sizes, minlength=labels).astype(np.int64)
    pixels[0] = 0
    scalar_image, scalar_label = _repeat(scalars)
    category_image, category = np.nonzero(annotated)
    arrays = {
        "region": region.reshape(-1),
        "first_region": first.astype(np.int64),
        "region_labels": table,
        "region_category": region_category,
        "scalar_image": scalar_image,
        "scalar_label": scalar_label,
        "scalar_category": scalar_category,
        "category_image": category_image,
        "category": category,
        "pixels": pixels,
    }
    return LabelBatch(**{name: torch.from_numpy(array) for name, array in arrays.items()})


def _repeat(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (row, column) of each entry of a table of counts, as often as it counts."""
    rows, columns = np.nonzero(counts)
    times = counts[rows, columns]
    return np.repeat(rows, times), np.repeat(columns, times)
