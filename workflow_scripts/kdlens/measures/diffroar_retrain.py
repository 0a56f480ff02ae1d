"""Training the networks that say how much is left in masked images.

Initialisation j is the same initial weights, order of images and augmentation for every mask and
for every model that is measured, so that scores compare like with like. They depend on j alone,
and are other ones than those of a model with the seed j.

Images and ranks stay decoded on the device, and a batch is masked as it is picked: between two
batches there is no decoding, no worker process and no copy. Optimiser, schedule and mixed precision
are those of the training stage; evaluation is in float32.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import nn
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer, lr_scheduler

from kdlens.errors import InputError
from kdlens.measures.diffroar_masks import Mask, MaskedImages
from kdlens.training.datasets import Preprocess
from kdlens.training.devices import gpu_memory_errors, seed_generators
from kdlens.training.networks import initialise_network
from kdlens.training.randomness import Stream, derived_seed, permutation
from kdlens.training.recipe import drops_last, optimizer_of, scheduler_of


@dataclass(frozen=True)
class Accuracy:
    """Top-1 accuracy of a retrained network on the masked validation images, in percent.

    Attributes:
        last: after the last epoch.
        best: after the epoch (``epoch``, from 1) in which it was highest.
    """

    last: float
    best: float
    epoch: int


@dataclass(frozen=True)
class Retraining:
    """What all networks of a job share.

    Attributes:
        network: the spec of their shape.
        classes: how many they tell apart.
        training: as in the config: epochs, batch_size, learning_rate, optimizer, ...
        precision: float32 or bfloat16.
        train, val: the images.
        preprocess: brings a batch to the device.
    """

    network: Mapping[str, Any]
    classes: int
    training: Mapping[str, Any]
    precision: str
    train: MaskedImages
    val: MaskedImages
    preprocess: Preprocess

    def images(self) -> int:
        """Return how many images one network sees in its training, for progress lines."""
        return self.training["epochs"] * len(self.train)

    def run(
        self, mask: Mask, initialisation: int, seen: Callable[[int], None] = lambda images: None
    ) -> Accuracy:
        """Train one network on the images under a mask and return its accuracy.

        Args:
            seen: called after every batch with the number of its images.

        Raises:
            InputError: if a loss is not finite any more, or the GPU's memory does not suffice.
        """
        with gpu_memory_errors("measures.diffroar.retraining.batch_size"):
            return self._run(mask, derived_seed(initialisation, Stream.RETRAINING), seen)

    def _run(self, mask: Mask, seed: int, seen: Callable[[int], None]) -> Accuracy:
        device = self.preprocess.device
        network = initialise_network(self.network, self.classes, seed)
        network.to(device).to(memory_format=torch.channels_last).train()
        optimizer = _of(torch.optim, optimizer_of(self.training), network.parameters())
        batch_size = self.training["batch_size"]
        starts = range(0, len(self.train) - drops_last(len(self.train), batch_size), batch_size)
        schedule = scheduler_of(self.training, len(starts))
        scheduler = _of(lr_scheduler, schedule, optimizer) if schedule else None
        by_batch = bool(schedule and schedule["scheduling_step"])
        accuracies = []
        for epoch in range(self.training["epochs"]):
            seed_generators(derived_seed(seed, Stream.EPOCH, epoch))
            order = permutation(seed, Stream.ORDER, epoch, len(self.train))
            keys = order + epoch * len(self.train)
            total = torch.zeros((), device=device)
            for start in starts:
                batch = keys[start : start + batch_size]
                total += self._step(network, optimizer, batch, mask, seed)
                if scheduler is not None and by_batch:
                    scheduler.step()
                seen(len(batch))
            if scheduler is not None and not by_batch:
                scheduler.step()
            _require_finite(total, epoch)
            accuracies.append(self._evaluate(network, mask))
        return _accuracy(accuracies)

    def _step(
        self,
        network: nn.Module,
        optimizer: Optimizer,
        keys: np.ndarray,
        mask: Mask,
        seed: int,
    ) -> torch.Tensor:
        augmentation = self.training.get("augmentation", "none")
        images, labels = self.train.batch(keys, mask, augmentation, seed)
        low = self.precision == "bfloat16"
        with torch.autocast(self.preprocess.device.type, torch.bfloat16, enabled=low):
            outputs = network(self.preprocess(images))
        loss = cross_entropy(outputs.float(), labels)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss.detach()

    def _evaluate(self, network: nn.Module, mask: Mask) -> float:
        network.eval()
        right = torch.zeros((), dtype=torch.int64, device=self.preprocess.device)
        with torch.inference_mode():
            for start in range(0, len(self.val), self.training["batch_size"]):
                stop = min(start + self.training["batch_size"], len(self.val))
                images, labels = self.val.batch(np.arange(start, stop), mask)
                right += (network(self.preprocess(images)).argmax(dim=-1) == labels).sum()
        network.train()
        return 100 * right.item() / len(self.val)


def _of(module: Any, spec: Mapping[str, Any], *arguments: Any) -> Any:
    return getattr(module, spec["key"])(*arguments, **spec["kwargs"])


def _accuracy(epochs: Sequence[float]) -> Accuracy:
    best = max(range(len(epochs)), key=epochs.__getitem__)
    return Accuracy(last=epochs[-1], best=epochs[best], epoch=best + 1)


def _require_finite(total: torch.Tensor, epoch: int) -> None:
    if not math.isfinite(float(total)):
        raise InputError(
            f"measures.diffroar.retraining.learning_rate: the loss became infinite or undefined in "
            f"epoch {epoch + 1}; write a lower learning rate"
        )
