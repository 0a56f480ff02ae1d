"""MNIST and CIFAR from torchvision's files: as torchvision reads them, or one line of error."""

from __future__ import annotations

import gzip
import hashlib
import os
import pickle
import tarfile
import zipfile
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torchvision
from PIL import Image
from published_files import (
    CIFAR10_CLASSES,
    COUNTS,
    cifar_values,
    idx,
    mnist_values,
    write_cifar,
    write_mnist,
)
from real_data import real_file

import unpack_torchvision
from kdlens.data import published_sets
from kdlens.data.cifar import read_verified
from kdlens.data.idx import read_idx
from kdlens.data.image_folder import check_image_folder, load_split
from kdlens.data.image_tree import balanced
from kdlens.data.published_sets import PUBLISHED
from kdlens.errors import InputError
from kdlens.files import write_json

SPLITS = {"train": "train", "val": "val"}


@pytest.fixture
def few(monkeypatch):
    monkeypatch.setattr(published_sets, "MNIST_IMAGES", COUNTS)


def unpacked(tmp_path: Path, dataset: str, **where) -> Path:
    unpack_torchvision.main(tmp_path / "tree", tmp_path / "download", dataset=dataset, **where)
    return tmp_path / "tree"


def images_of(tree: Path, split: str) -> dict[str, np.ndarray]:
    """Return the images of a split by class and file."""
    files = sorted((tree / split).rglob("*.png"))
    return {f"{file.parent.name}/{file.stem}": np.asarray(Image.open(file)) for file in files}


@pytest.mark.parametrize("folder", ["MNIST/raw", "raw", "."])
@pytest.mark.parametrize("compressed", [False, True])
def test_every_image_of_mnist_is_there_without_loss(tmp_path, few, folder, compressed):
    write_mnist(tmp_path / "given" / folder, compressed=compressed)
    tree = unpacked(tmp_path, "mnist", path=str(tmp_path / "given"))
    for split, part in (("train", "train"), ("val", "t10k")):
        pixels, labels = mnist_values(part)
        found = images_of(tree, split)
        assert len(found) == COUNTS[part]
        for position, (image, label) in enumerate(zip(pixels, labels, strict=True)):
            name = torchvision.datasets.MNIST.classes[label]
            assert np.array_equal(found[f"{name}/{position:05d}"], image)
    assert not (tmp_path / "download" / "unpacked").exists()


def test_torchvision_reads_the_same_from_the_same_files(tmp_path, few):
    write_mnist(tmp_path / "MNIST/raw")
    tree = unpacked(tmp_path, "mnist", path=str(tmp_path))
    theirs = torchvision.datasets.MNIST(tmp_path, train=False)
    ours = images_of(tree, "val")
    for position, (image, label) in enumerate(theirs):
        assert np.array_equal(ours[f"{theirs.classes[label]}/{position:05d}"], image)


@pytest.mark.parametrize("dataset", ["cifar10", "cifar100"])
def test_every_image_of_cifar_is_there_in_its_class_and_colours(tmp_path, monkeypatch, dataset):
    folder = PUBLISHED[dataset].folders[0]
    write_cifar(tmp_path / "given" / folder, dataset, monkeypatch)
    tree = unpacked(tmp_path, dataset, path=str(tmp_path / "given"))
    val = images_of(tree, "val")
    classes = sorted({name.split("/")[0] for name in val})
    assert len(classes) == (10 if dataset == "cifar10" else 100)
    rows, labels = cifar_values(2 * len(classes), len(classes))
    for position in (0, 1, len(rows) - 1):
        image = val[f"{classes[labels[position]]}/{position:05d}"]
        assert image[3, 5].tolist() == rows[position][[101, 1024 + 101, 2048 + 101]].tolist()
    # Five batches of training images follow each other.
    assert len(images_of(tree, "train")) == len(rows) * (5 if dataset == "cifar10" else 1)


def test_a_cifar_archive_is_read_as_published(tmp_path, monkeypatch):
    write_cifar(tmp_path / "cifar-10-batches-py", "cifar10", monkeypatch)
    with tarfile.open(tmp_path / "cifar-10-python.tar.gz", "w:gz") as tar:
        tar.add(tmp_path / "cifar-10-batches-py", "cifar-10-batches-py")
    tree = unpacked(tmp_path, "cifar10", path=str(tmp_path / "cifar-10-python.tar.gz"))
    assert sorted(os.listdir(tree / "train")) == CIFAR10_CLASSES
    assert not (tmp_path / "download/unpacked").exists()


def test_what_is_known_is_what_torchvision_publishes():
    theirs = torchvision.datasets
    mnist = PUBLISHED["mnist"]
    assert list(mnist.downloads.items()) == theirs.MNIST.resources
    assert list(mnist.addresses) == theirs.MNIST.mirrors
    assert list(published_sets._MNIST_CLASSES) == theirs.MNIST.classes
    for name, known in (("cifar10", theirs.CIFAR10), ("cifar100", theirs.CIFAR100)):
        ours = PUBLISHED[name]
        files = [*known.train_list, *known.test_list, [known.meta["filename"], known.meta["md5"]]]
        assert [list(pair) for pair in ours.files.items()] == files
        assert ours.folders[0] == known.base_folder
        assert ours.downloads == {known.filename: known.tgz_md5}
        assert f"{ours.addresses[0]}{known.filename}" == known.url
        assert published_sets._CIFAR[name][1] == known.meta["key"]


def published_at(monkeypatch, dataset: str, folder: Path) -> None:
    """Have the files of ``folder`` taken for the published downloads."""
    md5s = {f.name: hashlib.md5(f.read_bytes()).hexdigest() for f in folder.iterdir()}
    known = replace(PUBLISHED[dataset], addresses=(f"{folder.as_uri()}/",), downloads=md5s)
    monkeypatch.setitem(PUBLISHED, dataset, known)


def test_without_a_path_the_published_files_are_fetched(tmp_path, few, monkeypatch):
    published_at(monkeypatch, "mnist", write_mnist(tmp_path / "web", compressed=True))
    tree = unpacked(tmp_path, "mnist")
    assert len(images_of(tree, "train")) == COUNTS["train"]
    assert len(list((tmp_path / "download").glob("*.gz"))) == 4


def test_a_fetched_file_of_another_md5_is_not_used(tmp_path, few, monkeypatch):
    web = write_mnist(tmp_path / "web", compressed=True)
    published_at(monkeypatch, "mnist", web)
    file = web / "t10k-labels-idx1-ubyte.gz"
    file.write_bytes(gzip.compress(b"something else"))
    with pytest.raises(InputError, match=r"t10k-labels-.*: expected a file with the md5"):
        unpacked(tmp_path, "mnist")
    assert not (tmp_path / "tree").exists()


def test_a_file_with_another_md5_is_never_unpickled(tmp_path, monkeypatch):
    class Evil:
        def __reduce__(self):
            return os.mkdir, (str(tmp_path / "executed"),)

    folder = write_cifar(tmp_path / "given" / "cifar-100-python", "cifar100", monkeypatch)
    (folder / "test").write_bytes(pickle.dumps(Evil()))
    with pytest.raises(InputError, match=r"test: md5 is .*, expected .* a pickle can execute"):
        unpacked(tmp_path, "cifar100", path=str(tmp_path / "given"))
    # Nor would it do anything if it had the right md5.
    md5 = hashlib.md5((folder / "test").read_bytes()).hexdigest()
    with pytest.raises(InputError, match=r"cannot be unpickled \(it asks for posix\.mkdir\)"):
        read_verified(folder / "test", md5)
    assert not (tmp_path / "executed").exists()


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("train-images-idx3-ubyte", lambda d: d[:-1], r"expected 23,536 bytes.* found 23,535"),
        ("train-images-idx3-ubyte", lambda d: d + b"x", r"expected 23,536 bytes.* found 23,537"),
        ("train-images-idx3-ubyte", lambda d: b"PK" + d[2:], r"number 00000803 .* found 504b0803"),
        ("train-images-idx3-ubyte", lambda d: d[:9], r"ends within its header, after 9 bytes"),
        ("t10k-labels-idx1-ubyte", lambda d: b"", r"magic number 00000801 .* found nothing"),
        ("t10k-labels-idx1-ubyte", lambda d: idx(np.zeros(19, np.uint8)), r"expected 20 .* 19"),
        ("t10k-labels-idx1-ubyte", lambda d: idx(np.full(20, 10, np.uint8)), r"holds the label 10"),
    ],
)  # fmt: skip
def test_a_damaged_file_of_mnist_is_one_line(tmp_path, few, name, content, message):
    file = write_mnist(tmp_path / "given") / name
    file.write_bytes(content(file.read_bytes()))
    with pytest.raises(InputError, match=rf"given/{name}: .*{message}") as raised:
        unpacked(tmp_path, "mnist", path=str(tmp_path / "given"))
    assert "\n" not in str(raised.value)
    assert not (tmp_path / "tree").exists()


def test_a_truncated_gz_is_one_line(tmp_path):
    file = tmp_path / "x.gz"
    file.write_bytes(gzip.compress(idx(np.zeros(500, np.uint8)))[:-9])
    with pytest.raises(InputError, match=r"x\.gz: cannot be read \(.*; fetch it again"):
        read_idx(file, (500,))


def test_missing_files_are_named(tmp_path, few):
    folder = write_mnist(tmp_path / "given/MNIST/raw")
    (folder / "t10k-labels-idx1-ubyte").unlink()
    with pytest.raises(InputError, match=r"given: mnist needs t10k-labels-idx1-ubyte in .*MNIST/"):
        unpacked(tmp_path, "mnist", path=str(tmp_path / "given"))
    with pytest.raises(InputError, match=r"nowhere: no such folder; .*KDLENS_DATA"):
        unpacked(tmp_path, "mnist", path=str(tmp_path / "nowhere"))
    with zipfile.ZipFile(tmp_path / "empty.zip", "w") as zipped:
        zipped.writestr("MNIST/raw/readme.txt", "nothing")
    with pytest.raises(InputError, match=r"empty\.zip: mnist needs train-images.*, t10k-labels"):
        unpacked(tmp_path, "mnist", path=str(tmp_path / "empty.zip"))


def test_another_dataset_is_not_known(tmp_path):
    with pytest.raises(InputError, match=r"'cifar' is not known; did you mean 'cifar10'\?"):
        unpacked(tmp_path, "cifar", path=str(tmp_path))


def test_a_choice_is_balanced_seeded_and_grows(tmp_path, few):
    write_mnist(tmp_path / "given")
    where = {"path": str(tmp_path / "given"), "images": {"train": 12}}
    chosen = images_of(unpacked(tmp_path, "mnist", **where), "train")
    counts = Counter(name.split("/")[0] for name in chosen)
    assert sorted(counts.values()) == [1] * 8 + [2] * 2
    assert len(images_of(tmp_path / "tree", "val")) == COUNTS["t10k"]
    again = images_of(unpacked(tmp_path, "mnist", **where), "train")
    assert list(again) == list(chosen)
    other = images_of(unpacked(tmp_path, "mnist", **where, seed=2), "train")
    assert list(other) != list(chosen)
    where["images"] = {"train": 25}
    assert set(chosen) < set(images_of(unpacked(tmp_path, "mnist", **where), "train"))


def test_a_choice_that_cannot_be_made_says_why():
    labels = np.repeat([0, 1, 2], [5, 5, 2])
    with pytest.raises(InputError, match=r"images\.val: 2 images cannot show 3 classes"):
        balanced(labels, 2, 3, 1, "images.val")
    with pytest.raises(InputError, match="need 3 of each; one class has 2: write at most 6"):
        balanced(labels, 9, 3, 1, "images.val")


def test_the_real_mnist(tmp_path):
    archive, counts = real_file("mnist_raw.zip"), {"train": 300, "val": 200}
    where = {"path": str(archive), "urls": [], "sha256": None}
    with published_sets.folder_of_files("mnist", tmp_path / "download", **where) as folder:
        _, splits = published_sets.read_set("mnist", folder)
    # Known of MNIST's test images: how many there are of each digit.
    digits = np.bincount(splits["val"].labels).tolist()
    assert digits == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    # Mean and standard deviation of the training images, as everybody normalises them.
    pixels = splits["train"].images / 255
    assert pixels.mean() == pytest.approx(0.1307, abs=5e-5)
    assert pixels.std() == pytest.approx(0.3081, abs=5e-5)
    tree = unpacked(tmp_path, "mnist", path=str(archive), images=counts)
    summary = check_image_folder(tree, SPLITS, num_classes=10)
    assert summary["images"] == counts
    write_json(tmp_path / "dataset.json", summary)
    images, labels = load_split(tmp_path / "dataset.json", "val", 28)
    position = int(sorted((tree / "val" / "0 - zero").iterdir())[0].stem)
    assert np.array_equal(
        images[0], np.repeat(splits["val"].images[position, ..., None], 3, axis=2)
    )
    assert np.bincount(labels).tolist() == [20] * 10


@pytest.mark.parametrize(("name", "classes"), [("cifar10", 10), ("cifar100", 100)])
def test_the_real_subsets_are_image_folders_whose_val_is_called_test(tmp_path, name, classes):
    archive = real_file(f"{name}_subset.zip")
    with zipfile.ZipFile(archive) as zipped:
        few = [f for f in zipped.namelist() if f.endswith(("/0000.png", "/0001.png"))]
        zipped.extractall(tmp_path, few)
    splits = {"train": "train", "val": "test"}
    summary = check_image_folder(tmp_path / name, splits, num_classes=classes)
    assert summary["splits"] == splits
    write_json(tmp_path / "dataset.json", summary)
    images, labels = load_split(tmp_path / "dataset.json", "val", 32)
    assert images.shape[1:] == (32, 32, 3) and len(set(labels.tolist())) == classes
