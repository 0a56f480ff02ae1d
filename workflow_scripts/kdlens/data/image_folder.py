"""Training images: one folder a class, below one folder a split, as torchvision's ImageFolder.

    <root>/train/<class>/**/*.jpg
    <root>/val/<class>/**/*.jpg

``check_image_folder`` decodes every image once, before anything is trained on it, and returns what
``dataset.json`` says of the dataset; everything later reads that file. Classes are numbered as
torchvision numbers them (sorted names), and the images of a split are in its order too: by class,
then by path.

``load_split`` returns a split in memory, as uint8 (N, H, W, 3) and int64 labels (N,); ``memory_of``
says beforehand how many bytes that takes.
"""

from __future__ import annotations

import hashlib
import io
import logging
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from kdlens.data.work import run_chunks
from kdlens.errors import InputError, listed
from kdlens.files import read_json

_log = logging.getLogger(__name__)

IMAGE_SUFFIXES = (".jpg", ".jpeg", ".png", ".ppm", ".bmp", ".pgm", ".tif", ".tiff", ".webp")


def check_image_folder(
    root: str | os.PathLike[str],
    splits: Mapping[str, str],
    num_classes: int | None = None,
    workers: int = 1,
) -> dict[str, Any]:
    """Check a whole dataset and describe it.

    Args:
        root: the folder that holds the folders of the splits.
        splits: name of a split -> its folder; "train" and "val".
        num_classes: how many classes there must be; None for any number.
        workers: threads that decode images.

    Returns:
        ``dataset.json`` without its "name": kind, root, splits, classes, images (number in each
        split) and digest, the sha256 of a line "sha256  path" for each image, sorted.

    Raises:
        InputError: if a split or all its classes are missing, if the splits' classes differ, if
            their number is not ``num_classes``, if a class has no image, or if an image cannot be
            decoded.
    """
    root = Path(root)
    if not root.is_dir():
        raise InputError(
            f"{root}: no such folder; expected one that holds {', '.join(splits.values())}. "
            "Correct the dataset's `path` in the config, or set the environment variable that it "
            "names (such as KDLENS_DATA)"
        )
    classes = _common_classes(root, splits)
    if num_classes is not None and len(classes) != num_classes:
        raise InputError(
            f"{root}: {len(classes)} class folders, expected {num_classes}; correct `num_classes` "
            "in the config, or complete the dataset"
        )
    files = {split: _list_images(root / folder, classes)[0] for split, folder in splits.items()}
    everything = [path for paths in files.values() for path in paths]
    _log.info("%s: %d classes, %d images to decode", root, len(classes), len(everything))
    hashes, problems = [], []
    for chunk_hashes, chunk_problems in run_chunks(
        _check_images,
        everything,
        workers=workers,
        logger=_log,
        what=f"check of {root}",
        unit="images",
    ):
        hashes += chunk_hashes
        problems += chunk_problems
    if problems:
        raise InputError(
            f"{root}: {len(problems)} of {len(everything)} images cannot be read: "
            f"{listed(problems)}. Fetch the dataset again, or delete these files"
        )
    return {
        "kind": "image_folder",
        "root": str(root),
        "splits": dict(splits),
        "classes": classes,
        "images": {split: len(paths) for split, paths in files.items()},
        "digest": _digest(root, everything, hashes),
    }


def read_dataset(dataset_json: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a ``dataset.json`` of training images.

    Raises:
        InputError: if it is missing, no JSON, or of another kind.
    """
    dataset = read_json(dataset_json)
    kind = dataset.get("kind") if isinstance(dataset, dict) else None
    if kind != "image_folder":
        raise InputError(f"{dataset_json}: expected kind 'image_folder', found {kind!r}")
    return dataset


def split_files(dataset: Mapping[str, Any], split: str) -> tuple[list[str], np.ndarray]:
    """Return the images of a split of a checked dataset, and their class numbers, int64 (N,).

    Raises:
        InputError: if a class has no image any more, or the number of images is another.
    """
    folder = Path(dataset["root"]) / dataset["splits"][split]
    paths, labels = _list_images(folder, dataset["classes"])
    expected = dataset["images"][split]
    if len(paths) != expected:
        raise InputError(
            f"{folder}: {len(paths)} images, and {expected} when the dataset was checked; run the "
            "workflow again with `--forcerun check_images`"
        )
    return paths, labels


def memory_of(dataset: Mapping[str, Any], split: str, image_size: int) -> int:
    """Return the bytes that ``load_split`` needs for a split at ``image_size`` pixels."""
    return dataset["images"][split] * (3 * image_size**2 + 8)


def load_split(
    dataset_json: str | os.PathLike[str], split: str, image_size: int, workers: int = 1
) -> tuple[np.ndarray, np.ndarray]:
    """Decode a split into memory.

    Args:
        split: train or val.
        image_size: side in pixels to which images are brought, see :func:`fit`.
        workers: threads.

    Returns:
        The images, uint8 (N, image_size, image_size, 3), and their class numbers, int64 (N,).

    Raises:
        InputError: if the dataset is not what it was when it was checked, or an image cannot be
            decoded.
    """
    paths, labels = split_files(read_dataset(dataset_json), split)
    images = np.empty((len(paths), image_size, image_size, 3), np.uint8)

    def decode(chunk: Sequence[int]) -> None:
        for index in chunk:
            images[index] = load_image(paths[index], image_size)

    for _ in run_chunks(
        decode,
        range(len(paths)),
        workers=workers,
        logger=_log,
        what=f"loading {split}",
        unit="images",
    ):
        pass
    return images, labels


def load_image(path: str | os.PathLike[str], image_size: int) -> np.ndarray:
    """Decode one image as RGB, uint8 (image_size, image_size, 3), see :func:`fit`.

    Raises:
        InputError: if the file is missing or cannot be decoded.
    """
    try:
        with Image.open(path) as image:
            return np.asarray(fit(image.convert("RGB"), image_size))
    except (OSError, SyntaxError, ValueError) as error:
        raise InputError(
            f"{path}: cannot be decoded ({error}); the file has changed since the dataset was "
            "checked. Fetch the dataset again"
        ) from error


def fit(image: Image.Image, size: int) -> Image.Image:
    """Bring an image to ``size`` x ``size`` pixels: shorter side to ``size``, then the centre.

    The resampling (bilinear, antialiased) and the rounding are those of torchvision's ``Resize``
    and ``CenterCrop`` on a Pillow image. An image of that size is returned as it is.
    """
    width, height = image.size
    if (width, height) == (size, size):
        return image
    short, long = sorted((width, height))
    if short != size:
        resized = int(size * long / short)
        width, height = (size, resized) if width <= height else (resized, size)
        image = image.resize((width, height), Image.Resampling.BILINEAR)
    left, top = round((width - size) / 2), round((height - size) / 2)
    return image.crop((left, top, left + size, top + size))


def _common_classes(root: Path, splits: Mapping[str, str]) -> list[str]:
    classes: dict[str, set[str]] = {}
    for split, folder in splits.items():
        if not (root / folder).is_dir():
            found = ", ".join(_folders(root)) or "(no folder)"
            raise InputError(
                f"{root}: no folder '{folder}' for the split '{split}'; it holds: {found}. Correct "
                "`splits` or `subfolder` of the dataset in the config"
            )
        classes[split] = set(_folders(root / folder))
        if not classes[split]:
            raise InputError(f"{root / folder}: no class folder; expected one folder a class")
    everywhere = set.intersection(*classes.values())
    lonely = [
        f"'{name}' only in {splits[split]}"
        for split, names in classes.items()
        for name in sorted(names - everywhere)
    ]
    if lonely:
        raise InputError(
            f"{root}: the splits must hold the same class folders; {listed(lonely)}. Complete the "
            "dataset, or delete these folders"
        )
    return sorted(everywhere)


def _folders(folder: Path) -> list[str]:
    with os.scandir(folder) as entries:
        return sorted(entry.name for entry in entries if entry.is_dir())


def _list_images(folder: Path, classes: Sequence[str]) -> tuple[list[str], np.ndarray]:
    """Return a split's images in torchvision's order, and their class numbers, int64 (N,)."""
    paths: list[str] = []  # a million Path objects would take half a gigabyte
    counts, empty = [], []
    for name in classes:
        before = len(paths)
        for parent, _, files in sorted(os.walk(folder / name, followlinks=True)):
            names = (file for file in sorted(files) if file.lower().endswith(IMAGE_SUFFIXES))
            paths += [f"{parent}/{file}" for file in names]
        counts.append(len(paths) - before)
        if not counts[-1]:
            empty.append(f"'{name}'")
    if empty:
        raise InputError(
            f"{folder}: {len(empty)} of {len(classes)} class folders hold no image (a file that "
            f"ends in {', '.join(IMAGE_SUFFIXES)}): {listed(empty)}. Complete or delete them"
        )
    return paths, np.repeat(np.arange(len(classes), dtype=np.int64), counts)


def _check_images(paths: Sequence[str]) -> tuple[list[bytes], list[str]]:
    """Decode images wholly; return the sha256 of each, and a line for each that cannot be."""
    hashes, problems = [], []
    for path in paths:
        try:
            data = Path(path).read_bytes()
            hashes.append(hashlib.sha256(data).digest())
            with Image.open(io.BytesIO(data)) as image:
                image.load()
        except MemoryError:
            raise
        except Exception as error:  # a damaged file can break a decoder in any way
            problems.append(f"{path} ({error or type(error).__name__})")
    return hashes, problems


def _digest(root: Path, paths: Sequence[str], hashes: Sequence[bytes]) -> str:
    pairs = zip(paths, hashes, strict=True)
    lines = sorted(
        f"{value.hex()}  {Path(path).relative_to(root).as_posix()}\n" for path, value in pairs
    )
    digest = hashlib.sha256()
    for line in lines:
        digest.update(line.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()
