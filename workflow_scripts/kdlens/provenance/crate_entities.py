"""The entities of an RO-Crate: how they are added and refer to each other."""

from __future__ import annotations

import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rocrate.model.contextentity import ContextEntity
from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from kdlens.errors import InputError
from kdlens.files import sha256_of

VERSION = "1.1"
"""Of RO-Crate: the one that Workflow Run RO-Crate 0.5 is about."""

TERMS = {
    term: f"https://w3id.org/ro/terms/workflow-run#{term}" for term in ("sha256", "resourceUsage")
}
"""What Workflow Run RO-Crate adds to the vocabulary of RO-Crate 1.1, as far as it is used here."""

_TYPES = {
    ".cff": "application/yaml",
    ".lock": "application/toml",
    ".md": "text/markdown",
    ".npz": "application/x-npz",
    ".pt": "application/x-pytorch",
    ".smk": "text/x-python",
    ".toml": "application/toml",
    ".yaml": "application/yaml",
}


class Entities:
    """A crate, and which of its entities stands for which path of the project."""

    def __init__(self, project: Path) -> None:
        self.project = project
        self.crate = ROCrate(version=VERSION)
        self.crate.metadata.extra_terms.update(TERMS)
        self.by_path: dict[str, Entity] = {}

    def add(self, id_: str, type_: str, **properties: Any) -> ContextEntity:
        """Add what is no file; properties without a value are left out."""
        known = {key: value for key, value in properties.items() if value not in (None, [], "")}
        entity = ContextEntity(self.crate, id_, properties={"@type": type_, **compact(known)})
        return self.crate.add(entity)

    def add_file(self, path: str, place: str, sha256: str | None = None, **more: Any) -> Entity:
        """Add a file of the project at ``place`` of the crate; once, however often it is asked for.

        Raises:
            InputError: if it is not there.
        """
        if path not in self.by_path:
            properties = {**self.describe(path, place, sha256), **compact(more)}
            entity = self.crate.add_file(self.project / path, place, properties=properties)
            self.by_path[path] = entity
        return self.by_path[path]

    def describe(self, path: str, place: str, sha256: str | None = None) -> dict[str, str]:
        """Return what is said of every file; its sha256 is computed unless it is given.

        Raises:
            InputError: if it is not there.
        """
        source = self.project / path
        if not source.is_file():
            raise InputError(f"{path}: no such file; run the workflow again")
        known = _TYPES.get(source.suffix) or mimetypes.guess_type(place)[0]
        return {
            "name": place,
            "contentSize": str(source.stat().st_size),
            "sha256": sha256 or sha256_of(source),
            "encodingFormat": known or "application/octet-stream",
        }


def compact(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return properties with entities as references, and a list of one thing as that thing."""
    return {key: _reference(value) for key, value in properties.items()}


def single(values: list[Any]) -> Any:
    """Return a list of one thing as that thing, other lists as they are."""
    return values[0] if len(values) == 1 else values


def _reference(value: Any) -> Any:
    if isinstance(value, Entity):
        return {"@id": value.id}
    return single([_reference(each) for each in value]) if isinstance(value, list) else value
