"""A Markdown text as a page of its own, for the report: the same words, easier on the eyes.

The page stands alone (its style is inside) and fits a phone, where a wide table scrolls.
"""

from __future__ import annotations

from pathlib import Path

from markdown_it import MarkdownIt

from kdlens.files import write_text

MARKDOWN = MarkdownIt("commonmark", {"html": False}).enable("table")
"""From Markdown to HTML; raw HTML in a text is shown, not run."""

_STYLE = """
body { font: 15px/1.5 system-ui, sans-serif; color: #1a1a1a; background: #fff;
       max-width: 80rem; margin: 1.5rem auto; padding: 0 .6rem; }
h1 { font-size: 1.4rem; } h2 { font-size: 1.1rem; margin-top: 2rem; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; font-size: .87em; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .25rem; border-bottom: 1px solid #ddd; white-space: nowrap; }
td:not([style*=right]) { white-space: normal; min-width: 6.5em; } td { vertical-align: top; }
th { vertical-align: bottom; } td:first-child, th:not([style*=right]) { text-align: left; }
td:first-child { min-width: 8em; }
pre { background: #f5f5f5; padding: .8rem; overflow-x: auto; }
thead th { border-bottom: 2px solid #1a1a1a; } td em { color: #555; }
"""


def to_page(markdown: str) -> str:
    """Return a whole HTML page for a Markdown text."""
    body = MARKDOWN.render(markdown)
    body = body.replace("<table>", '<div class="wide" tabindex="0"><table>')
    body = body.replace("</table>", "</table></div>")
    title = markdown.splitlines()[0].lstrip("# ") if markdown else ""
    title = title.replace("&", "&amp;").replace("<", "&lt;")
    return (
        '<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{title}</title>\n<style>{_STYLE}</style>\n</head>\n<body>\n{body}</body>\n</html>\n"
    )


def write_page(markdown: str, md: str | Path, html: str | Path) -> None:
    """Write a Markdown text as it is, and as a page."""
    write_text(md, markdown)
    write_text(html, to_page(markdown))
