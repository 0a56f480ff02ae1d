"""How a dissection feeds and computes a network: on its device, and always alike."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import torch
from torch import Tensor, nn


def device_of(network: nn.Module) -> torch.device:
    """Return where a network's parameters are (the CPU, if it has none)."""
    return next((parameter.device for parameter in network.parameters()), torch.device("cpu"))


class NetworkInput:
    """uint8 images (B, H, W, 3) -> what the network is fed, float32 (B, 3, H, W), on its device.

    Rounded otherwise than by :class:`kdlens.training.datasets.Preprocess`, which multiplies where
    this divides: thresholds and counts hang on the last bits.
    """

    def __init__(self, image: Mapping[str, Any], device: torch.device) -> None:
        self.size = int(image["size"])
        self._device = device
        # float64 until here: 255 * 0.485 is then the same number everywhere.
        mean = 255 * torch.tensor(image["mean"], dtype=torch.float64)
        std = 255 * torch.tensor(image["std"], dtype=torch.float64)
        self._mean, self._std = mean.float().to(device), std.float().to(device)

    def __call__(self, pixels: Tensor) -> Tensor:
        """Return the images normalised, (B, 3, H, W) in channels-last order."""
        # Seen as (B, 3, H, W) this is the channels-last layout, the faster one for convolutions.
        moved = pixels.to(self._device, non_blocking=True).float()
        return moved.sub_(self._mean).div_(self._std).permute(0, 3, 1, 2)


@contextlib.contextmanager
def arithmetic(device: torch.device, precision: str = "float32") -> Iterator[None]:
    """Repeatable convolutions in true float32, or in bfloat16, also inside a caller's autocast."""
    with contextlib.ExitStack() as stack:
        coarse = precision == "bfloat16"
        stack.enter_context(torch.autocast(device.type, dtype=torch.bfloat16, enabled=coarse))
        # TF32 in matrix products, and on a CPU bfloat16, if the caller asked for it.
        before = torch.get_float32_matmul_precision()
        stack.callback(torch.set_float32_matmul_precision, before)
        torch.set_float32_matmul_precision("highest")
        if device.type == "cuda":
            stack.enter_context(
                torch.backends.cudnn.flags(
                    enabled=True, benchmark=False, deterministic=True, allow_tf32=False
                )
            )
        yield
