"""The report in a browser: its first screen, its width, its contrast, and what it asks for."""

from __future__ import annotations

import pytest
from gallery_browser import axe, browser_fixture  # noqa: F401
from PIL import Image
from report_data import KD, NULL, PAGE, SCRATCH, claim, rows, write_run

from kdlens.files import write_text
from kdlens.paper.report.answer import MAIN_CLAIM
from kdlens.paper.report.front_page import front_page

WIDTHS = {1280: 900, 390: 844}
OTHERS = ("supported", "contradicted", "not run")


@pytest.fixture(scope="module", name="file")
def file_fixture(tmp_path_factory):
    claims = [claim("inconclusive"), *(claim(verdict, verdict) for verdict in OTHERS)]
    claims[1]["reason"] = "a reason without end; " * 9
    assert claims[0]["id"] == MAIN_CLAIM
    run = write_run(tmp_path_factory.mktemp("run"), claims, rows(SCRATCH, KD, NULL))
    Image.new("RGB", (1400, 277), "teal").save(run / "figures/figure09.png")
    write_text(run / "report.html", front_page(run, **PAGE))
    return run / "report.html"


@pytest.fixture(name="visit")
def visit_fixture(browser, file):
    """Open the page; in the end nothing may have been said, or asked for but what lies beside."""
    contexts, said, asked = [], [], []

    def visit(width, scheme="light"):
        context = browser.new_context(
            viewport={"width": width, "height": WIDTHS[width]}, color_scheme=scheme
        )
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: said.append(message.text))
        page.on("request", lambda request: asked.append(request.url))
        page.goto(file.as_uri())
        return page

    yield visit
    for context in contexts:
        context.close()
    assert said == []
    folder = file.parent.as_uri()
    assert asked and [url for url in asked if not url.startswith((folder, "data:"))] == []


@pytest.mark.parametrize("width", WIDTHS)
def test_the_first_screen_holds_the_answer(visit, width):
    page = visit(width)
    for selector in ("h1", ".word", ".said", ".counts", "#table01 h3"):
        box = page.locator(selector).bounding_box()
        assert box["y"] >= 0 and box["y"] + box["height"] <= WIDTHS[width], selector
    assert page.inner_text(".word") == "Not decided"
    folded = page.locator("details.contents summary").is_visible()
    assert folded == (width < 1000) != page.locator("nav.side").is_visible()


@pytest.mark.parametrize("width", WIDTHS)
def test_the_page_is_never_wider_than_the_window(visit, width):
    page = visit(width)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    assert page.evaluate("document.documentElement.scrollWidth") == width
    # What is wide scrolls in its own box.
    scrolls = (
        "[...document.querySelectorAll('#table01 .wide')].some(b => b.scrollWidth > b.clientWidth)"
    )
    assert page.evaluate(scrolls) == (width == 390)


def test_pictures_beside_the_page_are_shown(visit):
    page = visit(1280)
    page.locator("#figure09 img").scroll_into_view_if_needed()
    page.wait_for_timeout(300)
    widths = page.eval_on_selector_all("img", "images => images.map(i => i.naturalWidth)")
    assert len(widths) == 3 and min(widths) > 0


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_everybody_can_read_it(visit, width, scheme):
    page = visit(width, scheme)
    page.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    found = axe.Axe().run(page).response["violations"]
    assert [(each["id"], [n["html"] for n in each["nodes"]][:3]) for each in found] == []
