"""Networks of one shape that are computed side by side.

Several networks are one call for each layer, by ``torch.func.vmap`` over their stacked weights; a
single one is called as it is. What each network computes is the same either way, up to the last
bits of sums. Batch norm is each network's own.
"""

from __future__ import annotations

import copy
from collections.abc import Sequence

import torch
from torch import nn
from torch.func import functional_call, stack_module_state, vmap


class NetworkGroup:
    """G networks.

    Args:
        networks: of one shape, on the device; with several, they are copied.
    """

    def __init__(self, networks: Sequence[nn.Module]) -> None:
        self._alone = networks[0] if len(networks) == 1 else None
        if self._alone is None:
            self._parameters, self._buffers = stack_module_state(list(networks))
            self._shape = copy.deepcopy(networks[0]).to("meta")

    def parameters(self) -> list[nn.Parameter]:
        """Return what an optimiser trains; one that works by the element keeps networks apart."""
        if self._alone is not None:
            return list(self._alone.parameters())
        return list(self._parameters.values())

    def train(self, mode: bool = True) -> None:
        """Put all networks into training mode, or into eval mode."""
        (self._alone or self._shape).train(mode)

    def __call__(self, images: torch.Tensor) -> torch.Tensor:
        """Return the outputs (G, B, classes) for images (G, B, 3, S, S)."""
        if self._alone is not None:
            return self._alone(images[0])[None]
        return vmap(self._call)(self._parameters, self._buffers, images)

    def _call(self, parameters: dict, buffers: dict, images: torch.Tensor) -> torch.Tensor:
        return functional_call(self._shape, (parameters, buffers), (images,))
