"""Networks compiled by torch.compile, where the config asks for it.

Compiled is what a training computes most: the student's pass in both directions and the teacher's
forward pass. Modules are compiled in place, so that the names of their weights stay as they are,
and evaluations run uncompiled, so that their numbers belong to ``model.pt`` alone. Sizes of batches
are compiled in; the last batch of an epoch, where it is smaller, is compiled once more.

Losses of features read layers through hooks, on which a compiled network falls apart into pieces
that are no faster, so only methods that read outputs can have it.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import torch
from torch import nn

from kdlens.errors import InputError
from kdlens.training.methods.base import Method


def resolve_compile(setting: str | bool, device: torch.device, method: Method, key: str) -> bool:
    """Return whether to compile; ``auto`` does so on a GPU, where the method allows it.

    Args:
        setting: auto, true or false.
        key: the method's place in the config, for the message.

    Raises:
        InputError: if it is asked for and the method reads layers.
    """
    sides = [side for stage in method.stages for side in (stage.student, stage.teacher) if side]
    reads_layers = any("forward_hook" in side for side in sides)
    if setting == "auto":
        return device.type == "cuda" and not reads_layers
    if setting and reads_layers:
        raise InputError(
            f"{key}: compile: true, but the method reads layers inside the networks, which a "
            "compiled network does not show; write auto or false"
        )
    return bool(setting)


def compile_in_place(*networks: nn.Module | None) -> None:
    """Have networks compiled when they are first called."""
    for network in networks:
        if network is not None:
            network.compile(dynamic=False)


@contextlib.contextmanager
def uncompiled(active: bool) -> Iterator[None]:
    """Call compiled networks as they were written, if any are."""
    with torch.compiler.set_stance("force_eager") if active else contextlib.nullcontext():
        yield
