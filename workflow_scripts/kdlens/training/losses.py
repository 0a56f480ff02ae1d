"""The soft term of knowledge distillation, as a loss that torchdistill's recipes can name.

Equation 1 of Han et al. 2023, with student logits z_s, teacher logits z_t, labels y, temperature T:

    L_KD = (1 - alpha) CE(softmax(z_s), y) + alpha T^2 CE(softmax(z_s / T), softmax(z_t / T))

where the second cross-entropy takes the teacher's distribution as its target. alpha weights the
*soft* term.

torchdistill's own KDLoss is not used, for three reasons: its alpha weights the hard term; it has
the KL divergence in place of the cross-entropy, which is less by alpha T^2 H(softmax(z_t / T)), a
constant for the student (so the gradients agree, the reported losses do not); and with its alpha at
0 it leaves out T^2. A weighted sum of two terms is equation 1 for every alpha from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Mapping

import torch
from torch import nn
from torchdistill.losses.registry import register_mid_level_loss


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
        student = student_io[self.module_path]["output"] / self.temperature
        teacher = teacher_io[self.module_path]["output"] / self.temperature
        loss = nn.functional.cross_entropy(student, teacher.softmax(dim=1))
        return self.temperature**2 * loss

    def __str__(self) -> str:
        return f"SoftCrossEntropyLoss(temperature={self.temperature})"
