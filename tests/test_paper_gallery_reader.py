"""The gallery's page in a browser: keys, addresses, and every kind of reader."""

from __future__ import annotations

import pytest
from gallery_browser import (
    BEST,
    DETECTORS,
    NUMBERS,
    UNITS,
    WANTED,
    axe,
    browser_fixture,  # noqa: F401
    by_score,
    made_fixture,  # noqa: F401
    shown,
    until,
    visit_fixture,  # noqa: F401
)

# ---- keys, and the address ----------------------------------------------------------------------


def test_keys_are_enough(visit):
    page = visit()
    active = "document.activeElement"
    page.keyboard.press("Tab")
    assert page.evaluate(f"{active}.className") == "skip"
    assert page.locator(".skip").bounding_box()["x"] >= 0
    page.keyboard.press("Enter")
    assert page.evaluate(f"{active}.id") == "units"
    assert page.evaluate("location.hash") == ""
    page.keyboard.press("Tab")
    assert page.evaluate(f"{active}.id") == "q"
    page.keyboard.type("dotted")
    assert shown(page) == by_score((BEST == 5) | (WANTED[:, 5] >= 50))
    page.fill("#q", "")
    bar = page.locator('.bar[data-concept="4"]')
    page.locator("aside summary").focus()
    for _ in range(20):
        page.keyboard.press("Tab")
        if bar.evaluate(f"bar => bar === {active}"):
            break
    assert bar.evaluate("bar => getComputedStyle(bar).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    assert bar.get_attribute("aria-pressed") == "true"
    assert shown(page) == by_score((BEST == 4) & DETECTORS)
    page.keyboard.press("Space")
    assert shown(page) == by_score()
    page.locator("#q").focus()
    page.keyboard.press("Enter")  # sends no form
    assert len(shown(page)) == UNITS


def test_a_view_comes_back_with_its_address(visit):
    page = visit()
    page.fill("#q", "s & é=ü")
    page.fill("#q", "t")
    page.select_option("#sort", "unit")
    page.check("#detectors")
    page.click('.bar[data-concept="5"]')
    until(page, "location.hash.includes('concept=5')")
    view = shown(page)
    assert view == NUMBERS[(BEST == 5) & DETECTORS].tolist()
    page.reload()
    assert shown(page) == view
    assert page.input_value("#q") == "t" and page.input_value("#sort") == "unit"
    assert page.is_checked("#detectors") and not page.is_checked("#whole")
    assert page.get_attribute('.bar[data-concept="5"]', "aria-pressed") == "true"
    other = visit(page.evaluate("location.hash"))
    assert shown(other) == view
    page.evaluate("location.hash = 'q=17'")
    until(page, "document.querySelectorAll('#cards > li').length === 1")
    assert page.input_value("#sort") == "iou" and not page.is_checked("#detectors")
    page.fill("#q", "")
    until(page, "location.hash === ''")


def test_a_mistyped_address_is_no_harm(visit):
    page = visit("#sort=up&category=99&concept=x&whole=yes&toString=1&detectors=1")
    assert shown(page) == by_score(DETECTORS)
    assert not page.is_checked("#whole") and page.input_value("#sort") == "iou"


def test_a_change_far_below_leads_back_to_the_first_unit(visit):
    page = visit()
    page.evaluate("scrollTo(0, 8000)")
    until(page, "scrollY > 7000")
    page.select_option("#sort", "unit")
    first = page.locator("#cards > li").first.bounding_box()
    assert 0 < first["y"] < 400
    bar = page.locator("#controls").bounding_box()
    assert first["y"] >= bar["y"] + bar["height"] - 1


# ---- surroundings -------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [320, 390])
def test_a_phone_needs_no_sideways_scrolling(visit, made, width):
    for file in (made.page, made.folder / "gallery/index.html"):
        page = visit(file=file, width=width, height=844, wait=file == made.page, is_mobile=True)
        if file == made.page:
            assert not page.is_visible(".bar")
            page.click("summary")
            page.click('.bar[data-concept="4"]')
            assert page.is_visible("#concept")
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_without_javascript_the_units_are_still_there(visit):
    page = visit(java_script_enabled=False, wait=False)
    assert page.is_visible(".notice") and "Without JavaScript" in page.inner_text(".notice")
    assert page.locator("#cards > li").count() == UNITS
    assert page.locator("#cards > li").first.is_visible()
    assert not page.is_visible("#controls") and not page.is_visible(".pictures")


def test_with_javascript_nothing_is_said_to_be_missing(visit):
    assert not visit().locator(".notice").is_visible()


def test_reduced_motion(visit):
    duration = "getComputedStyle(document.querySelector('canvas')).transitionDuration"
    assert visit(reduced_motion="reduce").evaluate(duration) == "0s"
    assert visit(reduced_motion="no-preference").evaluate(duration) != "0s"


def test_dark_and_light(visit):
    background = "getComputedStyle(document.body).backgroundColor"
    dark, light = (visit(color_scheme=s).evaluate(background) for s in ("dark", "light"))
    assert max(map(int, dark[4:-1].split(","))) < 60 < 200 < min(map(int, light[4:-1].split(",")))


@pytest.mark.parametrize(
    ("hash", "settings"),
    [
        ("", {}),
        ("", {"color_scheme": "dark"}),
        ("#concept=4&detectors=1&sort=category", {}),
        ("#concept=4&detectors=1", {"color_scheme": "dark"}),
        ("#q=nothing", {"wait": False}),
        ("", {"width": 390, "is_mobile": True, "color_scheme": "dark"}),
        ("index", {"wait": False}),
        ("index", {"wait": False, "color_scheme": "dark"}),
        ("index", {"wait": False, "width": 390, "is_mobile": True}),
    ],
)
def test_axe_finds_nothing(visit, made, hash, settings):
    if hash == "index":
        page = visit(file=made.folder / "gallery/index.html", **settings)
    else:
        page = visit(hash, **settings)
    results = axe.Axe().run(page)
    assert len(results.response["passes"]) > 10
    assert results.violations_count == 0, results.generate_report()


def test_links_lead_from_index_to_page_and_back(visit, made):
    page = visit(file=made.folder / "gallery/index.html", wait=False)
    page.get_by_role("link", name="Taught <b>").click()
    page.wait_for_selector(".pictures canvas")
    assert page.title() == "Taught <b>, seed 1, layer4: units"
    page.get_by_role("link", name="All networks of the run").click()
    assert page.inner_text("h1") == "Gallery of units"
