"""The table of figures and tables: the command that makes each alone, and what is shipped of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path

from kdlens.paper.artifact.runs import Run, first
from kdlens.paper.formats import MISSING, escape_markdown, markdown_table
from kdlens.paper.items import Item

_HEADER = ("In the paper", "What it shows", "Command, with the file to open", "Shipped", "Runs")


def table(items: Iterable[Item], runs: Sequence[Run], project: Path) -> str:
    """Return the table in Markdown, one row an item: the paper's first, then ours.

    Args:
        runs: the cheapest first.
        project: the folder of the project, in which shipped results are looked for.

    Raises:
        InputError: for an item that no run makes.
    """
    rows = []
    for item in items:
        title = [escape_markdown(item.paper or "ours"), escape_markdown(item.title)]
        if not item.made:
            reason = f"not made: {escape_markdown(item.not_made or '')}"
            rows.append([*title, reason, MISSING, MISSING])
            continue
        run = first(runs, item.configs)
        rows.append(
            [
                *title,
                f"`{run.command_of(item.files[0])}`",
                _shipped(item, runs, project),
                ", ".join(f"`{each.name}`" for each in runs if each.config in item.configs),
            ]
        )
    return markdown_table(_HEADER, rows, text=range(len(_HEADER)))


def _shipped(item: Item, runs: Sequence[Run], project: Path) -> str:
    """Return links to what is shipped of an item, by run: of a figure its picture."""
    links = []
    for run in runs:
        folder = Path(str(run.settings["results"])) / "reference" / run.name
        files = [folder / file for file in item.files]
        forms = [form for f in files for form in (f, f.with_suffix(".webp"), f.with_suffix(".md"))]
        there = next((form for form in forms if (project / form).is_file()), None)
        if there:
            links.append(f"[{run.name}]({there.as_posix()})")
    return ", ".join(links) or MISSING
