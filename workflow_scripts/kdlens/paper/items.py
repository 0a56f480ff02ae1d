"""The paper's figures and tables as data: ``config/items.yaml`` against its schema.

Each says which files below ``results/<run>/`` are our counterpart and which configs make them, or
why nothing does. The report and ``ARTIFACT.md`` are made from this list.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kdlens.errors import InputError
from kdlens.schema import read_checked


@dataclass(frozen=True)
class Item:
    """A figure or table.

    Attributes:
        name: the stem of our file.
        title: what it shows.
        paper: what the paper calls it ("Table 1"); None for what it does not have.
        section: where the paper speaks of it ("3.2", "A.1"); None likewise.
        files: below ``results/<run>/``, the one to open first; empty if nothing makes it.
        configs: the stems of the configs that make it, the cheapest first.
        not_made: why nothing makes it; None for what is made.
    """

    name: str
    title: str
    paper: str | None = None
    section: str | None = None
    files: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()
    not_made: str | None = None

    @property
    def made(self) -> bool:
        """Whether a config makes it."""
        return bool(self.files)


def read_items(path: str | Path, schema: str | Path) -> list[Item]:
    """Return the paper's items, in the order of the file, and then those beside them.

    Args:
        path: ``config/items.yaml``.
        schema: ``config/schemas/items.schema.yaml``.

    Raises:
        InputError: for a key that is wrong, missing or there twice, two items of one name, or an
            item that has neither files and configs nor a reason, or both.
    """
    found = read_checked(path, schema)
    items = [_item(entry) for entry in [*found["items"], *found["beside"]]]
    _check(items, path)
    return items


def _item(entry: dict[str, Any]) -> Item:
    lists = {key: tuple(entry.get(key, ())) for key in ("files", "configs")}
    return Item(**{**entry, **lists})


def _check(items: Sequence[Item], path: str | Path) -> None:
    for key in ("name", "paper"):
        counts = Counter(getattr(item, key) for item in items)
        for value, count in counts.items():
            if value is not None and count > 1:
                raise InputError(f"{path}: {count} items have the {key} {value}; name each once")
    for item in items:
        made = (bool(item.files), bool(item.configs))
        if made not in ((True, True), (False, False)) or any(made) == (item.not_made is not None):
            raise InputError(
                f"{path}: {item.name} has not what it needs; write files and configs, or not_made"
            )
