"""BERT's published weights and vocabulary: obtained from a hub or a folder, checked, loaded.

Three files make a network: ``config.json``, ``vocab.txt`` and ``model.safetensors`` (no other
format: a pickle could run code). From the hub they are taken at one commit, by transformers, which
keeps them in its own cache; without a connection, what that cache has is used. The checksum of the
weights decides what is accepted, wherever they come from.
"""

from __future__ import annotations

import logging
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from torch import nn
from transformers import BertModel
from transformers.utils import cached_file

from kdlens.errors import InputError
from kdlens.files import atomic_folder, verify_sha256
from kdlens.training.text.pieces import PUBLISHED_FILE

_log = logging.getLogger(__name__)

WEIGHTS = "model.safetensors"
_FILES = ("config.json", PUBLISHED_FILE, WEIGHTS)


def fetch_bert(source: Mapping[str, Any], folder: str | Path) -> None:
    """Bring the three files into ``folder``.

    Args:
        source: ``name`` and ``revision`` of the hub, or ``path``, a folder; ``sha256`` of the
            weights.

    Raises:
        InputError: if a file is missing or cannot be reached, or the checksum differs.
    """
    with atomic_folder(folder, "free some space and start again") as made:
        for name in _FILES:
            found = Path(source["path"], name) if "path" in source else _from_hub(source, name)
            if not found.is_file():
                raise InputError(
                    f"{found}: no such file; text.pretrained.path must be a folder with "
                    f"{', '.join(_FILES)}"
                )
            if name == WEIGHTS:
                verify_sha256(found, source["sha256"])
            shutil.copyfile(found, made / name)


def load_published(folder: str | Path) -> nn.Module:
    """Return the network in ``folder``, with its pooler, in eval mode.

    Raises:
        InputError: if weights are missing, since they would be random.
    """
    try:
        network, told = BertModel.from_pretrained(
            folder, local_files_only=True, use_safetensors=True, output_loading_info=True
        )
    except (OSError, ValueError, RuntimeError) as error:
        reason = str(error).strip().splitlines()[0][:160]
        raise InputError(f"{folder}: not a BERT that can be loaded ({reason})") from error
    missing = sorted(told["missing_keys"])
    if missing:
        raise InputError(
            f"{folder}: {len(missing)} weights are missing, the first {missing[0]}; give the files "
            "of a whole BERT"
        )
    return network.eval()


def _from_hub(source: Mapping[str, Any], name: str) -> Path:
    _log.info("%s of %s, commit %s", name, source["name"], source["revision"][:8])
    try:
        return Path(cached_file(source["name"], name, revision=source["revision"]))
    except OSError as error:
        reason = str(error).strip().splitlines()[0][:160]
        raise InputError(
            f"text.pretrained: {name} of {source['name']} is not to be had ({reason}); connect to "
            "the hub, set HF_HOME to a cache that has it, or give a local folder as "
            "text.pretrained.path"
        ) from error
