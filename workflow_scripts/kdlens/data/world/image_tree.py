"""The training images of the concept world, as an ImageFolder: ``<split>/<class>/<number>.jpg``."""

from __future__ import annotations

import logging
import os
from collections.abc import Mapping

from kdlens.data.image_tree import DRAWN_ADVICE
from kdlens.data.work import Progress
from kdlens.data.world.encoding import jpeg_bytes
from kdlens.data.world.render import class_names, training_picture
from kdlens.errors import InputError
from kdlens.files import atomic_folder

_log = logging.getLogger(__name__)

SMALLEST_IMAGE, LARGEST_IMAGE = 32, 1024


def require_whole(key: str, value: object, low: int, high: int, why: str = "") -> int:
    """Return ``value`` if it is an integer in [low, high].

    Raises:
        InputError: naming the config's key, otherwise.
    """
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise InputError(
            f"{key}: {value!r} must be a whole number from {low} to {high}{why}; correct the config"
        )
    return value


def image_file(name: str, index: int) -> str:
    """Return where the picture of this number and class lies, below the folder of its split."""
    return f"{name}/{index:05d}.jpg"


def write_images(
    output: str | os.PathLike[str],
    *,
    image_size: int,
    classes: str,
    images: Mapping[str, int],
    seed: int,
) -> None:
    """Render the training images.

    Args:
        output: the folder to make; it appears only when it is whole.
        image_size: side of the images in pixels.
        classes: ``liveries`` (48 classes: 12 species in 4 liveries) or ``families`` (6).
        images: how many ``train`` and ``val`` images; split over the classes as evenly as can be.
        seed: of the renderer; the splits have independent streams.

    Raises:
        InputError: for a parameter that cannot be, naming its config key, or a full disk.
    """
    names = class_names(classes)
    require_whole("training_data.image_size", image_size, SMALLEST_IMAGE, LARGEST_IMAGE)
    require_whole("training_data.seed", seed, 0, 2**32 - 1)
    if set(images) != {"train", "val"}:
        raise InputError(
            f"training_data.images: has {sorted(images)}, must have exactly 'train' and 'val'"
        )
    why = f" (at least one image for each of the {len(names)} classes)"
    for split, count in images.items():
        require_whole(f"training_data.images.{split}", count, len(names), 10_000_000, why)
    with atomic_folder(output, DRAWN_ADVICE) as folder:
        total, done = sum(images.values()), 0
        progress = Progress(_log, "rendered", total, "images")
        for split, count in sorted(images.items()):
            for name in names:
                (folder / split / name).mkdir(parents=True)
            for index in range(count):
                name, rgb = training_picture(seed, split, index, image_size, classes)
                (folder / split / image_file(name, index)).write_bytes(jpeg_bytes(rgb))
                done += 1
                progress.update(done, final=done == total)
