"""One stage of a training as torchdistill runs it, and what a checkpoint holds of that.

torchdistill's *box* has what a section of a recipe names: networks with their hooks and parts, the
losses, the optimiser, the schedule and the loader of batches. (It also has a box for all stages
together, which hands parts over by way of files and cannot be resumed.)
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torchdistill.core.distillation import DistillationBox, get_distillation_box
from torchdistill.core.training import TrainingBox, get_training_box

from kdlens.training.checkpoints import plain_state
from kdlens.training.datasets import ImageDataset
from kdlens.training.parts import NetworkWithPart
from kdlens.training.processes import Processes, plain


class StageBox:
    """The box of a stage.

    Attributes:
        box: torchdistill's.

    Args:
        section: of the recipe, read for this box.
        student: the network that is trained.
        teacher: the network that it learns from, if there is one.
        images: what it learns from.
        device: where to compute.
        processes: those that train together.

    Raises:
        InputError: if batches cannot be shared among the processes.
    """

    def __init__(
        self,
        section: Mapping[str, Any],
        student: nn.Module,
        teacher: nn.Module | None,
        images: ImageDataset,
        device: torch.device,
        processes: Processes,
    ) -> None:
        own = processes.section_for(section, len(images))
        self.box = _build(own, student, teacher, images, device)
        processes.wrap(self.box)
        for term in self._terms().values():
            term.to(device)

    @property
    def loader(self) -> Any:
        """The DataLoader of this process's batches, over an EpochSampler."""
        return self.box.train_data_loader

    def take_over(self, parts: Mapping[str, Mapping[str, Any]]) -> None:
        """Take over the parts that earlier stages have trained.

        Args:
            parts: what :meth:`parts` returned of each, by ``stage1``, ``stage2``, ...
        """
        for side, network in self._networks_with_parts().items():
            if network.trained_in is not None:
                plain(network.part).load_state_dict(parts[network.trained_in][side])

    def parts(self) -> dict[str, dict[str, torch.Tensor]]:
        """Return the weights of the parts beside student and teacher, by side."""
        networks = self._networks_with_parts()
        return {side: dict(plain(network.part).state_dict()) for side, network in networks.items()}

    def state_dict(self) -> dict[str, Any]:
        """Return all that changes from step to step but the student, as plain data."""
        box = self.box
        return {
            "parts": self.parts(),
            "terms": {name: dict(term.state_dict()) for name, term in self._terms().items()},
            "optimizer": box.optimizer.state_dict(),
            "scheduler": None if box.lr_scheduler is None else plain_state(box.lr_scheduler),
            "steps": box.stage_grad_count,
        }

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Restore what :meth:`state_dict` returned; other keys are left alone."""
        box = self.box
        for side, network in self._networks_with_parts().items():
            plain(network.part).load_state_dict(state["parts"][side])
        for name, term in self._terms().items():
            term.load_state_dict(state["terms"][name])
        box.optimizer.load_state_dict(state["optimizer"])
        if box.lr_scheduler is not None:
            box.lr_scheduler.load_state_dict(state["scheduler"])
        box.stage_grad_count = state["steps"]

    def close(self) -> None:
        """Remove the hooks from the networks."""
        if isinstance(self.box, DistillationBox):
            self.box.clean_modules()

    def _terms(self) -> dict[str, nn.Module]:
        """Return the losses; torchdistill's sum does not count them among its modules."""
        return {name: term for name, (term, _) in self.box.criterion.term_dict.items()}

    def _networks_with_parts(self) -> dict[str, NetworkWithPart]:
        if not isinstance(self.box, DistillationBox):
            return {}
        sides = {"student": self.box.student_model, "teacher": self.box.teacher_model}
        return {side: n for side, n in sides.items() if isinstance(n, NetworkWithPart)}


def _build(
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
