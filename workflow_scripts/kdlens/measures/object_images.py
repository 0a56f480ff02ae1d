"""Images of which it is known where their object is: for measures of where a network looks.

Two sources. :class:`ValidationObjects` are the validation images of the concept world with the
masks of their class's species, so the loss can be that of the true class. :class:`ConceptObjects`
are the images of a concept dataset with pixels labelled as objects; they have no class, so
``labels`` are None, and what they are shown as is up to the network.

Both give images as uint8 (B, S, S, 3) and masks as bool (S, S), of the size that the network sees.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Protocol

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from kdlens.data.image_folder import read_dataset, split_files
from kdlens.data.packed import PackedConcepts
from kdlens.data.world.masks import read_masks
from kdlens.errors import InputError, suggest
from kdlens.training.datasets import batches, central, ordered_loader
from kdlens.training.splits import open_split, stored_side

OBJECT = "object"


class ObjectImages(Protocol):
    """Images with masks of their objects."""

    name: str
    digest: str

    def __len__(self) -> int: ...

    def mask(self, number: int) -> NDArray[np.bool_]:
        """Return where the object of an image is, (S, S)."""
        ...

    def batches(
        self, numbers: Sequence[int], batch_size: int
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor | None]]:
        """Yield the images of these numbers, (B, S, S, 3), and their classes (B,) if they have any.

        Raises:
            InputError: if an image cannot be read.
        """
        ...


class ValidationObjects:
    """The validation images of the concept world.

    Args:
        dataset: its ``dataset.json``.
        masks: what :func:`kdlens.data.world.masks.write_masks` wrote of it.
        image: the image spec of the network.
        device: where images that are held in memory are kept.
        threads: that decode images.

    Raises:
        InputError: if the masks are missing, damaged, or of other images.
    """

    def __init__(
        self,
        dataset: str | Path,
        masks: str | Path,
        image: Mapping[str, Any],
        device: torch.device,
        threads: int = 1,
    ) -> None:
        about = read_dataset(dataset)
        self.name, self.digest = about["name"], about["digest"]
        self._masks = read_masks(masks, split_files(about, "val")[0])
        self._side, self._size = stored_side(image), image["size"]
        self._images = open_split(dataset, "val", image, held=False, device=device, threads=threads)

    def __len__(self) -> int:
        return len(self._masks)

    def mask(self, number: int) -> NDArray[np.bool_]:
        """As of :class:`ObjectImages`."""
        mask = Image.fromarray(self._masks[number])
        resized = mask.resize((self._side, self._side), Image.Resampling.NEAREST)
        return central(np.asarray(resized)[None], self._size)[0]

    def batches(
        self, numbers: Sequence[int], batch_size: int
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor | None]]:
        """As of :class:`ObjectImages`."""
        loader = ordered_loader(self._images, batch_size, 0, numbers)
        return ((images, labels) for images, labels, _ in batches(loader))


class ConceptObjects:
    """The images of a packed concept dataset.

    Args:
        folder: of the pack.
        size: side in pixels of what the network sees.
        objects: names of the objects that count; None for all.
        categories: those that were packed; None for all.

    Raises:
        InputError: if nothing in it is labelled as an object, or not as one of ``objects``.
    """

    def __init__(
        self,
        folder: str | Path,
        size: int,
        objects: Collection[str] | None = None,
        categories: Sequence[str] | None = None,
    ) -> None:
        self._pack, self._size = PackedConcepts(folder, categories), size
        self.name, self.digest = self._pack.name, self._pack.digest
        if OBJECT not in self._pack.categories:
            raise InputError(
                "config key measures.loss_gradients.masks: the concept dataset "
                f"'{self.name}' has no category '{OBJECT}'; write none"
            )
        of_objects = self._pack.primary_category == self._pack.categories.index(OBJECT)
        names = np.array(self._pack.label_names)
        known = sorted(set(names[of_objects & (names != "")].tolist()))
        for name in objects or ():
            if name not in known:
                raise InputError(
                    f"config key measures.loss_gradients.objects: '{name}' is no object of "
                    f"'{self.name}'; {suggest(name, known)}"
                )
        wanted = known if objects is None else list(objects)
        self._labels = np.flatnonzero(of_objects & np.isin(names, wanted))

    def __len__(self) -> int:
        return len(self._pack)

    def mask(self, number: int) -> NDArray[np.bool_]:
        """As of :class:`ObjectImages`."""
        planes = np.isin(self._pack.annotation(number).planes, self._labels)
        mask = np.asarray(planes.any(axis=0))
        rows, columns = (np.arange(self._size) * side // self._size for side in mask.shape)
        return mask[rows[:, None], columns]

    def batches(
        self, numbers: Sequence[int], batch_size: int
    ) -> Iterator[tuple[torch.Tensor, torch.Tensor | None]]:
        """As of :class:`ObjectImages`."""
        for start in range(0, len(numbers), batch_size):
            some = numbers[start : start + batch_size]
            pixels = [self._pack.pixels(int(number), self._size) for number in some]
            yield torch.from_numpy(np.stack(pixels)), None


def choose(
    images: ObjectImages, count: int | None, seed: int
) -> tuple[list[int], list[NDArray[np.bool_]], dict[str, int]]:
    """Draw ``count`` images (None: all) whose mask is neither empty nor full.

    All images are shuffled by the seed, and the first such ones taken.

    Returns:
        Their numbers, rising, their masks, and how many images were passed over because their mask
        is ``empty`` or ``full``.
    """
    found: dict[int, NDArray[np.bool_]] = {}
    passed = {"empty": 0, "full": 0}
    for number in np.random.default_rng(seed).permutation(len(images)).tolist():
        if count is not None and len(found) == count:
            break
        mask = images.mask(number)
        if mask.all() or not mask.any():
            passed["full" if mask.any() else "empty"] += 1
        else:
            found[number] = mask
    numbers = sorted(found)
    return numbers, [found[number] for number in numbers], passed
