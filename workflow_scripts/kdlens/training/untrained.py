"""Models that are not trained here (imported, random): evaluated, and written as trained ones."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from kdlens.data.image_folder import read_dataset
from kdlens.files import write_json
from kdlens.training.checkpoints import save_weights
from kdlens.training.evaluation import evaluate_on_validation, model_metrics

_log = logging.getLogger(__name__)


def write_untrained(
    network: nn.Module,
    model: str | Path,
    metrics: str | Path,
    *,
    name: str,
    method: str,
    seed: int,
    classes: int,
    dataset: str | Path | None,
    image: Mapping[str, Any],
    device: torch.device,
    batch_size: int,
    threads: int,
) -> None:
    """Evaluate a network in float32 and write ``model.pt`` and ``metrics.json``.

    Without a dataset, or with another number of classes than the dataset's, a network is not
    evaluated; its accuracy is left empty.

    Args:
        network: with its weights.
        model, metrics: the two outputs.
        name, method, seed: what the metrics say of the model.
        classes: how many the network tells apart.
        dataset: ``dataset.json`` of the training images; None if the run has none.
        image: the image spec.
        device: where to evaluate.
        batch_size: images a forward pass.
        threads: CPU threads that compute, and decode images.

    Raises:
        InputError: as :func:`~kdlens.training.evaluation.evaluate_on_validation`; if the disk is
            full.
    """
    data = None if dataset is None else read_dataset(dataset)
    evaluation = None
    if dataset is None or data is None:
        _log.info("not evaluated: the run has no training data")
    elif classes == len(data["classes"]):
        evaluation = evaluate_on_validation(
            network, dataset, image, device=device, batch_size=batch_size, threads=threads
        )
        _log.info("val top-1 %.2f %% of %d images", evaluation.top1, evaluation.images)
    else:
        _log.info("not evaluated: the network has %d classes, the dataset other ones", classes)
    write_json(
        metrics,
        model_metrics(
            model=name,
            method=method,
            seed=seed,
            network=network,
            classes=classes,
            evaluation=evaluation,
            epochs=0,
            device=device,
            precision="float32",
            threads=[threads] if device.type == "cpu" else [],
            image_size=image["size"],
            dataset=data,
            model_sha256=save_weights(network, model),
        ),
    )
