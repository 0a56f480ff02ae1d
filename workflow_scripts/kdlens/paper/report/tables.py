"""A table's Markdown as HTML for the report, and its notes apart.

Every table of the workflow has a Markdown file: a title, the table (or several, each below a
heading of its own), and what is needed to read it below :data:`NOTES`. A table scrolls in a box of
its own, which the keyboard reaches.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from html import unescape

from kdlens.paper.gallery.document import escape
from kdlens.paper.page import MARKDOWN

NOTES = "## How to read it"
"""The heading below which the notes stand."""


@dataclass(frozen=True)
class Table:
    """A Markdown file taken apart: its title as plain text, its table and its notes as HTML."""

    title: str
    body: str
    notes: str


def read_table(markdown: str, level: int = 4) -> Table:
    """Return a table's parts.

    Args:
        level: of the headings inside of the body (4: ``<h4>``).
    """
    first, _, rest = markdown.partition("\n")
    title = to_text(first)
    body, _, notes = rest.partition(f"{NOTES}\n")
    return Table(title, to_html(body, level, title), to_html(notes, level, title))


def to_text(heading: str) -> str:
    """Return a heading's Markdown as plain text, for where HTML escapes it once more."""
    return unescape(re.sub(r"<[^>]+>", "", str(MARKDOWN.render(heading)))).strip()


def to_html(markdown: str, level: int = 4, name: str = "") -> str:
    """Return Markdown as HTML.

    Args:
        level: of its headings, whichever they have in the text.
        name: of its tables as plain text, for who cannot see them.
    """
    html = str(MARKDOWN.render(markdown))
    html = re.sub(r"<(/?)h[1-6]>", rf"<\1h{level}>", html)
    # The page's security policy allows no style inside of an element.
    html = re.sub(r' style="text-align:right"', ' class="n"', html)
    # A corner without words is no heading.
    html = html.replace("<th></th>", "<td></td>")
    html = html.replace("<th>", '<th scope="col">').replace("<th class", '<th scope="col" class')
    # A box that the keyboard reaches must have a name. Of several, the heading above is the better.
    box = '<div class="wide" tabindex="0" role="group" aria-label="{}"><table>'
    named = iter(_names(html, name))
    html = re.sub("<table>", lambda _: box.format(next(named)), html)
    return html.replace("</table>", "</table></div>")


def _names(html: str, name: str) -> list[str]:
    """Return what each table is called: the heading before it, else ``name``; each name once."""
    found: list[str] = []
    heading = escape(name)
    for match in re.finditer(r"<h\d>(.*?)</h\d>|<table>", html, re.DOTALL):
        if match.group(1) is not None:
            heading = re.sub(r"<[^>]+>", "", match.group(1)).replace('"', "&quot;")
        else:
            count = sum(each.startswith(heading) for each in found)
            found.append(f"{heading} ({count + 1})" if count else heading)
    return found
