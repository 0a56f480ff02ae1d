"""A concept dataset packed for reading: decoded once, memory-mapped for every model and layer.

A pack holds one choice of categories, and the photographs at one size or not at all. It is a folder
of plain little-endian arrays, each that of all N images after one another:

    packed.json      what the pack is, and bytes and sha256 of every other file; written last
    vocabulary.json  the label names and their primary categories
    offsets.bin      int64 (N + 1, 5): where each image begins in the next five files, a column each
                     and counted in entries, and where the last one ends
    regions.bin      the region of each pixel: uint8, with more than 256 regions uint16, with more
                     than 65536 uint32; padded with zeros to a multiple of 8 bytes an image
    labels.bin       uint16: (R, P) of an image with R regions and P planes that have a label
    sizes.bin        uint32: pixels of each region
    scalars.bin      uint16: labels of the whole image
    names.bin        UTF-8: the photograph's path in the dataset's folder
    pixels.bin       uint8 (N, S, S, 3): the photographs, if they are packed

:class:`PackedConcepts` reads it, and gives exactly what :class:`kdlens.data.broden.Broden` with the
same categories, ``regions_of`` and ``read_image`` give. ``kdlens.data.packing`` writes it.
"""

from __future__ import annotations

import operator
import os
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np

from kdlens.data.photographs import read_image
from kdlens.data.regions import Annotation, Regions
from kdlens.errors import InputError
from kdlens.files import read_json

FORMAT = 1
MANIFEST, VOCABULARY, PIXELS = "packed.json", "vocabulary.json", "pixels.bin"
OFFSETS = "offsets.bin"
# What each image has a part of: the file of each column of the offsets, and its entries.
STREAMS: dict[str, np.dtype] = {
    "regions.bin": np.dtype("u1"),
    "labels.bin": np.dtype("<u2"),
    "sizes.bin": np.dtype("<u4"),
    "scalars.bin": np.dtype("<u2"),
    "names.bin": np.dtype("u1"),
}
ALIGNMENT = 8  # bytes: where the regions of each image may begin


def index_type(regions: int) -> np.dtype:
    """Return the type in which pixels say which of so many regions is theirs."""
    return np.min_scalar_type(max(regions - 1, 0)).newbyteorder("<")


class PackedConcepts:
    """A packed concept dataset; opening it takes a millisecond, whatever its size.

    It can be pickled (its files are mapped anew where it arrives) and used after a fork.

    Attributes:
        folder: of the pack.
        name, digest: of the dataset, as in its dataset.json; "" if the pack was made without it.
        root: the folder of the dataset.
        categories, label_names, primary_category, mask_shape: as those of
            :class:`kdlens.data.broden.Broden` with the categories that were packed.
        image_files: the photographs, N paths, each made when it is asked for.
        image_size: side of the packed photographs in pixels, or None if they are not packed.
    """

    def __init__(
        self, folder: str | os.PathLike[str], categories: Sequence[str] | None = None
    ) -> None:
        """Open a pack.

        Args:
            categories: which categories are expected in it; None for whichever there are.

        Raises:
            InputError: if the folder is no pack, is one of another version, has been damaged, or
                holds other categories.
        """
        self.folder = Path(folder)
        about = _read_manifest(self.folder)
        self.name, self.digest = about["name"], about["digest"]
        self.root = Path(about["root"])
        self.categories: list[str] = about["categories"]
        if categories is not None and set(categories) != set(self.categories):
            raise InputError(
                f"{self.folder}: the pack holds the categories {', '.join(self.categories)}, "
                f"expected {', '.join(categories)}; pack these into a folder of their own"
            )
        self.mask_shape: tuple[int, int] = tuple(about["mask_shape"])
        self.image_size: int | None = about["image_size"]
        self._images: int = about["images"]
        vocabulary = read_json(self.folder / VOCABULARY)
        self.label_names: list[str] = vocabulary["label_names"]
        self.primary_category = np.array(vocabulary["primary_category"], np.int64)
        self._offsets = _map(self.folder / OFFSETS, np.dtype("<i8")).reshape(-1, len(STREAMS))
        self._streams = [_map(self.folder / name, dtype) for name, dtype in STREAMS.items()]
        self._pixels = None
        if self.image_size is not None:
            shape = (self._images, self.image_size, self.image_size, 3)
            self._pixels = _map(self.folder / PIXELS, np.dtype("u1")).reshape(shape)
        self.image_files: Sequence[Path] = _Files(self._image_file, self._images)

    def __reduce__(self) -> tuple[type[PackedConcepts], tuple[Path]]:
        return PackedConcepts, (self.folder,)

    def __len__(self) -> int:
        return self._images

    def regions(self, index: int) -> Regions:
        """Return the regions of image ``index``; their index and labels are read-only views."""
        pixels, labels, sizes, scalars, _ = self._parts(index)
        dtype = index_type(len(sizes))
        area = self.mask_shape[0] * self.mask_shape[1]
        return Regions(
            index=pixels[: area * dtype.itemsize].view(dtype),
            labels=labels.reshape(len(sizes), len(labels) // len(sizes)),
            sizes=sizes.astype(np.int64),
            scalars=scalars.astype(np.int64),
        )

    def annotation(self, index: int) -> Annotation:
        """Return the labels of image ``index``; planes without any label are left out."""
        regions = self.regions(index)
        planes = regions.labels.T[:, regions.index]
        return Annotation(planes.reshape(-1, *self.mask_shape), regions.scalars)

    def pixels(self, index: int, size: int) -> np.ndarray:
        """Return photograph ``index`` as :func:`kdlens.data.photographs.read_image` does.

        It is a read-only view, unless the photographs are not packed: then it is decoded.

        Returns:
            (size, size, 3) uint8 RGB.

        Raises:
            InputError: if the photographs are packed at another size, or cannot be decoded.
        """
        if self._pixels is None:
            return read_image(self.image_files[index], size)
        if size != self.image_size:
            raise InputError(
                f"{self.folder}: the photographs are packed at {self.image_size} pixels, and "
                f"{size} are asked for; pack them at {size} into a folder of their own"
            )
        return self._pixels[index]

    def _image_file(self, index: int) -> Path:
        return self.root / self._parts(index)[-1].tobytes().decode("utf-8")

    def _parts(self, index: int) -> list[np.ndarray]:
        """Return image ``index``'s part of each of the streams."""
        index = operator.index(index)
        if not 0 <= index < self._images:
            raise IndexError(f"image {index} of {self._images}")
        starts, ends = self._offsets[index : index + 2].tolist()
        return [
            stream[start:end]
            for stream, start, end in zip(self._streams, starts, ends, strict=True)
        ]


class _Files(Sequence[Path]):
    """The paths of N files, made when they are asked for: 60,000 of them take a while."""

    def __init__(self, path: Callable[[int], Path], count: int) -> None:
        self._path = path
        self._range = range(count)

    def __len__(self) -> int:
        return len(self._range)

    @overload
    def __getitem__(self, index: int) -> Path: ...

    @overload
    def __getitem__(self, index: slice) -> list[Path]: ...

    def __getitem__(self, index: int | slice) -> Path | list[Path]:
        chosen = self._range[index]
        return self._path(chosen) if isinstance(chosen, int) else [self._path(i) for i in chosen]


def _read_manifest(folder: Path) -> dict[str, Any]:
    """Read packed.json, and compare the files' sizes with it."""
    path = folder / MANIFEST
    again = "delete the folder and run again"
    if not path.is_file():
        raise InputError(f"{folder}: no packed concept dataset, it has no {MANIFEST}; {again}")
    about = read_json(path)
    if not isinstance(about, dict) or about.get("format") != FORMAT:
        found = about.get("format") if isinstance(about, dict) else None
        raise InputError(f"{path}: expected a pack of format {FORMAT}, found {found}; {again}")
    for name, file in about["files"].items():
        try:
            size = (folder / name).stat().st_size
        except FileNotFoundError as error:
            raise InputError(f"{folder / name}: missing from the pack; {again}") from error
        if size != file["bytes"]:
            raise InputError(
                f"{folder / name}: {size:,} bytes, expected {file['bytes']:,}: truncated or "
                f"changed; {again}"
            )
    return about


def _map(path: Path, dtype: np.dtype) -> np.ndarray:
    """Map a file of numbers, read-only; one of no bytes, which cannot be mapped, is empty."""
    if not path.stat().st_size:
        return np.zeros(0, dtype)
    return np.asarray(np.memmap(path, dtype, "r"))
