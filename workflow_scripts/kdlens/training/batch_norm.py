"""Batch normalisation over the batch of all processes, as one process would compute it.

On a GPU this is torch's SyncBatchNorm. That has no CPU version, so there it is written out in
differentiable sums over all processes. Both count the processes' images, which need not be equally
many, and both keep the names and values of the weights.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import distributed, nn


class GlobalBatchNorm2d(nn.BatchNorm2d):
    """torch's BatchNorm2d, whose mean and variance in training are those of all processes."""

    # None only of a norm that keeps no running statistics, or averages them over all batches.
    num_batches_tracked: torch.Tensor
    running_mean: torch.Tensor
    running_var: torch.Tensor
    momentum: float

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return this process's maps (B, C, H, W), normalised, of the same type."""
        if not self.training:
            return super().forward(images)
        values, axes = images.float(), (0, 2, 3)
        own = torch.full((1,), values.numel() / values.shape[1])
        count = _GlobalSum.apply(own)
        mean = _GlobalSum.apply(values.sum(axes)) / count
        centred = values - mean[:, None, None]
        variance = _GlobalSum.apply(centred.square().sum(axes)) / count
        with torch.no_grad():
            self.num_batches_tracked += 1
            self.running_mean.lerp_(mean, self.momentum)
            self.running_var.lerp_(variance * (count / (count - 1)), self.momentum)
        scale = self.weight * (variance + self.eps).rsqrt()
        normalised = centred * scale[:, None, None] + self.bias[:, None, None]
        return normalised.to(images.dtype)


class _GlobalSum(torch.autograd.Function):
    """The sum over processes. Each one's loss depends on it, so gradients are summed as well."""

    @staticmethod
    def forward(context: Any, values: torch.Tensor) -> torch.Tensor:
        total = values.clone()
        distributed.all_reduce(total)
        return total

    @staticmethod
    def backward(context: Any, gradient: torch.Tensor) -> torch.Tensor:
        total = gradient.clone(memory_format=torch.contiguous_format)
        distributed.all_reduce(total)
        return total


def synchronise_batch_norm(network: nn.Module, device: torch.device) -> nn.Module:
    """Return the network with its batch normalisations exchanged; weights are the same objects.

    Args:
        device: where it will compute.
    """
    if device.type == "cuda":
        return nn.SyncBatchNorm.convert_sync_batchnorm(network)
    for module in list(network.modules()):
        for name, child in module.named_children():
            if isinstance(child, nn.BatchNorm2d):
                setattr(module, name, _synchronised(child))
    return network


def _synchronised(norm: nn.BatchNorm2d) -> GlobalBatchNorm2d:
    new = GlobalBatchNorm2d(norm.num_features, eps=norm.eps, momentum=norm.momentum)
    assert norm.running_mean is not None and norm.running_var is not None
    assert norm.num_batches_tracked is not None
    new.weight, new.bias = norm.weight, norm.bias
    new.running_mean, new.running_var = norm.running_mean, norm.running_var
    new.num_batches_tracked = norm.num_batches_tracked
    return new.train(norm.training)
