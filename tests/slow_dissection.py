"""Network Dissection the slow and obvious way, to check the fast one against.

One loop a dimension: images, units, pixels, planes. Written from the definitions, with nothing in
common with the library: activations are sorted whole, maps are upsampled with the four-weights
formula in float64, regions are lists of pixels.

Beside it, what lets a test choose the activations: :class:`CannedConcepts` is a concept dataset
whose images spell their own number, and :class:`CannedNetwork` answers with that number's maps.
"""

from __future__ import annotations

import dataclasses
from fractions import Fraction
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import nn


@dataclasses.dataclass
class Annotation:
    planes: np.ndarray
    scalars: np.ndarray


class CannedConcepts:
    def __init__(self, root: Path, annotations, mask_shape, categories, primary, names) -> None:
        self.annotations = annotations
        self.mask_shape = mask_shape
        self.categories = categories
        self.primary_category = np.asarray(primary)
        self.label_names = names
        self.image_files = []
        for number in range(len(annotations)):
            path = root / f"{number:04d}.png"
            Image.new("RGB", (4, 4), (number % 256, number // 256, 0)).save(path)
            self.image_files.append(path)

    def __len__(self) -> int:
        return len(self.annotations)

    def annotation(self, number: int) -> Annotation:
        return self.annotations[number]


# Pixels reach the network as they are, 0 to 255.
CANNED_IMAGE = {"size": 4, "mean": [0, 0, 0], "std": [1 / 255, 1 / 255, 1 / 255]}


class CannedNetwork(nn.Module):
    """``layer`` (and ``other``) answer with given maps (N, U, h, w)."""

    def __init__(self, maps: np.ndarray, other: np.ndarray | None = None) -> None:
        super().__init__()
        self.layer = _Canned(maps)
        self.other = _Canned(maps if other is None else other)

    def forward(self, pixels: torch.Tensor) -> torch.Tensor:
        numbers = (pixels[:, 0, 0, 0] + 256 * pixels[:, 1, 0, 0]).round().long()
        return self.layer(numbers).sum() + self.other(numbers).sum()


class _Canned(nn.Module):
    def __init__(self, maps: np.ndarray) -> None:
        super().__init__()
        self.maps = torch.from_numpy(np.asarray(maps, dtype=np.float32))

    def forward(self, numbers: torch.Tensor) -> torch.Tensor:
        return self.maps[numbers]


def slow_threshold(values, quantile: float) -> np.float32:
    ascending = sorted(float(value) for value in values)
    place = (len(ascending) - 1) * (1 - Fraction(str(quantile)))
    low = int(place)
    high = min(low + 1, len(ascending) - 1)
    share = float(place - low)
    return np.float32(ascending[low] + share * (ascending[high] - ascending[low]))


def slow_upsample(activation, mask_shape) -> np.ndarray:
    height, width = activation.shape
    rows, columns = mask_shape
    result = np.zeros(mask_shape)
    for i in range(rows):
        for j in range(columns):
            y = min(max((i + 0.5) * height / rows - 0.5, 0), height - 1)
            x = min(max((j + 0.5) * width / columns - 0.5, 0), width - 1)
            top, left = int(y), int(x)
            bottom, right = min(top + 1, height - 1), min(left + 1, width - 1)
            down, across = y - top, x - left
            result[i, j] = (
                (1 - down) * (1 - across) * float(activation[top, left])
                + (1 - down) * across * float(activation[top, right])
                + down * (1 - across) * float(activation[bottom, left])
                + down * across * float(activation[bottom, right])
            )
    return result


def activation_is_low(activation, threshold) -> bool:
    return max(float(value) for value in activation.ravel()) <= float(threshold)


@dataclasses.dataclass
class SlowTallies:
    thresholds: np.ndarray  # (U,)
    label_pixels: np.ndarray  # (C,)
    intersection: np.ndarray  # (U, C)
    activated_image: np.ndarray  # (U, K)
    activated_mask: np.ndarray  # (U, K)
    primary: np.ndarray

    def iou(self, denominator: str) -> np.ndarray:
        units, labels = self.intersection.shape
        result = np.zeros((units, labels))
        for unit in range(units):
            for label in range(labels):
                category = self.primary[label]
                if denominator == "image":
                    activated = self.activated_image[unit, category]
                else:
                    activated = self.activated_mask[unit, category]
                shared = self.intersection[unit, label]
                result[unit, label] = shared / (
                    activated + self.label_pixels[label] - shared + 1e-10
                )
        return result


def slow_dissect(maps, concepts, quantile: float, dealt=None) -> SlowTallies:
    """``dealt[i]`` is the image whose annotation image i gets (its own if None)."""
    images, units = maps.shape[:2]
    labels, categories = len(concepts.label_names), len(concepts.categories)
    primary = concepts.primary_category
    height, width = concepts.mask_shape
    label_pixels = np.zeros(labels, dtype=int)
    intersection = np.zeros((units, labels), dtype=int)
    activated_image = np.zeros((units, categories), dtype=int)
    activated_mask = np.zeros((units, categories), dtype=int)
    thresholds = [slow_threshold(maps[:, unit].ravel(), quantile) for unit in range(units)]
    for image in range(images):
        annotation = concepts.annotation(image if dealt is None else int(dealt[image]))
        present = set()
        for plane in annotation.planes:
            for y in range(height):
                for x in range(width):
                    if plane[y, x]:
                        label_pixels[plane[y, x]] += 1
                        present.add(int(primary[plane[y, x]]))
        for scalar in annotation.scalars:
            if scalar:
                label_pixels[scalar] += height * width
                present.add(int(primary[scalar]))
        for unit in range(units):
            large = slow_upsample(maps[image, unit], concepts.mask_shape)
            touched = {int(primary[scalar]) for scalar in annotation.scalars if scalar}
            region = []
            # The rule of the published programs; the upsampling's rounding could leave a trace of
            # a map that is nowhere above the threshold.
            if activation_is_low(maps[image, unit], thresholds[unit]):
                continue
            for y in range(height):
                for x in range(width):
                    if large[y, x] > float(thresholds[unit]):
                        region.append((y, x))
            for y, x in region:
                for plane in annotation.planes:
                    if plane[y, x]:
                        intersection[unit, plane[y, x]] += 1
                        touched.add(int(primary[plane[y, x]]))
            for scalar in annotation.scalars:
                if scalar:
                    intersection[unit, scalar] += len(region)
            for category in present:
                activated_image[unit, category] += len(region)
            for category in touched:
                activated_mask[unit, category] += len(region)
    return SlowTallies(
        np.array(thresholds), label_pixels, intersection, activated_image, activated_mask, primary
    )
