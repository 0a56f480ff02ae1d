"""The report's captions, filled in and rendered as Snakemake's report does."""

from __future__ import annotations

import re

import jinja2
from docutils.core import publish_parts
from docutils.writers import get_writer_class
from project import ROOT


class Job:
    """What a caption sees of its rule."""

    def __init__(self, params, **items):
        self.params = params
        self.input = items


def as_text(name, params, **items):
    """Fill in a caption, which is rst and, as far as captions go, Markdown."""
    environment = jinja2.Environment(
        trim_blocks=True, lstrip_blocks=True, undefined=jinja2.StrictUndefined
    )
    text = (ROOT / "rules/captions" / f"{name}.rst").read_text("utf-8")
    return environment.from_string(text).render(snakemake=Job(params, **items))


def render(name, params, **items):
    """Render a caption as Snakemake's report does; a warning of docutils is an error."""
    rst = as_text(name, params, **items)
    html = publish_parts(
        rst,
        writer=get_writer_class("html")(),
        settings_overrides={"halt_level": 2, "report_level": 2},
    )["body"]
    assert html.count("<li>") == len(re.findall(r"^- ", rst, re.MULTILINE)), "a list is no list"
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", "", html))
