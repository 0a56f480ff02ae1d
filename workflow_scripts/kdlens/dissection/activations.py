"""The activation maps of a network's layers, by dotted layer name.

:func:`recording` is a context manager that hooks layers and removes its hooks when it is left,
after an exception too::

    with recording(network, ["layer3", "layer4.1.conv2"]) as recorder:
        maps = recorder.forward(pixels)["layer4.1.conv2"]      # (B, U, h, w) float32

A map is the layer's output *at the time of the call*: it is copied in the hook, because many
networks change it in place later (``F.relu(features, inplace=True)`` in DenseNet). A layer whose
output is a vector (B, U) counts as one with maps of 1 x 1.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence

import torch
from torch import Tensor, nn

from kdlens.errors import InputError, suggest


def find_layer(network: nn.Module, name: str) -> nn.Module:
    """Return the submodule with this dotted name.

    Raises:
        InputError: if there is none. The message lists the network's blocks (its submodules to a
            depth of two) and names the closest of *all* submodules.
    """
    modules = dict(network.named_modules())
    modules.pop("", None)
    if name in modules:
        return modules[name]
    listed = [known for known in modules if known.count(".") < 2]
    close = suggest(name, modules).split("Known:")[0]
    raise InputError(
        f"layer '{name}' is not in the network {type(network).__name__}; "
        f"{close}Known: {', '.join(listed) or '(none)'}"
    )


class _Enough(Exception):
    """Ends a forward pass once the layers asked for have answered."""


class Recorder:
    """Runs a network and hands out what its hooked layers produced."""

    def __init__(self, network: nn.Module, layers: Sequence[str], block: int) -> None:
        self._network = network
        self._layers = tuple(layers)
        self._block = block
        self._buffers: dict[str, Tensor] = {}
        self._answered: list[str] = []
        self._images = self._first = 0
        self._wanted: tuple[str, ...] = self._layers
        self._whole = True

    def forward(self, pixels: Tensor, layers: Sequence[str] | None = None) -> dict[str, Tensor]:
        """Run images (B, 3, H, W); return each layer's maps (B, U, h, w), float32, contiguous.

        They are valid until the next call, which writes into the same memory: to take so much of it
        from the system and give it back would cost as much as a tenth of a forward pass.

        The network always sees blocks of the same number of images, the last one filled up by
        repetition: convolution kernels are chosen by the batch's shape, and round differently. The
        pass ends with the last of ``layers`` (None: all that are hooked).

        Raises:
            InputError: if a layer's output has no maps, or the layer is not used.
        """
        self._wanted = self._layers if layers is None else tuple(layers)
        self._whole = False
        self._images = len(pixels)
        for first in range(0, len(pixels), self._block):
            self._first = first
            block = pixels[first : first + self._block]
            filled = torch.arange(self._block, device=block.device).clamp(max=len(block) - 1)
            self._run(block if len(block) == self._block else block[filled])
        return {name: self._buffers[name][: len(pixels)] for name in self._wanted}

    def shapes(self, pixels: Tensor) -> dict[str, tuple[int, int, int]]:
        """Run one image (1, 3, H, W) through the whole network; return (U, h, w) of each layer.

        The layers are in the order in which they answer. Only a whole pass notices that a layer is
        used twice.

        Raises:
            InputError: if one is, or is not used, or has no maps.
        """
        self._wanted, self._whole = self._layers, True
        self._first, self._images = 0, len(pixels)
        self._run(pixels)
        shapes = {}
        for name in self._answered:
            _, units, height, width = self._buffers[name].shape
            shapes[name] = (units, height, width)
        return shapes

    def _run(self, pixels: Tensor) -> None:
        self._answered.clear()
        with contextlib.suppress(_Enough):
            self._network(pixels.contiguous(memory_format=torch.channels_last))
        for name in self._wanted:
            if name not in self._answered:
                raise InputError(
                    f"layer '{name}' is not used in a forward pass; choose another layer"
                )

    def keep(self, name: str, output: object) -> None:
        """Take a layer's output (called by the hook).

        Raises:
            InputError: if it has no maps, or the layer has answered already.
        """
        if name not in self._wanted:
            return
        if not isinstance(output, Tensor) or output.ndim not in (2, 4):
            kind = tuple(output.shape) if isinstance(output, Tensor) else type(output).__name__
            raise InputError(
                f"layer '{name}' gives {kind}, not maps of shape (images, units, height, width); "
                "choose a convolutional layer or block"
            )
        if name in self._answered:
            raise InputError(
                f"layer '{name}' is used more than once in a forward pass, so its output is "
                "ambiguous; choose the block that holds it"
            )
        maps = output if output.ndim == 4 else output[:, :, None, None]
        buffer = self._buffers.get(name)
        if buffer is None or len(buffer) < self._images or buffer.shape[1:] != maps.shape[1:]:
            buffer = torch.empty((self._images, *maps.shape[1:]), device=maps.device)
            self._buffers[name] = buffer
        part = buffer[self._first : min(self._first + self._block, self._images)]
        part.copy_(maps.detach()[: len(part)])
        self._answered.append(name)
        if not self._whole and len(self._answered) == len(self._wanted):
            raise _Enough


@contextlib.contextmanager
def recording(network: nn.Module, layers: Sequence[str], block: int = 16) -> Iterator[Recorder]:
    """Hook ``layers`` of ``network`` (in eval mode, without gradients) for the ``with`` block.

    ``block`` is the number of images that the network is run on at a time.

    On leaving, the hooks are gone and each submodule is back in its former mode.

    Raises:
        InputError: if a layer's name is wrong; on running, if a layer's output has no maps, or it
            is never used, or (in a whole pass) used twice.
    """
    recorder = Recorder(network, layers, block)
    modules = {name: find_layer(network, name) for name in layers}
    modes = [(module, module.training) for module in network.modules()]
    handles = []
    try:
        for name, module in modules.items():
            handles.append(
                module.register_forward_hook(
                    lambda _module, _inputs, output, name=name: recorder.keep(name, output)
                )
            )
        network.eval()
        with torch.inference_mode():
            yield recorder
    finally:
        for handle in handles:
            handle.remove()
        for module, mode in modes:
            module.training = mode
