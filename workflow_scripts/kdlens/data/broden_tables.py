"""The tables of a concept dataset in Broden's format; :mod:`kdlens.data.broden` says which."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from pathlib import Path
from typing import overload

from kdlens.errors import InputError

INDEX_COLUMNS = ("image", "split", "ih", "iw", "sh", "sw")
CATEGORY_COLUMNS = ("name", "first", "last", "count", "frequency")
LABEL_COLUMNS = ("number", "name", "category", "frequency", "coverage")
CODE_COLUMNS = ("code", "number", "name", "frequency", "coverage")


def read_table(path: Path, columns: Sequence[str]) -> list[dict[str, str]]:
    """Read a CSV file that must have ``columns`` (it may have more) and rows as long as its header.

    Raises:
        InputError: if it is missing or otherwise.
    """
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError as error:
        raise InputError(_missing_table(path)) from error
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: not UTF-8 text ({error}); convert it") from error
    reader = csv.DictReader(io.StringIO(text, newline=""))
    missing = [name for name in columns if name not in (reader.fieldnames or ())]
    if missing:
        raise InputError(
            f"{path}: no column '{missing[0]}'; expected {', '.join(columns)}, found "
            f"{', '.join(reader.fieldnames or ['(nothing)'])}"
        )
    rows = []
    for row in reader:
        if None in row or None in row.values():
            raise InputError(
                f"{path}: line {reader.line_num} has another number of cells than the header"
            )
        rows.append(row)
    return rows


def split_cell(cell: str) -> list[str]:
    """Split a cell of index.csv into its label numbers and mask paths."""
    return [entry for part in cell.split(";") if (entry := part.strip())]


@overload
def read_number(path: Path, row: dict[str, str], column: str) -> int: ...


@overload
def read_number(path: Path, row: dict[str, str], column: str, kind: type[float]) -> float: ...


def read_number(path: Path, row: dict[str, str], column: str, kind: type[float] = int) -> float:
    """Read a non-negative number (also ``8e-05``) from a row of a table; else InputError."""
    try:
        value = kind(row[column])
    except ValueError:
        value = -1
    if not 0 <= value < float("inf"):
        what = "whole number" if kind is int else "number"
        raise InputError(
            f"{path}: '{row['name']}': {column} must be a {what}, found '{row[column]}'"
        )
    return value


def _missing_table(path: Path) -> str:
    below = sorted(index.parent.name for index in path.parent.glob(f"*/{path.name}"))
    if below:
        hint = f"it lies in the folder '{below[0]}' below: give that folder, or `subfolder`,"
        return f"{path}: no such file; {hint} in the config"
    if not path.parent.is_dir():
        return (
            f"{path.parent}: no such folder; correct the dataset's `path` in the config, or set "
            "the environment variable that it names (such as KDLENS_DATA)"
        )
    return f"{path}: no such file; a dataset in Broden's format must have it"
