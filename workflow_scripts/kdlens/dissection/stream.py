"""The concept dataset as a stream of batches: decoded images, packed labels, or both.

With ``workers`` processes, decoding runs ahead of the network; with 0 it runs in this one. The
batches are the same either way.
"""

from __future__ import annotations

import dataclasses
import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader, Dataset

from kdlens.data.photographs import read_image
from kdlens.data.regions import Annotation, Regions, regions_of
from kdlens.data.work import Progress
from kdlens.dissection.labels import LabelBatch, pack_labels
from kdlens.errors import InputError

_log = logging.getLogger(__name__)


class Concepts(Protocol):
    """What is asked of a concept dataset.

    ``kdlens.data.broden.Broden`` has it. One that has ``regions(i)`` and ``pixels(i, size)`` as
    well, as ``kdlens.data.packed.PackedConcepts`` does, is asked for these, and no file is decoded.
    """

    categories: list[str]
    mask_shape: tuple[int, int]
    label_names: list[str]
    primary_category: np.ndarray

    @property
    def image_files(self) -> Sequence[str | Path]:
        """The photographs."""
        ...

    def __len__(self) -> int: ...

    def annotation(self, index: int) -> Annotation:
        """Return the labels of an image."""
        ...


@dataclasses.dataclass
class Batch:
    """Consecutive images of the dataset, and what was asked for of them."""

    images: Tensor
    """(B,) int64, their numbers in the dataset."""
    pixels: Tensor | None
    """(B, H, W, 3) uint8."""
    labels: LabelBatch | None
    shuffled_labels: LabelBatch | None

    def pin_memory(self) -> Batch:
        """Copy to page-locked memory, from where a GPU fetches by itself."""
        return Batch(
            self.images,
            None if self.pixels is None else self.pixels.pin_memory(),
            None if self.labels is None else self.labels.pin_memory(),
            None if self.shuffled_labels is None else self.shuffled_labels.pin_memory(),
        )


def pixels_of(concepts: Concepts, index: int, size: int) -> np.ndarray:
    """Return a photograph of the dataset as (size, size, 3) uint8 RGB.

    Raises:
        InputError: if it is missing or broken.
    """
    if hasattr(concepts, "pixels"):
        return concepts.pixels(index, size)
    return read_image(concepts.image_files[index], size)


def _regions(concepts: Concepts, index: int) -> Regions:
    if hasattr(concepts, "regions"):
        return concepts.regions(index)
    annotation = concepts.annotation(index)
    planes = np.asarray(annotation.planes)
    if len(planes) and planes.shape[1:] != tuple(concepts.mask_shape):
        raise InputError(
            f"{concepts.image_files[index]}: masks of shape {planes.shape[1:]}, expected "
            f"{tuple(concepts.mask_shape)}; check the concept dataset"
        )
    return regions_of(annotation, concepts.mask_shape[0] * concepts.mask_shape[1])


class _Items(Dataset):
    """Whole batches as items, so that a worker packs what it decodes.

    An :class:`InputError` is returned, not raised: a worker's exception would reach the user
    wrapped into a traceback.
    """

    def __init__(
        self,
        concepts: Concepts,
        batch_size: int,
        image_size: int | None,
        with_labels: bool,
        permutation: np.ndarray | None,
    ) -> None:
        self._concepts = concepts
        self._batch_size = batch_size
        self._image_size = image_size
        self._with_labels = with_labels
        self._permutation = permutation

    def __len__(self) -> int:
        return -(-len(self._concepts) // self._batch_size)

    def __getitem__(self, number: int) -> Batch | InputError:
        start = number * self._batch_size
        images = np.arange(start, min(start + self._batch_size, len(self._concepts)))
        try:
            return Batch(
                images=torch.from_numpy(images),
                pixels=None if self._image_size is None else self._pixels(images, self._image_size),
                labels=self._labels(images) if self._with_labels else None,
                shuffled_labels=None
                if self._permutation is None
                else self._labels(self._permutation[images]),
            )
        except InputError as error:
            return error

    def _pixels(self, images: np.ndarray, size: int) -> Tensor:
        pixels = np.empty((len(images), size, size, 3), np.uint8)
        for place, image in zip(pixels, images.tolist(), strict=True):
            place[...] = pixels_of(self._concepts, image, size)
        return torch.from_numpy(pixels)

    def _labels(self, images: np.ndarray) -> LabelBatch:
        concepts = self._concepts
        return pack_labels(
            [_regions(concepts, i) for i in images.tolist()],
            [str(concepts.image_files[i]) for i in images],
            concepts.mask_shape,
            concepts.primary_category,
            len(concepts.categories),
        )


def batches(
    concepts: Concepts,
    batch_size: int,
    *,
    what: str,
    image_size: int | None = None,
    with_labels: bool = False,
    permutation: np.ndarray | None = None,
    workers: int = 0,
    pin_memory: bool = False,
) -> Iterator[Batch]:
    """Stream the dataset in order, with progress lines that say ``what`` is being done.

    Args:
        concepts: the dataset.
        batch_size: images a batch; the last may be smaller.
        image_size: decode the images, at this size.
        with_labels: read the annotations.
        permutation: read, as ``shuffled_labels``, the annotation of image ``permutation[i]`` too.
        workers: decoding processes; 0 decodes in this one.
        pin_memory: hand batches out in page-locked memory, for a GPU.

    Raises:
        InputError: if a file is missing or broken.
    """
    items = _Items(concepts, batch_size, image_size, with_labels, permutation)
    loader = DataLoader(items, batch_size=None, num_workers=workers, pin_memory=pin_memory)
    progress = Progress(_log, what, len(concepts), "images")
    done = 0
    for batch in loader:
        if isinstance(batch, InputError):
            raise batch
        yield batch
        done += len(batch.images)
        progress.update(done, final=done == len(concepts))
