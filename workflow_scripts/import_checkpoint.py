"""Take a network's weights from elsewhere, check that they fit, and evaluate them.

Rule import_checkpoint. The weights come by torchvision's name, from a path or from an address, and
always with a checksum (:mod:`kdlens.training.weights`).
"""

if __name__ == "__main__" and "snakemake" in globals():
    # Before torch is imported, which may look for GPUs once and for all.
    from kdlens.gpus.job import take_gpus

    take_gpus(snakemake.log[0], snakemake.params.model["device"])

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kdlens.data.image_folder import read_dataset
from kdlens.training.devices import resolve_device, set_determinism
from kdlens.training.networks import build_network, classes_of, network_classes
from kdlens.training.state_dicts import load_weights
from kdlens.training.untrained import write_untrained
from kdlens.training.weights import obtain_weights, read_weights


def main(
    dataset: str | Path | None,
    model: str | Path,
    metrics: str | Path,
    *,
    name: str,
    seed: int,
    network: Mapping[str, Any],
    weights: Mapping[str, Any],
    image: Mapping[str, Any],
    downloads: str | Path = "results/data/weights",
    device: str = "auto",
    batch_size: int = 64,
    threads: int = 1,
) -> None:
    """Fetch, verify, load strictly, evaluate, and write the two files.

    A network that tells other classes apart than the dataset's (``classes`` in its spec) can be
    dissected all the same; its accuracy is left empty. Without a dataset, the file says how many
    classes there are, unless the spec does.

    Args:
        dataset: ``dataset.json`` of the training images; None if the run has none.
        model: output, the weights (a plain state_dict).
        metrics: output, accuracy and provenance (JSON).
        name: the model's entry in the config.
        seed: recorded only.
        network, image: the specs of the config.
        weights: where they come from, and their sha256.
        downloads: folder for fetched files, shared by all runs.
        device: auto, cpu or cuda.
        batch_size: images a forward pass of the evaluation.
        threads: CPU threads to compute with.

    Raises:
        InputError: if the weights cannot be had, are not those of the checksum, or belong to
            another network.
    """
    set_determinism(seed, threads)
    torch_device = resolve_device(device)
    source = obtain_weights(weights, downloads)
    state = read_weights(source)
    if dataset is None:
        found = classes_of(network, state, source)
    else:
        found = len(read_dataset(dataset)["classes"])
    classes = network_classes(network, found)
    imported = build_network(network, classes)
    load_weights(imported, state, source)
    write_untrained(
        imported,
        model,
        metrics,
        name=name,
        method="checkpoint",
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
            **snakemake.output,
            threads=snakemake.threads,
            **snakemake.params.model,
        )
