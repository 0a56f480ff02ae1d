"""The training of a network on sentences, resumable after every epoch.

AdamW (Loshchilov & Hutter 2019), without weight decay on biases and layer norms, as BERT was tuned;
the learning rate rises linearly over the share ``warmup`` of all steps and then falls linearly to
zero; gradients are cut to a norm of ``clip``. The network of the last epoch is kept, whichever was
best on the dev sentences: the course is in ``history.csv``.

A teacher's logits are computed once, in eval mode and float32: the sentences are the same in every
epoch. What is minimised:

    cross_entropy     CE(z, y)
    label_smoothing   CE with the target (1 - alpha) y + alpha / classes
    kd                (1 - alpha) CE(z, y) + alpha T^2 CE(z / T, softmax(z_t / T))

the last being equation 1 of Han et al. 2023 (:mod:`kdlens.training.losses`), where alpha weights
the soft term.

Order and dropout depend on seed and epoch alone, so a training that was interrupted ends with the
same bits as one that was not (on a CPU, with the same number of threads).
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from kdlens.data.work import Progress
from kdlens.errors import InputError
from kdlens.training.checkpoints import load_checkpoint, save_checkpoint
from kdlens.training.devices import gpu_memory_errors, seed_generators
from kdlens.training.epochs import note_number
from kdlens.training.losses import SoftCrossEntropyLoss
from kdlens.training.randomness import Stream, derived_seed
from kdlens.training.text.predictions import outputs, score
from kdlens.training.text.sentences import Batch, Sentences

_log = logging.getLogger(__name__)

COLUMNS = ("epoch", "learning_rate", "train_loss", "dev_accuracy", "dev_loss")
"""Of ``history.csv``: the learning rate of the epoch's first step; the mean of the loss that is
minimised; on the dev sentences the accuracy (a share) and the mean cross-entropy (nats)."""

Loss = Callable[[torch.Tensor, Batch], torch.Tensor]


def loss_of(method: Mapping[str, Any], teacher_logits: torch.Tensor | None = None) -> Loss:
    """Return what a method minimises: a function of logits (B, classes) and their batch.

    Args:
        method: ``name`` and hyper-parameters.
        teacher_logits: (sentences, classes) of all training sentences, on the device, for kd.

    Raises:
        InputError: for another method.
    """
    cross_entropy = nn.functional.cross_entropy
    match method["name"]:
        case "cross_entropy":
            return lambda logits, batch: cross_entropy(logits, batch.classes)
        case "label_smoothing":
            alpha = method["alpha"]
            return lambda logits, batch: cross_entropy(logits, batch.classes, label_smoothing=alpha)
        case "kd":
            assert teacher_logits is not None
            alpha, soft = method["alpha"], SoftCrossEntropyLoss(method["temperature"])

            def equation_1(logits: torch.Tensor, batch: Batch) -> torch.Tensor:
                taught = teacher_logits[torch.from_numpy(batch.rows).to(logits.device)]
                term = soft({".": {"output": logits}}, {".": {"output": taught}})
                return (1 - alpha) * cross_entropy(logits, batch.classes) + alpha * term

            return equation_1
    raise InputError(f"method '{method['name']}' is not known; write one of text's methods")


def learning_rate_factor(step: int, steps: int, warmup: float) -> float:
    """Return what the learning rate is multiplied by in a step (from 0): up to 1, then down to 0.

    Args:
        steps: of the whole training.
        warmup: the share of them in which it rises.
    """
    rising = max(1, round(warmup * steps))
    if step < rising:
        return (step + 1) / rising
    return (steps - step) / max(1, steps - rising)


class TextTrainer:
    """Trains ``network`` on ``train``; see the module."""

    def __init__(
        self,
        network: nn.Module,
        train: Sentences,
        dev: Sentences,
        loss: Loss,
        training: Mapping[str, Any],
        *,
        precision: str,
        seed: int,
        device: torch.device,
        threads: int = 1,
    ) -> None:
        self._network, self._train, self._dev, self._loss = network, train, dev, loss
        self._epochs, self._batch_size = training["epochs"], training["batch_size"]
        self._clip, self._seed, self._device = training["clip"], seed, device
        self._bfloat16 = precision == "bfloat16"
        self._optimizer = torch.optim.AdamW(
            _parameter_groups(network, training["weight_decay"]),
            lr=training["learning_rate"],
            fused=True,
        )
        steps = self._epochs * math.ceil(len(train) / self._batch_size)
        self._scheduler = torch.optim.lr_scheduler.LambdaLR(
            self._optimizer, lambda step: learning_rate_factor(step, steps, training["warmup"])
        )
        self.history: list[list[float]] = []
        """A row of :data:`COLUMNS` for each epoch."""
        self.threads: list[int] = []
        """Numbers of CPU threads that computed, in order: one, unless the training was continued
        with another number; none on a GPU."""
        self._threads = threads if device.type == "cpu" else None

    def fit(self, checkpoint: Path, fingerprint: str) -> None:
        """Train to the last epoch, from ``checkpoint`` if it fits.

        Raises:
            InputError: if the loss is not finite any more, or the GPU's memory does not suffice.
        """
        state = load_checkpoint(checkpoint, fingerprint)
        if state is not None:
            self._network.load_state_dict(state["network"])
            self._optimizer.load_state_dict(state["optimizer"])
            self._scheduler.last_epoch = state["step"]
            self.history, self.threads = state["history"], state["threads"]
            _log.info("going on after epoch %d of %d", len(self.history), self._epochs)
        start, first = time.monotonic(), len(self.history)
        if first < self._epochs:
            note_number("CPU threads", self._threads, self.threads)
        for epoch in range(first, self._epochs):
            rate = self._optimizer.param_groups[0]["lr"]
            loss = self._epoch(epoch)
            found = score(outputs(self._network, self._dev, self._device), self._dev.classes)
            self.history.append([epoch + 1, rate, loss, found.accuracy, found.loss])
            save_checkpoint(
                checkpoint,
                fingerprint,
                network=self._network.state_dict(),
                optimizer=self._optimizer.state_dict(),
                step=self._scheduler.last_epoch,
                history=self.history,
                threads=self.threads,
            )
            left = (time.monotonic() - start) / (epoch + 1 - first) * (self._epochs - epoch - 1)
            _log.info(
                "epoch %d/%d: loss %.4f, dev accuracy %.4f; %.0f s left",
                *(epoch + 1, self._epochs, loss, found.accuracy, left),
            )

    def _epoch(self, epoch: int) -> float:
        """Train one epoch; return the mean of its losses over the sentences."""
        seed_generators(derived_seed(self._seed, Stream.EPOCH, epoch))
        self._network.train()
        progress = Progress(_log, f"epoch {epoch + 1}", len(self._train), "sentences")
        total = torch.zeros((), dtype=torch.float64, device=self._device)
        done = 0
        with gpu_memory_errors("text.training.batch_size"):
            for rows in self._train.shuffled(self._batch_size, self._seed, epoch):
                batch = self._train.batch(rows, self._device)
                with torch.autocast(self._device.type, torch.bfloat16, enabled=self._bfloat16):
                    logits = self._network(input_ids=batch.ids, attention_mask=batch.mask).logits
                loss = self._loss(logits.float(), batch)
                loss.backward()
                nn.utils.clip_grad_norm_(self._network.parameters(), self._clip)
                self._optimizer.step()
                self._scheduler.step()
                self._optimizer.zero_grad()
                total += loss.detach().double() * len(rows)
                done += len(rows)
                progress.update(done)
        mean = float(total) / done
        if not math.isfinite(mean):
            raise InputError(
                f"the loss of epoch {epoch + 1} is not finite; lower text.training.learning_rate"
            )
        return mean


def _parameter_groups(network: nn.Module, weight_decay: float) -> list[dict[str, Any]]:
    """Return the parameters in two groups: matrices, which decay, and all others."""
    matrices = [value for value in network.parameters() if value.ndim > 1]
    others = [value for value in network.parameters() if value.ndim <= 1]
    return [
        {"params": matrices, "weight_decay": weight_decay},
        {"params": others, "weight_decay": 0.0},
    ]
