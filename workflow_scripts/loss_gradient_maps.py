"""The loss gradients of several networks on the same validation images of their dataset.

Writes a ``.npz``: ``images`` (N, S, S, 3) uint8; ``gradients`` (M, N, S, S, 3) float32 of M
networks, for pixels on a scale of 0 to 1; ``classes`` (N,), the true ones by name; ``predicted``
(M, N), by name; ``p_true`` and ``losses`` (M, N); ``files`` (N,), below the folder of the split;
``entries`` and ``meta`` as JSON.
"""

if __name__ == "__main__" and "snakemake" in globals():
    # Before torch is imported, which may look for GPUs once and for all.
    from kdlens.gpus.job import take_gpus

    take_gpus(snakemake.log[0], snakemake.params.maps["device"])

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kdlens.data.image_folder import read_dataset, split_files
from kdlens.errors import InputError
from kdlens.measures.loss_gradients import loss_gradients
from kdlens.npz import save_arrays
from kdlens.training.datasets import Preprocess, batches, ordered_loader
from kdlens.training.devices import resolve_device, set_determinism
from kdlens.training.networks import load_network
from kdlens.training.splits import open_split


def main(
    *,
    dataset: str | Path,
    models: Sequence[str | Path],
    output: str | Path,
    entries: Sequence[Mapping[str, Any]],
    images: int = 4,
    seed: int = 1,
    device: str = "auto",
    threads: int = 1,
) -> None:
    """Write the gradients.

    Args:
        dataset: ``dataset.json``.
        models: the networks' files, in the order of ``entries``.
        output: the ``.npz``.
        entries: ``{"model", "seed", "label", "method", "network", "image"}`` of each network.
        images: how many images to show, each of another class; at most one a class.
        seed: of the draw of the classes, whose first images are shown.
        device: auto, cpu or cuda.
        threads: CPU threads to compute with.

    Raises:
        InputError: if models and entries do not fit each other, or for weights of another network.
    """
    if not models or len(models) != len(entries):
        raise InputError(
            f"loss gradients: {len(entries)} entries and {len(models)} models; give one of each "
            "for every network, and at least one"
        )
    set_determinism(0, threads)
    target = resolve_device(device)
    about = read_dataset(dataset)
    files, labels = split_files(about, "val")
    numbers = first_of_classes(labels, images, seed)
    truth = torch.from_numpy(labels[numbers]).to(target)
    columns: dict[str, list[np.ndarray]] = {
        key: [] for key in ("gradients", "predicted", "p_true", "losses")
    }
    for entry, path in zip(entries, models, strict=True):
        pixels = _pixels(dataset, entry["image"], numbers, target)
        network = load_network(entry["network"], len(about["classes"]), path, target)
        inputs = Preprocess(entry["image"], target)(pixels)
        gradients, logits = loss_gradients(network, inputs, truth, entry["image"]["std"])
        log_p = logits.log_softmax(dim=1)
        of_truth = log_p.gather(1, truth[:, None])[:, 0].cpu().numpy()
        columns["gradients"].append(gradients.permute(0, 2, 3, 1).cpu().numpy())
        columns["predicted"].append(np.array(about["classes"])[logits.argmax(dim=1).cpu().numpy()])
        columns["p_true"].append(np.exp(of_truth))
        columns["losses"].append(-of_truth)
    save_arrays(
        output,
        images=pixels.cpu().numpy(),
        classes=np.array(about["classes"])[labels[numbers]],
        files=np.array(["/".join(Path(files[number]).parts[-2:]) for number in numbers]),
        entries=np.array(json.dumps([dict(entry) for entry in entries], sort_keys=True)),
        meta=np.array(json.dumps({"dataset": about["name"], "seed": seed, "device": target.type})),
        **{key: np.array(column) for key, column in columns.items()},
    )


def first_of_classes(labels: np.ndarray, count: int, seed: int) -> np.ndarray:
    """Return the first image of each of up to ``count`` classes drawn, in the order of classes."""
    classes, first = np.unique(labels, return_index=True)
    drawn = np.random.default_rng(seed).permutation(len(classes))[:count]
    return np.sort(first[drawn])


def _pixels(
    dataset: str | Path, image: Mapping[str, Any], numbers: np.ndarray, device: torch.device
) -> torch.Tensor:
    images = open_split(dataset, "val", image, held=False, device=device, threads=1)
    ((pixels, _, _),) = batches(ordered_loader(images, len(numbers), 0, numbers.tolist()))
    return pixels


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0], goes_on=True):
        main(
            dataset=snakemake.input.dataset,
            models=list(snakemake.input.models),
            output=snakemake.output.maps,
            threads=snakemake.threads,
            **snakemake.params.maps,
        )
