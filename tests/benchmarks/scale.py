"""A dissection of a dataset of Broden's size and of a tenth of it: time, and memory that stays put.

Renders a small concept world, repeats its images under other names until there are 63,305 (Broden's
number), packs both datasets, and dissects four layers of a ResNet-18 at ten quantiles within a
small memory budget, each in a process of its own (``make bench-scale``).
"""

from __future__ import annotations

import argparse
import csv
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "workflow_scripts"))
BRODEN = 63_305


def repeat_dataset(tree: Path, folder: Path, images: int) -> None:
    """Make a dataset of ``images`` images from those of ``tree``: hard links under new names."""
    with open(tree / "index.csv", newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    (folder / "images").mkdir(parents=True)
    for table in tree.glob("*.csv"):
        if table.name != "index.csv":
            os.link(table, folder / table.name)
    for child in (tree / "images").iterdir():
        (folder / "images" / child.name).symlink_to(child)  # the masks, under their own names
    (folder / "images" / "again").mkdir()
    with open(folder / "index.csv", "w", newline="", encoding="utf-8") as handle:
        writer = csv.DictWriter(handle, list(rows[0]))
        writer.writeheader()
        for number in range(images):
            row = rows[number % len(rows)]
            name = f"again/{number:06d}{Path(row['image']).suffix}"
            os.link(tree / "images" / row["image"], folder / "images" / name)
            writer.writerow({**row, "image": name})


class OwnMemory(threading.Thread):
    """Samples this process's memory without files that it has mapped, Linux only.

    Pages of the packed dataset that were read count as resident too, but the system takes them back
    when somebody else needs memory.
    """

    def __init__(self) -> None:
        super().__init__(daemon=True)
        self.peak_mib = 0.0
        self.start()

    def run(self) -> None:
        while True:
            self.peak_mib = max(self.peak_mib, _status("RssAnon"))
            time.sleep(0.05)


def peak_mib() -> float:
    """Peak resident memory of this process (not of one it was started from), Linux only."""
    return _status("VmHWM")


def _status(key: str) -> float:
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith(key):
            return int(line.split()[1]) / 1024
    raise OSError(f"/proc/self/status has no {key}")


def dissect_here(packed: Path, memory_gib: float, threads: int) -> dict:
    import torch

    from kdlens.data.packed import PackedConcepts
    from kdlens.dissection import dissect
    from kdlens.training.networks import initialise_network

    torch.set_num_threads(threads)
    concepts = PackedConcepts(packed)
    network = initialise_network({"architecture": "resnet18", "last_stride": 1}, 10, 0)
    memory = OwnMemory()
    start = time.perf_counter()
    dissect(
        network,
        ["layer1", "layer2", "layer3", "layer4"],
        concepts,
        image={"size": concepts.image_size, "mean": [0.45] * 3, "std": [0.25] * 3},
        quantiles=[number / 1000 for number in range(1, 11)],
        batch_size=64,
        memory_gib=memory_gib,
    )
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "peak_mib": peak_mib(), "own_mib": memory.peak_mib}


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--images", type=int, default=BRODEN)
    parser.add_argument("--size", type=int, default=64)
    parser.add_argument("--memory-gib", type=float, default=0.5)
    parser.add_argument("--threads", type=int, default=os.cpu_count())
    parser.add_argument("--packed", type=Path, help=argparse.SUPPRESS)
    settings = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(message)s")
    if settings.packed:
        print(json.dumps(dissect_here(settings.packed, settings.memory_gib, settings.threads)))
        return

    from kdlens.data.broden import Broden
    from kdlens.data.packing import pack_concepts
    from kdlens.data.world.broden_tree import write_concepts

    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        sizes = {"image_size": settings.size, "mask_size": settings.size // 2}
        write_concepts(folder / "tree", images=1560, seed=1, **sizes)
        for images in (settings.images // 10, settings.images):
            repeat_dataset(folder / "tree", folder / str(images), images)
            start = time.perf_counter()
            packed = folder / f"packed{images}"
            pack_concepts(Broden(folder / str(images)), packed, image_size=settings.size, workers=2)
            packing = time.perf_counter() - start
            command = [sys.executable, __file__, *arguments, "--packed", str(packed)]
            done = subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True)
            found = json.loads(done.stdout)
            print(
                f"{images:6} images: packed in {packing:.0f} s, dissected in "
                f"{found['seconds']:.0f} s ({images / found['seconds']:.0f} images/s), peak memory "
                f"{found['own_mib']:.0f} MiB with a budget of {settings.memory_gib} GiB "
                f"({found['peak_mib']:.0f} MiB with the pages of the packed dataset)",
                flush=True,
            )


if __name__ == "__main__":
    main(sys.argv[1:])
