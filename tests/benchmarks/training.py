"""How fast networks are trained here beside a bare PyTorch loop, and how long data is waited for.

Prints one table (``make bench-training``). On the same network, images, batch size and precision,
in channels-last order, with the same fused optimiser:

- *bare*: forward pass, loss, backward pass and optimiser, written down in PyTorch; the batches lie
  ready in memory, normalised, so that nothing is augmented, prepared or copied;
- *kdlens*: ``train_model.main`` as the workflow calls it (recipe, torchdistill, checkpoints), whose
  epochs also pick, mirror and normalise the images; held in memory, or *streamed* as JPEG files,
  decoded by the config's default number of worker processes.

Counted are the images of an epoch after the first; validation and checkpoints come on top in both
worlds. The student is a ResNet-18, the teacher of KD a ResNet-34; the images are the concept
world's. Both are deterministic; on a GPU, one bare case shows what that costs, and one case of
kdlens what ``training.compile`` saves.

Each case runs in a process of its own and the cases take turns, so that a busy moment does not hit
one of them alone. Ratios are those of the fastest turns.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import tempfile
import time
from pathlib import Path

import torch
from torch.nn.functional import cross_entropy
from turns import ROOT, in_processes, in_turns, machine, named

import train_model
from kdlens.data.image_folder import check_image_folder, load_split
from kdlens.data.world.image_tree import write_images
from kdlens.files import write_json
from kdlens.schema import load_schema
from kdlens.training import trainer
from kdlens.training.checkpoints import save_weights
from kdlens.training.datasets import Preprocess
from kdlens.training.devices import resolve_precision, set_determinism
from kdlens.training.networks import initialise_network, load_network

SCHEMA = load_schema(ROOT / "config/schemas/config.schema.yaml")
WORKERS = SCHEMA["$defs"]["training"]["properties"]["workers"]["default"]
CLASSES, EPOCHS = 48, 3
STUDENT, TEACHER = {"architecture": "resnet18"}, {"architecture": "resnet34"}
ALPHA, TEMPERATURE = 0.5, 4.0
SGD = {"lr": 0.01, "momentum": 0.9, "weight_decay": 1e-4, "fused": True}

# case -> (kdlens?, taught?, keys of training that differ)
CASES = {
    "cross-entropy, bare": (False, False, {}),
    "cross-entropy, kdlens, held": (True, False, {}),
    "cross-entropy, kdlens, streamed": (True, False, {"in_memory": False, "workers": WORKERS}),
    "kd, bare": (False, True, {}),
    "kd, kdlens, held": (True, True, {}),
    "kd, kdlens, streamed": (True, True, {"in_memory": False, "workers": WORKERS}),
}
ON_A_GPU = {
    "cross-entropy, bare, not deterministic": (False, False, {}),
    "cross-entropy, kdlens, held, compiled": (True, False, {"compile": True}),
    "kd, kdlens, held, compiled": (True, True, {"compile": True}),
}


def image_of(size: int) -> dict:
    return {"size": size, "mean": [0.45] * 3, "std": [0.25] * 3}


def bare(taught: bool, data: Path, settings: argparse.Namespace, deterministic: bool) -> dict:
    device = torch.device(settings.device)
    set_determinism(1, settings.threads)
    if not deterministic:
        torch.use_deterministic_algorithms(False)
        torch.backends.cudnn.benchmark = True
    student = initialise_network(STUDENT, CLASSES, 1)
    student.to(device, memory_format=torch.channels_last).train()
    teacher = None
    if taught:
        teacher = load_network(TEACHER, CLASSES, data / "teacher.pt", device).eval()
        teacher.to(memory_format=torch.channels_last).requires_grad_(False)
    optimizer = torch.optim.SGD(student.parameters(), **SGD)
    images, labels = load_split(data / "dataset.json", "train", settings.size, settings.threads)
    preprocess = Preprocess(image_of(settings.size), device)
    batches = [
        (preprocess(part), truth.to(device))
        for part, truth in zip(
            torch.from_numpy(images).split(settings.batch),
            torch.from_numpy(labels).split(settings.batch),
            strict=True,
        )
    ]
    low = resolve_precision("auto", device) == "bfloat16"
    mixed = torch.autocast(device.type, torch.bfloat16, enabled=low)
    seconds = []
    for _ in range(EPOCHS):
        start = time.perf_counter()
        for pixels, truth in batches:
            if teacher is not None:
                with mixed, torch.no_grad():
                    told = teacher(pixels).float()
            with mixed:
                outputs = student(pixels)
            outputs = outputs.float()
            loss = cross_entropy(outputs, truth)
            if teacher is not None:
                soft = cross_entropy(outputs / TEMPERATURE, (told / TEMPERATURE).softmax(dim=1))
                loss = (1 - ALPHA) * loss + ALPHA * TEMPERATURE**2 * soft
            loss.backward()
            optimizer.step()
            optimizer.zero_grad()
        if device.type == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - start)
    return {"rate": len(images) / min(seconds[1:])}


def ours(taught: bool, changes: dict, data: Path, settings: argparse.Namespace) -> dict:
    epochs: list[tuple[float, float]] = []
    train_epoch = trainer.Trainer._train_epoch

    def timed(self, *arguments):
        start = time.perf_counter()
        result = train_epoch(self, *arguments)
        epochs.append((time.perf_counter() - start, result[-1]))
        return result

    trainer.Trainer._train_epoch = timed
    training = {
        "epochs": EPOCHS,
        "batch_size": settings.batch,
        "learning_rate": SGD["lr"],
        "momentum": SGD["momentum"],
        "weight_decay": SGD["weight_decay"],
        "augmentation": "flip",
        "in_memory": True,
        "evaluate_every": EPOCHS,
    }
    kd = {"name": "kd", "alpha": ALPHA, "temperature": TEMPERATURE}
    with tempfile.TemporaryDirectory() as folder:
        names = ("model.pt", "metrics.json", "history.csv", "torchdistill.yaml")
        train_model.main(
            data / "dataset.json",
            *(Path(folder, name) for name in names),
            name="benchmark",
            seed=1,
            network=STUDENT,
            method=kd if taught else {"name": "cross_entropy"},
            training=training | changes,
            image=image_of(settings.size),
            teacher=data / "teacher.pt" if taught else None,
            teacher_network=TEACHER if taught else None,
            device=settings.device,
            threads=settings.threads,
        )
    seconds, waiting = min(epochs[1:])
    return {"rate": settings.images / seconds, "waiting": waiting}


def measure(case: str, data: Path, settings: argparse.Namespace) -> dict:
    is_ours, taught, changes = (CASES | ON_A_GPU)[case]
    if is_ours:
        return ours(taught, changes, data, settings)
    return bare(taught, data, settings, deterministic="not deterministic" not in case)


def prepare(folder: Path, settings: argparse.Namespace) -> None:
    if (folder / "teacher.pt").exists():
        return
    images = {"train": settings.images, "val": CLASSES}
    write_images(
        folder / "tree", image_size=settings.size, classes="liveries", images=images, seed=1
    )
    summary = check_image_folder(folder / "tree", {"train": "train", "val": "val"})
    write_json(folder / "dataset.json", {"name": "benchmark", **summary})
    save_weights(initialise_network(TEACHER, CLASSES, 2), folder / "teacher.pt")


def print_table(found: dict[str, list[dict]], settings: argparse.Namespace) -> None:
    device = torch.device(settings.device)
    print(
        f"ResNet-18 (KD: from ResNet-34), {settings.images} images of {settings.size} x "
        f"{settings.size}, batch size {settings.batch}; {named(settings.device)}, "
        f"{resolve_precision('auto', device)}, {settings.threads} threads, {WORKERS} decoding "
        f"processes where streamed; {machine()}"
    )
    print(f"fastest of {settings.turns} turns, in brackets the slowest\n")
    rates = {case: [turn["rate"] for turn in turns] for case, turns in found.items()}
    print(f"{'':40} {'images/s':>16} {'of bare':>8} {'waited for data':>16}")
    for case, turns in found.items():
        base = max(rates[case.split(",")[0] + ", bare"])
        spread = f"{max(rates[case]):8.1f} ({min(rates[case]):.1f})"
        fastest = max(turns, key=lambda turn: turn["rate"])
        waiting = f"{fastest['waiting']:16.1%}" if "waiting" in fastest else ""
        print(f"{case:40} {spread:>16} {max(rates[case]) / base:8.2f} {waiting}")


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    cuda = torch.cuda.is_available()
    parser.add_argument("--images", type=int, default=8192 if cuda else 384)
    parser.add_argument("--size", type=int, default=224 if cuda else 128)
    parser.add_argument("--batch", type=int, default=256 if cuda else 32)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--threads", type=int, default=torch.get_num_threads())
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
        cases = [*CASES, *(ON_A_GPU if settings.device == "cuda" else ())]
        told = [*arguments, "--data", str(data)]
        found = in_turns(cases, settings.turns, lambda case: in_processes(case, told)[0])
    print_table(found, settings)


if __name__ == "__main__":
    main(sys.argv[1:])
