"""Where two resolved configs differ in what the results of a run hang on."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

_FREE = ("device", "from_reference", "jobs", "paper", "protect_models", "results", "title")
"""Top-level keys that change no result of a stage before the paper."""


def differences(config: Mapping[str, Any], other: Mapping[str, Any]) -> list[tuple[str, Any, Any]]:
    """Return (dotted key, value, other value) of each key in both configs that differs.

    A key in one of them alone is one that the schema has gained or lost in between.
    """
    return list(_differences(config, other, ""))


def _differences(
    config: Mapping[str, Any], other: Mapping[str, Any], start: str
) -> Iterator[tuple[str, Any, Any]]:
    for name in sorted((config.keys() & other.keys()) - (set() if start else set(_FREE))):
        value, others = config[name], other[name]
        if isinstance(value, Mapping) and isinstance(others, Mapping):
            yield from _differences(value, others, f"{start}{name}.")
        elif value != others:
            yield f"{start}{name}", value, others
