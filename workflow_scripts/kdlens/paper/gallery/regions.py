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


def encode(region: np.ndarray) -> str:
    """Encode a region (sh, sw) bool; the runs add up to sh * sw, so no size is needed."""
    flat = np.asarray(region, bool).ravel()
    ends = np.append(np.flatnonzero(flat[1:] != flat[:-1]) + 1, flat.size)
    runs = np.diff(ends, prepend=0)
    if flat.size and flat[0]:
        runs = np.insert(runs, 0, 0)
    before = np.concatenate([np.zeros(2, np.int64), runs])[: len(runs)]
    return "".join(_letters(int(step)) for step in runs - before)


def _letters(step: int) -> str:
    value = (-step << 1) | 1 if step < 0 else step << 1
    letters = []
    while True:
        value, digit = value >> 5, value & 31
        letters.append(_LETTERS[digit | 32 if value else digit])
        if not value:
            return "".join(letters)
