"""The job that packs: its memory, what the script packs, and the folder that the rule asks for."""

from __future__ import annotations

import csv
import json
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from packed_data import assert_same
from project import SCRIPTS
from tiny_broden import write_broden

import pack_concepts as script
from kdlens.data.broden import Broden
from kdlens.data.packed import PackedConcepts

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


def test_the_script_packs_photographs_if_they_fit(tmp_path):
    root = write_broden(tmp_path / "broden")
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
