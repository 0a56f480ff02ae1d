"""Training images: every image is decoded and numbered as torchvision would, or the check fails."""

from __future__ import annotations

import gc
import hashlib
import json
import logging
import shutil
import time
import weakref
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from real_data import real_file

import check_images
import unpack_images
from kdlens.data.image_folder import (
    check_image_folder,
    fit,
    load_split,
    memory_of,
    read_dataset,
    split_files,
)
from kdlens.data.work import run_chunks
from kdlens.errors import InputError
from kdlens.files import sha256_of

SPLITS = {"train": "train", "val": "val"}


def save(path: Path, value: int, size: tuple[int, int] = (6, 6)) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.full((*size, 3), value, np.uint8)).save(path)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Three classes; in train 3, 2 and 1 images, in val one each, of which one is grey."""
    root = tmp_path / "images"
    for name in ("b/2.png", "b/10.PNG", "b/deep/1.png", "a/1.png", "a/2.png", "C/1.png"):
        save(root / "train" / name, len(name) * 10)
    for name in ("a", "b", "C"):
        save(root / "val" / name / "x.png", ord(name))
    Image.new("L", (6, 6), 7).save(root / "val" / "a" / "x.png")
    (root / "train" / "a" / "notes.txt").write_text("no image")
    return root


def check(root: Path, output: Path, **options: object) -> dict:
    check_images.main(root, output, name="tiny", splits=SPLITS, workers=2, **options)
    return json.loads(output.read_text())


def test_the_summary_describes_the_dataset(root: Path, tmp_path: Path):
    summary = check(root, tmp_path / "dataset.json", num_classes=3)
    digest = summary.pop("digest")
    assert summary == {
        "kind": "image_folder",
        "name": "tiny",
        "root": str(root),
        "splits": SPLITS,
        "classes": ["C", "a", "b"],  # torchvision sorts by code point
        "images": {"train": 6, "val": 3},
    }
    files = sorted(path for path in root.rglob("*") if path.suffix.lower() == ".png")
    lines = sorted(f"{sha256_of(path)}  {path.relative_to(root)}\n" for path in files)
    assert digest == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_the_digest_changes_with_one_byte_of_one_image(root: Path, tmp_path: Path):
    path = root / "val" / "a" / "x.bmp"  # no checksum of its own, so that any byte may be changed
    Image.new("L", (6, 6), 7).save(path)
    digest = check(root, tmp_path / "dataset.json")["digest"]
    data = bytearray(path.read_bytes())
    data[-1] ^= 1
    path.write_bytes(data)
    changed = check(root, tmp_path / "dataset.json")["digest"]
    assert changed != digest
    path.rename(path.with_name("y.bmp"))
    assert check(root, tmp_path / "dataset.json")["digest"] not in (digest, changed)


def test_images_come_in_torchvisions_order(root: Path, tmp_path: Path):
    paths, labels = split_files(check(root, tmp_path / "dataset.json"), "train")
    names = ["C/1.png", "a/1.png", "a/2.png", "b/10.PNG", "b/2.png", "b/deep/1.png"]
    assert [str(Path(path).relative_to(root / "train")) for path in paths] == names
    assert labels.tolist() == [0, 1, 1, 2, 2, 2]
    assert labels.dtype == np.int64


def test_a_split_in_memory_holds_each_image_with_its_label(root: Path, tmp_path: Path):
    summary = check(root, tmp_path / "dataset.json")
    images, labels = load_split(tmp_path / "dataset.json", "val", 6, workers=2)
    assert images.shape == (3, 6, 6, 3)
    assert images.dtype == np.uint8
    assert labels.tolist() == [0, 1, 2]
    assert [np.unique(image).tolist() for image in images] == [[ord("C")], [7], [ord("b")]]
    assert memory_of(summary, "val", 6) == images.nbytes + labels.nbytes


def test_other_sizes_are_resized_by_the_shorter_side_and_cropped_to_the_centre():
    wide = np.zeros((4, 12, 3), np.uint8)
    wide[:, 4:8] = 200
    assert (np.asarray(fit(Image.fromarray(wide), 4)) == 200).all(), "the middle third"
    tall = fit(Image.fromarray(wide.transpose(1, 0, 2)), 2)
    assert tall.size == (2, 2)
    # 12 rows become 6 (int(2 * 12 / 4)), of which rows 2 and 3 are kept: symmetric, not black.
    pixels = np.asarray(tall)[:, 0, 0]
    assert pixels[0] == pixels[1] > 150
    # Antialiasing: a chequerboard made four times smaller is grey, not black or white.
    board = np.indices((16, 16)).sum(0) % 2 * 255
    grey = np.asarray(fit(Image.fromarray(board.astype(np.uint8)).convert("RGB"), 4))
    assert abs(grey.astype(int) - 127).max() < 20
    same = Image.fromarray(wide[:, :4])
    assert fit(same, 4) is same, "an image of the right size is taken as it is"


def test_a_dataset_that_changed_after_its_check_is_refused(root: Path, tmp_path: Path):
    summary = check(root, tmp_path / "dataset.json")
    save(root / "train" / "a" / "new.png", 1)
    with pytest.raises(InputError, match="7 images, and 6 when the dataset was checked"):
        split_files(summary, "train")
    (root / "val" / "b" / "x.png").write_bytes(b"damaged")
    with pytest.raises(InputError, match=r"b/x\.png: cannot be decoded"):
        load_split(tmp_path / "dataset.json", "val", 6)
    (tmp_path / "other.json").write_text('{"kind": "broden"}')
    with pytest.raises(InputError, match="expected kind 'image_folder', found 'broden'"):
        read_dataset(tmp_path / "other.json")


def test_unreadable_images_are_all_counted_and_the_first_ten_named(root: Path, tmp_path: Path):
    noise = np.random.default_rng(0).integers(0, 256, (32, 32, 3), dtype=np.uint8)
    for number in range(10, 22):
        path = root / "train" / "b" / f"t{number}.jpg"
        Image.fromarray(noise).save(path)
        path.write_bytes(path.read_bytes()[:-100])  # the size can be read, the last pixels not
    (root / "val" / "C" / "empty.jpeg").write_bytes(b"")
    with pytest.raises(InputError, match="13 of 22 images cannot be read: ") as error:
        check(root, tmp_path / "dataset.json")
    message = str(error.value)
    assert [f"t{number}.jpg" in message for number in range(10, 22)] == [True] * 10 + [False] * 2
    assert "; and 3 more. Fetch" in message
    assert not (tmp_path / "dataset.json").exists()


def test_an_empty_class_folder_is_named(root: Path):
    for path in (root / "val" / "a").iterdir():
        path.rename(path.with_suffix(".txt"))
    with pytest.raises(InputError, match=r"val: 1 of 3 class folders hold no image .*: 'a'\."):
        check_image_folder(root, SPLITS)


def test_a_class_in_one_split_only_is_named(root: Path):
    save(root / "val" / "d" / "x.png", 1)
    (root / "train" / "e").mkdir()
    with pytest.raises(InputError, match="'e' only in train; 'd' only in val"):
        check_image_folder(root, SPLITS)


def test_missing_folders_and_a_wrong_class_count_are_errors(root: Path, tmp_path: Path):
    with pytest.raises(InputError, match="3 class folders, expected 1000; correct `num_classes`"):
        check_image_folder(root, SPLITS, num_classes=1000)
    with pytest.raises(InputError, match="no folder 'test' for the split 'val'; it holds: train, "):
        check_image_folder(root, {"train": "train", "val": "test"})
    with pytest.raises(InputError, match="no such folder; expected one that holds train, val"):
        check_image_folder(tmp_path / "none", SPLITS)
    (root / "new").mkdir()
    with pytest.raises(InputError, match="no class folder"):
        check_image_folder(root, {"train": "train", "val": "new"})


def test_an_archive_from_an_address_is_kept_beside_the_tree(root: Path, tmp_path: Path):
    archive = shutil.make_archive(str(tmp_path / "images"), "gztar", root.parent, root.name)
    tree = tmp_path / "results" / "tree"
    downloads = tmp_path / "results" / "download"
    unpack_images.main(tree, downloads, urls=[Path(archive).as_uri()], subfolder="images")
    assert (downloads / "images.tar.gz").exists()
    assert (
        check(tree, tmp_path / "new.json")["digest"] == check(root, tmp_path / "old.json")["digest"]
    )
    with pytest.raises(InputError, match=r"sha256 is [0-9a-f]{64}, expected 0000000000"):
        unpack_images.main(tree, downloads, path=archive, sha256="0" * 64)


def test_work_in_chunks_keeps_order_and_holds_only_a_few_results():
    class Result(list):
        """A list that can be referred to weakly."""

    begun: list[int] = []

    def work(chunk):
        begun.append(chunk[0])
        return Result(chunk)

    options = {"workers": 2, "logger": logging.getLogger("test"), "what": "test", "unit": "items"}
    results = run_chunks(work, range(5000), **options)
    seen, alive = [], []
    for result in results:
        if not seen:
            time.sleep(0.05)
            assert len(begun) < 20, "what nobody has asked for yet is not made ahead"
        seen += result
        alive.append(weakref.ref(result))
        del result
        gc.collect(0)
        assert sum(reference() is not None for reference in alive) <= 1
    assert seen == list(range(5000))
    assert list(run_chunks(work, [], **options)) == []


def test_real_images_from_archive_to_summary(tmp_path: Path):
    archive = real_file("tiny_imagenet_subset.zip")
    tree = tmp_path / "tree"
    unpack_images.main(tree, tmp_path, path=str(archive), subfolder="tiny_imagenet")
    summary = check(tree, tmp_path / "dataset.json", num_classes=200)
    assert summary["images"] == {"train": 4000, "val": 1000}
    images, labels = load_split(tmp_path / "dataset.json", "val", 64, workers=2)
    assert images.shape == (1000, 64, 64, 3)
    assert np.bincount(labels).tolist() == [5] * 200
