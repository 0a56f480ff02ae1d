"""The published Table 1, and csv files in general.

The paper's numbers lie in a csv file with a ``model`` column and :data:`PUBLISHED_COLUMNS`. What
that table does not print, but the paper's text says of it, are the constants here.

Errors: :class:`~kdlens.errors.InputError` naming file, line or column.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from kdlens.errors import InputError

CATEGORIES = ("object", "scene", "part", "material", "texture", "color")
"""The paper's category columns, in its order."""

PUBLISHED_COLUMNS = (*CATEGORIES, "unique", "total", "top1")

PUBLISHED_UNITS = 512
"""Size of the published layer: layer4 of ResNet-18 at its full width."""

PUBLISHED_SEEDS = 3
"""The published numbers are means of three networks; their spread is not given."""

PUBLISHED_SETTINGS: Mapping[str, str | float] = {
    "layer": "layer4",
    "quantile": 0.005,
    "iou_threshold": 0.05,
    "training": "ImageNet",
    "concepts": "Broden",
}

BASELINE = "scratch"
"""The published row that all others are compared with."""


def read_reference(path: str | Path) -> dict[str, dict[str, float | None]]:
    """Read the published numbers.

    Returns:
        For each row's name, its numbers by column; an empty cell is None.
    """
    return {
        row["model"]: {name: parse_number(row[name], path, name) for name in PUBLISHED_COLUMNS}
        for row in read_rows(path, ("model", *PUBLISHED_COLUMNS))
    }


def read_rows(path: str | Path, needed: Sequence[str]) -> list[dict[str, str]]:
    """Read a csv file that must have the columns ``needed``, one dict a row."""
    try:
        with open(path, encoding="utf-8", newline="") as handle:
            reader = csv.DictReader(handle)
            rows = list(reader)
            header = reader.fieldnames or []
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except (UnicodeDecodeError, csv.Error) as error:
        raise InputError(f"{path}: not a csv file ({error})") from error
    missing = [name for name in needed if name not in header]
    if missing:
        raise InputError(
            f"{path}: column '{missing[0]}' is missing (found: {', '.join(header) or 'nothing'})"
        )
    for number, row in enumerate(rows, start=1):
        if None in row or None in row.values():
            raise InputError(f"{path}: row {number} has not as many cells as the header")
    return rows


def parse_number(text: str, path: str | Path, column: str) -> float | None:
    """Return a cell's number; None for an empty cell."""
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{path}: column '{column}' holds '{text}', expected a number or nothing")
    return value
