"""The gradient of the loss with respect to the pixels: what would change the loss most.

For an image v (pixels on a scale of 0 to 1) with class y, normalised to x = (v - mean) / std, it is
g = dL/dv = (dL/dx) / std with L = CE(network(x), y), signed, one number a pixel and channel
(Tsipras et al. 2018). The network is in eval mode, so images do not influence each other.

captum's Saliency does the differentiation; a network here is a function that returns each image's
loss, which has no target class of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from captum.attr import Saliency
from torch import nn


def loss_gradients(
    network: nn.Module, images: torch.Tensor, labels: torch.Tensor | None, std: Sequence[float]
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return gradients and logits of a batch.

    Args:
        network: in eval mode.
        images: float (B, 3, S, S), normalised.
        labels: int64 (B,), the classes of the losses; None for the predicted ones.
        std: the standard deviations (RGB, on a scale of 0 to 1) that images were divided by.

    Returns:
        float32 (B, 3, S, S) for pixels on a scale of 0 to 1, and (B, K).
    """
    with torch.inference_mode():
        logits = network(images)
    classes = logits.argmax(dim=1).clone() if labels is None else labels

    def losses(inputs: torch.Tensor) -> torch.Tensor:
        return nn.functional.cross_entropy(network(inputs), classes, reduction="none")

    inputs = images.detach().clone().requires_grad_()
    gradients = Saliency(losses).attribute(inputs, abs=False)
    scale = torch.tensor(std, dtype=torch.float64, device=images.device).view(1, 3, 1, 1)
    return (gradients / scale).float().detach(), logits
