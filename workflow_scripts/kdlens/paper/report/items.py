"""A table or figure on the page: what it shows, how to read it, its files, how to make it again."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path, PurePosixPath
from typing import Any
from urllib.parse import quote

from kdlens.errors import InputError
from kdlens.paper.gallery.document import escape
from kdlens.paper.report.pictures import picture
from kdlens.paper.report.tables import read_table, to_html

Item = Mapping[str, Any]


def item_html(item: Item, folder: Path, captions: Mapping[str, str], inside: bool = False) -> str:
    """Return an item as an ``<article>`` with the item's name as its id.

    Args:
        item: as :func:`kdlens.plan.front_page.params` describes it.
        folder: of the run.
        captions: of figures, in Markdown, by their stems; the first paragraph is the headline.
        inside: put its figures into the page however large they are.

    Raises:
        InputError: for a file that is missing or damaged.
    """
    parts = [_entry(files, folder, captions, inside) for files in item["entries"]]
    where = f'<p class="where">Section {escape(item["section"])}</p>' if item["section"] else ""
    return "\n".join(
        [
            f'<article id="{escape(item["name"])}">',
            f"{where}<h3>{heading(item)}</h3>",
            *parts,
            _commands(item),
            "</article>",
        ]
    )


def heading(item: Item) -> str:
    """Return what an item is called, as HTML."""
    title = escape(item["title"])
    return f"<b>{escape(item['paper'])}</b> {title}" if item["paper"] else title


def fold(summary: str, body: str, kind: str = "") -> str:
    """Return HTML that is folded away at first."""
    cls = f' class="{kind}"' if kind else ""
    return f"<details{cls}><summary>{summary}</summary>\n{body}</details>"


def code(lines: Sequence[str]) -> str:
    """Return commands as a block that scrolls by itself."""
    return f'<pre tabindex="0"><code>{escape(chr(10).join(lines))}</code></pre>\n'


def _entry(files: Sequence[str], folder: Path, captions: Mapping[str, str], inside: bool) -> str:
    path = PurePosixPath(files[0])
    links = _links(files, path.stem)
    if path.parts[0] == "tables":
        table = read_table(text_of(folder / path.with_suffix(".md")))
        notes = fold("How to read it", table.notes) if table.notes else ""
        return f"{table.body}{links}\n{notes}"
    lead, _, more = captions.get(path.stem, "").strip().partition("\n\n")
    image = picture(folder, str(path.with_suffix("")), inside)
    name = escape(path.stem)
    return (
        f'<figure><div class="wide" tabindex="0" role="group" aria-label="{name}">{image}</div>'
        f"<figcaption>{to_html(lead)}</figcaption></figure>{links}\n"
        + (fold("What it shows, and how it was measured", to_html(more)) if more else "")
    )


def text_of(path: Path) -> str:
    """Return a text file of the run.

    Raises:
        InputError: if it is missing.
    """
    try:
        return path.read_text("utf-8")
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; run the workflow again") from error


def _links(files: Sequence[str], stem: str) -> str:
    """Return links to the files, called by their endings."""
    unseen = f'<span class="unseen">{escape(stem)} as </span>'
    links = [
        f'<a href="{quote(file)}">{unseen}{PurePosixPath(file).suffix[1:]}</a>' for file in files
    ]
    return f'<p class="files">{" ".join(links)}</p>'


def _commands(item: Item) -> str:
    body = code([item["command"]])
    if item["shipped"]:
        body += "<p>From shipped results, where the repository has them, in seconds:</p>\n"
        body += code([item["shipped"]])
    return fold("Make it again", body, "make")
