"""Results of the earlier stages, which must prove that they belong to the network they stand for.

A file that was copied, or left over from another config, would otherwise be counted under a wrong
name. Tallies, top images and metrics say what they are of; that is compared with what is expected.

Errors: :class:`~kdlens.errors.InputError` naming the file, what it is and what it should be.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kdlens.dissection.tallies import Tallies
from kdlens.dissection.top_images import TopImages
from kdlens.errors import InputError


def load_tallies(path: str | Path, **expected: Any) -> Tallies:
    """Read tallies; they must be of ``expected``: model, seed, layer, labels ("true", …)."""
    tallies = Tallies.load(path)
    check_belongs(path, tallies.meta, expected)
    return tallies


def check_belongs(path: str | Path, found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    """Compare what a file says of itself with what is expected of it."""
    for key, value in expected.items():
        if key not in found:
            raise InputError(f"{path}: key '{key}' is missing; delete the file and make it again")
        if found[key] != value:
            raise InputError(
                f"{path}: its {key} is {found[key]!r}, expected {value!r}; it belongs to another "
                "network. Delete the file and run the workflow again."
            )


def load_top_images(
    path: str | Path, tallies: Tallies, images: int, digest: str | None
) -> TopImages:
    """Read top images that must be of the same dissection as ``tallies``.

    Args:
        images: how many the concept dataset has.
        digest: of the concept dataset, compared where the file has it.
    """
    top = TopImages.load(path)
    check_belongs(path, top.meta, {key: tallies.meta[key] for key in ("model", "seed", "layer")})
    stated = {"model_sha256": tallies.meta.get("model_sha256"), "concepts_digest": digest}
    for key, value in stated.items():
        if value is not None and key in top.meta:
            check_belongs(path, top.meta, {key: value})
    if len(top.images) != tallies.units or top.images.max(initial=0) >= images:
        raise InputError(
            f"{path}: has {len(top.images)} units and images up to number "
            f"{top.images.max(initial=0)}; expected {tallies.units} units and {images} images. "
            "Delete the file and run the workflow again."
        )
    return top
