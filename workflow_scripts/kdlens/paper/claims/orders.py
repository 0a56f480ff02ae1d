"""What a claim compares: groups of networks, at places of a table, from least to greatest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from kdlens.paper.claims.evidence import Evidence, Group, Missing

Tables = Mapping[str, Evidence]
Part = Mapping[str, Any]

TRENDS = {"rises_with": 1, "falls_with": -1}


@dataclass(frozen=True)
class Order:
    """Groups at one place, from least to greatest as claimed; of a trend, overall."""

    table: str
    column: str
    place: Mapping[str, str]
    groups: Sequence[Group]
    trend: bool = False


def table_of(part: Part, run: Tables) -> Evidence:
    """Return the table of a part.

    Raises:
        Missing: if the run does not have it.
    """
    if part["table"] not in run:
        raise Missing(f"this run has no {part['table']}")
    return run[part["table"]]


def places(part: Part, table: Evidence) -> list[dict[str, str]]:
    """Return the cells that pick the rows of a part: once, or for each value of a column.

    Raises:
        Missing: if no group that the part names has such a value.
    """
    where = dict(part.get("where", {}))
    if "each" not in part:
        return [where]
    names = [*part.get("order", ()), *part.get("above", ())]
    values = table.values_of(part["each"], names)
    if not values:
        raise Missing(f"{table.name} has none of {', '.join(names)}")
    return [{**where, part["each"]: value} for value in values]


def claimed_orders(part: Part, table: Evidence, where: Mapping[str, str]) -> Iterator[list[Group]]:
    """Yield the groups that are compared, each time from least to greatest as claimed.

    Raises:
        Missing: for a group, column or number that is not there.
    """
    column = part["column"]
    if "order" in part:
        groups = [table.group(name, column, where) for name in part["order"]]
        for pair in pairwise(groups):
            yield list(pair)
    elif "above" in part:
        low = [table.group(name, column, where) for name in part["above"]]
        names = {group.name for group in low}
        others = table.groups(column, where, part.get("having"))
        high = [group for group in others if group.name not in names]
        if not high:
            raise Missing(f"{table.name} has no other models than {', '.join(part['above'])}")
        if part.get("pooled"):
            low, high = [_pooled(low)], [_pooled(high)]
        for more in high:
            for less in low:
                yield [less, more]
    else:
        key, step = next((part[k], s) for k, s in TRENDS.items() if k in part)
        groups = sorted(table.groups(column, where, key), key=lambda group: group.facts[key])
        if len(groups) < 2:
            raise Missing(f"{table.name} has fewer than 2 models that differ in {key}")
        yield groups[::step]


def printed(parts: Sequence[Part], paper: Tables) -> list[Order]:
    """Return what the paper prints of the numbers that a claim compares.

    Raises:
        Missing: for numbers that it does not print.
    """
    found = []
    for part in parts:
        if part["table"] not in paper:
            raise Missing(f"the paper prints no numbers of {part['table']}")
        table, column = paper[part["table"]], part.get("published", part["column"])
        for where in places(part, table):
            for groups in claimed_orders({**part, "column": column}, table, where):
                trend = any(key in part for key in TRENDS)
                found.append(Order(part["table"], column, where, groups, trend))
    return found


def lacking(parts: Sequence[Part], run: Tables) -> str | None:
    """Return which table, model or number a run lacks for a claim; None if it has all."""
    try:
        for part in parts:
            table = table_of(part, run)
            for where in places(part, table):
                list(claimed_orders(part, table, where))
    except Missing as missing:
        return str(missing)
    return None


def _pooled(groups: Sequence[Group]) -> Group:
    names = [group.name for group in groups]
    values = tuple(value for group in groups for value in group.values)
    return Group(" and ".join(names), " and ".join(names), values, {})
