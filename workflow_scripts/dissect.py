"""Dissect the layers of one trained network: which units see which concepts?

Writes, beside each other in ``output_dir`` and for each layer L: ``L.npz`` (all counts, see
``kdlens.dissection.tallies``), ``L.csv`` (one row a unit, see ``kdlens.dissection.unit_table``, at
the first of the quantiles) and ``L_top.npz`` (the images that each unit responds to most, see
``kdlens.dissection.top_images``); with a shuffle seed also ``L_shuffled.npz`` and
``L_shuffled.csv``, the null in which the annotations are dealt to other images.
"""

if __name__ == "__main__" and "snakemake" in globals():
    # Before torch is imported, which may look for GPUs once and for all.
    from kdlens.gpus.job import take_gpus

    take_gpus(snakemake.log[0], snakemake.params.dissection["device"])

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.data.packed import PackedConcepts
from kdlens.dissection.engine import Dissection, dissect
from kdlens.dissection.unit_table import unit_table
from kdlens.files import sha256_of, write_text
from kdlens.training.devices import (
    keep_freed_memory,
    resolve_device,
    resolve_precision,
    set_determinism,
)
from kdlens.training.networks import load_network

_log = logging.getLogger(__name__)


def main(
    *,
    model: str | Path,
    concepts: str | Path,
    output_dir: str | Path,
    network: Mapping[str, Any],
    image: Mapping[str, Any],
    layers: Sequence[str],
    label: Mapping[str, Any],
    quantiles: Sequence[float] = (0.005,),
    iou_threshold: float = 0.05,
    denominator: str = "image",
    categories: Sequence[str] | None = None,
    shuffle_seed: int | None = None,
    top_images: int = 8,
    precision: str = "float32",
    batch_size: int | None = None,
    device: str = "auto",
    workers: int = 0,
    memory_gib: float = 4.0,
    device_memory_gib: float = 8.0,
    threads: int = 1,
) -> Dissection:
    """Dissect ``model`` and write its tallies.

    Args:
        model: the network's ``model.pt``.
        concepts: folder of the packed concept dataset.
        output_dir: folder of the outputs.
        network: architecture, width, stem, last_stride.
        image: ``{"size", "mean", "std"}``.
        layers: dotted names.
        label: ``{"model", "seed"}``, what the tallies say of themselves.
        quantiles: fractions of activations above the threshold; the table is made at the first.
        iou_threshold, denominator: for the table's detector column and the log.
        categories: concept categories to use; None for all.
        shuffle_seed: seed of the shuffled-labels null; None for no null.
        top_images, precision, batch_size, device, workers, memory_gib, device_memory_gib: see
            :func:`kdlens.dissection.engine.dissect`.
        threads: CPU threads of the network.

    Returns:
        What :func:`~kdlens.dissection.engine.dissect` returned.

    Raises:
        InputError: for weights of another network or a damaged pack, and as
            :func:`~kdlens.dissection.engine.dissect`.
    """
    set_determinism(0, threads)
    keep_freed_memory()
    pack = PackedConcepts(concepts, categories)
    target = resolve_device(device)
    loaded = load_network(network, None, model, target)
    about = {
        "model": label["model"],
        "seed": label["seed"],
        "model_sha256": sha256_of(model),
        "network": dict(network),
        "image": dict(image),
        "concepts": pack.name,
        "concepts_digest": pack.digest,
    }
    dissected = dissect(
        loaded,
        layers,
        pack,
        image=image,
        quantiles=quantiles,
        shuffle_seed=shuffle_seed,
        top_images=top_images,
        precision=resolve_precision(precision, target),
        batch_size=batch_size,
        workers=workers,
        memory_gib=memory_gib,
        device_memory_gib=device_memory_gib,
        meta=about,
    )
    read_at: dict[str, Any] = {
        "quantile": None,
        "denominator": denominator,
        "iou_threshold": iou_threshold,
    }
    folder = Path(output_dir)
    for name, tallies in dissected.items():
        write_text(folder / f"{name}.csv", unit_table(tallies, **read_at))
        tallies.save(folder / f"{name}.npz")
        dissected.top_images[name].save(folder / f"{name}_top.npz")
        if name in dissected.shuffled:
            shuffled = dissected.shuffled[name]
            write_text(folder / f"{name}_shuffled.csv", unit_table(shuffled, **read_at))
            shuffled.save(folder / f"{name}_shuffled.npz")
        found = tallies.detectors(**read_at)
        _log.info(
            "%s: %d of %d units detect a concept, %d exactly one, %d concepts",
            name,
            found.units_any,
            found.units,
            found.exactly_one,
            found.distinct_labels,
        )
    return dissected


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0], goes_on=True):
        main(
            model=snakemake.input.model,
            concepts=snakemake.input.concepts,
            output_dir=Path(snakemake.output[0]).parent,
            threads=snakemake.threads,
            workers=snakemake.resources.decoders,
            memory_gib=snakemake.resources.keep_mib / 1024,
            device_memory_gib=snakemake.resources.device_keep_mib / 1024,
            **snakemake.params.dissection,
        )
