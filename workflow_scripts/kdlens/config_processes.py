"""Whether a training can be shared among processes: the config asks, and the training once more.

By itself, so that no other check of a config is a part of the training's code, and an edit of one
trains nothing again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kdlens.errors import InputError

# Their losses compare the images of a batch with each other, or with a memory of all images.
_ON_ONE_GPU = ("crd", "crd+kd", "sskd")


def check_processes(method: str, training: Mapping[str, Any], gpus: int, key: str) -> None:
    """Check that a training can be shared among ``gpus`` processes; ``key`` is their number's.

    Raises:
        InputError: if the method cannot be, or the batches cannot.
    """
    if gpus > 1 and method in _ON_ONE_GPU:
        raise InputError(
            f"{key}: {gpus}, but the loss of {method} is no mean over images that processes could "
            "share; write 1, or leave it out"
        )
    if training["batch_size"] % gpus:
        raise InputError(
            f"{key}: {gpus} does not divide the batch size {training['batch_size']}; write a "
            "number that does, or another training.batch_size"
        )
