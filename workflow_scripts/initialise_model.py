"""Write a network with random weights, the null that trained ones are compared with.

Rule initialise_model. The weights are those with which train_model starts from the same seed.
"""

if __name__ == "__main__" and "snakemake" in globals():
    # Before torch is imported, which may look for GPUs once and for all.
    from kdlens.gpus.job import take_gpus

    take_gpus(snakemake.log[0], snakemake.params.model["device"])

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kdlens.data.image_folder import read_dataset
from kdlens.files import read_json
from kdlens.training.devices import resolve_device, set_determinism
from kdlens.training.networks import initialise_network, network_classes, require_classes
from kdlens.training.untrained import write_untrained


def main(
    dataset: str | Path | None,
    model: str | Path,
    metrics: str | Path,
    *,
    name: str,
    seed: int,
    network: Mapping[str, Any],
    image: Mapping[str, Any],
    like: str | Path | None = None,
    device: str = "auto",
    batch_size: int = 64,
    threads: int = 1,
) -> None:
    """Initialise, evaluate, and write the two files.

    Args:
        dataset: ``dataset.json`` of the training images; None if the run has none.
        model: output, the weights (a plain state_dict).
        metrics: output, accuracy and provenance (JSON).
        name: the model's entry in the config.
        seed: of the weights.
        network, image: the specs of the config.
        like: ``metrics.json`` of an imported network with the same spec, to have as many classes
            where neither a dataset nor the spec says how many.
        device: auto, cpu or cuda.
        batch_size: images a forward pass of the evaluation.
        threads: CPU threads to compute with.

    Raises:
        InputError: if it is not known how many classes there are, or the spec has other ones than
            the dataset.
    """
    set_determinism(seed, threads)
    torch_device = resolve_device(device)
    if dataset is not None:
        classes = len(read_dataset(dataset)["classes"])
        require_classes(network, classes, f"models.{name}")
    else:
        classes = network_classes(network, None if like is None else read_json(like)["classes"])
    untrained = initialise_network(network, classes, seed)
    write_untrained(
        untrained,
        model,
        metrics,
        name=name,
        method="random_init",
        seed=seed,
        classes=classes,
        dataset=dataset,
        image=image,
        device=torch_device,
        batch_size=batch_size,
        threads=threads,
    )


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0], goes_on=True):
        main(
            dataset=snakemake.input.get("dataset") or None,
            like=snakemake.input.get("like") or None,
            **snakemake.output,
            threads=snakemake.threads,
            **snakemake.params.model,
        )
