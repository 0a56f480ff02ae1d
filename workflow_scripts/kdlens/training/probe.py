"""What a method must know of a network: the shapes of its layers, found by trying it.

One image of zeros goes through the network in eval mode, so that nothing in it changes.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import torch
from torch import nn

from kdlens.errors import InputError, suggest


class Probe:
    """A network that can be asked for shapes.

    Args:
        network: on any device.
        spec: its entry of ``networks``.
        image_size: side of the images that it will see.
    """

    def __init__(self, network: nn.Module, spec: Mapping[str, Any], image_size: int) -> None:
        self.spec = spec
        self._network = network
        self._image_size = image_size

    def maps(self, layers: Sequence[str], key: str) -> list[tuple[int, int, int]]:
        """Return the shape (C, H, W) of each layer's output.

        Args:
            layers: dotted names.
            key: where the config names them, for messages.

        Raises:
            InputError: if there is no such layer, or its output is not a stack of maps.
        """
        modules = dict(self._network.named_modules())
        for layer in layers:
            if layer not in modules:
                similar = [n for n in modules if n and n.count(".") == layer.count(".")]
                raise InputError(
                    f"{key}: {self.spec['architecture']} has no layer '{layer}'; "
                    f"{suggest(layer, similar)}"
                )
        shapes: dict[str, tuple[int, ...]] = {}
        with contextlib.ExitStack() as stack:
            for layer in layers:
                handle = modules[layer].register_forward_hook(_recorder(shapes, layer))
                stack.callback(handle.remove)
            self._try()
        found = []
        for layer in layers:
            shape = shapes.get(layer, ())
            if len(shape) != 4:
                raise InputError(
                    f"{key}: the output of {self.spec['architecture']}'s {layer} has no maps; "
                    "write a convolutional layer, such as layer4 (ResNet) or features.8"
                )
            _, channels, height, width = shape
            found.append((channels, height, width))
        return found

    def features(self) -> tuple[str, int]:
        """Return the last linear layer, which tells classes apart, and how many features it reads.

        Raises:
            InputError: if the network has none.
        """
        modules = self._network.named_modules()
        linear = [(n, m.in_features) for n, m in modules if isinstance(m, nn.Linear)]
        if not linear:
            raise InputError(f"network: {self.spec['architecture']} has no linear layer")
        return linear[-1]

    def _try(self) -> None:
        device = next(self._network.parameters()).device
        was_training = self._network.training
        self._network.eval()
        with torch.inference_mode():
            self._network(torch.zeros(1, 3, self._image_size, self._image_size, device=device))
        self._network.train(was_training)


def _recorder(
    shapes: dict[str, tuple[int, ...]], layer: str
) -> Callable[[nn.Module, Any, Any], None]:
    def record(module: nn.Module, inputs: Any, output: Any) -> None:
        if isinstance(output, torch.Tensor):
            shapes[layer] = tuple(output.shape)

    return record
