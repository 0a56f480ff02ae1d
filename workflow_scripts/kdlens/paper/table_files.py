"""The files of a table: csv for programs, Markdown and HTML for readers, LaTeX for a paper."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from kdlens.files import write_text
from kdlens.paper.page import write_page
from kdlens.paper.table01 import Table
from kdlens.paper.table01_csv import write_csv


def write_table(
    tables: Sequence[Table],
    markdown: str,
    latex: str,
    *,
    csv: str | Path,
    md: str | Path,
    html: str | Path,
    tex: str | Path,
) -> None:
    """Write ``tables`` one after another as csv, and the two texts that show them."""
    write_csv(csv, *tables)
    write_page(markdown, md, html)
    write_text(tex, latex)
