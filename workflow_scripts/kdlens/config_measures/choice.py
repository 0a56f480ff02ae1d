"""What the measures share in choosing their models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kdlens.config_data import entry, models_of
from kdlens.errors import InputError, suggest


def models_for_classes(config: Mapping[str, Any], role: str) -> list[str]:
    """Return the models of a dataset whose outputs are its classes, as far as is known.

    A checkpoint may tell other classes apart (``classes`` of its network).
    """
    known = (entry(config, role) or {}).get("num_classes")
    networks = config["networks"]
    return [
        name
        for name, model in models_of(config, role).items()
        if networks[model["network"]].get("classes") in (None, known)
    ]


def require_models(names: Iterable[str], known: Iterable[str], key: str, what: str) -> None:
    """Raise an InputError for the first name that is not known.

    Args:
        key: of the config.
        what: a known one is, such as "a model of training_data".
    """
    for name in names:
        if name not in known:
            raise InputError(f"config key {key}: '{name}' is not {what}; {suggest(name, known)}")
