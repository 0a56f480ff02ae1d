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
from torch.nn.functional import cross_entropy
from torch.optim import Optimizer, lr_scheduler

from kdlens.errors import InputError
from kdlens.measures.diffroar_masks import Mask, MaskedImages
from kdlens.measures.network_group import NetworkGroup
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
        self,
        masks: Sequence[Mask],
        initialisation: int,
        seen: Callable[[int], None] = lambda images: None,
    ) -> list[Accuracy]:
        """Train one network for each mask, side by side, and return their accuracies.

        Args:
            seen: called after every batch with the number of images, in all networks together.

        Raises:
            InputError: if a loss is not finite any more, or the GPU's memory does not suffice.
        """
        with gpu_memory_errors("measures.diffroar.retraining.batch_size"):
            return self._run(masks, derived_seed(initialisation, Stream.RETRAINING), seen)

    def _run(self, masks: Sequence[Mask], seed: int, seen: Callable[[int], None]) -> list[Accuracy]:
        device = self.preprocess.device
        networks = []
        for _ in masks:
            network = initialise_network(self.network, self.classes, seed)
            networks.append(network.to(device).to(memory_format=torch.channels_last).train())
        group = NetworkGroup(networks)
        optimizer = _of(torch.optim, optimizer_of(self.training), group.parameters())
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
                total += self._step(group, optimizer, batch, masks, seed)
                if scheduler is not None and by_batch:
                    scheduler.step()
                seen(len(masks) * len(batch))
            if scheduler is not None and not by_batch:
                scheduler.step()
            _require_finite(total, epoch)
            accuracies.append(self._evaluate(group, masks))
        return [_accuracy([epoch[n] for epoch in accuracies]) for n in range(len(masks))]

    def _step(
        self,
        group: NetworkGroup,
        optimizer: Optimizer,
        keys: np.ndarray,
        masks: Sequence[Mask],
        seed: int,
    ) -> torch.Tensor:
        device = self.preprocess.device
        augmentation = self.training.get("augmentation", "none")
        images, labels = self.train.batch(keys, masks, augmentation, seed)
        low = self.precision == "bfloat16"
        with torch.autocast(device.type, torch.bfloat16, enabled=low):
            outputs = group(self.preprocess(images))
        # The sum over networks: each gets the gradient of its own mean loss.
        outputs = outputs.float().flatten(0, 1)
        loss = cross_entropy(outputs, labels.repeat(len(masks)), reduction="sum") / len(keys)
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
        return loss.detach()

    def _evaluate(self, group: NetworkGroup, masks: Sequence[Mask]) -> list[float]:
        group.train(False)
        right = torch.zeros(len(masks), dtype=torch.int64, device=self.preprocess.device)
        with torch.inference_mode():
            for start in range(0, len(self.val), self.training["batch_size"]):
                stop = min(start + self.training["batch_size"], len(self.val))
                images, labels = self.val.batch(np.arange(start, stop), masks)
                right += (group(self.preprocess(images)).argmax(-1) == labels).sum(dim=1)
        group.train()
        return [100 * count / len(self.val) for count in right.tolist()]


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
