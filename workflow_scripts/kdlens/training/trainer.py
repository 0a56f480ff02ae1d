"""One training, driven by torchdistill, that can be killed at any moment and goes on.

:func:`build_box` gives torchdistill the recipe; :func:`fit` runs its epochs. After every epoch
``checkpoint.pt`` holds all that the next one depends on; an epoch depends on that state and on
(seed, epoch) alone, so a training that was interrupted ends with the same bits as one that was not.

torchdistill leaves three things to its caller, which are done here: the teacher is put in eval mode
at every epoch (in training mode its batch norm would follow the student's batches), distributed
mode is never entered (torchdistill's launcher would enter it wherever Slurm's variables are set), and
the recipe's dictionaries are used for one box only (it changes them).
"""

from __future__ import annotations

import contextlib
import logging
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torchdistill.core.distillation import DistillationBox, get_distillation_box
from torchdistill.core.interfaces.registry import register_forward_proc_func
from torchdistill.core.training import TrainingBox, get_training_box

from kdlens.errors import InputError
from kdlens.files import write_text
from kdlens.script import log_progress
from kdlens.training import losses  # noqa: F401 (makes its losses known to torchdistill)
from kdlens.training.checkpoints import load_checkpoint, plain_state, save_checkpoint
from kdlens.training.datasets import ImageDataset, Preprocess
from kdlens.training.devices import seed_generators
from kdlens.training.evaluation import Evaluation
from kdlens.training.randomness import Stream, derived_seed

_INTERVAL = 10.0  # seconds between two progress lines
_log = logging.getLogger(__name__)

Box = TrainingBox | DistillationBox


@register_forward_proc_func
def forward_batch_in_float32(
    model: nn.Module, sample_batch: torch.Tensor, targets: Any = None, supp_dict: Any = None
) -> torch.Tensor:
    """Return the network's output in float32, whatever precision computed it."""
    return model(sample_batch).float()


@dataclass
class History:
    """One row an epoch, as in ``history.csv``, and the evaluation of the latest evaluated epoch."""

    rows: list[list[float | int | None]] = field(default_factory=list)
    evaluation: Evaluation | None = None

    COLUMNS = ("epoch", "learning_rate", "train_loss", "val_top1", "val_loss")

    def add(
        self, epoch: int, learning_rate: float, loss: float, evaluation: Evaluation | None
    ) -> None:
        self.rows.append(
            [
                epoch,
                learning_rate,
                loss,
                evaluation and evaluation.top1,
                evaluation and evaluation.loss,
            ]
        )
        self.evaluation = evaluation or self.evaluation

    def write(self, path: str | Path) -> None:
        """Write ``history.csv``; an epoch that was not evaluated has blank cells.

        ``learning_rate`` is that of the epoch's last step, ``train_loss`` the mean of the batches'
        losses as they were minimised, in training mode.
        """
        lines = [",".join(self.COLUMNS)]
        lines += [
            ",".join("" if cell is None else f"{cell:.8g}" for cell in row) for row in self.rows
        ]
        write_text(path, "\n".join(lines) + "\n")

    def state_dict(self) -> dict[str, Any]:
        return {"rows": self.rows, "evaluation": self.evaluation and vars(self.evaluation)}

    @classmethod
    def from_state_dict(cls, state: Mapping[str, Any]) -> History:
        evaluation = state["evaluation"]
        return cls(list(state["rows"]), Evaluation(**evaluation) if evaluation else None)


def build_box(
    recipe: Mapping[str, Any],
    *,
    student: nn.Module,
    teacher: nn.Module | None,
    images: ImageDataset,
    device: torch.device,
) -> Box:
    """Return torchdistill's box for a recipe as read from its file; it moves the networks."""
    train = recipe["train"]
    common = ({"train": images}, train, device, None, False, 1.0)
    if "teacher" in train:
        return get_distillation_box(teacher, student, *common)
    return get_training_box(student, *common)


class Trainer:
    """Runs the epochs of a box.

    Args:
        box: from :func:`build_box`.
        student: the network that is trained.
        preprocess: brings a batch of images to the device.
        evaluate: returns the student's accuracy.
        evaluate_every: epochs between evaluations; the last epoch is always evaluated.
        precision: float32 or bfloat16.
        seed: of all randomness within epochs.
    """

    def __init__(
        self,
        box: Box,
        student: nn.Module,
        *,
        preprocess: Preprocess,
        evaluate: Callable[[], Evaluation],
        evaluate_every: int,
        precision: str,
        seed: int,
    ) -> None:
        self._box = box
        self._student = student
        self._preprocess = preprocess
        self._evaluate = evaluate
        self._evaluate_every = evaluate_every
        self._precision = precision
        self._seed = seed
        self._history = History()

    def fit(self, checkpoint: Path, fingerprint: str) -> History:
        """Train to the recipe's last epoch, from ``checkpoint`` if it fits.

        Raises:
            InputError: if the loss is not finite any more, or the GPU's memory does not suffice.
        """
        epochs = self._box.num_epochs
        first = self._resume(checkpoint, fingerprint)
        start = time.monotonic()
        for epoch in range(first, epochs):
            with _gpu_memory_errors():
                rate, loss, waited = self._train_epoch(epoch, first, start)
                last = epoch + 1 == epochs
                due = last or (epoch + 1) % self._evaluate_every == 0
                evaluation = self._evaluate() if due else None
            self._history.add(epoch + 1, rate, loss, evaluation)
            self._save(checkpoint, fingerprint, epoch + 1)
            accuracy = f", val top-1 {evaluation.top1:.1f} %" if evaluation else ""
            steps = len(self._box.train_data_loader)
            size = self._box.train_data_loader.batch_size
            log_progress(
                _log,
                f"epoch {epoch + 1}/{epochs}: train loss {loss:.3f}{accuracy}, "
                f"{waited:.0%} of the time waiting for images; images",
                (epoch + 1 - first) * steps * size,
                (epochs - first) * steps * size,
                start,
                "images",
            )
        return self._history

    def _train_epoch(self, epoch: int, first: int, start: float) -> tuple[float, float, float]:
        """Return the last step's learning rate, the mean loss, the share of time without data."""
        box, device = self._box, self._preprocess.device
        loader = box.train_data_loader
        loader.sampler.set_epoch(epoch)
        # Whatever else draws numbers (dropout) starts from the epoch too.
        seed_generators(derived_seed(self._seed, Stream.EPOCH, epoch))
        box.pre_epoch_process(epoch=epoch)
        if isinstance(box, DistillationBox) and not box.teacher_updatable:
            box.teacher_model.eval()

        total, images = torch.zeros((), dtype=torch.float64, device=device), 0
        began = reported = time.monotonic()
        waited = 0.0
        for step, (batch, labels, extra) in enumerate(_timed(loader), start=1):
            waited = extra_wait
        return rate, mean, waited / (time.monotonic() - began)
