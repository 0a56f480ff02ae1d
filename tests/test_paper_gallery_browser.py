"""The gallery's page in a browser: photographs and regions, sorting and filtering."""

from __future__ import annotations

import numpy as np
import pytest
from gallery_browser import (
    BEST,
    DETECTORS,
    NUMBERS,
    UNITS,
    WANTED,
    browser_fixture,  # noqa: F401
    by_score,
    count,
    made_fixture,  # noqa: F401
    shown,
    until,
    visit_fixture,  # noqa: F401
)
from gallery_data import DATASET, LABELS, MASK

# ---- regions and photographs --------------------------------------------------------------------


def test_the_regions_drawn_are_those_of_the_tallies(visit, made):
    page = visit()
    for unit in shown(page)[:2]:
        drawn = page.evaluate(
            """([unit, height, width]) => {
              const card = document.querySelector(`[data-unit="${unit}"]`);
              return [...card.querySelectorAll("canvas")].map((canvas) => {
                const all = [0, 0, canvas.width, canvas.height];
                const pixels = canvas.getContext("2d").getImageData(...all).data;
                const scale = canvas.width / width;
                return [...Array(height * width).keys()].map((i) => {
                  const x = Math.floor((i % width + 0.5) * scale);
                  const y = Math.floor((Math.floor(i / width) + 0.5) * scale);
                  return pixels[4 * (y * canvas.width + x) + 3] === 0;
                });
              });
            }""",
            [unit, *MASK],
        )
        expected = made.top.regions(unit - 1, made.tallies.thresholds[0, unit - 1], MASK)
        assert np.array_equal(np.array(drawn).reshape(expected.shape), expected)


def test_photographs_have_a_text_and_are_the_right_ones(visit, made):
    page = visit()
    until(page, "[...document.images].every(i => i.complete && i.naturalWidth === 80)")
    unit = shown(page)[0]
    images = page.locator(f'[data-unit="{unit}"] img')
    region = made.top.regions(unit - 1, made.tallies.thresholds[0, unit - 1], MASK)
    for place, number in enumerate(made.top.images[unit - 1].tolist()):
        share = round(100 * region[place].mean())
        assert images.nth(place).get_attribute("alt") in (
            f"image {number + 1} of {DATASET}, active region covers {share} %",
            f"image {number + 1} of {DATASET}, active region covers less than 1 %",
        )
        assert f"hand/{number:03}.jpg" in images.nth(place).get_attribute("title")
        red, _, blue = images.nth(place).evaluate(
            """image => {
              const canvas = document.createElement("canvas");
              const context = canvas.getContext("2d");
              context.drawImage(image, 0, 0);
              return [...context.getImageData(40, 40, 1, 1).data.slice(0, 3)];
            }"""
        )
        assert abs(red - 5 * number) < 12 and abs(blue - (255 - 5 * number)) < 12


def test_only_what_is_near_is_drawn(visit):
    page = visit()
    canvases = "#cards > li:last-child canvas"
    assert len(shown(page)) == UNITS
    assert page.locator(canvases).count() == 0
    assert 8 <= page.locator("canvas").count() < 8 * UNITS / 2
    page.locator("#cards > li:last-child").scroll_into_view_if_needed()
    until(page, f"document.querySelectorAll('{canvases}').length === 8")
    # What was left is given free.
    until(page, "!document.querySelector('#cards > li:first-child canvas')")
    page.evaluate("scrollTo(0, 0)")
    until(page, "document.querySelector('#cards > li:first-child canvas')")


def test_whole_photographs(visit):
    page = visit()
    opacity = "getComputedStyle(document.querySelector('canvas')).opacity"
    assert page.evaluate(opacity) == "1"
    page.check("#whole")
    until(page, f"{opacity} === '0'")


# ---- sorting and filtering ----------------------------------------------------------------------


def test_sorting(visit):
    page = visit()
    assert shown(page) == by_score()
    page.select_option("#sort", "unit")
    assert shown(page) == NUMBERS.tolist()
    page.select_option("#sort", "category")
    # Table 1's order: object (labels 1, 2), part (4), texture (5), color (3); then the others.
    objects, parts = BEST <= 2, BEST == 4
    expected = [
        unit
        for mask in (objects, parts, BEST == 5, BEST == 3)
        for unit in by_score(mask & DETECTORS)
    ]
    assert shown(page)[: len(expected)] == expected
    page.select_option("#sort", "iou")
    assert shown(page) == by_score()


def test_typing_finds_concepts_and_units(visit):
    page = visit()
    page.locator("#q").press_sequentially("SKY")
    named = (WANTED[:, 1] >= 50) | (BEST == 1)
    assert shown(page) == by_score(named)
    assert count(page) == f"{named.sum()} of {UNITS} units"
    page.fill("#q", "17")
    assert shown(page) == [17]
    page.fill("#q", "unit 120")
    assert shown(page) == [120]
    page.fill("#q", "<img src=x")
    assert shown(page) == by_score((WANTED[:, 2] >= 50) | (BEST == 2))
    page.fill("#q", "")
    assert count(page) == f"{UNITS} units"


def test_nothing_found_is_said(visit):
    page = visit()
    assert not page.is_visible("#empty")
    page.fill("#q", "no such thing")
    assert page.is_visible("#empty")
    assert count(page) == f"0 of {UNITS} units"
    assert page.get_attribute("#count", "aria-live") == "polite"
    page.click("#reset")
    assert not page.is_visible("#empty") and not page.is_visible("#reset")
    assert shown(page) == by_score()
    assert page.evaluate("document.activeElement.id") == "q"


def test_category_and_detectors_only(visit):
    page = visit()
    page.select_option("#category", label="object")
    assert shown(page) == by_score(np.isin(BEST, (1, 2)))
    page.check("#detectors")
    assert shown(page) == by_score(np.isin(BEST, (1, 2)) & DETECTORS)
    page.select_option("#category", "")
    assert shown(page) == by_score(DETECTORS)
    assert count(page) == f"{DETECTORS.sum()} of {UNITS} units"
    heading = page.get_by_role("button", name="texture")
    heading.first.click()
    assert heading.first.get_attribute("aria-pressed") == "true"
    assert page.locator("#category option:checked").inner_text() == "texture"
    assert shown(page) == by_score((BEST == 5) & DETECTORS)


@pytest.mark.parametrize("label", LABELS)
def test_a_bar_shows_its_units(visit, label):
    page = visit()
    bar = page.locator(f'[data-concept="{label}"].bar')
    bar.click()
    units = by_score((label == BEST) & DETECTORS)
    assert shown(page) == units
    assert f"{len(units)} units" in bar.text_content()
    assert page.inner_text("#concept-name") == LABELS[label]
    bar.click()
    assert shown(page) == by_score()
    bar.click()
    page.click("#concept")
    assert shown(page) == by_score() and not page.is_visible("#concept")
