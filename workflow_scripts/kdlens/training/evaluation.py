"""How good a network is on the validation images, and what ``metrics.json`` says.

Always in float32 and in eval mode, whatever the precision of the training, so that the numbers
belong to ``model.pt`` alone. Top-5 counts an image whose class is among the five largest outputs
(or among all, if there are fewer).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import nn

from kdlens.data.image_folder import read_dataset
from kdlens.errors import InputError
from kdlens.training.datasets import ImageDataset, Preprocess, batches, ordered_loader
from kdlens.training.processes import Processes
from kdlens.training.splits import hold_in_memory, open_split


@dataclass(frozen=True)
class Evaluation:
    """Accuracy in percent, mean cross-entropy in nats, number of images."""

    top1: float
    top5: float
    loss: float
    images: int


def evaluate(
    network: nn.Module,
    images: ImageDataset,
    preprocess: Preprocess,
    *,
    batch_size: int,
    workers: int,
    processes: Processes = Processes(),  # noqa: B008 (it cannot be changed)
) -> Evaluation:
    """Evaluate ``network`` on all ``images``, in order; its mode is restored afterwards.

    Several processes share the batches, and each of them returns the whole result.

    Raises:
        InputError: if the outputs are not finite, so that nothing can be said.
    """
    was_training = network.training
    network.eval()
    top1 = top5 = 0
    loss = torch.zeros((), dtype=torch.float64, device=preprocess.device)
    with torch.inference_mode():
        order = processes.whole_batches(len(images), batch_size)
        for batch, labels, _ in batches(ordered_loader(images, batch_size, workers, order)):
            logits = network(preprocess(batch))
            labels = labels.to(logits.device, non_blocking=True)
            loss += nn.functional.cross_entropy(logits, labels, reduction="sum").double()
            best = logits.topk(min(5, logits.shape[1]), dim=1).indices == labels[:, None]
            top1 = top1 + best[:, 0].sum()
            top5 = top5 + best.sum()
    network.train(was_training)
    losses, first, five = processes.sums(loss, top1, top5, device=preprocess.device)
    mean_loss = float(losses) / len(images)
    if not math.isfinite(mean_loss):
        raise InputError(
            "the network's outputs on the validation images are not finite, so its weights are "
            "damaged or its training diverged; fetch it again, or lower training.learning_rate"
        )
    return Evaluation(
        top1=100 * int(first) / len(images),
        top5=100 * int(five) / len(images),
        loss=mean_loss,
        images=len(images),
    )


def evaluate_on_validation(
    network: nn.Module,
    dataset: str | Path,
    image: Mapping[str, Any],
    *,
    device: torch.device,
    batch_size: int,
    threads: int,
) -> Evaluation:
    """Evaluate a network that was not trained here; opens the validation images of ``dataset``.

    Args:
        dataset: ``dataset.json``.
        image: the image spec.
        threads: that decode images, or worker processes where they do not fit into memory.

    Raises:
        InputError: as :func:`evaluate`, and if an image cannot be read.
    """
    held = hold_in_memory("auto", read_dataset(dataset), image, splits=("val",))
    images = open_split(dataset, "val", image, held=held, device=device, threads=threads)
    network.to(device).to(memory_format=torch.channels_last)
    return evaluate(
        network,
        images,
        Preprocess(image, device),
        batch_size=batch_size,
        workers=threads if threads > 1 else 0,
    )


def model_metrics(
    *,
    model: str,
    method: str,
    seed: int,
    network: nn.Module,
    classes: int,
    evaluation: Evaluation | None,
    epochs: int,
    device: torch.device,
    precision: str,
    threads: Sequence[int],
    processes: Sequence[int] = (),
    image_size: int,
    dataset: Mapping[str, Any] | None,
    model_sha256: str,
    teacher_sha256: str | None = None,
) -> dict[str, Any]:
    """Return the contents of ``metrics.json``: the same for the same model, so without times.

    ``evaluation`` is None for an imported network that tells other classes apart than the
    dataset's, and where there is no dataset; its accuracy is then null. ``threads`` are the numbers
    of CPU threads that computed: none on a GPU, several for a training that was continued with
    another number. ``processes`` are those of processes that trained together; none where
    nothing was trained.
    """
    return {
        "model": model,
        "method": method,
        "seed": seed,
        "top1": evaluation and round(evaluation.top1, 6),
        "top5": evaluation and round(evaluation.top5, 6),
        "loss": evaluation and round(evaluation.loss, 6),
        "epochs": epochs,
        "device": device.type,
        "precision": precision,
        "threads": list(threads),
        "processes": list(processes),
        "parameters": sum(parameter.numel() for parameter in network.parameters()),
        "classes": classes,
        "image_size": image_size,
        "torch": str(torch.__version__),
        "dataset_digest": dataset and dataset["digest"],
        "teacher_sha256": teacher_sha256,
        "model_sha256": model_sha256,
    }
