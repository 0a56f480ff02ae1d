"""MNIST, CIFAR-10 and CIFAR-100 from the files that torchvision uses, as an image folder.

Names, addresses, md5s and classes are those of ``torchvision.datasets``; torchvision itself is not
imported, since this stage does without torch. Below the folder that is given, the files are looked
for where torchvision keeps them:

=========  =========================================================================
mnist      ``MNIST/raw/*-ubyte``, plain or ``.gz``
cifar10    ``cifar-10-batches-py/{data_batch_1 .. 5, test_batch, batches.meta}``
cifar100   ``cifar-100-python/{train, test, meta}``
=========  =========================================================================

What lies in ``raw/`` or directly in the folder that is given is found too. The test images become
the split ``val``. An image is a PNG without loss, ``<split>/<class>/<position in the file>.png``;
those of MNIST are grey, and are seen as RGB with three equal channels.
"""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from kdlens.data.archives import unpack
from kdlens.data.cifar import read_batch, read_verified
from kdlens.data.download import download
from kdlens.data.idx import read_idx
from kdlens.data.obtain import obtain
from kdlens.data.sources import is_archive
from kdlens.errors import InputError, suggest

MNIST_SIDE = 28
MNIST_IMAGES = {"train": 60_000, "t10k": 10_000}
_MNIST_CLASSES = (
    "0 - zero", "1 - one", "2 - two", "3 - three", "4 - four",
    "5 - five", "6 - six", "7 - seven", "8 - eight", "9 - nine",
)  # fmt: skip


@dataclass(frozen=True)
class Published:
    """What is known of a dataset's files.

    Attributes:
        folders: where they lie below the folder that is given, in the order of looking.
        files: name -> md5; of MNIST's, the compressed files'.
        addresses: folders on the web that hold the ``downloads``, in the order of asking.
        downloads: name -> md5 of what is fetched.
    """

    folders: tuple[str, ...]
    files: Mapping[str, str]
    addresses: tuple[str, ...]
    downloads: Mapping[str, str]


_MNIST_FILES = {
    "train-images-idx3-ubyte.gz": "f68b3c2dcbeaaa9fbdd348bbdeb94873",
    "train-labels-idx1-ubyte.gz": "d53e105ee54ea40749a09fcbcd1e9432",
    "t10k-images-idx3-ubyte.gz": "9fb629c4189551a2d022fa330f9573f3",
    "t10k-labels-idx1-ubyte.gz": "ec29112dd5afa0611ce80d1b7f02629c",
}
_CIFAR_ADDRESS = "https://www.cs.toronto.edu/~kriz/"
PUBLISHED = {
    "mnist": Published(
        folders=("MNIST/raw", "raw", "."),
        files=_MNIST_FILES,
        addresses=(
            "https://ossci-datasets.s3.amazonaws.com/mnist/",
            "http://yann.lecun.com/exdb/mnist/",
        ),
        downloads=_MNIST_FILES,
    ),
    "cifar10": Published(
        folders=("cifar-10-batches-py", "."),
        files={
            "data_batch_1": "c99cafc152244af753f735de768cd75f",
            "data_batch_2": "d4bba439e000b95fd0a9bffe97cbabec",
            "data_batch_3": "54ebc095f3ab1f0389bbae665268c751",
            "data_batch_4": "634d18415352ddfa80567beed471001a",
            "data_batch_5": "482c414d41f54cd18b22e5b47cb7c3cb",
            "test_batch": "40351d587109b95175f43aff81a1287e",
            "batches.meta": "5ff9c542aee3614f3951f8cda6e48888",
        },
        addresses=(_CIFAR_ADDRESS,),
        downloads={"cifar-10-python.tar.gz": "c58f30108f718f92721af3b95e74349a"},
    ),
    "cifar100": Published(
        folders=("cifar-100-python", "."),
        files={
            "train": "16019d7e3df5f24257cddd939b257f8d",
            "test": "f0ef6b0ae62326f3e7ffdfab6717acfc",
            "meta": "7973b15100ade9c7d40fb424638fde48",
        },
        addresses=(_CIFAR_ADDRESS,),
        downloads={"cifar-100-python.tar.gz": "eb9058c3a382ffc7106e4002c42a8d85"},
    ),
}


@dataclass(frozen=True)
class Split:
    """Images, uint8 (N, S, S) or (N, S, S, 3), and their class numbers, int64 (N,)."""

    images: np.ndarray
    labels: np.ndarray


@contextmanager
def folder_of_files(
    dataset: str,
    downloads: Path,
    *,
    path: str | None,
    urls: Sequence[str],
    sha256: str | None,
) -> Iterator[Path]:
    """Yield the folder with a dataset's files, wherever they come from.

    Args:
        dataset: ``mnist``, ``cifar10`` or ``cifar100``.
        downloads: folder for what is fetched, and for as long as this lasts, what is unpacked.
        path: folder or archive that holds the files.
        urls: addresses of such an archive; with neither, torchvision's own addresses.
        sha256: of the archive.

    Raises:
        InputError: for another dataset, or if the files are not there and cannot be fetched.
    """
    if dataset not in PUBLISHED:
        raise InputError(f"dataset: '{dataset}' is not known; {suggest(dataset, PUBLISHED)}")
    published = PUBLISHED[dataset]
    if path is not None and not is_archive(path) and (Path(path).is_dir() or not urls):
        yield _with_files(Path(path), dataset, published)
        return
    if path is None and not urls:
        fetched = [_fetch(name, published, downloads) for name in published.downloads]
        archive = fetched[0] if is_archive(fetched[0].name) else None
    else:
        archive = obtain(path, urls, sha256, downloads)
    if archive is None:
        yield _with_files(downloads, dataset, published)
        return
    unpacked = downloads / "unpacked"
    try:
        yield _with_files(unpack(archive, unpacked, "."), dataset, published, archive)
    finally:
        shutil.rmtree(unpacked, ignore_errors=True)


def _fetch(name: str, published: Published, downloads: Path) -> Path:
    md5 = published.downloads[name]

    def objection(file: Path) -> str | None:
        with open(file, "rb") as handle:
            found = hashlib.file_digest(handle, lambda: hashlib.md5(usedforsecurity=False))
        if found.hexdigest() == md5:
            return None
        return f"expected a file with the md5 {md5}, found {found.hexdigest()}"

    urls = [f"{address}{name}" for address in published.addresses]
    return download(urls, downloads, objection=objection)


def _with_files(
    root: Path, dataset: str, published: Published, archive: Path | None = None
) -> Path:
    """Return the folder below ``root`` that holds all files; an InputError names missing ones."""
    there = archive or root
    if not root.is_dir():
        raise InputError(
            f"{root}: no such folder; correct the dataset's `path` in the config, set the "
            "environment variable that it names (such as KDLENS_DATA), or leave `path` out: the "
            "files are then fetched"
        )
    missing = {}
    for folder in published.folders:
        missing[folder] = [name for name in published.files if not _find(root / folder, name)]
        if not missing[folder]:
            return root / folder
    nearest = min(missing, key=lambda folder: len(missing[folder]))
    names = ", ".join(name.removesuffix(".gz") for name in missing[nearest])
    raise InputError(
        f"{there}: {dataset} needs {names} in the folder "
        f"{published.folders[0]}, which is not there; complete the files, or leave `path` out: "
        "they are then fetched"
    )


def _find(folder: Path, name: str) -> Path | None:
    """Return a file, compressed by gzip or not; None if there is neither."""
    names = (name.removesuffix(".gz"), name)
    return next((folder / n for n in dict.fromkeys(names) if (folder / n).is_file()), None)


def read_set(dataset: str, folder: Path) -> tuple[tuple[str, ...], dict[str, Split]]:
    """Read all images of a dataset.

    Args:
        dataset: ``mnist``, ``cifar10`` or ``cifar100``.
        folder: what :func:`folder_of_files` yields.

    Returns:
        The names of the classes, in the order of their numbers, and the splits ``train``, ``val``.

    Raises:
        InputError: for a file that is missing, damaged, or not the published one.
    """
    if dataset == "mnist":
        return _MNIST_CLASSES, {
            split: _read_mnist(folder, part)
            for split, part in (("train", "train"), ("val", "t10k"))
        }
    meta, names, labels, train, val = _CIFAR[dataset]
    md5s = PUBLISHED[dataset].files
    classes = tuple(read_verified(folder / meta, md5s[meta])[names])
    splits = {}
    for split, parts in (("train", train), ("val", val)):
        read = [read_batch(folder / part, md5s[part], labels) for part in parts]
        images, numbers = (np.concatenate(values) for values in zip(*read, strict=True))
        splits[split] = Split(images, numbers)
    return classes, splits


# The file of the class names and their key, the key of the labels, and the files of the splits.
_CIFAR = {
    "cifar10": (
        "batches.meta",
        "label_names",
        "labels",
        tuple(f"data_batch_{number}" for number in range(1, 6)),
        ("test_batch",),
    ),
    "cifar100": ("meta", "fine_label_names", "fine_labels", ("train",), ("test",)),
}


def _read_mnist(folder: Path, part: str) -> Split:
    count = MNIST_IMAGES[part]
    images, labels = (
        read_idx(_find(folder, f"{part}-{name}-ubyte.gz") or folder / f"{part}-{name}-ubyte", shape)
        for name, shape in (
            ("images-idx3", (count, MNIST_SIDE, MNIST_SIDE)),
            ("labels-idx1", (count,)),
        )
    )
    if labels.max() >= len(_MNIST_CLASSES):
        raise InputError(
            f"{folder / f'{part}-labels-idx1-ubyte'}: holds the label {labels.max()}, expected 0 "
            "to 9; fetch the dataset again"
        )
    return Split(images, labels.astype(np.int64))
