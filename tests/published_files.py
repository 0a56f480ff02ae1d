"""MNIST and CIFAR in miniature, in the files that torchvision uses."""

from __future__ import annotations

import gzip
import hashlib
import pickle
import struct
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from kdlens.data import published_sets

COUNTS = {"train": 30, "t10k": 20}
CIFAR100_CLASSES = [f"thing {number:02d}" for number in range(100)]
CIFAR10_CLASSES = [f"animal {number}" for number in range(10)]


def idx(values: np.ndarray) -> bytes:
    """Return the bytes of an idx file of uint8 values."""
    header = bytes((0, 0, 8, values.ndim)) + struct.pack(f">{values.ndim}I", *values.shape)
    return header + values.tobytes()


def mnist_values(part: str) -> tuple[np.ndarray, np.ndarray]:
    """Return images (N, 28, 28) whose first pixel is their position, and labels 0, 1, ... 9, 0."""
    count = COUNTS[part]
    images = np.random.default_rng(count).integers(0, 256, (count, 28, 28), dtype=np.uint8)
    images[:, 0, 0] = np.arange(count)
    return images, (np.arange(count) % 10).astype(np.uint8)


def write_mnist(folder: Path, *, compressed: bool = False) -> Path:
    """Write the four files to ``folder``."""
    folder.mkdir(parents=True, exist_ok=True)
    for part in COUNTS:
        for name, values in zip(("images-idx3", "labels-idx1"), mnist_values(part), strict=True):
            file = folder / f"{part}-{name}-ubyte"
            if compressed:
                file.with_name(f"{file.name}.gz").write_bytes(gzip.compress(idx(values), mtime=0))
            else:
                file.write_bytes(idx(values))
    return folder


class Python2Pickler(pickle._Pickler):
    """Writes bytes as Python 2 wrote its strings, in which CIFAR's files hold their pixels."""

    dispatch = dict(pickle._Pickler.dispatch)

    def save_bytes(self, value: bytes) -> None:
        self.write(pickle.BINSTRING + struct.pack("<i", len(value)) + value)

    dispatch[bytes] = save_bytes


def python2_pickle(path: Path, value: Any) -> str:
    """Write ``value`` and return the file's md5."""
    with open(path, "wb") as handle:
        Python2Pickler(handle, protocol=2).dump(value)
    return hashlib.md5(path.read_bytes()).hexdigest()


def cifar_values(count: int, classes: int) -> tuple[np.ndarray, list[int]]:
    """Return rows of pixels (N, 3072), channel by channel, and labels."""
    rows = np.random.default_rng(count).integers(0, 256, (count, 3072), dtype=np.uint8)
    return rows, [number % classes for number in range(count)]


def write_cifar(folder: Path, dataset: str, patch: pytest.MonkeyPatch) -> Path:
    """Write a dataset's files, and have their md5s taken for the published ones."""
    folder.mkdir(parents=True)
    meta, names, labels, train, val = published_sets._CIFAR[dataset]
    classes = CIFAR10_CLASSES if dataset == "cifar10" else CIFAR100_CLASSES
    md5s = {meta: python2_pickle(folder / meta, {names: classes})}
    for part in (*train, *val):
        rows, numbers = cifar_values(2 * len(classes), len(classes))
        md5s[part] = python2_pickle(folder / part, {"data": rows, labels: numbers})
    known = replace(published_sets.PUBLISHED[dataset], files=md5s)
    patch.setitem(published_sets.PUBLISHED, dataset, known)
    return folder
