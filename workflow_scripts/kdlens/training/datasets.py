"""Training and validation images as whole batches.

A dataset here answers torch's DataLoader with whole batches: uint8 images (B, S, S, 3), labels (B,)
and a supplementary dictionary (which torchdistill hands to a network that wants one). They become
float32 (B, 3, S, S), normalised and in channels-last order, on the device (:class:`Preprocess`), so
that only bytes are copied there.

- :class:`HeldImages` keeps all decoded images in memory, on the GPU if there is one, and augments
  batches as a whole: no worker processes, no decoding, next to no waiting.
- :class:`StreamedImages` decodes from the disk in worker processes, for datasets that are too large
  and for the ``imagenet`` augmentation, which needs the images in their stored size.

Both give the same batches. An image is asked for by a *key*, epoch x length + index, so that the
augmentation is known from the key alone, also in a worker process that outlives its epoch
(:mod:`kdlens.training.randomness`).

An image that cannot be decoded gives an :class:`InputError` in place of its batch, which
:func:`batches` raises: raised in a worker process, it would reach the user wrapped into a
traceback of many lines.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
import torchvision  # noqa: F401 (torchdistill looks through its modules, which must be loaded)
from PIL import Image
from torch.utils.data import DataLoader, Dataset, Sampler
from torchdistill.datasets.registry import register_collate_func

from kdlens.data.image_folder import load_image
from kdlens.errors import InputError
from kdlens.training.augmentation import (
    FORMS,
    augment,
    forms,
    in_form,
    random_resized_crop,
)
from kdlens.training.randomness import Stream, permutation

Batch = tuple[torch.Tensor, torch.Tensor, dict[str, Any]]


class ImageDataset(Dataset, ABC):
    """Images with labels that are fetched by the batch.

    Attributes:
        labels: int64 (N,), the classes' positions in the dataset's list.
    """

    labels: torch.Tensor

    def __len__(self) -> int:
        return len(self.labels)

    @abstractmethod
    def __getitems__(self, keys: Sequence[int]) -> Batch | InputError:
        """Return the batch of ``keys``, or the error that stands in its place.

        torch's DataLoader prefers this to asking for single items.
        """


class HeldImages(ImageDataset):
    """Decoded images in memory.

    The supplementary dictionary has their ``form`` (B,), where these can be counted
    (:data:`~kdlens.training.augmentation.FORMS`): image x forms + its form.

    Attributes:
        forms: how many forms an image can take; None if they cannot be counted.

    Args:
        images: uint8 (N, S, S, 3).
        labels: int64 (N,).
        augmentation: see :mod:`kdlens.training.augmentation`; not ``imagenet``.
        seed: of the augmentation.
        device: where the images are kept.
    """

    def __init__(
        self,
        images: np.ndarray,
        labels: np.ndarray,
        *,
        augmentation: str,
        seed: int,
        device: torch.device,
    ) -> None:
        self._images = torch.from_numpy(images).to(device)
        self.labels = torch.from_numpy(labels).to(device)
        self._augmentation, self._seed = augmentation, seed
        self.forms = FORMS.get(augmentation)

    def __getitems__(self, keys: Sequence[int]) -> Batch:
        numbers = np.asarray(keys)
        index = torch.from_numpy(numbers % len(self)).to(self.labels.device)
        if self.forms is None:
            images = augment(self._augmentation, self._images[index], numbers, self._seed)
            return images, self.labels[index], {}
        form = torch.from_numpy(forms(self._augmentation, numbers, self._seed)).to(index.device)
        supplement = {"form": index * self.forms + form}
        return in_form(self._images[index], form), self.labels[index], supplement

    def all_forms(self, batch_size: int) -> Iterator[torch.Tensor]:
        """Yield all images in all their forms, uint8 (B, S, S, 3), in the order of ``form``."""
        assert self.forms is not None, "asked for where they can be counted"
        numbers = torch.arange(len(self) * self.forms, device=self.labels.device)
        for part in numbers.split(batch_size):
            yield in_form(self._images[part // self.forms], part % self.forms)


class StreamedImages(ImageDataset):
    """Images that are decoded when they are asked for.

    Args:
        files: one a label.
        labels: int64 (N,).
        size: side of the square that a network sees.
        resize: to what the shorter side is brought before the central square is taken.
        augmentation: see :mod:`kdlens.training.augmentation`.
        seed: of the augmentation.
    """

    def __init__(
        self,
        files: Sequence[str | Path],
        labels: np.ndarray,
        *,
        size: int,
        resize: int,
        augmentation: str,
        seed: int,
    ) -> None:
        # One array of bytes instead of a million objects: worker processes then share its memory.
        self._files = np.array([str(file) for file in files])
        self.labels = torch.from_numpy(labels)
        self._size, self._resize = size, resize
        self._augmentation, self._seed = augmentation, seed

    def __getitems__(self, keys: Sequence[int]) -> Batch | InputError:
        try:
            return self._batch(np.asarray(keys))
        except InputError as error:
            return error

    def _batch(self, keys: np.ndarray) -> Batch:
        index = keys % len(self)
        if self._augmentation == "imagenet":
            crops = [self._random_crop(*pair) for pair in zip(index, keys, strict=True)]
            images = torch.from_numpy(np.stack(crops))
        else:
            squares = np.stack([load_image(Path(self._files[i]), self._resize) for i in index])
            images = torch.from_numpy(central(squares, self._size))
            images = augment(self._augmentation, images, keys, self._seed)
        return images, self.labels[torch.from_numpy(index)], {}

    def _random_crop(self, index: int, key: int) -> np.ndarray:
        path = self._files[index]
        try:
            with Image.open(path) as image:
                crop = random_resized_crop(image.convert("RGB"), self._size, key, self._seed)
        except (OSError, SyntaxError, ValueError) as error:
            raise InputError(
                f"{path}: cannot be decoded ({error}); the file has changed since the dataset was "
                "checked. Fetch the dataset again"
            ) from error
        return np.asarray(crop)


class EpochSampler(Sampler):
    """Yields the keys of an epoch in random order, which depends on (seed, epoch) alone."""

    def __init__(self, images: ImageDataset, seed: int) -> None:
        self._length, self._seed, self._epoch = len(images), seed, 0

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch, from 0, that is gone through next."""
        self._epoch = epoch

    def __len__(self) -> int:
        return self._length

    def __iter__(self) -> Iterator[int]:
        order = permutation(self._seed, Stream.ORDER, self._epoch, self._length)
        return iter((order + self._epoch * self._length).tolist())


@register_collate_func
def whole_batch(batch: Batch | InputError) -> Batch | InputError:
    """Hand on what an :class:`ImageDataset` returned: a batch already."""
    return batch


def batches(loader: Iterable[Batch | InputError]) -> Iterator[Batch]:
    """Yield the batches of a loader.

    Raises:
        InputError: the one that stands in the place of a batch.
    """
    for batch in loader:
        if isinstance(batch, InputError):
            raise batch
        yield batch


def ordered_loader(
    images: ImageDataset, batch_size: int, workers: int, order: Sequence[int] | None = None
) -> DataLoader:
    """Return a loader that goes through the images of ``order``, or all in their order, once."""
    options = loader_options(images, workers, pin=False)
    options["persistent_workers"] = False
    return DataLoader(images, batch_size, sampler=order, collate_fn=whole_batch, **options)


def loader_options(images: ImageDataset, workers: int, *, pin: bool) -> dict[str, Any]:
    """Return the arguments of a DataLoader that depend on how images are held."""
    streamed = workers if isinstance(images, StreamedImages) else 0
    return {
        "num_workers": streamed,
        "persistent_workers": streamed > 0,
        "pin_memory": pin and isinstance(images, StreamedImages),
    }


class Preprocess:
    """Bring a batch of bytes to the device and normalise it.

    Called with uint8 (..., S, S, 3), it returns float32 (..., 3, S, S), (value / 255 - mean) / std,
    whose memory is in channels-last order: that of the bytes, and the one in which convolutions
    are fastest.

    Args:
        image: the image spec (``mean`` and ``std`` of RGB on a scale of 0 to 1).
        device: where to compute.
    """

    def __init__(self, image: Mapping[str, Any], device: torch.device) -> None:
        self.device = device
        mean = torch.tensor(image["mean"], dtype=torch.float64)
        std = torch.tensor(image["std"], dtype=torch.float64)
        self._scale = (1 / (255 * std)).to(device, torch.float32)
        self._offset = (-mean / std).to(device, torch.float32)

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Return the images normalised, (..., 3, S, S)."""
        images = images.to(self.device, non_blocking=True)
        width = images.shape[-2]
        # By whole rows of pixels: loops over only three channels would be seven times slower.
        rows = images.flatten(-2).to(torch.float32)
        rows.mul_(self._scale.repeat(width)).add_(self._offset.repeat(width))
        return rows.view(images.shape).movedim(-1, -3)


def central(images: np.ndarray, size: int) -> np.ndarray:
    """Return the central squares (N, size, size, 3) of square images."""
    margin = (images.shape[1] - size) // 2
    return images[:, margin : margin + size, margin : margin + size]
