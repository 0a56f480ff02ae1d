"""DiffROAR of one network: how much do its attributions say of where the classes show?

The coordinates of all images are ranked by the network's attributions; networks are trained anew on
images without the top, and without the bottom, of them; and their accuracies are compared
(``kdlens.measures.diffroar_scores``). Without a network the rankings are random, which is the null.

Killed and started again, the job goes on with the networks that are not finished
(``<output>.partial.json``, which the workflow removes when a run has ended well).
"""

if __name__ == "__main__" and "snakemake" in globals():
    # Before torch is imported, which may look for GPUs once and for all.
    from kdlens.gpus.job import take_gpus

    take_gpus(snakemake.log[0], snakemake.params.measure["device"])

import logging
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kdlens.data.image_folder import load_split, memory_of, read_dataset
from kdlens.errors import InputError
from kdlens.files import sha256_of, write_json
from kdlens.measures.diffroar import accuracies_of, cases_of, retrain_all, values_of
from kdlens.measures.diffroar_masks import MaskedImages, fill_values
from kdlens.measures.diffroar_ranks import bytes_of_ranks, rank_images
from kdlens.measures.diffroar_retrain import Retraining
from kdlens.training.checkpoints import fingerprint_of
from kdlens.training.datasets import Preprocess, central
from kdlens.training.devices import (
    keep_freed_memory,
    resolve_device,
    resolve_precision,
    set_determinism,
)
from kdlens.training.networks import load_network, require_classes
from kdlens.training.splits import stored_side

_MB = 2**20
_BESIDE = 1000  # MiB that torch and a batch take beside what is held
_log = logging.getLogger(__name__)


def main(
    dataset: str | Path,
    model: str | Path | None,
    output: str | Path,
    *,
    name: str,
    seed: int,
    network: Mapping[str, Any],
    image: Mapping[str, Any],
    retraining: Mapping[str, Any],
    retrained: Mapping[str, Any],
    rankings: Sequence[str] = ("coordinate",),
    label: str = "predicted",
    fill: str = "mean",
    fractions: Sequence[float] = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9),
    initialisations: int = 10,
    tie_seed: int = 1,
    memory_mib: float | None = None,
    device: str = "auto",
    threads: int = 1,
) -> dict[str, Any]:
    """Measure, write the JSON file ``output`` and return its contents.

    Args:
        dataset: ``dataset.json`` of the network's images.
        model: the network's ``model.pt``; None for random rankings.
        name, seed: what the file says of the network.
        network, image: the specs of the config.
        retraining: how networks are retrained: epochs, batch_size, learning_rate, ...
        retrained: the spec of their shape.
        rankings: see :mod:`kdlens.measures.diffroar_ranks`; the first is the main one.
        label: whose logit is explained, ``predicted`` or ``annotated``.
        fill: what removed coordinates get, ``mean`` or ``zero``.
        fractions: how much is removed.
        initialisations: how many networks are retrained for each fraction and side.
        tie_seed: of the order of equal attributions.
        memory_mib: what the job may hold; None for any amount.
        device: auto, cpu or cuda.
        threads: CPU threads to compute with.

    Raises:
        InputError: if images and ranks take more memory, for a network of other classes, or if a
            training diverges.
    """
    set_determinism(0, threads)
    keep_freed_memory()
    torch_device = resolve_device(device)
    precision = resolve_precision(retraining.get("precision", "auto"), torch_device)
    data = read_dataset(dataset)
    classes = len(data["classes"])
    _require_memory(data, stored_side(image), rankings, memory_mib)
    preprocess = Preprocess(image, torch_device)
    explained = None
    if model is not None:
        require_classes(network, classes, f"models.{name}")
        explained = load_network(network, classes, model, torch_device).requires_grad_(False)
        explained.to(memory_format=torch.channels_last)

    splits: dict[str, MaskedImages] = {}
    filled: torch.Tensor | None = None
    first = 0
    for split in ("train", "val"):
        images, labels = _open(dataset, split, image, torch_device, threads)
        filled = fill_values(images, fill) if filled is None else filled
        ranks = rank_images(
            explained,
            images,
            labels,
            preprocess,
            rankings=rankings,
            label=label,
            seed=tie_seed,
            first=first,
            what=split,
        )
        first += len(images)
        held = {"images": images, **ranks}
        sizes = [f"{key} {value.nbytes / _MB:.0f} MiB" for key, value in held.items()]
        _log.info("%s: %d images; in memory: %s", split, len(images), ", ".join(sizes))
        splits[split] = MaskedImages(images, labels, ranks, filled)

    settings = {
        "rankings": list(rankings),
        "label": label,
        "fill": fill,
        "fractions": list(fractions),
        "initialisations": initialisations,
        "tie_seed": tie_seed,
        "retraining": dict(retraining),
        "retrained": dict(retrained),
    }
    about = {
        "measure": "diffroar",
        "model": name,
        "seed": seed,
        "dataset": data["name"],
        "dataset_digest": data["digest"],
        "model_sha256": None if model is None else sha256_of(model),
        "network": dict(network),
        "image": dict(image),
        "device": torch_device.type,
        "precision": precision,
        "torch": str(torch.__version__),
        "fill_values": None if filled is None else filled.tolist(),
        "settings": settings,
    }
    # More of these are more networks, and change none.
    counts = ("rankings", "fractions", "initialisations")
    shaping = {key: value for key, value in settings.items() if key not in counts}
    cases = cases_of(rankings, fractions, initialisations)
    found = retrain_all(
        cases,
        Retraining(retrained, classes, retraining, precision, **splits, preprocess=preprocess),
        partial=Path(output).with_suffix(".partial.json"),
        fingerprint=fingerprint_of({**about, "settings": shaping}, Path(__file__).resolve()),
    )
    accuracies = accuracies_of(cases, found)
    values = values_of(accuracies, rankings[0])
    _log.info("DiffROAR %.2f percentage points", values["diffroar"])
    result = {**about, "accuracies": accuracies, "values": values}
    write_json(output, result)
    return result


def _require_memory(
    data: Mapping[str, Any], side: int, rankings: Sequence[str], memory_mib: float | None
) -> None:
    images = sum(memory_of(data, split, side) for split in ("train", "val"))
    needed = images + sum(
        sum(data["images"].values()) * bytes_of_ranks(side, ranking) for ranking in rankings
    )
    needed = math.ceil(needed / _MB) + _BESIDE
    if memory_mib is not None and needed > memory_mib:
        raise InputError(
            f"config key jobs.measures.mem_mb: the images of {data['name']} and their ranks are "
            f"held in memory, and with torch take {needed} MiB, more than {memory_mib:g}; write "
            f"{needed} or more, or measure fewer or smaller images"
        )


def _open(
    dataset: str | Path, split: str, image: Mapping[str, Any], device: torch.device, threads: int
) -> tuple[torch.Tensor, torch.Tensor]:
    images, labels = load_split(dataset, split, stored_side(image), workers=threads)
    images = np.ascontiguousarray(central(images, image["size"]))
    return torch.from_numpy(images).to(device), torch.from_numpy(labels).to(device)


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0], goes_on=True):
        main(
            dataset=snakemake.input.dataset,
            model=snakemake.input.get("model") or None,
            output=snakemake.output[0],
            memory_mib=snakemake.resources.mem_mb,
            threads=snakemake.threads,
            **snakemake.params.measure,
        )
