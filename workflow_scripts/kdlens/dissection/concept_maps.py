"""One concept seen by several networks: the activation maps of each one's best unit for it.

For the figure that shows the same images to all networks. The images are chosen by the annotations
alone (the largest area of the concept, then the lowest number), before any network is looked at.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Sequence

import numpy as np
import torch
from torch import nn

from kdlens.data.work import run_chunks
from kdlens.dissection.activations import recording
from kdlens.dissection.network import NetworkInput, arithmetic, device_of
from kdlens.dissection.stream import Concepts, pixels_of
from kdlens.dissection.tallies import Tallies
from kdlens.dissection.top_images import upsample
from kdlens.errors import InputError, suggest

_log = logging.getLogger(__name__)


def choose_concept(
    tallies: Sequence[Tallies],
    category: str,
    *,
    concept: str | None = None,
    quantile: float | None = None,
    denominator: str = "image",
) -> int:
    """Return the label number of ``concept``, or of the one that all networks see best.

    "Best" is the largest minimum, over the networks, of the IoU of the network's best unit for it,
    however small; ties (no concept is met by every network) go to the largest sum, then to the
    smallest label number. Only labels whose primary category is ``category`` count.

    Raises:
        InputError: if there is no such category or concept, or no image shows the category.
    """
    first = tallies[0]
    categories = first.category_names.tolist()
    if category not in categories:
        raise InputError(f"category '{category}' is not in the tallies; known: {categories}")
    names = first.label_names.tolist()
    if any(other.label_names.tolist() != names for other in tallies):
        raise InputError("the tallies come from different concept datasets; dissect all with one")
    of_category = np.flatnonzero(first.label_category == categories.index(category))
    numbers = [number for number in of_category.tolist() if names[number]]
    if concept is not None:
        for number in numbers:
            if names[number] == concept:
                return number
        known = (names[number] for number in numbers)
        raise InputError(f"{category} '{concept}' is not a concept; {suggest(concept, known)}")
    numbers = [number for number in numbers if first.label_pixels[number]]
    if not numbers:
        raise InputError(f"no image shows a concept of category '{category}'; choose another one")
    best = np.array([each.iou(quantile, denominator).max(axis=0) for each in tallies])[:, numbers]
    minimum, total = best.min(axis=0), best.sum(axis=0)
    choice = int(np.lexsort((-total, -minimum))[0])
    if not minimum[choice]:
        _log.warning(
            "no %s is met by a unit of every network; taking '%s'", category, names[numbers[choice]]
        )
    return numbers[choice]


@dataclasses.dataclass
class ConceptImages:
    """The images that show most of a concept: N of them."""

    numbers: list[int]
    pixels: np.ndarray
    """(N, H, W, 3) uint8."""
    masks: np.ndarray
    """(N, sh, sw) bool, where the concept is labelled in any plane."""


def find_images(
    concepts: Concepts, label: int, images: int, image_size: int, workers: int = 1
) -> ConceptImages:
    """Find the up to ``images`` images with the largest area of ``label``.

    Raises:
        InputError: if no image has it.
    """

    def areas(numbers: Sequence[int]) -> list[int]:
        return [int(_mask_of(concepts, number, label).sum()) for number in numbers]

    chunks = run_chunks(
        areas,
        range(len(concepts)),
        workers=workers,
        logger=_log,
        what=f"looking for {concepts.label_names[label]}",
        unit="images",
    )
    area = np.array([value for chunk in chunks for value in chunk])
    order = np.argsort(-area, kind="stable")[:images]
    numbers = [int(number) for number in order if area[number]]
    if not numbers:
        raise InputError(f"no image is labelled '{concepts.label_names[label]}'")
    return ConceptImages(
        numbers,
        np.stack([pixels_of(concepts, number, image_size) for number in numbers]),
        np.stack([_mask_of(concepts, number, label) for number in numbers]),
    )


def _mask_of(concepts: Concepts, number: int, label: int) -> np.ndarray:
    annotation = concepts.annotation(number)
    mask = np.full(concepts.mask_shape, label in annotation.scalars)
    for plane in annotation.planes:
        mask |= plane == label
    return mask


def unit_maps(
    network: nn.Module,
    layer: str,
    unit: int,
    pixels: np.ndarray,
    mask_shape: tuple[int, int],
    network_input: NetworkInput,
    block: int = 16,
    precision: str = "float32",
) -> np.ndarray:
    """Return one unit's maps of images (N, H, W, 3), upsampled to the masks: (N, sh, sw).

    Args:
        block, precision: as in the dissection whose thresholds the maps are compared with.

    Raises:
        InputError: if the network has no such layer, or its output has no maps.
    """
    device = device_of(network)
    with recording(network, [layer], block) as recorder, arithmetic(device, precision):
        maps = [
            recorder.forward(network_input(batch))[layer][:, unit].cpu().numpy().copy()
            for batch in torch.from_numpy(pixels).split(block)
        ]
    return upsample(np.concatenate(maps), mask_shape)
