"""Chromium, and a visitor to the gallery's pages. Without a browser its tests are skipped.

In every test the page must stay silent on the console and ask for nothing but itself.
"""

from __future__ import annotations

import os
import shutil
import time

import numpy as np
import pytest
from gallery_data import DATASET, scores, write_layer

import gallery_index

sync_api = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright")

UNITS = 120
WANTED = scores(UNITS)
BEST = np.where(WANTED.max(1) > 0, WANTED.argmax(1), 0)
DETECTORS = WANTED.max(1) >= 50
NUMBERS = np.arange(1, UNITS + 1)


@pytest.fixture(scope="module", name="browser")
def browser_fixture():
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    program = next(filter(None, map(shutil.which, names)), None)
    if program is None:
        pytest.skip(f"no browser: none of {', '.join(names)} is installed")
    root = hasattr(os, "geteuid") and os.geteuid() == 0
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=program, args=["--no-sandbox"] if root else []
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module", name="made")
def made_fixture(tmp_path_factory):
    made = write_layer(tmp_path_factory.mktemp("layer"), units=UNITS, colour=True)
    made.main()
    entry = {"label": "Taught <b>", "model": "kd", "seed": 1, "layer": "layer4"}
    gallery_index.main(
        [made.inputs()["tallies"]],
        made.folder / "gallery/index.html",
        title="A run",
        dataset=DATASET,
        entries=[entry],
        quantile=0.005,
        iou_threshold=0.05,
        denominator="image",
    )
    return made


@pytest.fixture(name="visit")
def visit_fixture(browser, made):
    """Open a page in a window of its own; in the end nothing may have been said or asked for."""
    contexts, said, asked = [], [], []

    def visit(hash="", file=made.page, width=1280, height=900, wait=True, **settings):
        context = browser.new_context(viewport={"width": width, "height": height}, **settings)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(10_000)
        page.on("console", lambda message: said.append(message.text))
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("dialog", lambda dialog: said.append(dialog.message))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(f"{file.as_uri()}{hash}")
        if wait:
            page.wait_for_selector(".pictures canvas")
        return page

    yield visit
    for context in contexts:
        context.close()
    assert said == []
    gallery = (made.folder / "gallery").as_uri()
    assert asked, "the requests are not seen"
    assert [url for url in asked if not url.startswith((gallery, "data:"))] == []


def until(page, expression):
    """Wait for something to be true (the page's policy keeps playwright's own waiting out)."""
    deadline = time.monotonic() + 10
    while not page.evaluate(expression):
        assert time.monotonic() < deadline, expression
        page.wait_for_timeout(20)


def shown(page):
    """Return the numbers of the units on the page, in order."""
    return page.eval_on_selector_all("#cards > li", "cards => cards.map(c => +c.dataset.unit)")


def by_score(mask=None):
    chosen = NUMBERS if mask is None else NUMBERS[mask]
    return sorted(chosen.tolist(), key=lambda unit: (-WANTED[unit - 1].max(), unit))


def count(page):
    return page.inner_text("#count")
