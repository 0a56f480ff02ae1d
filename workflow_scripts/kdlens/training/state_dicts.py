"""Weights as plain state_dicts: read from files, and loaded into networks.

Weights are loaded strictly: a file that is missing or does not fit is an error, since a network
with random weights would be measured like any other. Only the batches that a batch norm has seen
may be missing: files from before 2018 do not count them, and no result depends on them.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from kdlens.errors import InputError

_COUNTER = ".num_batches_tracked"


def read_state(path: str | Path) -> dict[str, torch.Tensor]:
    """Read a state_dict, without executing anything that the file might contain.

    Raises:
        InputError: if the file is missing, truncated, or not a mapping of names to tensors.
    """
    return as_state(read_pickle(path), path)


def as_state(state: Any, path: str | Path) -> dict[str, torch.Tensor]:
    """Return ``state``, read from ``path``, if it is a state_dict; errors as :func:`read_state`."""
    if not isinstance(state, Mapping) or not state:
        raise InputError(f"{path}: holds no state_dict (a mapping of names to tensors)")
    for name, value in state.items():
        if not isinstance(value, torch.Tensor):
            raise InputError(
                f"{path}: '{name}' is no tensor but {type(value).__name__}; "
                "a plain state_dict is expected, as from torch.save(network.state_dict(), path)"
            )
    return dict(state)


def read_pickle(path: str | Path) -> Any:
    """Read what torch.save wrote, as far as it is plain data; errors as :func:`read_state`."""
    try:
        return torch.load(path, map_location="cpu", weights_only=True)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; there are no weights to load") from error
    except Exception as error:  # torch.load raises a dozen kinds on damaged files
        reason = str(error).strip().splitlines() or [type(error).__name__]
        raise InputError(
            f"{path}: not readable as plain weights ({reason[0][:120]}); the file is truncated or "
            "damaged, or contains more than tensors. Make or fetch it again."
        ) from error


def load_weights(network: nn.Module, state: Mapping[str, torch.Tensor], source: str | Path) -> None:
    """Copy ``state`` into ``network``; every name and shape must agree (see the module).

    Raises:
        InputError: naming the first differences.
    """
    expected = network.state_dict()
    counters = {name: v for name, v in expected.items() if name.endswith(_COUNTER)}
    state = {**counters, **state}
    missing = [name for name in expected if name not in state]
    extra = [name for name in state if name not in expected]
    shapes = [
        f"{name} has shape {tuple(state[name].shape)}, not {tuple(value.shape)}"
        for name, value in expected.items()
        if name in state and state[name].shape != value.shape
    ]
    problems = []
    if missing:
        problems.append(f"{len(missing)} missing ({', '.join(missing[:3])})")
    if extra:
        problems.append(f"{len(extra)} unexpected ({', '.join(extra[:3])})")
    if shapes:
        problems.append(f"{len(shapes)} of another shape ({'; '.join(shapes[:3])})")
    if problems:
        raise InputError(
            f"{source}: the weights are of another network: {', '.join(problems)}. "
            "Give the file that belongs to this network, or correct the network's entry "
            "(architecture, width, stem, last_stride, classes)."
        )
    network.load_state_dict(state)
