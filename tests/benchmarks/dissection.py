"""How long a dissection takes beside what cannot be saved: looking at every image once.

Prints one table (``make bench-dissection``). On the same network and the same images:

- *forward*: decode every photograph and run the network, nothing else;
- *dissect* one layer at one quantile, four layers at ten quantiles, from files and from the packed
  dataset, with and without the shuffled-labels null;
- *published*: the algorithm of the published programs in plain form, on some of the images:
  activations stored as float64, then a loop over images and units that upsamples each map that
  reaches the unit's threshold and counts its region.

Each case runs in a process of its own, so that its peak memory is its own, and the cases take
turns, so that a busy moment does not hit one of them alone. The ratios are those of the fastest
turns. The network is a ResNet-18 with random weights whose batch normalisation has seen some of the
images; the photographs are the concept world's.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import logging
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import torch
import torchvision
from torch.nn import functional
from turns import in_processes, in_turns, machine, named

from kdlens.data.broden import Broden
from kdlens.data.packed import PackedConcepts
from kdlens.data.packing import pack_concepts
from kdlens.data.world.broden_tree import write_concepts
from kdlens.dissection import run as dissection_run
from kdlens.dissection.activations import recording
from kdlens.dissection.engine import dissect
from kdlens.dissection.network import NetworkInput
from kdlens.dissection.precision import Sample, evenly_spaced
from kdlens.dissection.stream import batches, pixels_of
from kdlens.training.devices import keep_freed_memory

LAYERS = ["layer1", "layer2", "layer3", "layer4"]
QUANTILES = [0.005, *(number / 1000 for number in range(1, 11) if number != 5)]
BATCH = {"cpu": 32, "cuda": 128}

# case -> (layers, quantiles, packed, with the null)
DISSECTIONS = {
    "dissect layer4, 1 quantile": (["layer4"], [0.005], False, False),
    "dissect 4 layers, 10 quantiles": (LAYERS, QUANTILES, False, False),
    "dissect layer4, 1 quantile, packed": (["layer4"], [0.005], True, False),
    "dissect 4 layers, 10 quantiles, packed": (LAYERS, QUANTILES, True, False),
    "... with the null": (LAYERS, QUANTILES, True, True),
}
FORWARD, FORWARD_PACKED = "forward", "forward, packed"
PUBLISHED = "published, layer4, 1 quantile"


def image_of(size: int) -> dict:
    return {"size": size, "mean": [0.45] * 3, "std": [0.25] * 3}


def network_for(concepts, size: int, device: torch.device) -> torch.nn.Module:
    torch.manual_seed(0)
    network = torchvision.models.resnet18().to(device)
    for module in network.modules():
        if isinstance(module, torch.nn.BatchNorm2d):
            module.momentum = None  # the plain average of what it sees
    some = [pixels_of(concepts, number, size) for number in evenly_spaced(len(concepts), 32)]
    with torch.inference_mode():
        network.train()(NetworkInput(image_of(size), device)(torch.from_numpy(np.stack(some))))
    return network.eval()


def forward(network, concepts, size: int, workers: int, device: torch.device) -> dict:
    feed = NetworkInput(image_of(size), device)
    stream = {"workers": workers, "pin_memory": device.type == "cuda"}
    start = time.perf_counter()
    with torch.inference_mode():
        for batch in batches(
            concepts, BATCH[device.type], what="forward", image_size=size, **stream
        ):
            # In the layout and, on the CPU, the portions that are the fastest.
            for part in feed(batch.pixels).split(16 if device.type == "cpu" else BATCH["cuda"]):
                network(part.contiguous(memory_format=torch.channels_last))
    if device.type == "cuda":
        torch.cuda.synchronize()
    return {"seconds": time.perf_counter() - start}


def ours(network, concepts, size: int, workers: int, layers, quantiles, null: bool) -> dict:
    counting = [0.0]
    count = dissection_run.Run.count

    def timed(*arguments):
        start = time.perf_counter()
        count(*arguments)
        counting[0] += time.perf_counter() - start

    dissection_run.Run.count = timed
    start = time.perf_counter()
    dissect(
        network,
        layers,
        concepts,
        image=image_of(size),
        quantiles=quantiles,
        shuffle_seed=1 if null else None,
        workers=workers,
    )
    return {"seconds": time.perf_counter() - start, "tally": counting[0]}


def published(network, concepts, size: int, folder: Path, device: torch.device) -> dict:
    """The published programs' way (definitions in the README), in plain NumPy."""
    feed = NetworkInput(image_of(size), device)
    images = len(concepts)
    with recording(network, ["layer4"]) as recorder:
        pixels = torch.from_numpy(np.stack([pixels_of(concepts, i, size) for i in range(images)]))
        maps = [
            recorder.forward(feed(b))["layer4"].cpu().clone()
            for b in pixels.split(BATCH[device.type])
        ]
        maps = torch.cat(maps)
    store = np.lib.format.open_memmap(folder / "maps.npy", "w+", np.float64, maps.shape)
    store[:] = maps
    start = time.perf_counter()
    units, labels = maps.shape[1], len(concepts.label_names)
    thresholds = np.quantile(store.transpose(1, 0, 2, 3).reshape(units, -1), 0.995, axis=1)
    belongs = np.eye(len(concepts.categories), dtype=bool)[concepts.primary_category]
    shared = np.zeros((units, labels), np.int64)
    activated = np.zeros((units, len(concepts.categories)), np.int64)
    for number in range(images):
        annotation = concepts.annotation(number)
        for unit in range(units):
            activation = store[number, unit]
            if activation.max() <= thresholds[unit]:
                continue
            large = functional.interpolate(
                torch.from_numpy(activation)[None, None], concepts.mask_shape, mode="bilinear"
            )[0, 0].numpy()
            region = large > thresholds[unit]
            counts = np.zeros(labels, np.int64)
            for plane in annotation.planes:
                counts += np.bincount(plane[region], minlength=labels)
            np.add.at(counts, annotation.scalars, region.sum())
            counts[0] = 0
            shared[unit] += counts
            activated[unit] += region.sum() * belongs[counts > 0].any(axis=0)
    seconds = time.perf_counter() - start
    return {"seconds": seconds, "tally": seconds}


def measure(case: str, data: Path, settings: argparse.Namespace) -> dict:
    torch.set_num_threads(settings.threads)
    keep_freed_memory()  # as the workflow's jobs do
    device = torch.device(settings.device)
    packed = case == FORWARD_PACKED or (case in DISSECTIONS and DISSECTIONS[case][2])
    concepts = PackedConcepts(data / "packed") if packed else Broden(data / "tree")
    network = network_for(concepts, settings.size, device)
    warm = Sample(concepts, range(min(len(concepts), 64)))
    if case in (FORWARD, FORWARD_PACKED):
        forward(network, warm, settings.size, 0, device)
        result = forward(network, concepts, settings.size, settings.workers, device)
    elif case == PUBLISHED:
        concepts = Sample(concepts, evenly_spaced(len(concepts), settings.published))
        with tempfile.TemporaryDirectory() as folder:
            result = published(network, concepts, settings.size, Path(folder), device)
    else:
        layers, quantiles, _, null = DISSECTIONS[case]
        ours(network, warm, settings.size, 0, layers, quantiles, null)
        workers = settings.workers
        result = ours(network, concepts, settings.size, workers, layers, quantiles, null)
    if device.type == "cuda":
        result["device_gib"] = torch.cuda.max_memory_allocated() / 2**30
    return {**result, "images": len(concepts), "peak_gib": peak_gib()}


def peak_gib() -> float:
    """Peak resident memory of this process (not of one it was started from)."""
    with contextlib.suppress(OSError):
        for line in Path("/proc/self/status").read_text().splitlines():
            if line.startswith("VmHWM"):
                return int(line.split()[1]) / 2**20
    return float("nan")


def prepare(folder: Path, settings: argparse.Namespace) -> None:
    world = {"image_size": settings.size, "mask_size": settings.size // 2}
    if not (folder / "tree").exists():
        write_concepts(folder / "tree", images=settings.images, seed=1, **world)
    if not (folder / "packed").exists():
        concepts = Broden(folder / "tree")
        pack_concepts(concepts, folder / "packed", image_size=settings.size, workers=2)


def print_table(found: dict[str, list[dict]], settings: argparse.Namespace) -> None:
    print(
        f"ResNet-18, {settings.images} images of {settings.size} x {settings.size}, "
        f"masks {settings.size // 2} x {settings.size // 2}; {named(settings.device)}, "
        f"{settings.threads} threads, {settings.workers} decoding processes; {machine()}"
    )
    print(f"fastest of {settings.turns} turns, in brackets the slowest\n")
    per_image = {
        case: [1e3 * turn["seconds"] / turn["images"] for turn in turns]
        for case, turns in found.items()
    }
    print(f"{'':40} {'ms/image':>16} {'x forward':>9} {'tally ms':>8} {'peak GiB':>8}")
    for case, times in per_image.items():
        base = FORWARD_PACKED if "packed" in case or "null" in case else FORWARD
        ratio = f"{min(times) / min(per_image[base]):9.2f}" if case != PUBLISHED else f"{'':9}"
        tally = min(1e3 * turn.get("tally", 0) / turn["images"] for turn in found[case])
        peak = max(turn["peak_gib"] for turn in found[case])
        spread_ = f"{min(times):8.2f} ({max(times):5.1f})"
        print(f"{case:40} {spread_:>16} {ratio} {tally or float('nan'):8.2f} {peak:8.2f}")
    one = next(iter(DISSECTIONS))
    tallies = {
        case: min(turn["tally"] / turn["images"] for turn in found[case])
        for case in (one, PUBLISHED)
    }
    print(
        f"\nThe tally alone (annotations read from files, layer4, 1 quantile): the published way "
        f"{1e3 * tallies[PUBLISHED]:.1f} ms an image (of {settings.published}), this one "
        f"{1e3 * tallies[one]:.2f} ms: {tallies[PUBLISHED] / tallies[one]:.1f} times as fast"
    )


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    cuda = torch.cuda.is_available()
    parser.add_argument("--images", type=int, default=8192 if cuda else 1024)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--published", type=int, default=64, help="images of the published way")
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
    parser.add_argument("--workers", type=int, default=8 if cuda else 0)
    parser.add_argument("--device", default="cuda" if cuda else "cpu")
    parser.add_argument("--data", type=Path, help="folder to keep the rendered images in")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    settings = parser.parse_args(arguments)
    if settings.case:
        logging.disable()
        print(json.dumps(measure(settings.case, settings.data, settings)))
        return
    with tempfile.TemporaryDirectory() as temporary:
        data = settings.data or Path(temporary)
        prepare(data, settings)
        cases = [FORWARD, FORWARD_PACKED, *DISSECTIONS]
        told = [*arguments, "--data", str(data)]
        found = in_turns(cases, settings.turns, lambda case: in_processes(case, told)[0])
        found[PUBLISHED] = in_processes(PUBLISHED, told)
    print_table(found, settings)


if __name__ == "__main__":
    main(sys.argv[1:])
