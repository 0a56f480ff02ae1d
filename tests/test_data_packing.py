"""A pack is whole or absent: kills, broken files, a full disk; and what is not whole is refused."""

from __future__ import annotations

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from packed_data import assert_same
from project import SCRIPTS
from tiny_broden import write_broden

from kdlens.data import packing
from kdlens.data.broden import Broden
from kdlens.data.packed import PackedConcepts
from kdlens.data.packing import pack_concepts
from kdlens.errors import InputError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_broden(tmp_path / "broden")


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
    pack = tmp_path / "pack"
    command = [sys.executable, "-c", KILLED, str(concepts), str(pack)]
    job = subprocess.Popen(command, cwd=SCRIPTS)
    unfinished = tmp_path / f".pack.{job.pid}.unfinished"
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
