"""Pictures as files with the same bytes everywhere."""

from __future__ import annotations

import io
import struct
import zlib

import numpy as np
from PIL import Image

JPEG_QUALITY = 93


def jpeg_bytes(rgb: np.ndarray) -> bytes:
    """A JPEG of (height, width, 3) uint8, without chroma subsampling.

    (libjpeg's integer transform is exact everywhere.)
    """
    stream = io.BytesIO()
    Image.fromarray(rgb).save(stream, "JPEG", quality=JPEG_QUALITY, subsampling=0)
    return stream.getvalue()


def decode(data: bytes) -> np.ndarray:
    """The pixels that a reader of these image bytes will see, (height, width, 3) uint8."""
    return np.asarray(Image.open(io.BytesIO(data)).convert("RGB"))


def label_png(labels: np.ndarray) -> bytes:
    """A label plane as Broden's PNG: red + 256 * green, blue unused.

    The image data is *stored*, not deflated: implementations of zlib differ in how they compress,
    and so would the bytes. A checksum is a checksum everywhere.

    Args:
        labels: (height, width), 0..65535.
    """
    height, width = labels.shape
    rows = np.zeros((height, 1 + 3 * width), dtype=np.uint8)  # each begins with filter type 0
    rows[:, 1::3] = labels & 255
    rows[:, 2::3] = labels >> 8
    raw = rows.tobytes()
    blocks = [b"\x78\x01"]
    for start in range(0, len(raw), 65535):
        block = raw[start : start + 65535]
        last = start + 65535 >= len(raw)
        blocks.append(struct.pack("<BHH", last, len(block), len(block) ^ 0xFFFF) + block)
    blocks.append(struct.pack(">I", zlib.adler32(raw)))
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return (
        b"\x89PNG\r\n\x1a\n"
        + _chunk(b"IHDR", header)
        + _chunk(b"IDAT", b"".join(blocks))
        + _chunk(b"IEND", b"")
    )


def _chunk(kind: bytes, data: bytes) -> bytes:
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
