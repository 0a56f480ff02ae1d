"""How fast networks are retrained for DiffROAR, beside a plain loop over a DataLoader.

Prints one table (``make bench-diffroar``): network-epochs a second of the whole machine, training
and evaluation on masked images included. On the same images, masks, network, batch size and
optimiser:

- *plain*: what the published programs do. The masked images of one network are made beforehand, as
  normalised tensors; a DataLoader shuffles and collates them one by one; one network at a time in
  float32, with all threads (and again one thread each, in as many processes);
- *kdlens*: ``Retraining.run``. Images and ranks are held once and masked by the batch, whole
  batches, channels-last order, and mixed precision where the processor has it; in one process with
  all threads, and in processes of one thread each (as Snakemake runs several jobs).

Each case runs in processes of its own and the cases take turns, so that a busy moment does not hit
one of them alone. Rates are those of the fastest turn.
"""

from __future__ import annotations

import argparse
import json
import logging
import sys
import time

import torch
from torch.nn.functional import cross_entropy
from torch.utils.data import DataLoader, TensorDataset
from turns import in_processes, in_turns, machine, named

from kdlens.measures.diffroar_masks import Mask, MaskedImages, apply_mask, fill_values
from kdlens.measures.diffroar_ranks import rank_images
from kdlens.measures.diffroar_retrain import Retraining
from kdlens.training.datasets import Preprocess
from kdlens.training.devices import keep_freed_memory, resolve_precision, set_determinism
from kdlens.training.networks import initialise_network

CLASSES, EPOCHS = 10, 2
SGD = {"lr": 0.1, "momentum": 0.9, "weight_decay": 5e-4}


def cases_of(settings: argparse.Namespace) -> dict[str, dict]:
    """Return name -> kdlens or not, threads, processes."""
    threads = settings.threads
    plain, ours = {"ours": False}, {"ours": True}
    apart = {"threads": 1, "processes": threads}
    return {
        f"plain, {threads} threads": {**plain, "threads": threads, "processes": 1},
        f"plain, {threads} processes": {**plain, **apart},
        f"kdlens, {threads} threads": {**ours, "threads": threads, "processes": 1},
        f"kdlens, {threads} processes": {**ours, **apart},
    }


def masked(settings: argparse.Namespace, device: torch.device) -> tuple[dict, Preprocess]:
    image = {"size": settings.size, "mean": [0.5] * 3, "std": [0.25] * 3}
    preprocess, generator = Preprocess(image, device), torch.Generator().manual_seed(0)
    splits, first = {}, 0
    for split, count in (("train", settings.images), ("val", settings.images // 6)):
        shape = (count, settings.size, settings.size, 3)
        images = torch.randint(0, 256, shape, generator=generator, dtype=torch.uint8).to(device)
        labels = torch.randint(0, CLASSES, (count,), generator=generator).to(device)
        how = {"rankings": ["coordinate"], "label": "predicted", "seed": 1, "first": first}
        ranks = rank_images(None, images, labels, preprocess, **how)
        splits[split] = (images, labels, ranks, fill_values(images, "mean"))
        first += count
    return splits, preprocess


def plain(settings: argparse.Namespace, device: torch.device) -> float:
    splits, preprocess = masked(settings, device)
    mask = Mask("coordinate", 0.5, "top")
    loaders = {}
    for split, (images, labels, ranks, fill) in splits.items():
        left = preprocess(apply_mask(images, ranks["coordinate"], mask, fill)).contiguous()
        data = TensorDataset(left.cpu(), labels.cpu())
        loaders[split] = DataLoader(data, settings.batch, shuffle=split == "train")
    network = initialise_network(network_of(settings), CLASSES, 1).to(device)
    optimizer = torch.optim.SGD(network.parameters(), **SGD)
    start = time.perf_counter()
    for _ in range(EPOCHS):
        network.train()
        for images, labels in loaders["train"]:
            loss = cross_entropy(network(images.to(device)), labels.to(device))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
        network.eval()
        with torch.no_grad():
            for images, labels in loaders["val"]:
                (network(images.to(device)).argmax(dim=1) == labels.to(device)).sum().item()
    return EPOCHS / (time.perf_counter() - start)


def ours(settings: argparse.Namespace, device: torch.device) -> float:
    splits, preprocess = masked(settings, device)
    training = {
        "epochs": EPOCHS,
        "batch_size": settings.batch,
        "learning_rate": SGD["lr"],
        "momentum": SGD["momentum"],
        "weight_decay": SGD["weight_decay"],
    }
    retraining = Retraining(
        network_of(settings),
        CLASSES,
        training,
        resolve_precision(settings.precision, device),
        **{split: MaskedImages(*parts) for split, parts in splits.items()},
        preprocess=preprocess,
    )
    start = time.perf_counter()
    retraining.run(Mask("coordinate", 0.5, "top"), 1)
    return EPOCHS / (time.perf_counter() - start)


def network_of(settings: argparse.Namespace) -> dict:
    return {"architecture": "resnet18", "width": settings.width, "stem": settings.stem}


def measure(case: dict, settings: argparse.Namespace) -> float:
    device = torch.device(settings.device)
    if not case["ours"]:
        torch.set_num_threads(case["threads"])
        return plain(settings, device)
    set_determinism(1, case["threads"])
    keep_freed_memory()
    return ours(settings, device)


def main(arguments: list[str]) -> None:
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    cuda = torch.cuda.is_available()
    parser.add_argument("--images", type=int, default=50_000 if cuda else 4096)
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--width", type=int, default=64 if cuda else 16)
    parser.add_argument("--stem", choices=["imagenet", "small"], default="imagenet")
    parser.add_argument("--batch", type=int, default=128)
    parser.add_argument("--turns", type=int, default=3)
    parser.add_argument("--threads", type=int, default=4 if cuda else torch.get_num_threads())
    parser.add_argument("--precision", default="auto", help="of kdlens; plain has float32")
    parser.add_argument("--device", default="cuda" if cuda else "cpu")
    parser.add_argument("--case", help=argparse.SUPPRESS)
    settings = parser.parse_args(arguments)
    cases = cases_of(settings)
    if settings.case:
        logging.disable()
        print(json.dumps(measure(cases[settings.case], settings)))
        return

    def rate(name: str) -> float:
        """Of the whole machine: the sum of all processes."""
        return sum(in_processes(name, arguments, cases[name]["processes"]))

    found = in_turns(cases, settings.turns, rate)
    device = torch.device(settings.device)
    print(
        f"ResNet-18 of width {settings.width}, stem {settings.stem}; {settings.images} images of "
        f"{settings.size} x {settings.size}, batch size {settings.batch}; "
        f"{named(settings.device)}, kdlens in {resolve_precision(settings.precision, device)}; "
        f"{machine()}"
    )
    print(f"fastest of {settings.turns} turns, in brackets the slowest\n")
    base = max(found[next(iter(cases))])
    print(f"{'':36} {'network-epochs/s':>18} {'of plain':>9}")
    for name, rates in found.items():
        print(f"{name:36} {max(rates):10.4f} ({min(rates):.4f}) {max(rates) / base:8.2f}")


if __name__ == "__main__":
    main(sys.argv[1:])
