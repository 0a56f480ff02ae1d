"""The csv file that carries Table 1 to the figures and to the comparison without loss.

Tables of other settings or layers (Figures 9 and 10, Table 10) stand in one file one after another.

There is one row for each group and seed, and after them the group's summary:

==========  ===========================================================================
``row``     what the row's numbers are
==========  ===========================================================================
seed        one network, trained with ``seed``
mean        the mean over the group's ``seeds`` networks
sd          their sample standard deviation (divided by n - 1); empty with one seed
published   the paper's row for this method, if it has one: another layer size, other
            data, mean of three networks; the paper gives no spread
==========  ===========================================================================

Other columns: ``model, label, method, labels`` (true or shuffled), ``reference`` (the published
row's name), ``seed``, ``seeds``, ``units`` (size of the layer), and the settings that the counts
hang on: ``layer, quantile, iou_threshold, denominator, training, concepts``. An empty cell is "not
known" or "not measured", never zero.

Errors: :class:`~kdlens.errors.InputError` for a damaged file.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any

from kdlens.errors import InputError
from kdlens.files import write_text
from kdlens.paper.reference import (
    CATEGORIES,
    PUBLISHED_COLUMNS,
    PUBLISHED_SETTINGS,
    parse_number,
    read_rows,
)
from kdlens.paper.table01 import COUNTS, IDENTITY, Group, Settings, Table


def write_csv(path: str | Path, *tables: Table) -> None:
    """Write one table or several (see the module's head for rows and columns)."""
    setting_names = [field.name for field in fields(Settings)]
    # In the order of the first table, whose categories stand before its counts.
    categories = dict.fromkeys(name for table in tables for name in table.categories)
    counts = [name for name in tables[0].columns if name not in tables[0].categories]
    header = ["row", *IDENTITY, "seed", "seeds", "units", *categories, *counts, *setting_names]
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, header, lineterminator="\n", restval="")
    writer.writeheader()
    for table in tables:
        for group in table.groups:
            for row in _rows(group, table):
                writer.writerow({name: _cell(value) for name, value in row.items()})
    write_text(path, buffer.getvalue())


def _rows(group: Group, table: Table) -> list[dict[str, Any]]:
    identity = {name: getattr(group, name) for name in IDENTITY}
    settings = asdict(table.settings)
    measured = identity | settings | {"units": group.units, "layer": group.layer}
    rows = [
        measured
        | {"row": "seed", "seed": seed, "seeds": 1}
        | {name: group.values[name][i] for name in table.columns}
        for i, seed in enumerate(group.seeds)
    ]
    for name, summary in (("mean", group.mean), ("sd", group.sd)):
        numbers = {column: _rounded(summary(column)) for column in table.columns}
        rows.append(measured | {"row": name, "seeds": len(group.seeds)} | numbers)
    if group.published is not None:
        printed = {
            "row": "published",
            "seeds": table.published_seeds,
            "units": table.published_units,
            "layer": table.published_layer,
        }
        rows.append(identity | dict(PUBLISHED_SETTINGS) | printed | dict(group.published))
    return rows


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 6)


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def read_csv(path: str | Path) -> Table:
    """Read ``table01.csv`` back; the summaries are computed again from its seeds.

    Raises:
        InputError: if the file is missing, has no seeds, lacks a column or holds no number where
            one must be.
    """
    setting_names = [field.name for field in fields(Settings)]
    needed = ("row", *IDENTITY, "seed", "units", *CATEGORIES, *COUNTS, "top1", *setting_names)
    rows = read_rows(path, needed)
    members: dict[tuple[str, str], list[dict[str, str]]] = {}
    published: dict[tuple[str, str], dict[str, float | None]] = {}
    for row in rows:
        key = (row["model"], row["labels"])
        if row["row"] == "seed":
            members.setdefault(key, []).append(row)
        elif row["row"] == "published":
            published[key] = {c: parse_number(row[c], path, c) for c in PUBLISHED_COLUMNS}
    if not members:
        raise InputError(f"{path}: holds no network; delete it and run the workflow again")
    header = list(rows[0])
    categories = tuple(header[header.index("units") + 1 : header.index(COUNTS[0])])
    columns = (*categories, *COUNTS, "top1")
    try:
        groups = tuple(
            _read_group(path, group, columns, published.get(key)) for key, group in members.items()
        )
        settings: dict[str, Any] = {name: rows[0][name] for name in setting_names}
        for name in ("quantile", "iou_threshold"):
            settings[name] = float(settings[name])
        settings["training"] = settings["training"] or None
        settings["layer"] = ", ".join(dict.fromkeys(group.layer for group in groups))
    except ValueError as error:
        raise InputError(f"{path}: {error}; delete it and run the workflow again") from error
    return Table(Settings(**settings), categories, groups)


def _read_group(
    path: str | Path,
    rows: list[dict[str, str]],
    columns: tuple[str, ...],
    published: Mapping[str, float | None] | None,
) -> Group:
    model, label, method, labels, reference = (rows[0][name] for name in IDENTITY)
    return Group(
        model=model,
        label=label,
        method=method,
        labels=labels,
        reference=reference or None,
        layer=rows[0]["layer"],
        units=int(rows[0]["units"]),
        seeds=tuple(int(row["seed"]) for row in rows),
        values={c: tuple(parse_number(row[c], path, c) for row in rows) for c in columns},
        published=published,
    )
