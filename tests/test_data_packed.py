"""The packed concept dataset gives what the dataset itself gives, to any process."""

from __future__ import annotations

import itertools
import multiprocessing
import pickle
from pathlib import Path

import numpy as np
import pytest
from packed_data import assert_same
from PIL import Image
from real_data import real_file
from tiny_broden import write_broden
from world_data import IMAGES, SIZE

import fetch_broden
from kdlens.data.broden import Broden
from kdlens.data.packed import PackedConcepts
from kdlens.data.packing import pack_concepts
from kdlens.data.photographs import read_image
from kdlens.errors import InputError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_broden(tmp_path / "broden")


CHOICES = [None, ["object", "part"], ["texture", "color"], ["scene"], ["material"]]


@pytest.mark.parametrize("categories", CHOICES)
def test_every_choice_of_categories_is_as_in_the_dataset(root, tmp_path, categories):
    broden = Broden(root, categories)
    pack_concepts(broden, tmp_path / "pack", image_size=10, name="tiny", digest="01ab")
    pack = PackedConcepts(tmp_path / "pack", categories)
    assert_same(pack, broden, 10)
    assert (pack.name, pack.digest, pack.root) == ("tiny", "01ab", root)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broden", "pack"]


def test_the_concept_world_is_as_in_the_dataset(concepts, tmp_path):
    for number, categories in enumerate((None, ["part", "texture"])):
        broden = Broden(concepts, categories)
        pack_concepts(broden, tmp_path / str(number), image_size=48, workers=3)
        assert_same(PackedConcepts(tmp_path / str(number)), broden, 48)
    assert len(Broden(concepts)) == IMAGES > 2 * 64, "more than one chunk"


def test_real_photographs_are_as_in_the_dataset(tmp_path):
    archive = real_file("broden_real.zip")
    fetch_broden.main(tmp_path / "tree", tmp_path / "download", path=str(archive))
    for number, (categories, size) in enumerate(((None, 224), (["object", "part"], 112))):
        broden = Broden(tmp_path / "tree", categories)
        pack_concepts(broden, tmp_path / str(number), image_size=size, workers=2)
        assert_same(PackedConcepts(tmp_path / str(number)), broden, size)


def test_odd_images(tmp_path):
    """No plane, planes of nothing, whole-image labels twice, one of them dropped, many regions."""
    ramp = np.arange(1, 19 * 17 + 1).reshape(19, 17)
    alike = np.where(ramp > 256, 256, ramp)
    images = [
        {"object": ramp, "texture": 1},  # 323 regions: an index of two bytes, ...
        {"object": alike, "color": [3, 2, 3, 0]},  # ... and of one byte, for 256
        {"texture": [5, 5]},
        {"color": 0},
        {"object": [np.zeros_like(ramp), ramp[::-1], ramp]},
        {"object": np.zeros_like(ramp)},
    ]
    root = write_broden(
        tmp_path / "odd",
        images,
        {n: str(n) for n in range(1, 324)},
        mask_shape=(19, 17),
        categories=["color", "object", "texture"],
    )
    broden = Broden(root)
    pack_concepts(broden, tmp_path / "pack", image_size=None, workers=2)
    pack = PackedConcepts(tmp_path / "pack")
    assert_same(pack, broden, None)
    found = [pack.regions(k) for k in range(6)]
    assert [len(regions.sizes) for regions in found] == [323, 256, 1, 1, 323, 1]
    assert [regions.index.itemsize for regions in found] == [2, 1, 1, 1, 2, 1]
    assert [regions.labels.shape[1] for regions in found] == [1, 1, 0, 0, 2, 0]
    assert [regions.scalars.tolist() for regions in found] == [[1], [3, 2, 3], [5, 5], [], [], []]
    assert all(regions.index.flags.aligned for regions in found), "after an odd number of bytes too"
    assert pack.annotation(2).planes.shape == (0, 19, 17)
    assert pack.annotation(4).planes.dtype == np.uint16


def test_more_regions_than_two_bytes_can_tell(tmp_path):
    side = 260  # 67600 pixels: more than there are label numbers, so it takes two planes
    rows, columns = np.indices((side, side)) + 1
    root = write_broden(
        tmp_path / "fine",
        [{"a": rows, "b": columns}],
        {n: str(n) for n in range(1, side + 1)},
        mask_shape=(side, side),
    )
    pack_concepts(Broden(root), tmp_path / "pack", image_size=None)
    pack = PackedConcepts(tmp_path / "pack")
    assert_same(pack, Broden(root), None)
    assert pack.regions(0).index.dtype == np.uint32
    assert (pack.regions(0).sizes == 1).all()


def test_photographs_are_as_pillow_decodes_them(root, tmp_path):
    pack_concepts(Broden(root), tmp_path / "pack", image_size=7)
    pack = PackedConcepts(tmp_path / "pack")
    with Image.open(root / "images/hand/001.jpg") as image:
        expected = np.array(image.resize((7, 7), Image.Resampling.BILINEAR))
    np.testing.assert_array_equal(pack.pixels(1, 7), expected)
    with pytest.raises(InputError, match=r"pack: .* packed at 7 pixels, and 8 are asked for"):
        pack.pixels(1, 8)
    with pytest.raises(ValueError, match="read-only"):
        pack.pixels(1, 7)[:] = 0
    with pytest.raises(ValueError, match="read-only"):
        pack.regions(1).index[:] = 0


def test_photographs_that_are_not_packed_are_decoded(root, tmp_path):
    pack_concepts(Broden(root), tmp_path / "pack", image_size=None)
    pack = PackedConcepts(tmp_path / "pack")
    for size in (7, 12):
        np.testing.assert_array_equal(
            pack.pixels(2, size), read_image(root / "images/hand/002.jpg", size)
        )
    (root / "images/hand/002.jpg").unlink()
    with pytest.raises(InputError, match=r"002\.jpg: no such image file"):
        pack.pixels(2, 7)


def test_image_files_are_a_sequence(root, tmp_path):
    pack_concepts(Broden(root), tmp_path / "pack", image_size=None)
    files = PackedConcepts(tmp_path / "pack").image_files
    expected = Broden(root).image_files
    assert files[np.int64(1)] == expected[1]
    assert files[-1] == expected[-1]
    assert files[1:3] == expected[1:3]
    with pytest.raises(IndexError):
        files[4]
    for beyond in (-1, 4):
        with pytest.raises(IndexError, match=f"image {beyond} of 4"):
            PackedConcepts(tmp_path / "pack").regions(beyond)


def test_any_number_of_threads_writes_the_same_bytes(concepts, tmp_path):
    for workers in (1, 4):
        pack_concepts(Broden(concepts), tmp_path / str(workers), image_size=32, workers=workers)
    names = sorted(path.name for path in (tmp_path / "1").iterdir())
    assert names == sorted(path.name for path in (tmp_path / "4").iterdir())
    for name in names:
        assert (tmp_path / "1" / name).read_bytes() == (tmp_path / "4" / name).read_bytes(), name


def test_a_pickle_is_small_and_opens_the_files_anew(root, tmp_path):
    pack_concepts(Broden(root), tmp_path / "pack", image_size=200)
    data = pickle.dumps(PackedConcepts(tmp_path / "pack"))
    assert len(data) < 500
    assert_same(pickle.loads(data), Broden(root), 200)


def sums(pack: PackedConcepts, images: range) -> list[tuple[int, int]]:
    return [
        (int(pack.pixels(image, SIZE).sum()), int(pack.regions(image).index.sum()))
        for image in images
    ]


@pytest.mark.parametrize("method", ["fork", "spawn"])
def test_worker_processes_read_the_same(concepts, tmp_path, method):
    pack_concepts(Broden(concepts), tmp_path / "pack", image_size=SIZE)
    pack = PackedConcepts(tmp_path / "pack")
    expected = sums(pack, range(IMAGES))
    assert len(set(expected)) > IMAGES / 2
    parts = [range(start, min(start + 40, IMAGES)) for start in range(0, IMAGES, 40)]
    with multiprocessing.get_context(method).Pool(2) as pool:
        found = pool.starmap(sums, [(pack, part) for part in parts])
    assert list(itertools.chain(*found)) == expected
