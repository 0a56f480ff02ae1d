"""The activation maps of several networks' best units for one concept, on the same images.

Writes a ``.npz``: ``images`` (N, H, W, 3) uint8; ``masks`` (N, sh, sw) bool of the concept; for M
networks ``upsampled`` (M, N, sh, sw) float32, ``thresholds`` (M,) float32, ``units`` (M,) from 0,
``ious`` (M,); ``concept`` and ``category``; ``image_numbers`` (N,) in the concept dataset;
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

from kdlens.data.packed import PackedConcepts
from kdlens.dissection.concept_maps import choose_concept, find_images, unit_maps
from kdlens.dissection.network import NetworkInput
from kdlens.dissection.tallies import Tallies
from kdlens.errors import InputError
from kdlens.npz import save_arrays
from kdlens.training.devices import resolve_device, set_determinism
from kdlens.training.networks import load_network


def main(
    *,
    concepts: str | Path,
    models: Sequence[str | Path],
    tallies: Sequence[str | Path],
    output: str | Path,
    entries: Sequence[Mapping[str, Any]],
    image_size: int,
    quantile: float,
    denominator: str = "image",
    iou_threshold: float = 0.05,
    concept: str | None = None,
    category: str = "object",
    images: int = 4,
    device: str = "auto",
    categories: Sequence[str] | None = None,
    threads: int = 1,
) -> None:
    """Write the maps.

    Args:
        concepts: folder of the packed concept dataset.
        models, tallies: the networks' files, in the order of ``entries``.
        output: the ``.npz``.
        entries: ``{"model", "seed", "label", "network", "image", "layer"}`` of each network;
            the image is ``{"size", "mean", "std"}``, the layer the dissected one.
        image_size: side of the images, the same for all networks.
        quantile, denominator: which of its thresholds and IoUs.
        iou_threshold: least IoU of a detector; goes into ``meta``, for the caption.
        concept: a label's name; None for the one of ``category`` that all networks see best.
        images: how many images to show, at most.
        device: auto, cpu or cuda.
        categories: the concept categories that were dissected; None for all.
        threads: CPU threads to compute with, and to look for images.

    Raises:
        InputError: if the files do not fit each other, for weights of another network, or if there
            is no such concept.
    """
    if not len(entries) == len(models) == len(tallies) or not entries:
        raise InputError(
            f"activation maps: {len(entries)} entries, {len(models)} models and {len(tallies)} "
            "tallies; give one of each for every network, and at least one network"
        )
    set_determinism(0, threads)
    target = resolve_device(device)
    counted = [Tallies.load(path) for path in tallies]
    label = choose_concept(
        counted, category, concept=concept, quantile=quantile, denominator=denominator
    )
    pack = PackedConcepts(concepts, categories)
    if list(pack.label_names) != counted[0].label_names.tolist():
        raise InputError(f"{tallies[0]}: dissected with another concept dataset; dissect it again")
    shown = find_images(pack, label, images, image_size, workers=threads)
    columns: dict[str, list[Any]] = {
        key: [] for key in ("upsampled", "thresholds", "units", "ious")
    }
    for entry, path, each in zip(entries, models, counted, strict=True):
        iou = each.iou(quantile, denominator)[:, label]
        unit = int(iou.argmax())
        upsampled = unit_maps(
            load_network(entry["network"], None, path, target),
            entry["layer"],
            unit,
            shown.pixels,
            pack.mask_shape,
            NetworkInput(entry["image"], target),
            each.meta["block"],
            each.meta["precision"],
        )
        columns["upsampled"].append(upsampled)
        columns["thresholds"].append(each.thresholds[each.index_of(quantile), unit])
        columns["units"].append(unit)
        columns["ious"].append(iou[unit])
    meta = {
        "layer": ", ".join(dict.fromkeys(entry["layer"] for entry in entries)),
        "quantile": quantile,
        "denominator": denominator,
        "iou_threshold": iou_threshold,
        "device": target.type,
    }
    save_arrays(
        output,
        images=shown.pixels,
        masks=shown.masks,
        image_numbers=np.array(shown.numbers),
        concept=np.array(pack.label_names[label]),
        category=np.array(category),
        entries=np.array(json.dumps([dict(entry) for entry in entries], sort_keys=True)),
        meta=np.array(json.dumps(meta, sort_keys=True)),
        **{key: np.array(column) for key, column in columns.items()},
    )


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0], goes_on=True):
        main(
            concepts=snakemake.input.concepts,
            models=list(snakemake.input.models),
            tallies=list(snakemake.input.tallies),
            output=snakemake.output.maps,
            threads=snakemake.threads,
            **snakemake.params.maps,
        )
