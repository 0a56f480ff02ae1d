"""The gallery's index, its categories and colours, its config and its place in the report."""

from __future__ import annotations

import dataclasses
import re

import jinja2
import pytest
from config_data import PUBLISHED, SCHEMA, as_written
from gallery_data import DATASET
from gallery_page import POLICY, Page, made_fixture, text_fixture  # noqa: F401
from project import ROOT, SCRIPTS

import gallery_index
from kdlens.config import resolve
from kdlens.errors import InputError
from kdlens.paper import categories

# ---- the index ----------------------------------------------------------------------------------

INDEX = {"title": "A <run>", "dataset": DATASET, "quantile": 0.005, "iou_threshold": 0.05}


def test_the_index_links_every_page(made, text):
    entries = [
        {"label": "Taught <b>", "model": "kd", "seed": 1, "layer": "layer4"},
        {"label": "Taught <b>", "model": "kd", "seed": 2, "layer": "features.3 #?"},
    ]
    file = made.folder / "gallery/index.html"
    tallies = [made.inputs()["tallies"]] * 2
    gallery_index.main(tallies, file, entries=entries, denominator="image", **INDEX)
    shown = Page(file.read_text("utf-8"))
    links = [a["href"] for a, _ in shown.all("a")]
    assert links == ["kd/seed1/layer4.html", "kd/seed2/features.3%20%23%3F.html"]
    assert (file.parent / links[0]).samefile(made.page)
    found = made.tallies.detectors(0.05)
    for attribute, value in (
        ("units", found.units),
        ("detectors", found.units_any),
        ("one category", found.exactly_one),
        ("concepts", found.distinct_labels),
    ):
        assert [text for _, text in shown.all("td", **{"data-name": attribute})] == [str(value)] * 2
    ((policy, _),) = shown.all("meta", **{"http-equiv": POLICY})
    assert "script-src" not in policy["content"] and "default-src 'none'" in policy["content"]
    assert "A <run>" in "".join(text for _, text in shown.all("title"))
    first = file.read_bytes()
    gallery_index.main(tallies, file, entries=entries, denominator="image", **INDEX)
    assert file.read_bytes() == first


def test_the_index_wants_one_set_of_categories(made, tmp_path):
    names = made.tallies.category_names.copy()
    names[0] = "shade"
    dataclasses.replace(made.tallies, category_names=names).save(tmp_path / "other.npz")
    entry = {"label": "KD", "model": "kd", "seed": 1, "layer": "layer4"}
    with pytest.raises(InputError, match=r"other\.npz: other concept categories"):
        gallery_index.main(
            [made.inputs()["tallies"], tmp_path / "other.npz"],
            tmp_path / "index.html",
            entries=[entry, entry],
            denominator="image",
            **INDEX,
        )


# ---- categories, config, report -----------------------------------------------------------------


def contrast(one: str, other: str) -> float:
    """Contrast of two colours as WCAG 2 defines it."""

    def luminance(colour):
        channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
        linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    low, high = sorted((luminance(one), luminance(other)))
    return (high + 0.05) / (low + 0.05)


def test_every_category_has_a_colour_of_its_own():
    broden = ["color", "object", "part", "material", "scene", "texture"]
    names = [*broden, *(f"kind {k}" for k in range(12))]
    pairs = categories.colours_of(names)
    assert categories.colours_of(broden) == pairs[:6]
    base = (SCRIPTS / "kdlens/paper/gallery/base.css").read_text("utf-8")
    pages = re.findall(r"--page: (#\w{6})", base)
    assert len(pages) == 2
    for side, page in enumerate(pages):
        colours = [pair[side] for pair in pairs]
        assert len(set(colours)) == len(colours)
        assert min(contrast(colour, page) for colour in colours) >= 3


def test_categories_come_in_the_order_of_table_1():
    order = categories.in_order(["sound", "color", "part", "object", "smell"])
    assert order == ["object", "part", "color", "sound", "smell"]


def config(**gallery):
    return resolve({**as_written("smoke"), "paper": {"gallery": gallery}}, SCHEMA, PUBLISHED)


def test_config_keys():
    shown = config()
    assert shown["paper"]["gallery"] == {
        "enabled": True,
        "models": shown["paper"]["models"],
        "seeds": "first",
        "images": 8,
        "thumbnail": 112,
    }
    with pytest.raises(
        InputError, match=r"paper\.gallery\.models: 'kdd' is not.*did you mean 'kd'"
    ):
        config(models=["kdd"])
    with pytest.raises(InputError, match=r"paper\.gallery\.seeds.*write one of: first, all"):
        config(seeds="some")


@pytest.mark.parametrize(
    ("given", "linked"),
    [({}, True), ({"paper": {}}, True), ({"paper": {"gallery": {"enabled": False}}}, False)],
)
def test_the_report_links_the_gallery_if_there_is_one(given, linked):
    environment = jinja2.Environment(trim_blocks=True, lstrip_blocks=True)
    rst = (ROOT / "rules/captions/workflow.rst").read_text("utf-8")
    data = {"title": "", "training_data": {"name": ""}, "concept_data": {"name": ""}}
    job = type("Job", (), {"config": {**data, **given}})
    assert (
        "<gallery/index.html>`__" in environment.from_string(rst).render(snakemake=job)
    ) == linked
