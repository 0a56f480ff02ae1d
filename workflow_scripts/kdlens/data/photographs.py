"""Photographs of a concept dataset as a network sees them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from kdlens.errors import InputError


def read_image(path: str | Path, size: int) -> np.ndarray:
    """Decode an image file to (size, size, 3) uint8 RGB.

    An image of another size is resized to it (bilinear, antialiased), both sides by themselves:
    Broden's images are squashed to a square, and its masks with them.

    Raises:
        InputError: if the file is missing or cannot be decoded.
    """
    try:
        with Image.open(path) as file:
            image = file.convert("RGB")
            if image.size != (size, size):
                image = image.resize((size, size), Image.Resampling.BILINEAR)
            return np.array(image)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such image file; check the concept dataset") from error
    except (OSError, SyntaxError, ValueError, Image.DecompressionBombError) as error:
        raise InputError(
            f"{path}: not a readable image ({error}); fetch the concept dataset again"
        ) from error
