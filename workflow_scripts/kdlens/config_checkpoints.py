"""The models of a config that are checkpoints: where their weights come from."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kdlens.errors import InputError
from kdlens.files import sha256_of
from kdlens.variables import expand, expand_path


def checkpoint_of(models: Mapping[str, Mapping[str, Any]], network: str) -> str | None:
    """Return the first model that is a checkpoint of this entry of ``networks``, if any."""
    for name, model in models.items():
        if model["method"] == "checkpoint" and model["network"] == network:
            return name
    return None


def check_weights(name: str, weights: dict[str, Any]) -> None:
    """Check the ``weights`` of a model, and expand environment variables in them, in place.

    Raises:
        InputError: unless there is one source and a checksum.
    """
    key = f"models.{name}.weights"
    sources = [k for k in ("torchvision", "path", "url") if k in weights]
    if len(sources) != 1:
        raise InputError(
            f"config key {key}: give exactly one of torchvision, path and url, "
            f"not {' and '.join(sources) or 'none'}"
        )
    if "path" in weights:
        weights["path"] = expand_path(weights["path"], f"{key}.path")
    if "sha256" not in weights:
        found = Path(weights.get("path", ""))
        how = "write the file's (sha256sum <file>)"
        if found.is_file():
            how = f"if {found} is the file that you mean, write sha256: {sha256_of(found)}"
        raise InputError(f"config key {key}: the key sha256 is missing; {how}")
    weights["sha256"] = expand(weights["sha256"], f"{key}.sha256")
    if not re.fullmatch("[0-9a-fA-F]{8,64}", weights["sha256"]):
        raise InputError(
            f"config key {key}.sha256: '{weights['sha256']}' is no checksum; write the 64 "
            "hexadecimal digits that sha256sum prints, or at least the first eight"
        )
