"""The files of CIFAR-10 and CIFAR-100 for Python, which are pickles.

Unpickling can execute whatever a file's author wanted. So a file is opened only if it has the
published md5, and then by an unpickler that knows arrays, lists and text and nothing else.
"""

from __future__ import annotations

import hashlib
import io
import pickle
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from kdlens.errors import InputError

SIDE = 32
_RECONSTRUCT: Any = np.empty(0).__reduce__()[0]
_ARRAYS: dict[tuple[str, str], Callable[..., Any]] = {
    ("numpy", "ndarray"): np.ndarray,
    ("numpy", "dtype"): np.dtype,
    # Where NumPy 1, which wrote the files, has it, and where NumPy 2 does.
    ("numpy.core.multiarray", "_reconstruct"): _RECONSTRUCT,
    ("numpy._core.multiarray", "_reconstruct"): _RECONSTRUCT,
}


def read_batch(path: str | Path, md5: str, labels: str) -> tuple[np.ndarray, np.ndarray]:
    """Return the images of a batch file, uint8 (N, 32, 32, 3), and their labels, int64 (N,).

    Args:
        md5: of the file, as torchvision publishes it.
        labels: key of the labels: ``labels`` or ``fine_labels``.

    Raises:
        InputError: if the file is missing, has another md5, or holds something else.
    """
    content = read_verified(path, md5)
    try:
        pixels, numbers = np.asarray(content["data"]), np.asarray(content[labels], np.int64)
        # A row has all of red, then green, then blue.
        images = pixels.reshape(len(numbers), 3, SIDE, SIDE).transpose(0, 2, 3, 1)
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"{path}: expected rows of {3 * SIDE * SIDE} values under 'data' and as many "
            f"'{labels}' ({error}); fetch it again"
        ) from error
    return images, numbers


def read_verified(path: str | Path, md5: str) -> Any:
    """Unpickle a file of plain data and arrays.

    Raises:
        InputError: if the file is missing, has another md5, or holds something else.
    """
    try:
        data = Path(path).read_bytes()
    except OSError as error:
        raise InputError(f"{path}: cannot be read ({error.strerror}); fetch it again") from error
    if (found := hashlib.md5(data, usedforsecurity=False).hexdigest()) != md5:
        raise InputError(
            f"{path}: md5 is {found}, expected {md5}; it is not opened, since a pickle can execute "
            "anything: fetch the published file again"
        )
    try:
        return _PlainUnpickler(io.BytesIO(data), encoding="latin1").load()
    except Exception as error:  # a pickle can fail in any way
        raise InputError(f"{path}: cannot be unpickled ({error}); fetch it again") from error


class _PlainUnpickler(pickle.Unpickler):
    """Knows what an array is made of, and no other function or class."""

    def find_class(self, module: str, name: str) -> Any:
        try:
            return _ARRAYS[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}") from None
