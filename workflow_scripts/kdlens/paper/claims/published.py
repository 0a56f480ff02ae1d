"""The published tables by the names that the run's tables have.

Errors: :class:`~kdlens.errors.InputError` for a file that is no such table.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from kdlens.paper.claims.evidence import Evidence
from kdlens.paper.reference import read_rows

# Of Table 14 the rows are categories.
_WITHOUT_MODELS = ("table14",)
_GRIDS = {"table06": "0.1", "table07": "0.5", "table08": "0.9"}


def published_tables(files: Iterable[str | Path]) -> dict[str, Evidence]:
    """Return the published tables of these files; of Tables 6 to 8, one file, each by its alpha."""
    tables = {}
    for path in map(Path, files):
        if path.stem in _WITHOUT_MODELS:
            continue
        if path.stem == "table04":
            tables[path.stem] = Evidence(path.stem, _by_dataset(path))
            continue
        whole = Evidence.of_paper(path)
        if path.stem == "table06_07_08":
            for name, alpha in _GRIDS.items():
                tables[name] = whole.part(name, {"alpha": alpha})
        else:
            tables[path.stem] = whole
    # Their rows are compared with scratch, which is printed in Table 1.
    for name in (*_GRIDS, "table09"):
        if name in tables and "table01" in tables:
            tables[name] = tables[name].with_rows_of(tables["table01"], "scratch")
    return tables


def _by_dataset(path: Path) -> list[dict[str, str]]:
    """Return the rows of Table 4, whose columns are datasets, as the run's table has them."""
    return [
        {"model": row["model"], "reference": row["model"], "method": ""}
        | {"dataset": name, "diffroar": score}
        for row in read_rows(path, ("model",))
        for name, score in row.items()
        if name != "model"
    ]
