"""What a PNG says of itself, and Pillow does not tell.

Pillow reads 16-bit colour as 8-bit, dropping the lower byte of each sample, and takes rows that
are missing for black ones. For photographs that does no harm; in a mask it makes other labels.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_CHANNELS = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}  # samples a pixel, by colour type
# An interlaced PNG is seven small pictures: first column and row of each, and the steps.
_ADAM7 = (
    (0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)
)  # fmt: skip


def bit_depth(data: bytes) -> int | None:
    """Return the bits a sample of a PNG; None if it does not begin with its header."""
    for kind, content in _chunks(data):
        return content[8] if kind == b"IHDR" and len(content) == 13 else None
    return None


def has_all_rows(data: bytes) -> bool:
    """Whether the pixel data of a PNG, which must begin with its header, reach to the last row."""
    chunks = list(_chunks(data))
    width, height, depth, colour, _, _, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    needed = 0
    for column, row, across, down in _ADAM7 if interlaced else ((0, 0, 1, 1),):
        columns, rows = -(-(width - column) // across), -(-(height - row) // down)
        if columns > 0:
            needed += rows * (1 + -(-columns * depth * _CHANNELS[colour] // 8))  # 1: the filter
    packed = b"".join(content for kind, content in chunks if kind == b"IDAT")
    try:
        return len(zlib.decompressobj().decompress(packed, needed)) == needed
    except zlib.error:
        return False


def _chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """Yield (kind, content) of each chunk, as far as they are there."""
    at = len(_SIGNATURE)
    while at + 8 <= len(data):
        length, kind = struct.unpack_from(">I4s", data, at)
        yield kind, data[at + 8 : at + 8 + length]
        at += length + 12  # length, kind and checksum take four bytes each
