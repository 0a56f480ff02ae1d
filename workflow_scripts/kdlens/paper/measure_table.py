"""Tables of measures: one line a model, one column a number, over the seeds.

The scripts of the measures stage write one JSON file a network::

    {"measure", "model", "seed", ..., "values": {"recall": 0.5, ...}}

:func:`read_lines` gathers them; the published numbers stand below a model's line where the paper
has it, and the nulls come last. The csv file has one row a network, and after the rows of a model
its mean, its sample standard deviation (divided by n - 1; empty with one seed) and the published
numbers: column ``row`` is seed, mean, sd or published. An empty cell is "not measured" or "not
defined", never zero.

Errors: :class:`~kdlens.errors.InputError` for a file of another measure or network, and for a value
that is missing.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kdlens.errors import InputError
from kdlens.files import read_json, write_text
from kdlens.paper.formats import MISSING, mean_and_sd, number
from kdlens.paper.inputs import check_belongs
from kdlens.paper.over_seeds import OverSeeds
from kdlens.paper.page import write_page
from kdlens.paper.reference import parse_number, read_rows
from kdlens.paper.table_parts import Line, latex_text, markdown_text

_NULLS = ("random_init", "shuffled", "null")
_PLACES = ("dataset", "layers")


@dataclass(frozen=True)
class Column:
    """A number of the table.

    Attributes:
        key: its name among the ``values``, and in the csv files.
        title: its heading, plain text.
        decimals: how many are shown.
        published: its column in the published table, if another than ``key``.
        factor: what values are multiplied by to be shown (100 for percent); the csv file has them
            as they are.
    """

    key: str
    title: str
    decimals: int = 3
    published: str | None = None
    factor: float = 1


@dataclass(frozen=True)
class ModelLine(OverSeeds):
    """A model's numbers; ``values[key][i]`` belongs to ``seeds[i]``.

    Attributes:
        reference: name of the published row, whether or not it has these numbers.
        place: what else the line is of, by name (dataset, layers); columns of the csv file.
    """

    model: str
    label: str
    method: str
    seeds: tuple[int, ...]
    values: Mapping[str, tuple[float | None, ...]]
    published: Mapping[str, float | None] | None = None
    reference: str | None = None
    place: Mapping[str, Any] = field(default_factory=dict)

    @property
    def is_null(self) -> bool:
        """Whether it shows what chance gives: random weights, shuffled labels, no network."""
        return self.method in _NULLS


def read_measure(
    path: str | Path, measure: str, run: Mapping[str, Any], **expected: Any
) -> dict[str, Any]:
    """Read a network's file of a measure; it must be of this measure, model and seed."""
    found = read_json(path)
    if not isinstance(found, dict):
        raise InputError(f"{path}: expected a mapping; delete the file and run the workflow again")
    belongs = {"measure": measure, "model": run["model"], "seed": run["seed"], **expected}
    check_belongs(path, found, belongs)
    return found


def read_lines(
    measure: str,
    runs: Sequence[Mapping[str, Any]],
    files: Sequence[str | Path],
    keys: Sequence[str],
    published: Mapping[str, Mapping[str, float | None]] | None = None,
    **expected: Any,
) -> list[ModelLine]:
    """Return a line for each model, in the order of ``runs``.

    Args:
        measure: its name in the files.
        runs: the networks: ``{"model", "seed", "label", "method", "reference" (the published row's
            name or None)}``, and ``dataset`` or ``layers`` where a table has several.
        files: the networks' JSON files, in the same order.
        keys: the values that are wanted; a file must have them all (None: not defined).
        published: the published rows by name.
        expected: what the files must say of themselves beside measure, model and seed.
    """
    if len(files) != len(runs):
        raise InputError(f"{measure}: {len(files)} files for {len(runs)} networks; give one each")
    lines: dict[str, list[tuple[Mapping[str, Any], Mapping[str, Any]]]] = {}
    for run, file in zip(runs, files, strict=True):
        values = read_measure(file, measure, run, **expected).get("values", {})
        missing = [key for key in keys if key not in values]
        if missing:
            raise InputError(
                f"{file}: value '{missing[0]}' is missing; delete the file and make it again"
            )
        lines.setdefault(run["model"], []).append((run, values))
    return [
        ModelLine(
            model=model,
            label=group[0][0]["label"],
            method=group[0][0]["method"],
            seeds=tuple(run["seed"] for run, _ in group),
            values={key: tuple(values[key] for _, values in group) for key in keys},
            published=(published or {}).get(group[0][0].get("reference", "")),
            reference=group[0][0].get("reference"),
            place={key: group[0][0][key] for key in _PLACES if key in group[0][0]},
        )
        for model, group in lines.items()
    ]


def read_published(
    path: str | Path, columns: Sequence[Column], row: str = "model"
) -> dict[str, dict[str, float | None]]:
    """Read a published table; rows by their name in column ``row``, numbers by the columns' keys.

    A column that the paper does not have is left open.
    """
    rows = read_rows(path, (row,))
    return {
        each[row]: {
            column.key: parse_number(each.get(column.published or column.key, ""), path, column.key)
            for column in columns
        }
        for each in rows
    }


def nulls_last(lines: Sequence[ModelLine]) -> list[ModelLine]:
    """Return the lines in their order, the nulls after the others."""
    return sorted(lines, key=lambda line: line.is_null)


def cells(line: ModelLine, columns: Sequence[Column]) -> Line:
    """Return a line as it is shown: the number of seeds, then mean and spread of each column."""
    measured, published = [str(len(line.seeds))], [MISSING]
    for column in columns:
        mean, sd = (
            None if value is None else column.factor * value
            for value in (line.mean(column.key), line.sd(column.key))
        )
        measured.append(mean_and_sd(mean, sd, column.decimals))
        printed = (line.published or {}).get(column.key)
        printed = None if printed is None else column.factor * printed
        published.append(number(printed, column.decimals))
    return Line(line, measured, published if line.published else None)


def write_measure_table(
    lines: Sequence[ModelLine],
    columns: Sequence[Column],
    *,
    title: str,
    caption: str,
    name: str,
    how_to_read: Sequence[str],
    published: str,
    extra: Sequence[str] = (),
    csv: str | Path,
    md: str | Path,
    html: str | Path,
    tex: str | Path,
) -> None:
    """Write a table four times.

    Args:
        title: Markdown heading, such as "Table 3: five-band scores".
        caption: of the LaTeX table, plain text.
        name: of the LaTeX label, such as table03.
        how_to_read: sentences in Markdown.
        published: as in :func:`~kdlens.paper.table_parts.latex_text`; "" if nothing is.
        extra: further values of the lines, for the csv file alone.
    """
    shown = [cells(line, columns) for line in nulls_last(lines)]
    header = ["Model", "Seeds", *(column.title for column in columns)]
    markdown = markdown_text(title, header, shown, how_to_read)
    write_csv(csv, lines, [*(column.key for column in columns), *extra])
    write_page(markdown, md, html)
    write_text(tex, latex_text(caption, name, header, shown, published))


def write_csv(path: str | Path, lines: Sequence[ModelLine], keys: Sequence[str]) -> None:
    """Write every network's numbers, and each model's mean, spread and published row."""
    handle = io.StringIO()
    writer = csv.writer(handle, lineterminator="\n")
    places = [key for key in _PLACES if any(key in line.place for line in lines)]
    named = ("model", "label", "method", "reference", *places)
    writer.writerow(["row", *named, "seed", "seeds", *keys])
    for line in lines:
        identity = [line.model, line.label, line.method, line.reference]
        identity += [line.place.get(key) for key in places]
        for i, seed in enumerate(line.seeds):
            writer.writerow(["seed", *identity, seed, "", *(line.values[key][i] for key in keys)])
        count = len(line.seeds)
        writer.writerow(["mean", *identity, "", count, *map(line.mean, keys)])
        writer.writerow(["sd", *identity, "", count, *map(line.sd, keys)])
        if line.published is not None:
            numbers = [line.published.get(key) for key in keys]
            writer.writerow(["published", *identity, "", "", *numbers])
    write_text(path, handle.getvalue())
