"""A whole page from its template, closed against everything outside.

Text from data goes through :func:`escape`, data for the program through :func:`data_block`. The
content security policy names the checksums of the page's own style and program: nothing else runs
or is loaded, not even if a name in the data were to smuggle markup in.
"""

from __future__ import annotations

import base64
import hashlib
import html
import json
from pathlib import Path
from string import Template
from typing import Any

_FOLDER = Path(__file__).parent


def escape(text: object) -> str:
    """Return text that is safe inside an element and inside a quoted attribute."""
    return html.escape(str(text), quote=True)


def part(name: str, folder: Path = _FOLDER) -> str:
    """Read a template, a style or a program that lies beside this module, or in ``folder``."""
    return (folder / name).read_text("utf-8")


def data_block(identifier: str, value: Any) -> str:
    """Return ``value`` as an inert block of JSON; no text in it can end the block."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"))
    return f'<script type="application/json" id="{identifier}">{_inert(text)}</script>\n'


def _inert(json_text: str) -> str:
    # In JSON a < stands inside a text only, where it may be written in this way.
    return json_text.replace("<", "\\u003c")


def document(
    template: str,
    *,
    title: str,
    style: str,
    program: str = "",
    images: bool = False,
    beside: bool = False,
    folder: Path = _FOLDER,
    **content: str,
) -> str:
    """Return a page whose body is a filled template.

    Args:
        template: file name of the template.
        title: of the page, HTML as ``content``.
        style, program: CSS and JavaScript.
        images: whether images that lie inside of the page are allowed.
        beside: whether those that lie beside it are too, on disk or on its own server.
        folder: in which the template lies.
        content: HTML for the template's further places, escaped by the caller.

    Raises:
        KeyError: for a place of the template that ``content`` does not have.
    """
    rules = ["default-src 'none'", f"style-src {_checksum(style)}"]
    if program:
        rules.append(f"script-src {_checksum(program)}")
    if images or beside:
        rules.append("img-src data:" + (" 'self' file:" if beside else ""))
    rules += ["base-uri 'none'", "form-action 'none'"]
    body = Template(part(template, folder)).substitute(content, title=title, program=program)
    return Template(part("document.html")).substitute(
        policy="; ".join(rules), title=title, style=style, body=body
    )


def _checksum(text: str) -> str:
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
