"""The packed concept dataset gives what the dataset itself gives, and is whole or absent."""

from __future__ import annotations

import csv
import errno
import itertools
import json
import multiprocessing
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from tiny_broden import write_broden
from world_data import IMAGES, SIZE

import fetch_broden
import pack_concepts as script
from kdlens.data import packing
from kdlens.data.broden import Broden
from kdlens.data.packed import PackedConcepts
from kdlens.data.packing import pack_concepts
from kdlens.data.photographs import read_image
from kdlens.data.regions import Regions, regions_of
from kdlens.errors import InputError

SCRIPTS = Path(__file__).resolve().parent.parent / "workflow_scripts"


def assert_same_regions(found: Regions, expected: Regions) -> None:
    for field in ("index", "labels", "sizes", "scalars"):
        one, other = getattr(found, field), getattr(expected, field)
        assert one.dtype == other.dtype, field
        np.testing.assert_array_equal(one, other, err_msg=field)


def labels_of_pixels(planes: np.ndarray) -> np.ndarray:
    """The labels of each pixel in rising order, (sh, sw, P), without columns of nothing but 0."""
    labels = np.sort(np.moveaxis(np.asarray(planes), 0, -1), axis=-1)
    return labels[:, :, labels.any(axis=(0, 1))]


def assert_same(pack: PackedConcepts, broden: Broden, size: int | None) -> None:
    """Compare all that a pack says with the dataset."""
    assert pack.categories == broden.categories
    assert pack.label_names == broden.label_names
    assert pack.mask_shape == broden.mask_shape
    assert pack.image_size == size
    assert len(pack) == len(broden) == len(pack.image_files)
    np.testing.assert_array_equal(pack.primary_category, broden.primary_category)
    assert list(pack.image_files) == broden.image_files
    area = broden.mask_shape[0] * broden.mask_shape[1]
    for image in range(len(broden)):
        annotation = broden.annotation(image)
        assert_same_regions(pack.regions(image), regions_of(annotation, area))
        rebuilt = pack.annotation(image)
        np.testing.assert_array_equal(
            labels_of_pixels(rebuilt.planes), labels_of_pixels(annotation.planes)
        )
        np.testing.assert_array_equal(rebuilt.scalars, annotation.scalars)
        if size is not None:
            pixels = pack.pixels(image, size)
            assert pixels.dtype == np.uint8
            np.testing.assert_array_equal(pixels, read_image(broden.image_files[image], size))


# ---- it gives what the dataset gives ------------------------------------------------------------


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
    data = os.environ.get("KDLENS_DATA", Path(__file__).parents[1] / "../shared/data")
    archive = Path(data) / "broden_real.zip"
    if not archive.exists():
        pytest.skip(f"{archive} not found")
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


# ---- processes ----------------------------------------------------------------------------------


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


# ---- whole or absent ----------------------------------------------------------------------------

KILLED = """
import sys, time
from kdlens.data import packing
from kdlens.data.broden import Broden

def slowly(path, size, read=packing.read_image):
    time.sleep(0.05)
    return read(path, size)

packing.read_image = slowly
packing.pack_concepts(Broden(sys.argv[1]), sys.argv[2], image_size=64)
"""


def test_a_killed_job_leaves_nothing_that_passes_for_a_pack(concepts, tmp_path):
    pack, unfinished = tmp_path / "pack", tmp_path / ".pack.unfinished"
    command = [sys.executable, "-c", KILLED, str(concepts), str(pack)]
    job = subprocess.Popen(command, cwd=SCRIPTS)
    deadline = time.monotonic() + 60
    while not (unfinished / "pixels.bin").exists() or not (
        (unfinished / "pixels.bin").stat().st_size
    ):
        assert job.poll() is None and time.monotonic() < deadline, "it never began"
        time.sleep(0.01)
    job.send_signal(signal.SIGKILL)
    assert job.wait() == -signal.SIGKILL
    assert os.listdir(tmp_path) == [unfinished.name]
    for folder in (pack, unfinished):
        with pytest.raises(InputError, match="no packed concept dataset"):
            PackedConcepts(folder)
    pack_concepts(Broden(concepts), pack, image_size=64)
    assert os.listdir(tmp_path) == [pack.name]
    assert_same(PackedConcepts(pack), Broden(concepts), 64)


def test_a_broken_photograph_or_mask_leaves_the_old_pack(root, tmp_path):
    pack_concepts(Broden(root), tmp_path / "pack", image_size=8)
    before = (tmp_path / "pack/pixels.bin").read_bytes()
    photograph, mask = root / "images/hand/002.jpg", root / "images/hand/002_color_1.png"
    photograph.write_bytes(photograph.read_bytes()[:200])
    with pytest.raises(InputError, match=r"002\.jpg: not a readable image"):
        pack_concepts(Broden(root), tmp_path / "pack", image_size=8, workers=2)
    mask.unlink()
    with pytest.raises(InputError, match=r"002_color_1\.png: .* is missing"):
        pack_concepts(Broden(root), tmp_path / "pack", image_size=None)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["broden", "pack"]
    assert (tmp_path / "pack/pixels.bin").read_bytes() == before


def test_room_on_the_disk_is_looked_at_first(root, tmp_path, monkeypatch):
    size = 1000
    pixels = 4 * size * size * 3
    usage = shutil.disk_usage(tmp_path)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=pixels - 1))
    monkeypatch.setattr(packing, "_write_streams", None)  # calling it would be another error
    with pytest.raises(InputError, match=r"needs 12\.\d MB and the disk has 12\.0 MB left"):
        pack_concepts(Broden(root), tmp_path / "pack", image_size=size)
    assert [path.name for path in tmp_path.iterdir()] == ["broden"]


def test_a_disk_that_fills_up_is_said_and_leaves_nothing(root, tmp_path, monkeypatch):
    write, calls = os.pwrite, []

    def full(file, data, offset):
        calls.append(offset)
        if len(calls) > 2:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        return write(file, data, offset)

    monkeypatch.setattr(os, "pwrite", full)
    with pytest.raises(InputError, match=r"pack: the disk is full .*pack_pixels_gib: 0"):
        pack_concepts(Broden(root), tmp_path / "pack", image_size=8)
    assert [path.name for path in tmp_path.iterdir()] == ["broden"]


def test_a_write_in_pieces_is_finished(root, tmp_path, monkeypatch):
    write = os.pwrite
    monkeypatch.setattr(os, "pwrite", lambda file, data, at: write(file, bytes(data[:50]), at))
    pack_concepts(Broden(root), tmp_path / "pack", image_size=8)
    assert_same(PackedConcepts(tmp_path / "pack"), Broden(root), 8)


FILES = ["labels.bin", "names.bin", "offsets.bin", "pixels.bin", "regions.bin", "scalars.bin"]
FILES += ["sizes.bin", "vocabulary.json"]


@pytest.fixture
def pack(root, tmp_path) -> Path:
    return pack_concepts(Broden(root), tmp_path / "pack", image_size=8)


@pytest.mark.parametrize("name", FILES)
def test_a_truncated_or_missing_file_is_named(pack, name):
    assert sorted(path.name for path in pack.iterdir()) == sorted([*FILES, "packed.json"])
    size = (pack / name).stat().st_size
    os.truncate(pack / name, size - 1)
    with pytest.raises(InputError, match=rf"pack/{name}: [\d,]+ bytes, expected [\d,]+: .*delete"):
        PackedConcepts(pack)
    (pack / name).unlink()
    with pytest.raises(InputError, match=rf"pack/{name}: missing from the pack; delete the folder"):
        PackedConcepts(pack)


def test_another_version_or_other_categories_are_refused(pack):
    with pytest.raises(InputError, match=r"holds the categories color, .* expected object, part"):
        PackedConcepts(pack, ["object", "part"])
    about = json.loads((pack / "packed.json").read_text())
    assert about["images"] == 4
    for other in ({**about, "format": 2}, {}, []):
        (pack / "packed.json").write_text(json.dumps(other))
        with pytest.raises(InputError, match=r"packed\.json: expected a pack of format 1, found"):
            PackedConcepts(pack)
    (pack / "packed.json").unlink()
    with pytest.raises(InputError, match=r"it has no packed\.json; delete the folder"):
        PackedConcepts(pack)


# ---- memory -------------------------------------------------------------------------------------

# Not getrusage: its ru_maxrss begins with what the parent had when it started the process.
PEAK = """
import re, sys
from pathlib import Path
from kdlens.data.broden import Broden
from kdlens.data.packing import pack_concepts

pack_concepts(Broden(sys.argv[1]), sys.argv[2], image_size=128, workers=2)
print(re.search(r"VmHWM:\\s*(\\d+) kB", Path("/proc/self/status").read_text())[1])
"""


def peak_memory(root: Path, pack: Path, images: int) -> int:
    """Pack one image so many times, in a process of its own; return its largest size in KiB."""
    with open(root / "index.csv", newline="", encoding="utf-8") as handle:
        header, row, *_ = csv.reader(handle)
    with open(root / "index.csv", "w", newline="", encoding="utf-8") as handle:
        csv.writer(handle).writerows([header, *[row] * images])
    command = [sys.executable, "-c", PEAK, str(root), str(pack)]
    done = subprocess.run(command, cwd=SCRIPTS, capture_output=True, text=True, check=True)
    assert len(PackedConcepts(pack)) == images
    return int(done.stdout)


@pytest.mark.skipif(sys.platform != "linux", reason="no /proc/self/status elsewhere")
def test_memory_does_not_grow_with_the_number_of_images(tmp_path):
    mask = np.arange(64 * 64).reshape(64, 64) // 100
    root = write_broden(
        tmp_path / "broden",
        [{"object": mask}],
        {n: str(n) for n in range(1, 41)},
        mask_shape=(64, 64),
    )
    few = peak_memory(root, tmp_path / "few", 1000)
    many = peak_memory(root, tmp_path / "many", 5000)
    size = sum(path.stat().st_size for path in (tmp_path / "many").iterdir())
    assert size > 250e6
    # What grows is the table of the dataset's reader, by 1.4 KB an image; 4 KB were its mask alone.
    assert many - few < 10 * 1024
    shutil.rmtree(tmp_path / "many")


# ---- the script and its rule --------------------------------------------------------------------


def test_the_script_packs_photographs_if_they_fit(root, tmp_path):
    summary = tmp_path / "dataset.json"
    summary.write_text(json.dumps({"root": str(root), "name": "tiny", "digest": "5eed"}))
    photographs = 4 * 16 * 16 * 3 / 2**30
    for gib, size in ((photographs, 16), (photographs * 0.999, None), (0, None)):
        script.main(summary, tmp_path / "pack", image_size=16, pixels_gib=gib, workers=2)
        pack = PackedConcepts(tmp_path / "pack")
        assert (pack.image_size, pack.name, pack.digest) == (size, "tiny", "5eed")
        assert (tmp_path / "pack/pixels.bin").exists() == (size is not None)
    script.main(
        summary, tmp_path / "part", image_size=16, pixels_gib=1, categories=["part"], workers=1
    )
    assert_same(PackedConcepts(tmp_path / "part"), Broden(root, ["part"]), 16)


@pytest.mark.workflow
def test_every_choice_has_a_folder_of_its_own(fresh):
    text = (fresh.folder / "config/smoke.yaml").read_text("utf-8")
    variants = {
        "same": text,
        "size": text.replace("\ndissection:\n", "\ndissection:\n  image_size: 48\n"),
        "photographs": text.replace("\ndissection:\n", "\ndissection:\n  pack_pixels_gib: 0\n"),
        "categories": text.replace("mask_size: 32", "mask_size: 32\n  categories: [object, part]"),
        "reordered": text.replace("mask_size: 32", "mask_size: 32\n  categories: [part, object]"),
    }
    folders = {}
    for name, config in variants.items():
        (fresh.folder / f"pack_{name}.yaml").write_text(config, "utf-8")
        plan = fresh.snakemake("-n", "data", "--configfile", f"pack_{name}.yaml")
        assert plan.returncode == 0, plan.output
        assert plan.jobs()["pack_concepts"] == 1
        (folders[name],) = {
            word.strip()
            for line in plan.output.splitlines()
            if line.strip().startswith("output:")
            for word in line.split(":", 1)[1].split(",")
            if "/packed_" in word
        }
    assert folders["same"].startswith("results/data/world_concepts_small/packed_64_")
    assert folders["size"].startswith("results/data/world_concepts_small/packed_48_")
    assert folders["categories"] == folders["reordered"]
    # How much may be packed changes no result, and so no folder.
    assert folders["photographs"] == folders["same"]
    assert len(set(folders.values())) == 3
