"""Losses that torchdistill's recipes can name, beside its own.

The soft term of knowledge distillation: equation 1 of Han et al. 2023 is, with student logits z_s,
teacher logits z_t, labels y and temperature T,

    L_KD = (1 - alpha) CE(softmax(z_s), y) + alpha T^2 CE(softmax(z_s / T), softmax(z_t / T))

where the second cross-entropy takes the teacher's distribution as its target. alpha weights the
*soft* term.

torchdistill's own KDLoss is not used, for three reasons: its alpha weights the hard term; it has
the KL divergence in place of the cross-entropy, which is less by alpha T^2 H(softmax(z_t / T)), a
constant for the student (so the gradients agree, the reported losses do not); and with its alpha at
0 it leaves out T^2. A weighted sum of two terms is equation 1 for every alpha from 0 to 1.

Losses of features are torchdistill's, in a wrapper that has them computed in float32. CRD's is in
:mod:`kdlens.training.contrastive`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch
from torch import nn
from torchdistill.losses.mid_level import SSKDLoss
from torchdistill.losses.registry import register_loss_wrapper, register_mid_level_loss


@register_mid_level_loss
class SoftCrossEntropyLoss(nn.Module):
    """T^2 times the cross-entropy between softened predictions, averaged over the batch.

    Args:
        temperature: T, more than 0.
        module_path: the module whose output are the logits; '.' is the whole network.
    """

    def __init__(self, temperature: float, module_path: str = ".") -> None:
        super().__init__()
        self.temperature = temperature
        self.module_path = module_path

    def forward(
        self, student_io: Mapping, teacher_io: Mapping, targets: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the loss, a scalar, of logits (B, classes) of both sides."""
        student = student_io[self.module_path]["output"] / self.temperature
        teacher = teacher_io[self.module_path]["output"] / self.temperature
        loss = nn.functional.cross_entropy(student, teacher.softmax(dim=1))
        return self.temperature**2 * loss

    def __str__(self) -> str:
        return f"SoftCrossEntropyLoss(temperature={self.temperature})"


@register_mid_level_loss
class ReconstructionLoss(nn.Module):
    """The mean square of what the teacher's part makes of a layer's output, less that output.

    Args:
        source: path of the layer.
    """

    def __init__(self, source: str) -> None:
        super().__init__()
        self.source = source

    def forward(
        self, student_io: Mapping, teacher_io: Mapping, targets: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return the loss, a scalar; the student is not asked."""
        original = teacher_io[self.source]["output"]
        return nn.functional.mse_loss(teacher_io["part"]["output"], original)

    def __str__(self) -> str:
        return f"ReconstructionLoss({self.source})"


@register_mid_level_loss
class SelfSupervisionLoss(SSKDLoss):
    """torchdistill's SSKDLoss, whose terms of turned images take one of each batch at least.

    Of a batch in which the teacher is right about none, a small ratio would leave no image, and the
    mean over none is undefined.
    """

    def __init__(self, *, ss_ratio: float, tf_ratio: float, **others: Any) -> None:
        super().__init__(ss_ratio=ss_ratio, tf_ratio=tf_ratio, **others)
        self._ratios = (ss_ratio, tf_ratio)

    def forward(
        self, student_io: Mapping, teacher_io: Mapping, targets: torch.Tensor
    ) -> torch.Tensor:
        """Return the loss, a scalar, of a batch with these ``targets`` (B,), before turning."""
        # A little more than one image of all turned ones, since the product is rounded down.
        least = 1.001 / (3 * len(targets))
        self.ss_ratio, self.tf_ratio = (max(ratio, least) for ratio in self._ratios)
        return super().forward(student_io, teacher_io, targets)


@register_loss_wrapper
class InFloat32(nn.Module):
    """Computes a loss in float32, whatever precision computed the features that it reads."""

    def __init__(self, loss: nn.Module) -> None:
        super().__init__()
        self.loss = loss

    def forward(
        self, student_io: Mapping, teacher_io: Mapping, targets: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return what the loss within makes of the same, with all tensors in float32."""
        device = student_io["."]["output"].device.type
        with torch.autocast(device, enabled=False):
            return self.loss(_in_float32(student_io), _in_float32(teacher_io), targets)

    def __str__(self) -> str:
        return str(self.loss)


def _in_float32(io: Mapping[str, Mapping[str, Any]]) -> dict[str, dict[str, Any]]:
    return {
        path: {
            key: value.float() if isinstance(value, torch.Tensor) else value
            for key, value in values.items()
        }
        for path, values in io.items()
    }
