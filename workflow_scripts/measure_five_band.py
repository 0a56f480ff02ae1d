"""Measure how well one network's saliency maps agree with the truth of drawn cells.

Writes the five-band scores over the validation images (``kdlens.measures.five_band_summary``), and
the maps of a few of them (``kdlens.measures.five_band_samples``).
"""

if __name__ == "__main__" and "snakemake" in globals():
    # Before torch is imported, which may look for GPUs once and for all.
    from kdlens.gpus.job import take_gpus

    take_gpus(snakemake.log[0], snakemake.params.measure["device"])

import logging
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch

from kdlens.data.cells import CLASSES
from kdlens.data.cells.tree import read_truth, truth_path
from kdlens.data.image_folder import read_dataset, split_files
from kdlens.data.work import Progress
from kdlens.errors import InputError
from kdlens.files import sha256_of, write_json
from kdlens.measures.five_band import Sweep, scaled_map
from kdlens.measures.five_band_samples import Samples, first_of_each
from kdlens.measures.five_band_summary import ImageScores, Summary, score_image
from kdlens.measures.saliency import predicted_saliency
from kdlens.training.datasets import Preprocess, batches, ordered_loader
from kdlens.training.devices import (
    gpu_memory_errors,
    keep_freed_memory,
    resolve_device,
    set_determinism,
)
from kdlens.training.networks import load_network
from kdlens.training.splits import open_split

_log = logging.getLogger(__name__)


def main(
    *,
    dataset: str | Path,
    model: str | Path,
    measure: str | Path,
    maps: str | Path,
    network: Mapping[str, Any],
    image: Mapping[str, Any],
    label: Mapping[str, Any],
    thresholds: Mapping[str, Any],
    clamp: float | None = None,
    only_correct: bool = False,
    samples: Sequence[int] = (),
    batch_size: int = 16,
    device: str = "auto",
    threads: int = 1,
) -> dict[str, Any]:
    """Measure ``model`` and write what was found.

    Args:
        dataset: ``dataset.json`` of drawn cells.
        model: the network's ``model.pt``.
        measure: the JSON file to write.
        maps: the npz file to write, with the maps of a few images.
        network, image: the specs of the config.
        label: ``{"model", "seed"}``, what the files say of themselves.
        thresholds: ``{"start": [a, b], "delta", "steps"}``.
        clamp: limit of each channel's saliency before the channels are summed; None for none.
        only_correct: leave out the images that the network classifies wrong.
        samples: classes; of each the map of the first image is kept.
        batch_size: images a backward pass. Maps hang on it by rounding alone.
        device: auto, cpu or cuda.
        threads: CPU threads of the network, and images that are scored at a time.

    Returns:
        What the JSON file holds.

    Raises:
        InputError: if the dataset is not of drawn cells, for weights of another network, or an
            image or a truth that cannot be read.
    """
    set_determinism(0, threads)
    keep_freed_memory()
    target = resolve_device(device)
    about = read_dataset(dataset)
    if about["classes"] != list(CLASSES):
        raise InputError(
            f"{dataset}: is not of drawn cells, so there is no truth to compare maps with; measure "
            "models of a dataset whose source is cells"
        )
    files, labels = split_files(about, "val")
    loaded = load_network(network, len(CLASSES), model, target)
    loaded.to(memory_format=torch.channels_last)
    images = open_split(dataset, "val", image, held=False, device=target, threads=threads)
    preprocess = Preprocess(image, target)

    sweep = Sweep.of(**thresholds)
    summary = Summary(only_correct)
    wanted = first_of_each(labels, samples)
    kept: dict[int, tuple[np.ndarray, int]] = {}

    def score(number: int, attribution: np.ndarray) -> tuple[ImageScores, np.ndarray]:
        values = scaled_map(attribution, clamp)
        return score_image(values, read_truth(truth_path(files[number])), sweep), values

    progress = Progress(_log, "measured", len(files), "images")
    done = 0
    with ThreadPoolExecutor(threads) as pool, gpu_memory_errors("measures.five_band.batch_size"):
        for batch, _, _ in batches(ordered_loader(images, batch_size, 0)):
            saliency, classes = predicted_saliency(loaded, preprocess(batch))
            numbers = range(done, done + len(batch))
            scored = pool.map(score, numbers, saliency.cpu().numpy())
            for number, (scores, values), predicted in zip(
                numbers, scored, classes.tolist(), strict=True
            ):
                summary.add(scores, int(labels[number]), predicted == labels[number])
                if number in wanted:
                    kept[number] = (values, predicted)
            done += len(batch)
            progress.update(done, final=done == len(files))

    belongs = {
        **label,
        "dataset": about["name"],
        "dataset_digest": about["digest"],
        "model_sha256": sha256_of(model),
        "device": target.type,
    }
    settings = {
        "attribution": "saliency",
        "thresholds": dict(thresholds),
        "clamp": clamp,
        "only_correct": only_correct,
        "image": dict(image),
    }
    found = {
        "measure": "five_band",
        **belongs,
        "settings": settings,
        "values": summary.values(),
        "curves": summary.curves(sweep),
    }
    Samples(
        images=np.array([str(Path(files[n]).relative_to(about["root"])) for n in wanted]),
        classes=labels[wanted],
        predicted=np.array([kept[n][1] for n in wanted], np.int64),
        maps=np.stack([kept[n][0] for n in wanted]).astype(np.float32),
        meta=belongs,
    ).save(maps)
    write_json(measure, found)
    return found


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0], goes_on=True):
        main(
            dataset=snakemake.input.dataset,
            model=snakemake.input.model,
            **snakemake.output,
            threads=snakemake.threads,
            **snakemake.params.measure,
        )
