"""The photographs of a page: each one once, small, as WebP in base64.

They are square, as the networks see them (Broden's photographs and masks are squashed together), so
a region fits its photograph whatever the photograph's shape. WebP takes a third less than JPEG at
this size. All of a page have one size: the one asked for, unless the photographs themselves are
smaller, or there are so many that the page would grow beyond what a browser opens at once.
"""

from __future__ import annotations

import base64
import io
import logging
import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, UnidentifiedImageError

from kdlens.data.work import run_chunks
from kdlens.errors import InputError

_log = logging.getLogger(__name__)

PIXELS = 10_000 * 112 * 112
"""Pixels of all photographs of a page together, at most: about 30 MB in base64."""

_QUALITY = 60


def thumbnails(files: Sequence[Path], side: int, workers: int = 1) -> list[str]:
    """Return each photograph as the base64 text of a WebP image.

    Args:
        files: the photographs.
        side: width and height in pixels, at most.
        workers: threads that decode.

    Raises:
        InputError: if one is missing or cannot be decoded.
    """
    if not files:
        return []
    side = min(side, max(map(_longest_side, files)), math.isqrt(PIXELS // len(files)))

    def chunk(some: Sequence[Path]) -> list[str]:
        return [thumbnail(file, side) for file in some]

    made = run_chunks(
        chunk,
        files,
        workers=workers,
        logger=_log,
        what=f"making thumbnails of {side} x {side} pixels",
        unit="photographs",
    )
    return [text for texts in made for text in texts]


def thumbnail(path: Path, side: int) -> str:
    """Return one photograph, ``side`` x ``side`` pixels, as base64 of a WebP image.

    Raises:
        InputError: if it is missing or cannot be decoded.
    """
    try:
        with Image.open(path) as image:
            # Lets the JPEG decoder leave out what is not needed; others ignore it.
            image.draft("RGB", (2 * side, 2 * side))
            small = image.convert("RGB").resize((side, side), Image.Resampling.LANCZOS)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise _unreadable(path, error) from error
    # What a camera wrote beside the pixels (position, comments) stays out.
    small.info.clear()
    buffer = io.BytesIO()
    small.save(buffer, "WEBP", quality=_QUALITY, method=4)
    return base64.b64encode(buffer.getvalue()).decode("ascii")


def _longest_side(path: Path) -> int:
    try:
        with Image.open(path) as image:
            return max(image.size)
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise _unreadable(path, error) from error


def _unreadable(path: Path, error: Exception) -> InputError:
    if isinstance(error, FileNotFoundError):
        return InputError(
            f"{path}: no such image file, and index.csv names it; mend the concept dataset"
        )
    what = "not an image" if isinstance(error, UnidentifiedImageError) else str(error)
    return InputError(f"{path}: not a readable image ({what}); mend the concept dataset")
