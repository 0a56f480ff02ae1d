"""The outputs of a teacher for every form of every training image, computed once.

A teacher does not change. Where all that a method asks of it are logits, and images come in few
forms (``augmentation: none`` or ``flip``), it need not run again in every epoch: it runs once
through all forms of all images, and a batch looks its logits up. The demo's students are trained
in three quarters of the time.
"""

from __future__ import annotations

import logging
from typing import Any

import torch
from torch import nn
from torchdistill.core.interfaces.registry import register_forward_proc_func

from kdlens.data.work import Progress
from kdlens.training.datasets import HeldImages, ImageDataset, Preprocess

_MEMORY = 2**28  # bytes of logits that are kept
_BATCH = 128
_log = logging.getLogger(__name__)


def worth_knowing(images: ImageDataset, classes: int, epochs: int) -> bool:
    """Return whether the logits fit into memory, and are fewer than those of all epochs.

    Args:
        images: those of the training.
        classes: logits an image.
        epochs: of the training.
    """
    forms = images.forms if isinstance(images, HeldImages) else None
    return forms is not None and forms < epochs and 4 * len(images) * forms * classes <= _MEMORY


class KnownLogits(nn.Module):
    """In a teacher's place: called with the ``form`` (B,) of images, it returns their logits.

    Args:
        teacher: the network.
        images: with forms.
        preprocess: brings a batch of images to the device.
        precision: float32 or bfloat16, in which the teacher computes.

    The logits are float32 (images x forms, classes), on the device.
    """

    logits: torch.Tensor

    def __init__(
        self, teacher: nn.Module, images: HeldImages, preprocess: Preprocess, precision: str
    ) -> None:
        super().__init__()
        device = preprocess.device
        teacher.eval()
        assert images.forms is not None, "asked for where they can be counted"
        total, parts, done = len(images) * images.forms, [], 0
        progress = Progress(_log, "teacher's logits", total, "images")
        mixed = torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")
        with torch.no_grad(), mixed:
            for batch in images.all_forms(_BATCH):
                parts.append(teacher(preprocess(batch)).float())
                done += len(batch)
                progress.update(done, final=done == total)
        self.register_buffer("logits", torch.cat(parts))

    def forward(self, form: torch.Tensor) -> torch.Tensor:
        """Return logits, float32 (B, classes)."""
        return self.logits[form]


@register_forward_proc_func
def look_up_logits(
    model: KnownLogits, sample_batch: torch.Tensor, targets: Any, supp_dict: dict[str, Any]
) -> torch.Tensor:
    """Return the logits of a batch's images."""
    return model(supp_dict["form"])
