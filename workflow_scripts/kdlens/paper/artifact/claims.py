"""The table of claims: command, where to look, the published numbers, what to expect."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.errors import InputError
from kdlens.paper.artifact import expected
from kdlens.paper.artifact.runs import Run
from kdlens.paper.claims.evidence import Evidence, Missing
from kdlens.paper.claims.orders import Tables, lacking, printed
from kdlens.paper.formats import MISSING, escape_markdown, markdown_table
from kdlens.plan import claims as plan

Claims = Mapping[str, Mapping[str, Any]]

_HEADER = ("Claim", "In the paper", "Command", "Where to look", "Published", "To expect")


def table(claims: Claims, runs: Sequence[Run], paper: Tables, shipped: Path) -> str:
    """Return the table in Markdown, one row a claim.

    Args:
        claims: by id, as ``config/claims.yaml`` has them.
        runs: the cheapest first.
        paper: the published tables.
        shipped: the folder of shipped results, by run.

    Raises:
        InputError: for a claim that no run tests.
    """
    able = {run.config: testable(run, claims) for run in runs}
    found = {run.name: expected.findings(shipped / run.name) for run in runs}
    rows = []
    for name, claim in claims.items():
        run = next((run for run in runs if name in able[run.config]), None)
        if run is None:
            raise InputError(f"claim {name}: no config has the tables and models that it needs")
        rows.append(
            [
                escape_markdown(claim["says"]),
                escape_markdown(claim["where"]),
                f"`{_command(run, claim)}`",
                "<br>".join(f"`{file}`" for file in _files(run, claim)),
                _published(claim, paper),
                _to_expect(name, found, shipped),
            ]
        )
    return markdown_table(_HEADER, rows, text=range(len(_HEADER)))


def testable(run: Run, claims: Claims) -> set[str]:
    """Return the ids of the claims for which a run will have all tables, models and columns."""
    columns: dict[str, set[str]] = {}
    for claim in claims.values():
        for part in claim["parts"]:
            columns.setdefault(part["table"], set()).add(part["column"])
    facts = plan.params(run.settings)["facts"]
    tables = {}
    for stem in map(_stem, plan.tables(run.settings, claims)):
        # Every number is there in the end; what it will be does not matter here.
        numbers = dict.fromkeys(columns[stem], "0")
        rows = [{**numbers, **_cells(row)} for row in plan.rows(run.settings, stem)]
        tables[stem] = Evidence(stem, rows, facts)
    return {name for name, claim in claims.items() if lacking(claim["parts"], tables) is None}


def _stem(file: str) -> str:
    return Path(file).stem


def _cells(row: Mapping[str, Any]) -> dict[str, str]:
    return {key: str(value) for key, value in row.items() if value is not None}


def _command(run: Run, claim: Mapping[str, Any]) -> str:
    """Return the whole run, or where that is days the claim's own tables."""
    if run.config != "paper":
        return run.command
    first, *others = _files(run, claim)
    command = run.command_of(first.removeprefix(f"{run.folder}/"))
    return command.replace(first, " ".join([first, *others]))


def _files(run: Run, claim: Mapping[str, Any]) -> list[str]:
    """Return the tables to look at: what people read, and of figures the numbers."""
    stems = dict.fromkeys(part["table"] for part in claim["parts"])
    made = {_stem(file): file for file in plan.tables(run.settings, {"it": claim})}
    files = [made[stem] for stem in stems]
    return [file.replace(".csv", ".md") if "/tables/" in file else file for file in files]


def _published(claim: Mapping[str, Any], paper: Tables) -> str:
    try:
        orders = printed(claim["parts"], paper)
    except Missing:
        return MISSING
    return expected.comparisons(
        {
            "table": order.table,
            "column": order.column,
            "place": order.place,
            "groups": [group.name for group in order.groups],
            "means": [group.mean for group in order.groups],
        }
        for order in orders
    )


def _to_expect(name: str, found: Mapping[str, Mapping[str, Any]], shipped: Path) -> str:
    """Return what each run with shipped results says; runs that say the same, together."""
    said: dict[str, list[str]] = {}
    for run, ledger in found.items():
        if name in ledger:
            said.setdefault(expected.describe(ledger[name], shipped / run), []).append(run)
    return "<br>".join(f"{' and '.join(names)}: {text}" for text, names in said.items()) or MISSING
