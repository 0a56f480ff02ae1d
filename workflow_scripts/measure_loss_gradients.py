"""How much of a network's loss gradient lies on the object of an image.

Writes JSON: what it belongs to, and ``values``, the means of ``kdlens.measures.alignment`` over the
images, with ``loss``, the mean cross-entropy (nats) whose gradients they are.
"""

if __name__ == "__main__" and "snakemake" in globals():
    # Before torch is imported, which may look for GPUs once and for all.
    from kdlens.gpus.job import take_gpus

    take_gpus(snakemake.log[0], snakemake.params.measure["device"])

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import torch
from torch import nn

from kdlens.data.work import Progress
from kdlens.files import sha256_of, write_json
from kdlens.measures.alignment import Alignments
from kdlens.measures.loss_gradients import loss_gradients
from kdlens.measures.object_images import ConceptObjects, ObjectImages, ValidationObjects, choose
from kdlens.training.datasets import Preprocess
from kdlens.training.devices import resolve_device, set_determinism
from kdlens.training.networks import load_network

_log = logging.getLogger(__name__)


def main(
    *,
    model: str | Path,
    output: str | Path,
    network: Mapping[str, Any],
    image: Mapping[str, Any],
    label: Mapping[str, Any],
    dataset: str | Path | None = None,
    masks: str | Path | None = None,
    concepts: str | Path | None = None,
    categories: Sequence[str] | None = None,
    objects: Sequence[str] | None = None,
    images: int | None = 200,
    seed: int = 1,
    device: str = "auto",
    batch_size: int = 32,
    threads: int = 1,
) -> None:
    """Measure and write.

    Args:
        model: the network's ``model.pt``.
        output: the JSON file.
        network, image: the specs of the config.
        label: ``{"model", "seed"}``, what the file says of itself.
        dataset, masks: ``dataset.json`` of the concept world's images and the masks of its
            validation images; the loss is that of the true class.
        concepts, categories: or the folder of a packed concept dataset, and the categories that
            were packed; the loss is that of the predicted class, since its images have none.
        objects: of a concept dataset, the objects that count; None for all.
        images: how many images to draw; None for all.
        seed: of the draw.
        device: auto, cpu or cuda.
        batch_size: images a pass. Gradients hang on it by rounding.
        threads: CPU threads to compute with, and to decode images.

    Raises:
        InputError: for weights of another network, masks that are missing or damaged, or a concept
            dataset without the objects.
    """
    set_determinism(0, threads)
    target = resolve_device(device)
    source: ObjectImages
    if concepts is None:
        assert dataset is not None and masks is not None
        source = ValidationObjects(dataset, masks, image, target, threads)
    else:
        source = ConceptObjects(concepts, image["size"], objects, categories)
    loaded = load_network(network, None, model, target).to(memory_format=torch.channels_last)
    preprocess = Preprocess(image, target)
    numbers, shown, passed = choose(source, images, seed)
    progress = Progress(_log, "gradients", len(numbers), "images")
    found, loss, done = Alignments(), 0.0, 0
    for reason, count in passed.items():
        found.left_out[reason] += count
    for pixels, labels in source.batches(numbers, batch_size):
        classes = None if labels is None else labels.to(target)
        gradients, logits = loss_gradients(loaded, preprocess(pixels), classes, image["std"])
        classes = logits.argmax(dim=1) if classes is None else classes
        loss += float(nn.functional.cross_entropy(logits, classes, reduction="sum"))
        found.add(gradients.cpu().numpy(), shown[done : done + len(pixels)])
        done += len(pixels)
        progress.update(done, final=done == len(numbers))
    values = {**found.values(), "loss": loss / len(numbers) if numbers else None}
    if not values["images"]:
        _log.warning("%s: no image has a mask to compare a gradient with", source.name)
    write_json(
        output,
        {
            "measure": "loss_gradients",
            **{key: label[key] for key in ("model", "seed")},
            "dataset": source.name,
            "dataset_digest": source.digest,
            "model_sha256": sha256_of(model),
            "device": target.type,
            "settings": {
                "masks": "validation" if concepts is None else "concepts",
                "loss": "true class" if concepts is None else "predicted class",
                "objects": None if objects is None else list(objects),
                "images": images,
                "seed": seed,
            },
            "values": values,
        },
    )


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0], goes_on=True):
        main(
            model=snakemake.input.model,
            dataset=snakemake.input.get("dataset") or None,
            masks=snakemake.input.get("masks") or None,
            concepts=snakemake.input.get("concepts") or None,
            output=snakemake.output.measure,
            threads=snakemake.threads,
            **snakemake.params.measure,
        )
