"""MNIST's own files: numbers in the idx format, plain or compressed by gzip.

A file begins with two zeros, a type (8: uint8), a number of axes, and the length of each axis in
four bytes, the highest first; the values follow and end the file (LeCun's description of MNIST).
"""

from __future__ import annotations

import gzip
import math
import struct
import zlib
from pathlib import Path

import numpy as np

from kdlens.errors import InputError

_UINT8 = 8


def read_idx(path: str | Path, shape: tuple[int, ...]) -> np.ndarray:
    """Return the values of an idx file, uint8 of ``shape``.

    Args:
        path: a plain file, or one whose name ends in ``.gz``.
        shape: what the file must hold.

    Raises:
        InputError: if the file is missing, is no idx file of uint8 values, is of another shape, or
            has fewer or more bytes than its own header says.
    """
    advice = "fetch it again, or give the dataset's own file"
    data = _content(Path(path), advice)
    magic = bytes((0, 0, _UINT8, len(shape)))
    if data[:4] != magic:
        raise InputError(
            f"{path}: expected an idx file that starts with the magic number {magic.hex()} (uint8, "
            f"{len(shape)} axes), found {data[:4].hex() or 'nothing'}; {advice}"
        )
    header = 4 + 4 * len(shape)
    if len(data) < header:
        raise InputError(f"{path}: ends within its header, after {len(data)} bytes; {advice}")
    found = struct.unpack(f">{len(shape)}I", data[4:header])
    if found != shape:
        raise InputError(
            f"{path}: expected {_axes(shape)} values, its header says {_axes(found)}; {advice}"
        )
    expected = header + math.prod(shape)
    if len(data) != expected:
        raise InputError(
            f"{path}: expected {expected:,} bytes, as its header says, found {len(data):,}; it is "
            f"truncated or damaged: {advice}"
        )
    return np.frombuffer(data, np.uint8, offset=header).reshape(shape)


def _content(path: Path, advice: str) -> bytes:
    try:
        with gzip.open(path) if path.suffix == ".gz" else open(path, "rb") as handle:
            return handle.read()
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; {advice}") from error
    except (OSError, EOFError, zlib.error) as error:
        raise InputError(f"{path}: cannot be read ({error}); {advice}") from error


def _axes(shape: tuple[int, ...]) -> str:
    return " x ".join(f"{length:,}" for length in shape)
