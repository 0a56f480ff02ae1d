"""Table 14: how many classes each category has, beside the published numbers.

The csv file has the columns ``category, classes, counts, published``; an empty cell is a category
that the paper does not have. Categories stand in falling order of their size, then by name.

Errors: :class:`~kdlens.errors.InputError` for a published table that is damaged.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kdlens.data.categories import Categories
from kdlens.errors import InputError
from kdlens.files import write_text
from kdlens.paper.formats import MISSING, escape_markdown
from kdlens.paper.page import write_page
from kdlens.paper.reference import parse_number, read_rows
from kdlens.paper.table_parts import Line, latex_text, markdown_text


@dataclass(frozen=True)
class Category:
    """A line of the table; ``published`` is None where the paper has no such category."""

    label: str
    classes: int
    counts: bool
    published: int | None
    is_null: bool = False


def read_sizes(path: str | Path) -> dict[str, int]:
    """Read the published table."""
    rows = read_rows(path, ("category", "classes"))
    sizes = {}
    for row in rows:
        size = parse_number(row["classes"], path, "classes")
        if size is None:
            raise InputError(f"{path}: category '{row['category']}' has no number of classes")
        sizes[row["category"]] = int(size)
    return sizes


def count(found: Categories, published: Mapping[str, int] | None) -> list[Category]:
    """Return the categories; ``published`` is None if they are others than the paper's."""
    counts = dict(zip(found.categories, found.counts, strict=True))
    sizes = sorted(found.sizes.items(), key=lambda item: (-item[1], item[0]))
    printed = published or {}
    lines = [Category(n, k, counts[n], printed.get(n)) for n, k in sizes]
    missing = [name for name in printed if name not in counts]
    return lines + [Category(name, 0, True, printed[name]) for name in sorted(missing)]


def write(
    lines: Sequence[Category],
    dataset: str,
    *,
    csv: str | Path,
    md: str | Path,
    html: str | Path,
    tex: str | Path,
) -> None:
    """Write the table four times."""
    compared = any(line.published is not None for line in lines)
    header = ["Category", "Classes", *(["Published"] if compared else [])]
    shown = [Line(line, _cells(line, compared), None) for line in lines]
    how_to_read = _notes(lines, dataset, compared)
    title = "Table 14: classes by category"
    markdown = markdown_text(title, header, shown, how_to_read)
    write_csv(csv, lines)
    write_page(markdown, md, html)
    caption = f"Classes of {dataset} by category."
    write_text(tex, latex_text(caption, "table14", header, shown, published=""))


def write_csv(path: str | Path, lines: Sequence[Category]) -> None:
    """Write a row a category."""
    handle = io.StringIO()
    writer = csv.writer(handle, lineterminator="\n")
    writer.writerow(["category", "classes", "counts", "published"])
    for line in lines:
        counts = "yes" if line.counts else "no"
        writer.writerow([line.label, line.classes, counts, line.published])
    write_text(path, handle.getvalue())


def _cells(line: Category, compared: bool) -> list[str]:
    published = MISSING if line.published is None else str(line.published)
    return [str(line.classes), *([published] if compared else [])]


def _notes(lines: Sequence[Category], dataset: str, compared: bool) -> list[str]:
    used = [line for line in lines if line.counts and line.classes]
    dropped = [line.label for line in lines if not line.counts]
    alone = [line.label for line in used if line.classes == 1]
    notes = [
        f"The {sum(line.classes for line in lines)} classes of **{escape_markdown(dataset)}** "
        f"by category; {sum(line.classes for line in used)} classes of {len(used)} categories "
        "count for the entropy within a category."
    ]
    if dropped:
        notes.append(f"Does not count, since nothing alike is grouped: {_names(dropped)}.")
    if alone:
        notes.append(
            f"Of one class, and so with an entropy of zero by definition: {_names(alone)}."
        )
    if compared:
        other = [line for line in lines if line.published != line.classes]
        notes.append(
            f"{len(other)} sizes differ from those of Han et al. 2023, Table 14, for the whole "
            "ImageNet."
            if other
            else f"All {len(lines)} sizes are those of Han et al. 2023, Table 14."
        )
    return notes


def _names(names: Sequence[str]) -> str:
    return escape_markdown(", ".join(names))
