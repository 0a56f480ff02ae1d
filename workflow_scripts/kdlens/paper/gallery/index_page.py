"""The index of a run's gallery: a row for each page."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from urllib.parse import quote

from kdlens.dissection.detectors import Detectors
from kdlens.paper.categories import in_order
from kdlens.paper.gallery.colours import colour_rules
from kdlens.paper.gallery.document import document, escape, part
from kdlens.paper.gallery.strip import strip


@dataclasses.dataclass(frozen=True)
class Entry:
    """One page: whose it is, and what was counted."""

    label: str
    model: str
    seed: int
    layer: str
    detectors: Detectors


def index_page(entries: Sequence[Entry], *, title: str, reading: str) -> str:
    """Return the index as HTML; all entries have the same categories.

    Args:
        title: what the run is called.
        reading: how detectors were counted, in a sentence or two.
    """
    categories = in_order(entries[0].detectors.by_category) if entries else []
    legend = "".join(
        f'<li class="k{index}">{escape(name)}</li>' for index, name in enumerate(categories)
    )
    return document(
        "index.html",
        style=part("base.css") + part("index.css") + colour_rules(categories),
        title=f"Gallery: {escape(title)}",
        run=escape(title),
        reading=escape(reading),
        legend=f'<ul class="legend" role="list">{legend}<li>no concept</li></ul>',
        rows="\n".join(_row(entry, categories) for entry in entries),
    )


def page_of(entry: Entry) -> str:
    """Return the address of a page, relative to the index."""
    return quote(f"{entry.model}/seed{entry.seed}/{entry.layer}.html")


def _row(entry: Entry, categories: Sequence[str]) -> str:
    found = entry.detectors
    which = f'<span class="unseen">, seed {entry.seed}, {escape(entry.layer)}</span>'
    link = f'<a href="{page_of(entry)}">{escape(entry.label)}{which}</a>'
    texts = {"seed": str(entry.seed), "layer": escape(entry.layer)}
    numbers = {
        "units": found.units,
        "detectors": found.units_any,
        "one category": found.exactly_one,
        "concepts": found.distinct_labels,
    }
    # The names stand before the cells where there is no room for columns.
    cells = "".join(f'<td data-name="{name}">{text}</td>' for name, text in texts.items())
    cells += "".join(f'<td class="n" data-name="{name}">{n}</td>' for name, n in numbers.items())
    return f'<tr><th scope="row">{link}</th>{cells}<td>{strip(categories, found)}</td></tr>'
