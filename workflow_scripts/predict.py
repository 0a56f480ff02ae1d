"""Write a network's outputs on the validation images of its dataset.

See ``kdlens.measures.predictions`` for the file.
"""

if __name__ == "__main__" and "snakemake" in globals():
    # Before torch is imported, which may look for GPUs once and for all.
    from kdlens.gpus.job import take_gpus

    take_gpus(snakemake.log[0], snakemake.params.predict["device"])

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch

from kdlens.data.image_folder import read_dataset
from kdlens.data.work import Progress
from kdlens.files import sha256_of
from kdlens.measures.predictions import save_predictions
from kdlens.training.datasets import Preprocess, batches, ordered_loader
from kdlens.training.devices import resolve_device, set_determinism
from kdlens.training.networks import load_network
from kdlens.training.splits import hold_in_memory, open_split

_log = logging.getLogger(__name__)


def main(
    *,
    dataset: str | Path,
    model: str | Path,
    output: str | Path,
    network: Mapping[str, Any],
    image: Mapping[str, Any],
    label: Mapping[str, Any],
    device: str = "auto",
    batch_size: int = 64,
    threads: int = 1,
) -> None:
    """Compute the logits, in float32, and write them.

    Args:
        dataset: ``dataset.json`` of the network's dataset.
        model: the network's ``model.pt``.
        output: the npz file.
        network, image: the specs of the config.
        label: ``{"model", "seed"}``, what the file says of itself.
        device: auto, cpu or cuda.
        batch_size: images a forward pass. Logits hang on it by rounding.
        threads: CPU threads; also those that decode images, or as many worker processes.

    Raises:
        InputError: for weights of another network, an image that cannot be read, or outputs that
            are not finite.
    """
    set_determinism(0, threads)
    target = resolve_device(device)
    about = read_dataset(dataset)
    loaded = load_network(network, len(about["classes"]), model, target)
    loaded.to(memory_format=torch.channels_last)
    held = hold_in_memory("auto", about, image, splits=("val",))
    images = open_split(dataset, "val", image, held=held, device=target, threads=threads)
    loader = ordered_loader(images, batch_size, threads if threads > 1 else 0)
    preprocess = Preprocess(image, target)
    progress = Progress(_log, "predicted", len(images), "images")
    found, done = [], 0
    with torch.inference_mode():
        for batch, _, _ in batches(loader):
            found.append(loaded(preprocess(batch)).float().cpu())
            done += len(batch)
            progress.update(done, final=done == len(images))
    save_predictions(
        output,
        torch.cat(found).numpy(),
        images.labels.cpu().numpy(),
        {
            "model": label["model"],
            "seed": label["seed"],
            "dataset": about["name"],
            "dataset_digest": about["digest"],
            "model_sha256": sha256_of(model),
            "device": target.type,
        },
    )


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0], goes_on=True):
        main(
            dataset=snakemake.input.dataset,
            model=snakemake.input.model,
            output=snakemake.output.predictions,
            threads=snakemake.threads,
            **snakemake.params.predict,
        )
