"""One training, driven by torchdistill, that can be killed at any moment and goes on.

:class:`Trainer` gives torchdistill the recipe and runs its epochs. After every epoch
``checkpoint.pt`` holds all that the next one depends on; an epoch depends on that state and on
(seed, epoch) alone, so a training that was interrupted ends with the same bits as one that was not
(on a CPU, if it goes on with the same number of threads).

A recipe has one stage or several, and each stage gets a box of its own. (torchdistill also has a
box for all of them, which hands parts over by way of files and cannot be resumed.) The part of an
earlier stage, a paraphraser say, is handed over in memory, and what rests on the disk is
``checkpoint.pt`` alone, whose fingerprint ties it to this model, seed and config.

torchdistill leaves three things to its caller, which are done here: the teacher is put in eval mode
at every epoch (in training mode its batch norm would follow the student's batches), distributed
mode is never entered (torchdistill's launcher would do so wherever Slurm's variables are set), and
the recipe's dictionaries are used for one box only (it changes them).
"""

from __future__ import annotations

import logging
import math
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from torchdistill.core.distillation import DistillationBox, get_distillation_box
from torchdistill.core.training import TrainingBox, get_training_box

from kdlens.errors import InputError
from kdlens.script import log_progress
from kdlens.training import contrastive, losses  # noqa: F401 (makes them known to torchdistill)
from kdlens.training.checkpoints import load_checkpoint, plain_state, save_checkpoint
from kdlens.training.compiling import compile_in_place, uncompiled
from kdlens.training.datasets import ImageDataset, Preprocess, batches
from kdlens.training.devices import gpu_memory_errors, seed_generators
from kdlens.training.epochs import note_number
from kdlens.training.evaluation import Evaluation, evaluate
from kdlens.training.history import History
from kdlens.training.parts import NetworkWithPart
from kdlens.training.processes import Processes, plain
from kdlens.training.randomness import Stream, derived_seed
from kdlens.training.recipe import read_recipe, stages_of

_INTERVAL = 10.0  # seconds between two progress lines
_log = logging.getLogger(__name__)


class Trainer:
    """Trains a network by a recipe.

    Args:
        recipe: file of the recipe (:mod:`kdlens.training.recipe`).
        student: the network that is trained.
        teacher: the network that it learns from, if the recipe has one.
        train_images, val_images: what it learns from and is evaluated on.
        preprocess: brings a batch of images to the device.
        workers: processes that decode validation images, where they are streamed.
        evaluate_every: epochs between evaluations; the last epoch is always evaluated.
        precision: float32 or bfloat16.
        seed: of all randomness within epochs.
        threads: CPU threads that compute; None if a GPU computes.
        compiled: whether the networks are compiled.
        processes: those that train together; the first of them writes and logs.
    """

    def __init__(
        self,
        recipe: str | Path,
        student: nn.Module,
        teacher: nn.Module | None,
        train_images: ImageDataset,
        val_images: ImageDataset,
        preprocess: Preprocess,
        *,
        workers: int,
        evaluate_every: int,
        precision: str,
        seed: int,
        threads: int | None,
        compiled: bool = False,
        processes: Processes = Processes(),  # noqa: B008 (it cannot be changed)
    ) -> None:
        self._recipe = recipe
        self._epochs = [s["num_epochs"] for s in stages_of(read_recipe(recipe)["train"]).values()]
        self._student, self._teacher = student, teacher
        self._train_images = train_images
        self._val_images = val_images
        self._preprocess = preprocess
        self._workers = workers
        self._evaluate_every = evaluate_every
        self._precision = precision
        self._seed = seed
        self._threads = threads
        self._processes = processes
        self._compiled = compiled
        if compiled:
            compile_in_place(student, teacher)
        self._history = History()

    def fit(self, checkpoint: Path, fingerprint: str) -> History:
        """Train to the recipe's last epoch, from ``checkpoint`` if it fits.

        Raises:
            InputError: if the loss is not finite any more, or the GPU's memory does not suffice.
        """
        state = load_checkpoint(checkpoint, fingerprint)
        handed_over: dict[str, Any] = {}
        for stage in range(state["stage"] if state else 0, len(self._epochs)):
            with gpu_memory_errors():
                self._open_stage(stage, handed_over if state is None else None)
            first = self._resume(state, checkpoint) if state else 0
            state = None  # it can be large, and belongs to this stage only
            self._fit_stage(first, checkpoint, fingerprint)
            handed_over[f"stage{stage + 1}"] = self._parts()
            self._close_stage()
        return self._history

    def _open_stage(self, stage: int, handed_over: Mapping[str, Any] | None) -> None:
        """Build a stage's box, with what earlier stages hand over (None: it will be resumed)."""
        self._stage = stage
        # New parts and memories are random.
        seed_generators(derived_seed(self._seed, Stream.PARTS, stage))
        device = self._preprocess.device
        section = list(stages_of(read_recipe(self._recipe)["train"]).values())[stage]
        section = self._processes.section_for(section, len(self._train_images))
        self._box = _build_box(section, self._student, self._teacher, self._train_images, device)
        self._processes.wrap(self._box)
        for term in self._terms().values():
            term.to(device)
        if handed_over is None:
            return
        for side, network in self._networks_with_parts().items():
            if network.trained_in is not None:
                plain(network.part).load_state_dict(handed_over[network.trained_in][side])

    def _close_stage(self) -> None:
        if isinstance(self._box, DistillationBox):
            self._box.clean_modules()

    def _fit_stage(self, first: int, checkpoint: Path, fingerprint: str) -> None:
        epochs = self._box.num_epochs
        if first < epochs:
            note_number("CPU threads", self._threads, self._history.threads)
            note_number("processes", self._processes.size, self._history.processes)
        start = time.monotonic()
        for epoch in range(first, epochs):
            with gpu_memory_errors():
                learning_rate, loss, waiting = self._train_epoch(epoch, first, start)
                due = epoch + 1 == epochs or (epoch + 1) % self._evaluate_every == 0
                evaluation = self._evaluate() if due and self._trains_student() else None
            number = self._epochs_before() + epoch + 1
            self._history.add(number, learning_rate, loss, evaluation, self._stage + 1)
            self._save(checkpoint, fingerprint, epoch + 1)
            accuracy = f", val top-1 {evaluation.top1:.1f} %" if evaluation else ""
            self._log_progress(
                f"train loss {loss:.3f}{accuracy}, waited {waiting:.0%} of the time",
                epoch,
                len(self._box.train_data_loader),
                first,
                start,
            )

    def _train_epoch(self, epoch: int, first: int, start: float) -> tuple[float, float, float]:
        """Return the last learning rate, the mean loss, and the share of time spent on waiting."""
        box = self._box
        loader = box.train_data_loader
        # Through all stages, so that no stage repeats the images of another.
        number = self._epochs_before() + epoch
        loader.sampler.set_epoch(number)
        # Whatever else draws numbers (dropout) starts from the epoch too.
        seed_generators(self._processes.seed(derived_seed(self._seed, Stream.EPOCH, number)))
        box.pre_epoch_process(epoch=epoch)
        if self._teacher is not None:
            self._teacher.eval()

        device = self._preprocess.device
        mixed = torch.autocast(device.type, torch.bfloat16, enabled=self._precision == "bfloat16")
        total, images = torch.zeros((), dtype=torch.float64, device=device), 0
        learning_rate, waited = 0.0, 0.0
        began = asked = reported = time.monotonic()
        for step, (batch, labels, supplement) in enumerate(batches(loader), start=1):
            now = time.monotonic()
            waited += now - asked
            learning_rate = box.optimizer.param_groups[0]["lr"]
            labels = labels.to(device, non_blocking=True)
            with mixed:
                loss = box.forward_process(self._preprocess(batch), labels, supplement)
            total += loss.detach() * len(labels)
            images += len(labels)
            loss = self._processes.mean_of_all(loss, len(labels), step, loader)
            box.post_forward_process(loss=loss)
            if now - reported >= _INTERVAL:
                reported = now
                self._require_finite(total, epoch)
                self._log_progress(
                    f"train loss {float(total) / images:.3f}", epoch, step, first, start
                )
            asked = time.monotonic()
        total, seen = self._processes.sums(total, images, device=device)
        self._require_finite(total, epoch)
        box.post_epoch_process()
        waiting = waited / (time.monotonic() - began)
        return learning_rate, float(total) / int(seen), waiting

    def _evaluate(self) -> Evaluation:
        with uncompiled(self._compiled):
            return evaluate(
                self._student,
                self._val_images,
                self._preprocess,
                batch_size=self._box.train_data_loader.batch_size,
                workers=self._workers,
                processes=self._processes,
            )

    def _trains_student(self) -> bool:
        return self._stage + 1 == len(self._epochs)

    def _epochs_before(self) -> int:
        return sum(self._epochs[: self._stage])

    def _terms(self) -> dict[str, nn.Module]:
        """Return the losses; torchdistill's sum does not count them among its modules."""
        return {name: term for name, (term, _) in self._box.criterion.term_dict.items()}

    def _networks_with_parts(self) -> dict[str, NetworkWithPart]:
        if not isinstance(self._box, DistillationBox):
            return {}
        sides = {"student": self._box.student_model, "teacher": self._box.teacher_model}
        return {side: n for side, n in sides.items() if isinstance(n, NetworkWithPart)}

    def _parts(self) -> dict[str, dict[str, torch.Tensor]]:
        networks = self._networks_with_parts()
        return {side: dict(plain(network.part).state_dict()) for side, network in networks.items()}

    def _resume(self, state: Mapping[str, Any], checkpoint: Path) -> int:
        """Restore the state of an interrupted stage; return its first epoch to run."""
        box = self._box
        self._student.load_state_dict(state["network"])
        for side, network in self._networks_with_parts().items():
            plain(network.part).load_state_dict(state["parts"][side])
        for name, term in self._terms().items():
            term.load_state_dict(state["terms"][name])
        box.optimizer.load_state_dict(state["optimizer"])
        if box.lr_scheduler is not None:
            box.lr_scheduler.load_state_dict(state["scheduler"])
        box.stage_grad_count = state["steps"]
        self._history = History.from_state_dict(state["history"])
        _log.info(
            "continuing after epoch %d of %d%s (%s)",
            state["epoch"],
            box.num_epochs,
            self._of_stage(),
            checkpoint,
        )
        return state["epoch"]

    def _of_stage(self) -> str:
        stages = len(self._epochs)
        return f" of stage {self._stage + 1}/{stages}" if stages > 1 else ""

    def _save(self, checkpoint: Path, fingerprint: str, epoch: int) -> None:
        if not self._processes.first:
            return
        box = self._box
        save_checkpoint(
            checkpoint,
            fingerprint,
            stage=self._stage,
            epoch=epoch,
            network=dict(self._student.state_dict()),
            parts=self._parts(),
            terms={name: dict(term.state_dict()) for name, term in self._terms().items()},
            optimizer=box.optimizer.state_dict(),
            scheduler=None if box.lr_scheduler is None else plain_state(box.lr_scheduler),
            steps=box.stage_grad_count,
            history=self._history.state_dict(),
        )

    def _require_finite(self, total: torch.Tensor, epoch: int) -> None:
        if not math.isfinite(float(total)):
            section = "training" if self._trains_student() else f"stage{self._stage + 1}"
            raise InputError(
                f"{section}.learning_rate: the loss became infinite or undefined in epoch "
                f"{epoch + 1}; write a lower learning rate"
            )

    def _log_progress(self, what: str, epoch: int, step: int, first: int, start: float) -> None:
        """Log a line; rate and time left count the images since this job started."""
        loader = self._box.train_data_loader
        epochs, size = self._box.num_epochs, loader.batch_size * self._processes.size
        done = ((epoch - first) * len(loader) + step) * size
        total = (epochs - first) * len(loader) * size
        line = f"epoch {epoch + 1}/{epochs}{self._of_stage()}: {what}; images"
        log_progress(_log, line, done, total, start, "images")


def _build_box(
    section: dict[str, Any],
    student: nn.Module,
    teacher: nn.Module | None,
    images: ImageDataset,
    device: torch.device,
) -> TrainingBox | DistillationBox:
    """Return torchdistill's box for a section of a recipe; with a teacher, a distillation box."""
    common = {
        "dataset_dict": {"train": images},
        "train_config": section,
        "device": device,
        "device_ids": None,
        "distributed": False,
        "lr_factor": 1.0,
    }
    if "teacher" in section:
        return get_distillation_box(teacher, student, **common)
    return get_training_box(student, **common)
