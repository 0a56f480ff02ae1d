"""The parts of a document that are written by program.

Each stands between two HTML comments::

<!-- claims: written by make artifact -->
...
<!-- end of claims -->
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from kdlens.errors import InputError
from kdlens.paper.artifact import claims, items
from kdlens.paper.artifact.runs import read_runs
from kdlens.paper.claims.published import published_tables
from kdlens.paper.claims.read import read_claims
from kdlens.paper.items import read_items


def parts(project: Path) -> dict[str, str]:
    """Return the parts of ``ARTIFACT.md``, by name, from the lists, configs and shipped results.

    Raises:
        InputError: for a list, config or shipped file that is not as it must be.
    """
    schemas = project / "config/schemas"
    runs = read_runs(project)
    paper = published_tables(sorted((project / "config/reference/han2023").glob("table*.csv")))
    listed = read_claims(project / "config/claims.yaml", schemas / "claims.schema.yaml")["claims"]
    shown = read_items(project / "config/items.yaml", schemas / "items.schema.yaml")
    return {
        "claims": claims.table(listed, runs, paper, project / "results/reference"),
        "items": items.table(shown, runs, project),
    }


def with_parts(text: str, parts: Mapping[str, str]) -> str:
    """Return a document with its parts written anew.

    Raises:
        InputError: for a part whose comments are not in it, once each.
    """
    for name, content in parts.items():
        start, end = f"<!-- {name}: written by make artifact -->", f"<!-- end of {name} -->"
        if text.count(start) != 1 or text.count(end) != 1 or text.index(start) > text.index(end):
            raise InputError(f"the lines '{start}' and '{end}' must be in it once, in this order")
        before, _, rest = text.partition(start)
        text = f"{before}{start}\n\n{content}\n{end}{rest.partition(end)[2]}"
    return text
