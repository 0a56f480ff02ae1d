"""Table 1: how many units of a layer detect concepts, for each model of a run.

From one tallies file and one metrics file a network, :func:`build_table` makes a :class:`Table`,
and :func:`write_csv` / :func:`read_csv` carry it to the figures and the comparison without loss.

**A group** is one model against one kind of labels, over its seeds. Its key is the model's name,
or ``<model>_shuffled`` when it was counted against shuffled labels (the second null).

**Columns.** The categories (:data:`CATEGORIES` first, then any others of the concept data set)
hold the units whose best category it is; ``total`` their sum; ``unique``, ``pairs`` and
``distinct`` the other ways to count, as `kdlens.dissection.detectors` defines them. Which count
stands under the paper's words "unique" and "total" is decided there (``TABLE1_COLUMNS``), not
here. ``top1`` is the accuracy in percent.

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

Errors: :class:`~kdlens.errors.InputError` for files that do not belong to the run they are listed
for, missing keys, a method without a style, a published row that does not exist.
"""

from __future__ import annotations

import csv
import io
import math
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from pathlib import Path
from typing import Any

from kdlens.dissection.detectors import TABLE1_COLUMNS, Detectors
from kdlens.dissection.tallies import Tallies
from kdlens.errors import InputError, suggest
from kdlens.files import read_json, write_text
from kdlens.paper.style import look_of

CATEGORIES = ("object", "scene", "part", "material", "texture", "color")
"""The paper's category columns, in its order."""

COUNTS = ("unique", "total", "pairs", "distinct")

PUBLISHED_COLUMNS = (*CATEGORIES, "unique", "total", "top1")

PUBLISHED_UNITS = 512
"""Size of the published layer: the paper's Table 1 is layer4 of ResNet-18 at its full width."""

PUBLISHED_SEEDS = 3
"""The paper's numbers are means of three networks."""

_IDENTITY = ("model", "label", "method", "labels", "reference")


@dataclass(frozen=True)
class Settings:
    """What the counts of a table hang on; the same for all its rows."""

    layer: str
    quantile: float
    iou_threshold: float
    denominator: str
    training: str
    concepts: str


@dataclass(frozen=True)
class Group:
    """One model against one kind of labels; ``values[column][i]`` belongs to ``seeds[i]``."""

    model: str
    label: str
    method: str
    labels: str
    reference: str | None
    units: int
    seeds: tuple[int, ...]
    values: Mapping[str, tuple[float | None, ...]]
    published: Mapping[str, float | None] | None

    @property
    def key(self) -> str:
        return group_key(self.model, self.labels)

    @property
    def style(self) -> str:
        """The name that the group's colour is found by."""
        return "shuffled" if self.labels == "shuffled" else self.method

    @property
    def is_null(self) -> bool:
        return self.style in ("shuffled", "random_init")

    def mean(self, column: str) -> float | None:
        """Return the mean over the seeds; None unless every seed was measured."""
        values = self.values[column]
        return None if None in values else statistics.fmean(values)

    def sd(self, column: str) -> float | None:
        """Return the sample standard deviation over the seeds; None with fewer than two."""
        values = self.values[column]
        return None if None in values or len(values) < 2 else statistics.stdev(values)


@dataclass(frozen=True)
class Table:
    """Table 1 of a run, groups in the order of the config."""

    settings: Settings
    categories: tuple[str, ...]
    groups: tuple[Group, ...]

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that hold measured numbers."""
        return (*self.categories, *COUNTS, "top1")

    def group(self, key: str) -> Group:
        """Return the group called ``key``.

        Raises:
            InputError: if there is none.
        """
        for group in self.groups:
            if group.key == key:
                return group
        known = suggest(key, [group.key for group in self.groups])
        raise InputError(f"table01: no row for model '{key}'; {known}")


def group_key(model: str, labels: str) -> str:
    """Return a group's name, ``scratch`` or ``scratch_shuffled``."""
    return f"{model}_shuffled" if labels == "shuffled" else model


def build_table(
    runs: Sequence[Mapping[str, Any]],
    tallies: Sequence[str | Path],
    metrics: Sequence[str | Path],
    reference: str | Path,
    settings: Settings,
) -> Table:
    """Count the detectors of every network and put them side by side with the paper's.

    Args:
        runs: one entry a network, ``{"model", "seed", "label", "method", "reference", "labels"}``.
        tallies, metrics: the networks' files, in the order of ``runs``.
        reference: the published numbers (see :func:`read_reference`).
    """
    if not runs or not len(runs) == len(tallies) == len(metrics):
        raise InputError(
            f"table01: {len(runs)} runs, {len(tallies)} tallies and {len(metrics)} metrics files; "
            "give one of each for every network, and at least one network"
        )
    published = read_reference(reference)
    grouped: dict[str, list[_Network]] = {}
    for run, tallies_path, metrics_path in zip(runs, tallies, metrics, strict=True):
        network = _measure(run, tallies_path, metrics_path, settings)
        grouped.setdefault(group_key(run["model"], run["labels"]), []).append(network)
    extra = {name: None for networks in grouped.values() for n in networks for name in n.categories}
    categories = (*CATEGORIES, *(name for name in extra if name not in CATEGORIES))
    return Table(
        settings=settings,
        categories=categories,
        groups=tuple(_group(networks, categories, published) for networks in grouped.values()),
    )


@dataclass(frozen=True)
class _Network:
    run: Mapping[str, Any]
    units: int
    categories: Mapping[str, int]
    counts: Mapping[str, float | None]


def _measure(
    run: Mapping[str, Any], tallies_path: str | Path, metrics_path: str | Path, settings: Settings
) -> _Network:
    tallies = Tallies.load(tallies_path)
    _check_belongs(
        tallies_path,
        tallies.meta,
        {
            "layer": settings.layer,
            "labels": run["labels"],
            "model": run["model"],
            "seed": run["seed"],
        },
    )
    detectors: Detectors = tallies.detectors(
        iou_threshold=settings.iou_threshold,
        quantile=settings.quantile,
        denominator=settings.denominator,
    )
    metrics = read_json(metrics_path)
    if not isinstance(metrics, dict):
        raise InputError(f"{metrics_path}: not a table of metrics; train the model again")
    _check_belongs(metrics_path, metrics, {"model": run["model"], "seed": run["seed"]})
    if "top1" not in metrics:
        raise InputError(f"{metrics_path}: key 'top1' is missing; train the model again")
    return _Network(
        run=run,
        units=detectors.units,
        categories=detectors.by_category,
        counts={
            **{column: getattr(detectors, TABLE1_COLUMNS[column]) for column in ("unique", "total")},
            "pairs": detectors.pairs,
            "distinct": detectors.distinct_labels,
            "top1": metrics["top1"],
        },
    )


def _check_belongs(
    path: str | Path, found: Mapping[str, Any], expected: Mapping[str, Any]
) -> None:
    for key, value in expected.items():
        if key not in found:
            raise InputError(f"{path}: key '{key}' is missing; make the file again")
        if found[key] != value:
            raise InputError(
                f"{path}: {key} is {found[key]!r}, expected {value!r}; the file belongs to another "
                "network. Delete it and run the workflow again."
            )


def _group(
    networks: Sequence[_Network],
    categories: Sequence[str],
    published: Mapping[str, Mapping[str, float | None]],
) -> Group:
    networks = sorted(networks, key=lambda network: network.run["seed"])
    first = networks[0]
    key = group_key(first.run["model"], first.run["labels"])
    for network in networks[1:]:
        for name in _IDENTITY:
            if network.run[name] != first.run[name]:
                raise InputError(
                    f"table01: the seeds of '{key}' disagree on {name}: {first.run[name]!r} and "
                    f"{network.run[name]!r}"
                )
        if network.units != first.units:
            raise InputError(
                f"table01: the seeds of '{key}' have layers of {first.units} and {network.units} "
                "units; the same model must have the same layer with every seed"
            )
    seeds = tuple(network.run["seed"] for network in networks)
    if len(set(seeds)) < len(seeds):
        raise InputError(f"table01: '{key}' lists a seed twice: {seeds}")
    values: dict[str, tuple[float | None, ...]] = {
        name: tuple(network.categories.get(name) for network in networks) for name in categories
    }
    for name in (*COUNTS, "top1"):
        values[name] = tuple(network.counts[name] for network in networks)
    reference = first.run["reference"]
    if reference is not None and reference not in published:
        raise InputError(
            f"model '{first.run['model']}': no published row '{reference}'; "
            f"{suggest(reference, published)}"
        )
    return _checked(
        Group(
            **{name: first.run[name] for name in _IDENTITY},
            units=first.units,
            seeds=seeds,
            values=values,
            published=None if reference is None else published[reference],
        )
    )


def _checked(group: Group) -> Group:
    look_of(group.style)
    if group.labels not in ("true", "shuffled"):
        raise InputError(
            f"model '{group.model}': labels are '{group.labels}', expected 'true' or 'shuffled'"
        )
    return group


def read_reference(path: str | Path) -> dict[str, dict[str, float | None]]:
    """Read the published Table 1: a ``model`` column, then :data:`PUBLISHED_COLUMNS`.

    Returns:
        For each published row, its numbers by column; an empty cell is None.
    """
    rows = _read_rows(path, ("model", *PUBLISHED_COLUMNS))
    return {
        row["model"]: {name: _number(row[name], path, name) for name in PUBLISHED_COLUMNS}
        for row in rows
    }


# -- the file -------------------------------------------------------------------------------------


def write_csv(path: str | Path, table: Table) -> None:
    """Write ``table01.csv`` (see the module's head for its rows and columns)."""
    header = [
        "row",
        *_IDENTITY,
        "seed",
        "seeds",
        "units",
        *table.columns,
        *(field.name for field in fields(Settings)),
    ]
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, header, lineterminator="\n", restval="")
    writer.writeheader()
    for group in table.groups:
        for row in _rows(group, table):
            writer.writerow({key: _cell(value) for key, value in row.items()})
    write_text(path, buffer.getvalue())


def _rows(group: Group, table: Table) -> list[dict[str, Any]]:
    identity = {name: getattr(group, name) for name in _IDENTITY}
    settings = asdict(table.settings)
    many = {"seeds": len(group.seeds), "units": group.units}
    rows: list[dict[str, Any]] = [
        {"row": "seed", "seed": seed, "seeds": 1, "units": group.units}
        | {name: group.values[name][i] for name in table.columns}
        for i, seed in enumerate(group.seeds)
    ]
    rows.append({"row": "mean"} | many | {name: group.mean(name) for name in table.columns})
    rows.append({"row": "sd"} | many | {name: group.sd(name) for name in table.columns})
    if group.published is not None:
        rows.append(
            {"row": "published", "seeds": PUBLISHED_SEEDS, "units": PUBLISHED_UNITS}
            | dict(group.published)
        )
    return [
        {"row": row.pop("row")}
        | identity
        | row
        | (settings if row_name != "published" else {"layer": "layer4", "training": "ImageNet"})
        for row in rows
        for row_name in [row["row"]]
    ]


def _cell(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else repr(value)
    return str(value)


def read_csv(path: str | Path) -> Table:
    """Read ``table01.csv`` back; the summaries are computed again from its seeds.

    Raises:
        InputError: if the file is missing, has no seeds, or lacks a column.
    """
    setting_names = [field.name for field in fields(Settings)]
    needed = ("row", *_IDENTITY, "seed", "units", *CATEGORIES, *COUNTS, "top1", *setting_names)
    rows = _read_rows(path, needed)
    seeds = [row for row in rows if row["row"] == "seed"]
    if not seeds:
        raise InputError(f"{path}: holds no network; delete it and run the workflow again")
    header = list(rows[0])
    categories = tuple(header[header.index("units") + 1 : header.index(COUNTS[0])])
    columns = (*categories, *COUNTS, "top1")
    try:
        settings = Settings(
            **{
                name: float(seeds[0][name]) if name in _NUMERIC_SETTINGS else seeds[0][name]
                for name in setting_names
            }
        )
        by_key: dict[str, list[dict[str, str]]] = {}
        for row in seeds:
            by_key.setdefault(group_key(row["model"], row["labels"]), []).append(row)
        published = {
            group_key(row["model"], row["labels"]): {
                name: _number(row[name], path, name) for name in PUBLISHED_COLUMNS
            }
            for row in rows
            if row["row"] == "published"
        }
        groups = tuple(
            _checked(
                Group(
                    **{name: members[0][name] for name in _IDENTITY[:-1]},
                    reference=members[0]["reference"] or None,
                    units=int(members[0]["units"]),
                    seeds=tuple(int(row["seed"]) for row in members),
                    values={
                        name: tuple(_number(row[name], path, name) for row in members)
                        for name in columns
                    },
                    published=published.get(key),
                )
            )
            for key, members in by_key.items()
        )
    except ValueError as error:
        raise InputError(
            f"{path}: {error}; delete the file and run the workflow again"
        ) from error
    return Table(settings, categories, groups)


_NUMERIC_SETTINGS = ("quantile", "iou_threshold")


def _read_rows(path: str | Path, needed: Sequence[str]) -> list[dict[str, str]]:
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
    for line, row in enumerate(rows, start=2):
        if None in row or None in row.values():
            raise InputError(f"{path}: line {line} has not as many cells as the header")
    return rows


def _number(text: str, path: str | Path, column: str) -> float | None:
    if not text.strip():
        return None
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise InputError(f"{path}: column '{column}' holds '{text}', expected a number or nothing")
    return value
