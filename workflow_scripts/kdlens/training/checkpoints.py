"""Files of weights and of interrupted trainings.

``model.pt`` is a plain state_dict: tensors on the CPU, contiguous, independent of each other, so
that equal weights give equal bytes.

``checkpoint.pt`` lies beside it while a training runs, is replaced after every epoch, and holds all
that the next epoch depends on. It carries a fingerprint of all that shapes the training: settings,
data, and the source code of the script with every library module that it uses. A checkpoint with
another one, or a damaged one, is not used, and the log says so.

Not in the fingerprint: whether images are held or streamed (the batches are the same; a teacher's
logits, if they are looked up where images are held, may differ in their last bits), and the numbers
of CPU threads and of processes (GPUs). On a GPU the number of threads shapes nothing. Otherwise
either may change the last bits of sums, which is no reason to throw away days of work: the training
goes on, the log says so, and ``metrics.json`` lists the numbers that were used.

Both files are whole or absent (:func:`kdlens.files.atomic_path`) and contain only plain data.
"""

from __future__ import annotations

import hashlib
import io
import json
import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn

from kdlens.dependencies import modules_of_results
from kdlens.errors import InputError
from kdlens.files import sha256_of, write_bytes
from kdlens.training.state_dicts import read_pickle

_FORMAT = 2
_PLAIN = (bool, int, float, str, type(None))
_log = logging.getLogger(__name__)


def save_weights(network: nn.Module, path: str | Path) -> str:
    """Write ``model.pt`` atomically and return its sha256."""
    state = {
        name: value.detach().cpu().clone(memory_format=torch.contiguous_format)
        for name, value in network.state_dict().items()
    }
    _save(state, path)
    return sha256_of(path)


def fingerprint_of(facts: Mapping[str, Any], script: Path) -> str:
    """Return a digest of what shapes a training.

    Args:
        facts: its settings, data and weights; JSON-like.
        script: the file that trains; it is read, with the library modules on which its results
            hang.
    """
    digest = hashlib.sha256(json.dumps(facts, sort_keys=True).encode())
    for file in [script, *modules_of_results(script)]:
        name = file.relative_to(script.parent).as_posix()
        digest.update(f"\n{name}\n".encode() + file.read_bytes())
    return digest.hexdigest()


def save_checkpoint(path: str | Path, fingerprint: str, **parts: Any) -> None:
    """Write a training's state, atomically.

    Args:
        fingerprint: of what shapes it, by :func:`fingerprint_of`.
        parts: plain data and tensors, by name.
    """
    _save({"format": _FORMAT, "fingerprint": fingerprint, **parts}, path)


def load_checkpoint(path: str | Path, fingerprint: str) -> dict[str, Any] | None:
    """Return the state that :func:`save_checkpoint` wrote, or None if it is of no use."""
    path = Path(path)
    if not path.exists():
        return None
    try:
        state = read_pickle(path)
    except InputError as error:
        _log.warning("the interrupted training is not continued: %s", error)
        return None
    if not isinstance(state, dict) or state.get("format") != _FORMAT:
        _log.warning("%s: not a checkpoint of this program; starting anew", path)
        return None
    if state["fingerprint"] != fingerprint:
        _log.warning(
            "%s: belongs to a training with other data, settings or code; starting anew", path
        )
        return None
    return state


def remove_leftovers(folder: Path) -> None:
    """Remove the temporary files of processes that were killed while they wrote to ``folder``."""
    for path in folder.glob(".*.tmp.*"):
        path.unlink(missing_ok=True)


def plain_state(scheduler: Any) -> dict[str, Any]:
    """Return what changes in a learning-rate scheduler, without objects that need pickling.

    What is left out (functions, counters) never changes: it follows from the recipe.
    """
    return {key: value for key, value in scheduler.state_dict().items() if _is_plain(value)}


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(_is_plain(item) for item in value)
    return type(value) in _PLAIN


def _save(value: Any, path: str | Path) -> None:
    # By way of memory: given a path, torch writes the (temporary) file's name into the file.
    buffer = io.BytesIO()
    torch.save(value, buffer)
    write_bytes(path, buffer.getbuffer())
