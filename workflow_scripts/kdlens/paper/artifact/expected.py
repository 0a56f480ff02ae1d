"""What shipped results say of a claim: its verdict, and the means behind it with tolerances.

The tolerances are those of ``make compare`` for a run on another processor (`shipped.spread`): what
the spread of the seeds lets a mean differ by. A mean without a spread (one seed) has none and is
not judged.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

from kdlens.files import read_json
from kdlens.paper.claims.ledger import NOT_RUN
from kdlens.paper.formats import escape_markdown
from kdlens.paper.shipped.comparison import allowed

_MOST = 3
"""So many rows of means are shown for a column; of more, how many comparisons lie as claimed."""
_SHUFFLED = ", shuffled labels"

_Mean = tuple[str, float, float | None]
"""A group's name, its mean, and the mean's tolerance."""


def findings(shipped: Path) -> dict[str, Mapping[str, Any]]:
    """Return what the ledger of shipped results says to each claim that was run, by the claim's id.

    Args:
        shipped: ``results/reference/<run>``; without a ledger there, nothing is returned.

    Raises:
        InputError: for a ledger that is damaged.
    """
    ledger = shipped / "claims.json"
    if not ledger.exists():
        return {}
    return {
        claim["id"]: claim for claim in read_json(ledger)["claims"] if claim["verdict"] != NOT_RUN
    }


def describe(finding: Mapping[str, Any], shipped: Path) -> str:
    """Return a claim's verdict and its means, as Markdown.

    Args:
        finding: as :func:`findings` returns it.
        shipped: the folder of the shipped results.

    Raises:
        InputError: for a shipped table that is damaged.
    """
    told = [
        {
            **test,
            "tolerances": [
                _tolerance(shipped, test["table"], test["column"], group, _frozen(test["place"]))
                for group in test["groups"]
            ],
        }
        for test in finding["tests"]
    ]
    return f"**{finding['verdict']}**: {comparisons(told)}"


def comparisons(tests: Iterable[Mapping[str, Any]]) -> str:
    """Return comparisons in one line, column by column.

    Args:
        tests: each with ``table``, ``column``, ``place``, ``groups`` and their ``means``, from
            least to greatest as claimed; perhaps their ``tolerances``.
    """
    columns: dict[tuple[str, str], list[Mapping[str, Any]]] = {}
    for test in tests:
        columns.setdefault((test["table"], test["column"]), []).append(test)
    several = len({table for table, _ in columns}) > 1
    lines = []
    for (table, column), own in columns.items():
        name = f"{table}, {column}" if several else column
        lines.append(f"{escape_markdown(name.replace('_', ' '))} {_column(own)}")
    return "; ".join(lines)


def _column(tests: Sequence[Mapping[str, Any]]) -> str:
    chains: list[tuple[Mapping[str, str], list[_Mean]]] = []
    for test in tests:
        tolerances = test.get("tolerances") or [None] * len(test["groups"])
        groups = list(zip(test["groups"], test["means"], tolerances, strict=True))
        # A comparison that goes on where the last one ended is shown as one with it.
        if chains and chains[-1][0] == test["place"] and chains[-1][1][-1] == groups[0]:
            chains[-1][1].extend(groups[1:])
        else:
            chains.append((test["place"], groups))
    if len(chains) > _MOST:
        lying = sum(all(a < b for a, b in pairwise(test["means"])) for test in tests)
        return f"as claimed in {lying} of {len(tests)} comparisons"
    return ", ".join(_place(place) + _chain(groups) for place, groups in chains)


def _place(place: Mapping[str, str]) -> str:
    return "".join(f"{escape_markdown(str(value))}: " for value in place.values())


def _chain(groups: Sequence[_Mean]) -> str:
    text = _group(*groups[0])
    for (_, before, _), after in pairwise(groups):
        sign = "&lt;" if before < after[1] else "&gt;" if before > after[1] else "="
        text += f" {sign} {_group(*after)}"
    return text


def _group(name: str, mean: float, tolerance: float | None) -> str:
    allowed_for = "" if tolerance is None else f" ± {tolerance:.2g}"
    return f"{escape_markdown(name.replace('_', ' '))} ({mean:.4g}{allowed_for})"


def _frozen(place: Mapping[str, str]) -> tuple[tuple[str, str], ...]:
    return tuple(sorted(place.items()))


@cache
def _rows(shipped: Path, table: str) -> list[tuple[Mapping[str, str], dict[str, float | None]]]:
    files = sorted(shipped.glob(f"*/{table}.csv"))
    return allowed(shipped, files[0].relative_to(shipped).as_posix()) if files else []


def _tolerance(
    shipped: Path, table: str, column: str, group: str, place: tuple[tuple[str, str], ...]
) -> float | None:
    labels = "shuffled" if group.endswith(_SHUFFLED) else "true"
    for row, tolerances in _rows(shipped, table):
        same = (row["model"], row.get("labels") or "true") == (
            group.removesuffix(_SHUFFLED),
            labels,
        )
        if same and all(row.get(key) == value for key, value in place):
            return tolerances.get(column)
    return None
