"""Where the classes of the concept world's images are to be seen: masks of the validation images.

The npz has ``masks`` (N, S, S) bool and ``files`` (N,), the images' paths below the folder of the
split, both in the order of :func:`kdlens.data.image_folder.split_files`. The renderer draws each
picture again from its seed, so the masks are those of the very images.
"""

from __future__ import annotations

import zipfile
import zlib
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from kdlens.data.world.image_tree import image_file
from kdlens.data.world.render import training_mask
from kdlens.errors import InputError
from kdlens.npz import save_arrays


def write_masks(
    output: str | Path,
    *,
    image_size: int,
    classes: str,
    images: Mapping[str, int],
    seed: int,
) -> None:
    """Write the masks of the validation images.

    Args:
        output: the npz file.
        image_size, classes, images, seed: those of the images, see
            :func:`kdlens.data.world.image_tree.write_images`.

    Raises:
        InputError: for ``classes`` that are not known.
    """
    found = {}
    for index in range(images["val"]):
        name, mask = training_mask(seed, "val", index, image_size, classes)
        found[image_file(name, index)] = mask
    files = sorted(found, key=lambda file: file.split("/"))
    save_arrays(output, masks=np.stack([found[file] for file in files]), files=np.array(files))


def read_masks(path: str | Path, files: Sequence[str | Path]) -> NDArray[np.bool_]:
    """Read the masks of these images, bool (N, S, S).

    Args:
        files: all images of the split, as :func:`kdlens.data.image_folder.split_files` lists them.

    Raises:
        InputError: if the file is missing or damaged, or of other images.
    """
    try:
        with np.load(path, allow_pickle=False) as content:
            masks, names = content["masks"], content["files"].tolist()
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; run the workflow again") from error
    except (OSError, EOFError, KeyError, ValueError, zipfile.BadZipFile, zlib.error) as error:
        raise InputError(
            f"{path}: not a whole file of masks ({error}); delete it and run the workflow again"
        ) from error
    if names != ["/".join(Path(file).parts[-2:]) for file in files]:
        raise InputError(f"{path}: is of other images; delete it and run the workflow again")
    return masks
