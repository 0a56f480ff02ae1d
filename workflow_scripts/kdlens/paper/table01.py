"""Table 1: how many units of a layer detect concepts, for each model of a run.

This module is the table as data, and the csv file that carries it to the figures and to the
comparison without loss. `table01_count` makes it from tallies, `table01_render` shows it. Figures 9
and 10 and Table 10 are several such tables, of other settings or layers, one after another in a csv
file of the same form.

**A group** is one model against one kind of labels, over its seeds; counted against shuffled
labels, a model is a group of its own (the second null).

**Columns.** A category's column (:data:`~kdlens.paper.reference.CATEGORIES` first, then any
others of the concept dataset) holds the units whose best category it is; ``total`` is their sum;
``unique``, ``pairs`` and ``distinct`` are the other ways to count, as `kdlens.dissection.detectors`
defines them. Which count stands under the paper's words "unique" and "total" is decided there
(``TABLE1_COLUMNS``), not here. ``top1`` is the accuracy in percent; a table that was counted
without metrics does not have the column.

**table01.csv** has one row for each group and seed, and after them the group's summary:

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

Errors: :class:`~kdlens.errors.InputError` for a damaged file and for a model it does not have.
"""

from __future__ import annotations

import csv
import io
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from kdlens.errors import InputError, suggest
from kdlens.files import write_text
from kdlens.paper.reference import (
    CATEGORIES,
    PUBLISHED_COLUMNS,
    PUBLISHED_LAYER,
    PUBLISHED_SEEDS,
    PUBLISHED_SETTINGS,
    UNITS_OF_LAYER,
    parse_number,
    read_rows,
)

COUNTS = ("unique", "total", "pairs", "distinct")

IDENTITY = ("model", "label", "method", "labels", "reference")
"""What names a group and is the same for all its seeds."""


@dataclass(frozen=True)
class Settings:
    """What the counts of a table hang on; the same for all its groups.

    ``layer`` is the layer, or those of several architectures with commas between; each group has
    its own. ``training`` and ``concepts`` are names of datasets (without a training dataset in
    the run, ``training`` is None), ``denominator`` is "image" or "mask".
    """

    layer: str
    quantile: float
    iou_threshold: float
    denominator: str
    training: str | None
    concepts: str

    @property
    def described(self) -> str:
        """The settings as a sentence, to be kept inside a figure."""
        return (
            f"Units of {self.layer} with an IoU of at least {self.iou_threshold:g} (quantile "
            f"{self.quantile:g}, {self.denominator}-level denominator); networks {self.trained}, "
            f"concepts of {self.concepts}."
        )

    @property
    def trained(self) -> str:
        """Where the networks were trained, to follow upon "networks"."""
        return f"trained on {self.training}" if self.training else "trained elsewhere"


@dataclass(frozen=True)
class Group:
    """One model against one kind of labels; ``values[column][i]`` belongs to ``seeds[i]``."""

    model: str
    label: str
    method: str
    labels: str
    reference: str | None
    layer: str
    units: int
    seeds: tuple[int, ...]
    values: Mapping[str, tuple[float | None, ...]]
    published: Mapping[str, float | None] | None

    def __post_init__(self) -> None:
        if self.labels not in ("true", "shuffled"):
            raise InputError(
                f"model '{self.model}': labels are '{self.labels}', expected 'true' or 'shuffled'"
            )

    @property
    def style(self) -> str:
        """The name that the group's colour is found by."""
        return "shuffled" if self.labels == "shuffled" else self.method

    @property
    def is_null(self) -> bool:
        return self.style in ("shuffled", "random_init")

    def measured(self, column: str) -> tuple[float, ...] | None:
        """Return the values of all seeds; None unless every seed was measured."""
        values = tuple(value for value in self.values[column] if value is not None)
        return values if len(values) == len(self.values[column]) else None

    def mean(self, column: str) -> float | None:
        """Return the mean over the seeds; None unless every seed was measured."""
        values = self.measured(column)
        return None if values is None else statistics.fmean(values)

    def sd(self, column: str) -> float | None:
        """Return the sample standard deviation over the seeds; None with fewer than two."""
        values = self.measured(column)
        return None if values is None or len(values) < 2 else statistics.stdev(values)


@dataclass(frozen=True)
class Table:
    """Table 1 of a run, its groups in the order of the config."""

    settings: Settings
    categories: tuple[str, ...]
    groups: tuple[Group, ...]
    published_layer: str | None = PUBLISHED_LAYER
    """The paper's layer that the groups' published numbers are of, if it names one."""
    published_seeds: int | None = PUBLISHED_SEEDS
    """How many networks a published number is the mean of, if the paper says so."""

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that hold measured numbers."""
        measured = all("top1" in group.values for group in self.groups)
        return (*self.categories, *COUNTS, *(["top1"] if measured else []))

    @property
    def published_units(self) -> int | None:
        """Size of the paper's layer."""
        return UNITS_OF_LAYER[self.published_layer] if self.published_layer else None

    def group(self, model: str, labels: str = "true") -> Group:
        """Return a model's group.

        Raises:
            InputError: if there is none.
        """
        for group in self.groups:
            if (group.model, group.labels) == (model, labels):
                return group
        known = [group.model for group in self.groups if group.labels == labels]
        raise InputError(
            f"table01: no model '{model}' against {labels} labels; {suggest(model, known)}"
        )


def write_csv(path: str | Path, *tables: Table) -> None:
    """Write one table or several (see the module's head for the rows and columns)."""
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
