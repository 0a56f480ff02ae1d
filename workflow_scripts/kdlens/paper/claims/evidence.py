"""The numbers that claims are about: by network from a run's tables, by mean from the paper's.

The csv files of a run's tables and figures have one row a network (``row`` is ``seed``), named by
``model, method, labels, reference`` and by whatever else tells the rows of one table apart (layer,
quantile, dataset, ...). A claim names a *group* of networks:

- ``shuffled`` are those that were dissected against shuffled labels;
- any other name is a published row's (column ``reference``), or else a method's.

In the paper's tables there are means alone, one row a model.

Errors: :class:`~kdlens.errors.InputError` for a file that is no such table or a cell that is no
number, and :class:`Missing` for what a claim needs and a table does not have.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kdlens.errors import InputError
from kdlens.paper.reference import parse_number, read_rows

_NEEDED = ("row", "model", "method", "seed")
SHUFFLED = "shuffled"
# By which names the paper's rows are the methods of a config, where they differ.
_METHODS = {"scratch": "cross_entropy"}


class Missing(Exception):
    """Numbers that a claim needs are not there; the message says which."""


@dataclass(frozen=True)
class Group:
    """The networks of one model, or one row of the paper: numbers by network (the paper: one).

    Attributes:
        name: the model's. asked: the name by which a claim asked for it.
    """

    name: str
    asked: str
    values: tuple[float, ...]
    facts: Mapping[str, Any]

    @property
    def mean(self) -> float:
        """Mean over the networks."""
        return sum(self.values) / len(self.values)


class Evidence:
    """One table, of a run or of the paper.

    Args:
        name: what it is called in messages.
        rows: cells by column, one row a network.
        facts: what the config says of each model (alpha, temperature, ...).
    """

    def __init__(
        self,
        name: str,
        rows: Sequence[Mapping[str, str]],
        facts: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        self.name, self._rows, self._facts = name, list(rows), facts or {}

    @classmethod
    def of_run(cls, path: str | Path, facts: Mapping[str, Mapping[str, Any]]) -> Evidence:
        """Read the csv file of a table of a run."""
        rows = [row for row in read_rows(path, _NEEDED) if row["row"] == "seed"]
        return cls(Path(path).stem, rows, facts)

    @classmethod
    def of_paper(cls, path: str | Path) -> Evidence:
        """Read a published table: rows are named by ``model``, or by their hyper-parameters."""
        rows = []
        for row in read_rows(path, ()):
            name = row.get("model") or _described(path, row)
            if "student_layers" in row:
                row = {**row, "layers": row["student_layers"]}
                name = f"{name} {row['layers']}"
            method = _METHODS.get(row.get("model", ""), row.get("model", ""))
            rows.append({**row, "model": name, "reference": name, "method": method})
        return cls(Path(path).stem, rows)

    def part(self, name: str, where: Mapping[str, str]) -> Evidence:
        """Return the rows of one place as a table of their own."""
        return Evidence(name, self._at(where), self._facts)

    def with_rows_of(self, other: Evidence, reference: str) -> Evidence:
        """Return this table with those rows of another that have a published row's name."""
        rows = [row for row in other._rows if row.get("reference") == reference]
        return Evidence(self.name, [*rows, *self._rows], self._facts)

    def values_of(self, column: str, names: Sequence[str]) -> list[str]:
        """Return the different cells that a column has at the groups ``names``, in their order."""
        rows = [row for row in self._rows if any(_is(row, name) for name in names)]
        return list(dict.fromkeys(row.get(column, "") for row in rows))

    def group(self, name: str, column: str, where: Mapping[str, str]) -> Group:
        """Return the numbers of one group.

        Raises:
            Missing: if it is not there, or there is more than one.
        """
        rows = [row for row in self._at(where) if _is(row, name)]
        named = [row for row in rows if row.get("reference") == name]
        rows = named or rows
        models = list(dict.fromkeys(row["model"] for row in rows))
        if len(models) > 1:
            raise Missing(
                f"{self.name} has several models that may be '{name}' ({', '.join(models)})"
            )
        if not models:
            raise Missing(f"{self.name} has no '{name}'{_place(where)}")
        return self._numbers(models[0], rows, column, name)

    def groups(self, column: str, where: Mapping[str, str], key: str | None = None) -> list[Group]:
        """Return all groups with true labels; with ``key``, those whose models have this fact."""
        found = []
        rows = [row for row in self._at(where) if row.get("labels", "true") == "true"]
        for model in dict.fromkeys(row["model"] for row in rows):
            own = [row for row in rows if row["model"] == model]
            group = self._numbers(model, own, column, model)
            if key is None or key in group.facts:
                found.append(group)
        return found

    def _at(self, where: Mapping[str, str]) -> list[Mapping[str, str]]:
        return [
            row
            for row in self._rows
            if all(_same(row.get(key, ""), value) for key, value in where.items())
        ]

    def _numbers(
        self, model: str, rows: Sequence[Mapping[str, str]], column: str, asked: str
    ) -> Group:
        if column not in rows[0]:
            raise Missing(f"{self.name} has no column '{column}'")
        parsed = [parse_number(row[column], self.name, column) for row in rows]
        numbers = [number for number in parsed if number is not None]
        if len(numbers) < len(parsed):
            raise Missing(f"{self.name} has no {column} of '{model}'")
        facts = {**_facts_of(rows[0]), **self._facts.get(model, {})}
        name = f"{model}, shuffled labels" if asked == SHUFFLED else model
        return Group(name, asked, tuple(numbers), facts)


def _is(row: Mapping[str, str], name: str) -> bool:
    labels = row.get("labels", "true")
    if name == SHUFFLED:
        return labels == SHUFFLED
    return labels != SHUFFLED and name in (row.get("reference"), row["method"])


def _same(cell: str, value: str) -> bool:
    try:
        return float(cell) == float(value)
    except ValueError:
        return cell == str(value)


def _place(where: Mapping[str, str]) -> str:
    return "".join(f", {key} {value}" for key, value in where.items())


def _described(path: str | Path, row: Mapping[str, str]) -> str:
    """Return a row's name from what it was taught with, as in the run's tables."""
    if "student" in row:
        return " of ".join(filter(None, (row["student"], row.get("teacher"))))
    alpha, temperature = (row.get(key) for key in ("alpha", "temperature"))
    if alpha is None:
        raise InputError(f"{path}: has neither a column model, student nor alpha")
    return f"alpha {float(alpha):g}" + (f", T {float(temperature):g}" if temperature else "")


def _facts_of(row: Mapping[str, str]) -> dict[str, float]:
    return {key: float(row[key]) for key in ("alpha", "temperature") if row.get(key)}
