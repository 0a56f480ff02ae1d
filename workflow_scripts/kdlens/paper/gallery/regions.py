"""A region of a mask as a short text: run lengths, as a browser can decode them.

Read row by row, the pixels of a mask are runs of outside (first, perhaps of length 0) and inside in
turn. A run is written as its difference to the run two before it, since a smooth region changes
little from one row to the next; the first two are written as they are. Differences are base64 VLQ,
as in source maps: the lowest bit is the sign, six bits a letter, of which the highest says that
another letter follows. A region with one blob takes a letter or two for each row that it crosses.
"""

from __future__ import annotations

import numpy as np

_LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_VALUES = {letter: value for value, letter in enumerate(_LETTERS)}


def encode(region: np.ndarray) -> str:
    """Encode a region (sh, sw) bool; the runs add up to sh * sw, so no size is needed."""
    flat = np.asarray(region, bool).ravel()
    ends = np.append(np.flatnonzero(flat[1:] != flat[:-1]) + 1, flat.size)
    runs = np.diff(ends, prepend=0)
    if flat.size and flat[0]:
        runs = np.insert(runs, 0, 0)
    before = np.concatenate([np.zeros(2, np.int64), runs])[: len(runs)]
    return "".join(_letters(int(step)) for step in runs - before)


def decode(text: str, shape: tuple[int, int]) -> np.ndarray:
    """Return the region (sh, sw) bool that :func:`encode` wrote.

    Raises:
        ValueError: if the text is not the code of a region of this shape.
    """
    runs: list[int] = []
    value = shift = 0
    for letter in text:
        digit = _VALUES.get(letter)
        if digit is None:
            raise ValueError(f"'{letter}' is no letter of a region's code")
        value |= (digit & 31) << shift
        shift += 5
        if digit & 32:
            continue
        step = -(value >> 1) if value & 1 else value >> 1
        runs.append(step + (runs[-2] if len(runs) > 1 else 0))
        value = shift = 0
    if shift or sum(runs) != shape[0] * shape[1] or min(runs, default=0) < 0:
        raise ValueError(f"not the code of a region of {shape[0]} x {shape[1]} pixels")
    inside = np.arange(len(runs)) % 2 == 1
    return np.repeat(inside, runs).reshape(shape)


def _letters(step: int) -> str:
    value = (-step << 1) | 1 if step < 0 else step << 1
    letters = []
    while True:
        value, digit = value >> 5, value & 31
        letters.append(_LETTERS[digit | 32 if value else digit])
        if not value:
            return "".join(letters)
