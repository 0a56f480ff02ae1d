"""The published tables of concept detectors, and csv files in general.

The paper's numbers lie in csv files: Table 1 with a ``model`` column and :data:`PUBLISHED_COLUMNS`,
Tables 6 to 9 with ``alpha`` and ``temperature`` instead, Table 10 (the lower layers) with
``model, layer, unique, total``, Table 11 with ``teacher, student, unique, total``. What these
tables do not print, but the paper's text says of them, are the constants here.

Errors: :class:`~kdlens.errors.InputError` naming file, line or column.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Mapping, Sequence
from pathlib import Path

from kdlens.errors import InputError, suggest

CATEGORIES = ("object", "scene", "part", "material", "texture", "color")
"""The paper's category columns, in its order."""

PUBLISHED_COLUMNS = (*CATEGORIES, "unique", "total", "top1")

PUBLISHED_LAYER = "layer4"
"""The layer of the published Table 1."""

UNITS_OF_LAYER: Mapping[str, int] = {"layer1": 64, "layer2": 128, "layer3": 256, "layer4": 512}
"""Sizes of the published layers: those of ResNet-18 at its full width."""

PUBLISHED_UNITS = UNITS_OF_LAYER[PUBLISHED_LAYER]

PUBLISHED_SEEDS = 3
"""The published numbers are means of three networks; their spread is not given."""

PUBLISHED_SETTINGS: Mapping[str, str | float] = {
    "layer": PUBLISHED_LAYER,
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


def read_lower_layers(path: str | Path) -> dict[str, dict[str, dict[str, float | None]]]:
    """Read the published Table 10.

    Returns:
        For each layer, for each row's name, the numbers by column; an empty cell is None.
    """
    columns = ("unique", "total")
    layers: dict[str, dict[str, dict[str, float | None]]] = {}
    for row in read_rows(path, ("model", "layer", *columns)):
        if row["layer"] not in UNITS_OF_LAYER:
            raise InputError(
                f"{path}: unknown layer '{row['layer']}'; {suggest(row['layer'], UNITS_OF_LAYER)}"
            )
        numbers = {name: parse_number(row[name], path, name) for name in columns}
        layers.setdefault(row["layer"], {})[row["model"]] = numbers
    return layers


def read_hyper_parameters(path: str | Path) -> dict[str, dict[str, float | None]]:
    """Read one of the published Tables 6 to 9.

    Returns:
        The numbers by column, of rows that are called "alpha 0.5, T 4", or "alpha 0.5" if the
        table has no temperature.
    """
    found = {}
    for row in read_rows(path, ("alpha", *PUBLISHED_COLUMNS)):
        alpha, temperature = (
            parse_number(row.get(key, ""), path, key) for key in ("alpha", "temperature")
        )
        name = f"alpha {alpha:g}" + ("" if temperature is None else f", T {temperature:g}")
        found[name] = {
            column: parse_number(row[column], path, column) for column in PUBLISHED_COLUMNS
        }
    return found


def read_architectures(path: str | Path) -> dict[str, dict[str, float | None]]:
    """Read the published Table 11.

    Returns:
        The numbers by column, of rows that are called "resnet34 of resnet50" (a student and its
        teacher), or "resnet34" if there is no teacher.
    """
    columns = ("unique", "total")
    return {
        " of ".join(filter(None, (row["student"], row["teacher"]))): {
            column: parse_number(row[column], path, column) for column in columns
        }
        for row in read_rows(path, ("teacher", "student", *columns))
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
