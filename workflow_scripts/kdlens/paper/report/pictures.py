"""A figure in the report: a small one inside the page, a large one from the file beside it.

Drawings are SVG, whose letters are sharp at any size; a page that had every photograph inside would
be slow to open. The size on the page is that at which the figure is printed.
"""

from __future__ import annotations

import base64
import html
import re
from pathlib import Path
from urllib.parse import quote

from kdlens.errors import InputError
from kdlens.paper.gallery.document import escape

INSIDE = 200_000
"""Bytes of the largest SVG that stands inside the page."""

_HEAD = 4000
"""Bytes in which an SVG says its size, title and description."""

_KEYS, _SAID = ("width", "height"), ("title", "dc:description")
_POINT = 96 / 72
"""CSS pixels in a point, the unit of an SVG's size."""


def picture(folder: Path, stem: str, inside: bool = False) -> str:
    """Return an ``<img>``; for who cannot see it, the words that the SVG says of itself.

    Args:
        folder: of the run, in which the page lies.
        stem: the figure without its ending, relative to ``folder``: ``figures/figure02``.
        inside: put it into the page however large it is.

    Raises:
        InputError: if the SVG is missing or does not begin as the workflow's do.
    """
    path = folder / f"{stem}.svg"
    try:
        svg = path.read_bytes()
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; run the workflow again") from error
    head = svg[:_HEAD].decode("utf-8", "replace")
    width, height = _size(head, path)
    attributes = f'width="{width}" height="{height}" alt="{escape(_words(head))}"'
    if inside or len(svg) <= INSIDE:
        data = base64.b64encode(svg).decode("ascii")
        return f'<img {attributes} src="data:image/svg+xml;base64,{data}">'
    return f'<img {attributes} loading="lazy" src="{quote(f"{stem}.png")}">'


def _size(head: str, path: Path) -> tuple[int, int]:
    """Return a figure's width and height in CSS pixels."""
    tag = re.search(r"<svg [^>]*>", head)
    found = [re.search(rf'\b{key}="([\d.]+)pt"', tag[0]) for key in _KEYS] if tag else []
    points = [float(match[1]) for match in found if match]
    if len(points) != len(_KEYS):
        raise InputError(f"{path}: no SVG with a size; delete it and run the workflow again")
    width, height = (round(length * _POINT) for length in points)
    return width, height


def _words(head: str) -> str:
    """Return a figure's own title and description."""
    said = [re.search(rf"<{tag}>(.*?)</{tag}>", head, re.DOTALL) for tag in _SAID]
    return ". ".join(html.unescape(match[1].strip()).rstrip(".") for match in said if match)
