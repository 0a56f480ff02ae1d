"""A run's tables against the shipped ones, value by value.

Compared are the csv files of tables and figures. How depends on where the run was made:

- **exactly**, every value, if machine, torch and threads are those of the shipped run: then the
  same config and code give the same numbers (``exact``);
- **by the spread of seeds** otherwise: the means over seeds, each with the tolerance of `spread`.
  A mean of counts may differ by one in any case, another number by a millionth of itself. Published
  numbers must be equal. What has no spread (one seed; a file without rows by seed, whose numbers
  follow from other files) is told and not judged.

Of means with a tolerance a few lie beyond it by chance; how many a run may have is for
`kdlens.paper.shipped.verdict` to say.

A row is found by the texts before its first number and by its settings (:data:`SETTINGS`); rows
that are alike, by their order.
"""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kdlens.paper.reference import read_rows
from kdlens.paper.shipped.spread import pool

SETTINGS = ("layer", "quantile", "iou_threshold", "units")
"""Columns that hold numbers or names and are settings, not results."""

_KINDS, _SEEDS = ("seed", "mean", "sd", "published"), ("seed", "seeds")
_JUDGED = ("mean", "published")
_NULLS = ("random_init", "shuffled")

Row = Mapping[str, str]
Key = tuple[str, ...]


GROSS = 3.0
"""A difference of more than this many tolerances is not put down to chance: with ten degrees of
freedom, one in millions is that large."""


@dataclass(frozen=True)
class Difference:
    """A cell that differs.

    Attributes:
        tolerance: what it may differ by, in the column's unit; None if there is none to judge by.
        by_spread: whether the tolerance comes from the spread of seeds.
    """

    where: str
    column: str
    shipped: str
    here: str
    tolerance: float | None = None
    by_spread: bool = False

    @property
    def change(self) -> float:
        """How far apart the numbers are; infinite if one of them is none."""
        try:
            change = abs(float(self.here) - float(self.shipped))
        except ValueError:
            return math.inf
        return math.inf if math.isnan(change) else change

    @property
    def beyond(self) -> bool:
        """Whether the numbers differ by more than the tolerance."""
        return self.tolerance is not None and self.change > self.tolerance

    @property
    def by_chance(self) -> bool:
        """Whether it lies beyond, and chance alone makes some do so; never what is no number."""
        if self.tolerance is None or not (self.beyond and self.by_spread):
            return False
        return self.change <= GROSS * self.tolerance


@dataclass(frozen=True)
class Compared:
    """What came of one file.

    Attributes:
        values: how many were compared.
        differences: those that differ.
        missing: rows of the shipped file that the other lacks; the file itself, if not there.
        by_spread: how many of the values have a tolerance from the spread of seeds.
    """

    file: str
    values: int
    differences: tuple[Difference, ...]
    missing: tuple[str, ...] = ()
    by_spread: int = 0


def tables_of(folder: str | Path) -> list[str]:
    """Return the csv files of a run's tables and figures, relative to its folder."""
    return [
        path.relative_to(folder).as_posix()
        for kind in ("tables", "figures")
        for path in sorted(Path(folder, kind).glob("*.csv"))
    ]


def compare(here: str | Path, shipped: str | Path, file: str, *, exact: bool) -> Compared:
    """Compare a csv file of two runs' folders.

    Raises:
        InputError: for a file that is no table.
    """
    if not Path(here, file).exists():
        return Compared(file, 0, (), ("the whole file",))
    old, new = read_rows(Path(shipped, file), ()), read_rows(Path(here, file), ())
    names, results = _columns(old)
    by_seed = _is_by_seed(old)
    theirs, ours = _keyed(old, names), _keyed(new, names)
    seeds = _Seeds((theirs, ours), results) if by_seed else None
    own = [row for row in old if row.get("row") != "published"]
    varying = [name for name in names if len({row[name] for row in own}) > 1]
    missing, differences, values, by_spread = [], [], 0, 0
    for key, row in theirs.items():
        if seeds and not exact and row["row"] not in _JUDGED:
            continue
        if key not in ours:
            missing.append(_where(row, varying))
            continue
        values += sum(row[name] != "" for name in results)
        for name in results:
            pair = (row[name], ours[key].get(name, ""))
            tolerance = seeds.tolerance(key, row, name) if seeds else None
            spread = tolerance is not None and row["row"] != "published" and not exact
            by_spread += spread
            if pair[0] != pair[1]:
                tolerance = 0.0 if exact else tolerance
                where = _where(row, varying)
                differences.append(Difference(where, name, *pair, tolerance, spread))
    return Compared(file, values, tuple(differences), tuple(missing), by_spread)


def allowed(shipped: str | Path, file: str) -> list[tuple[Row, dict[str, float | None]]]:
    """Return the means of a shipped csv file, each with its tolerances by column.

    They are those of :func:`compare` for a run made elsewhere that has as many seeds, and whose
    seeds spread alike; None where there is no spread to judge by.

    Raises:
        InputError: for a file that is no table.
    """
    rows = read_rows(Path(shipped, file), ())
    if not _is_by_seed(rows):
        return []
    names, results = _columns(rows)
    keyed = _keyed(rows, names)
    seeds = _Seeds((keyed, keyed), results)
    return [
        (row, {name: seeds.tolerance(key, row, name) for name in results})
        for key, row in keyed.items()
        if row["row"] == "mean"
    ]


def _is_by_seed(rows: Sequence[Row]) -> bool:
    return bool(rows) and {row.get("row") for row in rows} <= set(_KINDS)


def _columns(rows: Sequence[Row]) -> tuple[list[str], list[str]]:
    """Return the columns that a row is found by, and those of its results."""
    names = list(rows[0]) if rows else []
    fixed = (*SETTINGS, *_SEEDS)
    numbers = [n for n in names if n not in fixed and all(_is_number(r[n]) for r in rows)]
    # A column of empty cells says nothing of where the numbers begin.
    filled = [n for n in numbers if any(r[n] for r in rows)]
    first = names.index(filled[0]) if filled else len(names)
    found_by = [n for n in names if n in SETTINGS or (names.index(n) < first and n not in _SEEDS)]
    return found_by, [n for n in names if n not in (*found_by, *_SEEDS)]


def _is_number(text: str) -> bool:
    try:
        float(text or 0)
    except ValueError:
        return False
    return True


def _keyed(rows: Sequence[Row], names: Sequence[str]) -> dict[Key, Row]:
    """Return the rows by what they are of, their kind and seed, and their number among equals."""
    seen: Counter[Key] = Counter()
    keyed = {}
    for row in rows:
        of = tuple(row.get(name, "") for name in names if name != "row")
        key = (*of, row.get("row", ""), row.get("seed", ""))
        seen[key] += 1
        keyed[(*key, str(seen[key]))] = row
    return keyed


class _Seeds:
    """The rows by seed of two runs: what their spread allows the means to differ by."""

    def __init__(self, runs: Sequence[Mapping[Key, Row]], results: Sequence[str]) -> None:
        self._counts: list[Counter[Key]] = []
        groups: dict[Key, dict[Key, list[float]]] = defaultdict(lambda: defaultdict(list))
        for number, rows in enumerate(runs):
            seeds = {key: row for key, row in rows.items() if row["row"] == "seed"}
            self._counts.append(Counter(map(self._of, seeds)))
            for key, row in seeds.items():
                for name in results:
                    if row[name] and _is_number(row[name]):
                        members = groups[self._block(row, name)]
                        members[str(number), *self._of(key)].append(float(row[name]))
        self._spreads = {block: pool(members.values()) for block, members in groups.items()}
        self._whole = {
            block: all(value.is_integer() for values in members.values() for value in values)
            for block, members in groups.items()
        }

    def tolerance(self, key: Key, row: Row, column: str) -> float | None:
        """Return what a number of a row may differ by, None if that is not known."""
        if row["row"] == "published":
            return 0.0
        block, counts = self._block(row, column), [count[self._of(key)] for count in self._counts]
        spread = self._spreads.get(block)
        if spread is None or not all(counts) or not row[column]:
            return None
        least = 1.0 if self._whole[block] else 1e-6 * abs(float(row[column]))
        return max(spread.tolerance(*counts), least)

    @staticmethod
    def _of(key: Key) -> Key:
        """Return what a row is of, without its kind and seed."""
        return (*key[:-3], key[-1])

    @staticmethod
    def _block(row: Row, column: str) -> Key:
        """Return which numbers share a spread: those of a column, a setting, and nulls or not."""
        null = row.get("method") in _NULLS or row.get("labels") == "shuffled"
        return (column, *(row.get(name, "") for name in SETTINGS), str(null))


def _where(row: Row, varying: Sequence[str]) -> str:
    """Name a row by what tells it from the others."""
    skipped = {"row", "units"}
    if row.get("label"):
        skipped |= {"model", "method", "labels", "reference"}
    parts = [
        f"{name.replace('_', ' ')} {row[name]}" if _is_number(row[name]) else row[name]
        for name in varying
        if name not in skipped and row[name]
    ]
    if row.get("row") == "seed":
        parts.append(f"seed {row['seed']}")
    elif row.get("row") in ("sd", "published"):
        parts.append(row["row"])
    return ", ".join(parts) or "the only row"
