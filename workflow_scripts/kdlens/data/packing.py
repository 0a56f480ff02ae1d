"""Pack a concept dataset: write the folder that :class:`kdlens.data.packed.PackedConcepts` reads.

One pass in constant memory, whatever the number of images: a few chunks of 64 images are worked on
ahead (for each thread four chunks of masks, and one photograph), and everything else is on the
disk. The same dataset gives the same bytes with any number of threads.
"""

from __future__ import annotations

import contextlib
import logging
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kdlens.data.broden import Broden
from kdlens.data.packed import (
    ALIGNMENT,
    FORMAT,
    MANIFEST,
    OFFSETS,
    PIXELS,
    STREAMS,
    VOCABULARY,
    index_type,
)
from kdlens.data.photographs import read_image
from kdlens.data.regions import regions_of
from kdlens.data.work import run_chunks
from kdlens.disk import require_space
from kdlens.files import atomic_folder, sha256_of, write_json

_log = logging.getLogger(__name__)

_ADVICE = (
    "nothing was kept of the pack. Free some space, or leave the photographs out "
    "(dissection.pack_pixels_gib: 0 in the config), and start again"
)
# What an image may take in all tables: it has some hundred regions of a few labels.
_TABLES = 8192
GIB = 2**30


def pack_concepts(
    broden: Broden,
    folder: str | os.PathLike[str],
    *,
    image_size: int | None,
    workers: int = 1,
    name: str = "",
    digest: str = "",
) -> Path:
    """Pack ``broden`` into ``folder``, which appears only when it is whole; see ``packed``.

    Args:
        image_size: side in pixels to which photographs are brought; None leaves them out.
        workers: threads.
        name, digest: of the dataset, as in its dataset.json.

    Returns:
        ``folder``.

    Raises:
        InputError: for a mask or photograph that is missing or broken, and for a full disk.
    """
    folder = Path(folder)
    with atomic_folder(folder, _ADVICE) as new:
        needed = _most_bytes(broden, image_size)
        _log.info("%s: %d images, up to about %.2f GiB", folder, len(broden), needed / GIB)
        require_space(new, needed, f"packing {broden.root}")
        _write_streams(broden, new, image_size, workers)
        vocabulary = {
            "label_names": broden.label_names,
            "primary_category": broden.primary_category.tolist(),
        }
        write_json(new / VOCABULARY, vocabulary)
        files = {path.name: _settled(path) for path in sorted(new.iterdir())}
        about = {
            "format": FORMAT,
            "name": name,
            "digest": digest,
            "root": str(broden.root),
            "images": len(broden),
            "mask_shape": list(broden.mask_shape),
            "image_size": image_size,
            "categories": broden.categories,
            "files": files,
        }
        write_json(new / MANIFEST, about)
    written = sum(file["bytes"] for file in files.values())
    _log.info("%s: %.2f GiB written", folder, written / GIB)
    return folder


def pixel_bytes(images: int, image_size: int) -> int:
    """Return how many bytes the photographs take, at ``image_size`` pixels a side."""
    return images * image_size * image_size * 3


def _most_bytes(broden: Broden, image_size: int | None) -> int:
    area = broden.mask_shape[0] * broden.mask_shape[1]
    index = 2 * area + ALIGNMENT
    pixels = 0 if image_size is None else pixel_bytes(len(broden), image_size)
    return pixels + len(broden) * (index + _TABLES)


def _write_streams(broden: Broden, folder: Path, image_size: int | None, workers: int) -> None:
    """Write the offsets, the streams and the pixels of all images."""
    with contextlib.ExitStack() as stack:
        offsets = stack.enter_context(open(folder / OFFSETS, "wb"))
        streams = [stack.enter_context(open(folder / name, "wb")) for name in STREAMS]
        pixels = None
        if image_size is not None:
            pixels = stack.enter_context(open(folder / PIXELS, "wb", buffering=0)).fileno()
        position = np.zeros(len(STREAMS), np.int64)
        offsets.write(position.astype("<i8").tobytes())
        for lengths, parts in run_chunks(
            lambda chunk: _pack_chunk(broden, chunk, image_size, pixels),
            range(len(broden)),
            workers=workers,
            logger=_log,
            what=f"packing {broden.root}",
            unit="images",
        ):
            ends = position + lengths.cumsum(axis=0)
            offsets.write(ends.astype("<i8").tobytes())
            position = ends[-1]
            for stream, part in zip(streams, parts, strict=True):
                stream.write(part)


def _pack_chunk(
    broden: Broden, images: Sequence[int], image_size: int | None, pixels: int | None
) -> tuple[np.ndarray, list[bytes]]:
    """Write the photographs of some images to the file ``pixels``, and pack all else of them.

    Returns:
        (n, streams) int64, the entries of each image in each stream; and each stream's bytes.
    """
    area = broden.mask_shape[0] * broden.mask_shape[1]
    lengths, packed = [], []
    for image in images:
        path = broden.image_files[image]
        regions = regions_of(broden.annotation(image), area)
        index = regions.index.astype(index_type(len(regions.sizes))).tobytes()
        index += bytes(-len(index) % ALIGNMENT)
        inside = path.relative_to(broden.root) if path.is_relative_to(broden.root) else path
        entries = (
            np.frombuffer(index, np.uint8),
            regions.labels.ravel(),
            regions.sizes,
            regions.scalars,
            np.frombuffer(inside.as_posix().encode("utf-8"), np.uint8),
        )
        lengths.append([len(entry) for entry in entries])
        packed.append(
            [
                entry.astype(dtype).tobytes()
                for entry, dtype in zip(entries, STREAMS.values(), strict=True)
            ]
        )
        if pixels is not None and image_size is not None:
            photograph = read_image(path, image_size)
            _write_at(pixels, photograph.tobytes(), photograph.nbytes * image)
    return np.array(lengths, np.int64), [b"".join(stream) for stream in zip(*packed, strict=True)]


def _write_at(file: int, data: bytes, offset: int) -> None:
    """Write all of ``data`` at a place of its own, from any thread.

    (Through a memory map, a full disk would kill the process without a word.)
    """
    left = memoryview(data)
    while left:
        written = os.pwrite(file, left, offset)
        left, offset = left[written:], offset + written


def _settled(path: Path) -> dict[str, Any]:
    """Bring a file to the disk, and describe it."""
    with open(path, "rb") as handle:
        os.fsync(handle.fileno())
    return {"bytes": path.stat().st_size, "sha256": sha256_of(path)}
