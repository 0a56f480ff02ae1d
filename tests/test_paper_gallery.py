"""The gallery's pages: what they show is what was measured."""

from __future__ import annotations

import csv
import io
import logging
import re

import numpy as np
import pytest
from gallery_data import DATASET, LABELS, MASK, scores
from gallery_page import Page, made_fixture, page_fixture, region_of, text_fixture  # noqa: F401

from kdlens.dissection.unit_table import unit_table
from kdlens.paper import categories
from kdlens.paper.gallery import regions
from kdlens.paper.gallery.layer_page import percent

# ---- regions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (7, 11), (112, 112)])
def test_regions_come_back_whole(shape):
    generator = np.random.default_rng(0)
    cases = [np.zeros(shape, bool), np.ones(shape, bool)]
    cases += [generator.random(shape) < share for share in (0.02, 0.3, 0.5, 0.9)]
    for region in cases:
        assert np.array_equal(region_of(regions.encode(region), shape), region)


def test_a_region_by_hand():
    # Outside 2, inside 1, outside 3, inside 2, outside 1.
    region = np.array([[0, 0, 1], [0, 0, 0], [1, 1, 0]], bool)
    # Steps 2, 1, 3 - 2, 2 - 1, 1 - 3 as VLQ: 4, 2, 2, 2, 5.
    assert regions.encode(region) == "ECCCF"
    # A first run of no length, and a step of two letters: 0, then 40 = 80 = 16 + 2 * 32.
    assert regions.encode(np.ones((4, 10), bool)) == "AwC"


def test_a_blob_takes_a_few_letters_a_row():
    y, x = np.mgrid[:112, :112]
    region = np.hypot(y - 50, x - 60) < 35
    assert len(regions.encode(region)) < 3 * 70


def test_regions_in_the_page_are_those_of_the_tallies(made, page):
    data = page.data()
    assert data["mask"] == list(MASK)
    assert len(data["units"]) == made.tallies.units
    for unit in range(made.tallies.units):
        expected = made.top.regions(unit, made.tallies.thresholds[0, unit], MASK)
        shown = data["units"][str(unit + 1)]
        assert [data["images"][index][0] - 1 for index, _, _ in shown] == made.top.images[
            unit
        ].tolist()
        for (_, code, share), region in zip(shown, expected, strict=True):
            assert np.array_equal(region_of(code, MASK), region)
            assert share == percent(region.mean())


@pytest.mark.parametrize(
    ("share", "said"),
    [(0, "0"), (0.001, "less than 1"), (0.014, "1"), (0.5, "50"), (0.999, "99"), (1, "100")],
)
def test_percent(share, said):
    assert percent(share) == said


# ---- what is shown ------------------------------------------------------------------------------


def test_units_are_those_of_the_dissections_table(made, page):
    settings = {"quantile": None, "denominator": "image", "iou_threshold": 0.05}
    rows = list(csv.DictReader(io.StringIO(unit_table(made.tallies, **settings))))
    cards = page.cards()
    assert len(cards) == len(rows) == made.tallies.units
    names = categories.in_order(made.tallies.category_names.tolist())
    for (attributes, text), row in zip(cards, rows, strict=True):
        assert attributes["data-unit"] == row["unit"]
        assert attributes["data-score"] == row["score"]
        assert names[int(attributes["data-category"])] == row["category"]
        detector = row["detector"] == "True"
        assert ("data-detector" in attributes) == detector
        assert ("below the threshold" in text) != detector
        assert (row["label"] or "no concept") in text
        others = [
            row[f"{name}-label"]
            for name in names
            if name != row["category"] and float(row[f"{name}-iou"]) >= 0.05
        ]
        assert all(other in text for other in others)
        assert (" also " in text) == bool(others)


def test_bars_add_up_to_the_counts(made, page):
    found = made.tallies.detectors(0.05)
    bars = {a["data-name"]: text for a, text in page.all("button", class_="bar")}
    wanted = scores(made.tallies.units)
    best = np.where(wanted.max(1) >= 50, wanted.argmax(1), 0)
    counts = {LABELS[label]: int((best == label).sum()) for label in LABELS}
    assert {
        name: int(re.search(r"(\d+) units?$", text)[1]) for name, text in bars.items()
    } == counts
    assert sum(counts.values()) == found.units_any
    headings = [text for _, text in page.all("h3")][: len(found.by_category)]
    # Table 1's order, not the dataset's.
    assert [re.match("[a-z]+", text)[0] for text in headings] == [
        "object",
        "part",
        "texture",
        "color",
    ]
    totals = {re.match("[a-z]+", h)[0]: int(re.search(r"(\d+) unit", h)[1]) for h in headings}
    assert totals == found.by_category


def test_the_head_says_what_was_measured(made, page, text):
    found = made.tallies.detectors(0.05)
    facts = "".join(t for _, t in page.all("dl"))
    for said in (
        f"units{found.units}",
        f"detect a concept{found.units_any}",
        f"exactly one category{found.exactly_one}",
        f"distinct concepts{found.distinct_labels}",
        f"concept dataset{DATASET}",
        "quantile0.005",
        "IoU threshold0.05",
        "denominatorimage",
    ):
        assert said in facts
    ((_, heading),) = page.all("h1")
    assert heading == "Taught <b> kd · seed 1 · layer4"
    assert "from 0.05 on, the unit detects" in text


def test_settings_change_what_is_shown(made, page):
    strict = Page(made.main(iou_threshold=0.27, images=3))
    found = made.tallies.detectors(0.27)
    assert 0 < found.units_any < made.tallies.detectors(0.05).units_any
    assert sum("data-detector" in a for a, _ in strict.cards()) == found.units_any
    assert {len(pictures) for pictures in strict.data()["units"].values()} == {3}
    assert len(strict.photographs()) <= len(page.photographs())


def test_more_images_than_kept_are_said(made, caplog):
    with caplog.at_level(logging.WARNING):
        shown = Page(made.main(images=9))
    assert "9 images a unit are asked for, and the dissection kept 8" in caplog.text
    assert {len(pictures) for pictures in shown.data()["units"].values()} == {8}
