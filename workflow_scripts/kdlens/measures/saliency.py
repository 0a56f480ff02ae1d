"""Saliency (Simonyan et al. 2014): |d z_c / d x|, the gradient of one output at every input value.

By captum's Saliency, for the class that the network predicts. The input x is what the network sees,
normalised or not; the network is in eval mode, so images do not influence each other.
"""

from __future__ import annotations

import torch
from captum.attr import Saliency
from torch import nn


def predicted_saliency(
    network: nn.Module, images: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Return the saliency (B, 3, S, S) of each image's predicted class, and these classes (B,).

    Args:
        network: in eval mode.
        images: float (B, 3, S, S), as the network sees them.
    """
    with torch.inference_mode():
        predicted = network(images).argmax(dim=1)
    predicted = predicted.clone()  # an inference tensor may not be part of a graph
    inputs = images.detach().clone().requires_grad_()
    return Saliency(network).attribute(inputs, target=predicted).detach(), predicted
