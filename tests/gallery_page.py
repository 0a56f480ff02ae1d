"""A page of the gallery as a browser sees it: its elements and its data, and fixtures of one."""

from __future__ import annotations

import json
from html.parser import HTMLParser

import numpy as np
import pytest
from gallery_data import write_layer
from project import SCRIPTS

PARTS = "".join(
    (SCRIPTS / f"kdlens/paper/gallery/{name}").read_text("utf-8")
    for name in ("document.html", "layer.html", "layer_page.py", "strip.py")
)
VOID = {"meta", "input", "img", "br", "link"}
POLICY = "Content-Security-Policy"
DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def region_of(code, shape):
    """Return the region (sh, sw) bool that a code stands for, as the page's program reads it."""
    runs, value, shift = [], 0, 0
    for letter in code:
        digit = DIGITS.index(letter)
        value |= (digit & 31) << shift
        shift += 5
        if not digit & 32:
            step = -(value >> 1) if value & 1 else value >> 1
            runs.append(step + (runs[-2] if len(runs) > 1 else 0))
            value = shift = 0
    assert not shift and min(runs) >= 0
    return np.repeat(np.arange(len(runs)) % 2 == 1, runs).reshape(shape)


@pytest.fixture(scope="module", name="made")
def made_fixture(tmp_path_factory):
    return write_layer(tmp_path_factory.mktemp("layer"))


@pytest.fixture(scope="module", name="text")
def text_fixture(made):
    return made.main()


@pytest.fixture(scope="module", name="page")
def page_fixture(text):
    return Page(text)


class Page(HTMLParser):
    """The elements of a page as a browser sees them, with their attributes and text."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None], list[str]]] = []
        self._open: list[tuple[str, dict[str, str | None], list[str]]] = []
        self.feed(text)
        assert not self._open, "an element is not closed"

    def handle_starttag(self, tag, attributes):
        element = (tag, dict(attributes), [])
        self.elements.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_startendtag(self, tag, attributes):
        self.elements.append((tag, dict(attributes), []))

    def handle_endtag(self, tag):
        assert self._open[-1][0] == tag, f"</{tag}> closes {self._open[-1]}"
        self._open.pop()

    def handle_data(self, data):
        for _, _, texts in self._open:
            texts.append(data)

    def all(self, tag, **wanted):
        """Return (attributes, text) of the elements that have these attributes."""
        return [
            (attributes, "".join(texts))
            for name, attributes, texts in self.elements
            if name == tag and all(attributes.get(k.strip("_")) == v for k, v in wanted.items())
        ]

    def data(self):
        ((_, text),) = self.all("script", id="data")
        return json.loads(text)

    def photographs(self):
        blocks = self.all("script", type="text/plain")
        return [line for _, text in blocks for line in text.split("\n")]

    def cards(self):
        return [
            (a, text)
            for a, text in self.all("li")
            if (a.get("class") or "").split()[:1] == ["card"]
        ]
