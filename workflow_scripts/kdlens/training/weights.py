"""Weights from elsewhere: by torchvision's name, from a path or from an address.

Each comes with a checksum, since weights decide every later number. Downloads are kept in a folder
that all runs share, below the first digits of their checksum, since different files often have the
same name (``best.pth``). torchvision's files have the first digits of their sha256 in their name;
these are checked as well.

A file may hold a plain state_dict, or one under the key ``state_dict`` or ``model`` as training
programs (torchvision's references, torchdistill) save it. In the names, a leading ``module.``, from
DataParallel, and ``_orig_mod.``, from torch.compile, are dropped, and torchvision's old names of a
DenseNet's layers (``norm.1``) are brought up to date (``norm1``).
"""

from __future__ import annotations

import argparse
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torchvision

from kdlens.data.download import download
from kdlens.errors import InputError, suggest
from kdlens.files import sha256_of, verify_sha256
from kdlens.training.state_dicts import as_state, read_pickle

_FOLDER_DIGITS = 8  # what every checksum has, also a shortened one
_SOURCES = ("torchvision", "path", "url")
_WRAPPERS = re.compile(r"^(?:module\.|_orig_mod\.)+")
_OLD_DENSENET = re.compile(r"(\.denselayer\d+\.(?:norm|conv))\.([12]\.)")


def obtain_weights(source: Mapping[str, Any], downloads: str | Path) -> Path:
    """Return the verified file that ``source`` names.

    Args:
        source: one of ``torchvision`` (such as ``ResNet34_Weights.IMAGENET1K_V1``), ``path`` and
            ``url``, and always ``sha256``, whole or its first eight or more digits.
        downloads: folder for what is fetched, into a folder below it.

    Raises:
        InputError: if the source is unclear or missing, or a checksum differs.
    """
    given = [key for key in _SOURCES if source.get(key)]
    if len(given) != 1:
        raise InputError(
            f"weights: give exactly one of {', '.join(_SOURCES)}, "
            f"not {' and '.join(given) or 'none'}"
        )
    checksum = source.get("sha256")
    if not checksum:
        raise InputError("weights.sha256: is missing; write the file's sha256 (sha256sum <file>)")
    if given == ["path"]:
        path = Path(source["path"]).expanduser()
        if not path.is_file():
            raise InputError(f"{path}: no such file; correct weights.path in the config")
        found = sha256_of(path)
        if not found.startswith(checksum.lower()):
            raise InputError(
                f"{path}: its sha256 is {found}, and the config says {checksum}; if this is the "
                f"file that you mean, write {found} as weights.sha256, else correct weights.path"
            )
        return path
    url = source["url"] if given == ["url"] else _torchvision_url(source["torchvision"])
    folder = Path(downloads) / checksum[:_FOLDER_DIGITS].lower()
    path = download([url], folder, checksum)
    published = re.search(r"-([0-9a-f]{8,})\.pth$", url)
    if published and given == ["torchvision"]:
        verify_sha256(path, published[1])
    return path


def read_weights(path: str | Path) -> dict[str, torch.Tensor]:
    """Return the state_dict in a file, in one of the forms that the module lists.

    Raises:
        InputError: if the file is damaged or holds something else.
    """
    # torchdistill and torchvision save their command line too: harmless, but no tensor.
    with torch.serialization.safe_globals([argparse.Namespace]):
        content = read_pickle(path)
    if isinstance(content, Mapping):
        for key in ("state_dict", "model"):
            if isinstance(content.get(key), Mapping):
                content = content[key]
                break
    state = as_state(content, path)
    return {_OLD_DENSENET.sub(r"\1\2", _WRAPPERS.sub("", k)): v for k, v in state.items()}


def _torchvision_url(name: str) -> str:
    try:
        return torchvision.models.get_weight(name).url
    except (ValueError, AttributeError, KeyError) as error:
        raise InputError(
            f"weights.torchvision: '{name}' is not known; {suggest(name, _torchvision_names())}"
        ) from error


def _torchvision_names() -> list[str]:
    models = torchvision.models
    return [
        str(weights)
        for name in models.list_models(module=models)
        for weights in models.get_model_weights(name)
    ]
