"""The annotations of a batch of images, packed into rectangular arrays.

What counts as labelled (``planes`` are pixel maps of label numbers, ``scalars`` whole-image ones):

- label 0 means "none" and counts nowhere;
- a pixel labelled c in two planes counts twice, in the label's pixels and in the intersection;
- a scalar label counts as sh * sw pixels;
- an image is annotated with a category if any plane or scalar holds a label whose *primary*
  category it is (Broden puts a label into several categories' planes; each label belongs to one).
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Protocol

import numpy as np
import torch
from torch import Tensor

from kdlens.errors import InputError


class Annotation(Protocol):
    """One image's labels, as ``kdlens.data.broden`` reads them."""

    planes: np.ndarray  # (P, sh, sw), label numbers
    scalars: np.ndarray  # (S,), label numbers


@dataclasses.dataclass
class LabelBatch:
    """The labels of B images over C label numbers and K categories; S = sh * sw pixels a plane."""

    planes: Tensor
    """(B * S, P) int32: the labels of each pixel in all planes; 0 pads images with fewer planes."""
    pixels: Tensor
    """(B, C) int64: labelled pixels, scalars included."""
    scalar_image: Tensor
    """(R,) int64: image of each whole-image label..."""
    scalar_label: Tensor
    """(R,) int64: ... and the label."""
    category_image: Tensor
    """(M,) int64: image of each (image, category it is annotated with) pair..."""
    category: Tensor
    """(M,) int64: ... and the category."""
    scalar_category: Tensor
    """(B, K) bool: whether a whole-image label of the category is there."""

    def to(self, device: torch.device) -> LabelBatch:
        """Copy to a device."""
        fields = {
            field.name: getattr(self, field.name).to(device) for field in dataclasses.fields(self)
        }
        return LabelBatch(**fields)


def pack_labels(
    annotations: Sequence[Annotation],
    names: Sequence[str],
    mask_shape: tuple[int, int],
    label_category: np.ndarray,
    categories: int,
) -> LabelBatch:
    """Pack annotations of images called ``names``; ``label_category`` is (C,), values < K.

    Raises:
        InputError: if a mask has another shape, or a label number is not below C.
    """
    area = mask_shape[0] * mask_shape[1]
    labels = len(label_category)
    depth = max((len(annotation.planes) for annotation in annotations), default=0)
    planes = np.zeros((len(annotations), area, depth), dtype=np.int32)
    pixels = np.zeros((len(annotations), labels), dtype=np.int64)
    scalar_pixels = np.zeros_like(pixels)
    for index, (annotation, name) in enumerate(zip(annotations, names, strict=True)):
        own = np.asarray(annotation.planes)
        scalars = np.asarray(annotation.scalars, dtype=np.int64)
        if len(own) and own.shape[1:] != tuple(mask_shape):
            raise InputError(
                f"{name}: masks of shape {own.shape[1:]}, expected {tuple(mask_shape)}; "
                "check the concept dataset"
            )
        largest = max(own.max(initial=0), scalars.max(initial=0))
        if largest >= labels:
            raise InputError(f"{name}: label number {largest} is not in label.csv")
        if len(own):
            planes[index, :, : len(own)] = own.reshape(len(own), area).T
            pixels[index] = np.bincount(own.reshape(-1), minlength=labels)
        np.add.at(scalar_pixels[index], scalars, area)
    # Not by zeroing `planes`: there 0 already stands for "none".
    pixels[:, 0] = scalar_pixels[:, 0] = 0
    scalar_image, scalar_label = _repeat(scalar_pixels // area)
    pixels += scalar_pixels
    belongs = np.eye(categories, dtype=bool)[label_category]
    category_image, category = np.nonzero((pixels > 0) @ belongs)
    return LabelBatch(
        planes=torch.from_numpy(planes.reshape(len(annotations) * area, depth)),
        pixels=torch.from_numpy(pixels),
        scalar_image=torch.from_numpy(scalar_image),
        scalar_label=torch.from_numpy(scalar_label),
        category_image=torch.from_numpy(category_image),
        category=torch.from_numpy(category),
        scalar_category=torch.from_numpy((scalar_pixels > 0) @ belongs),
    )


def _repeat(counts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return (row, column) of each entry of a table of counts, as often as it counts."""
    rows, columns = np.nonzero(counts)
    times = counts[rows, columns]
    return np.repeat(rows, times), np.repeat(columns, times)
