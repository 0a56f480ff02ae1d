"""The gallery's pages: what they show is what was measured, whole, safe, and the same each time."""

from __future__ import annotations

import base64
import csv
import dataclasses
import hashlib
import io
import json
import logging
import os
import re
import subprocess
import sys
from html.parser import HTMLParser

import jinja2
import numpy as np
import pytest
import yaml
from gallery_data import DATASET, LABELS, MASK, scores, write_layer
from paper_data import ROOT, SCRIPTS
from PIL import Image

import gallery_index
from kdlens.config import resolve
from kdlens.dissection.unit_table import unit_table
from kdlens.errors import InputError
from kdlens.paper.gallery import categories, regions, thumbnails
from kdlens.paper.gallery.layer_page import percent
from kdlens.schema import load_schema

PARTS = "".join(
    (SCRIPTS / f"kdlens/paper/gallery/{name}").read_text("utf-8")
    for name in ("layer.html", "layer_page.py", "strip.py")
)
VOID = {"meta", "input", "img", "br", "link"}


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


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return write_layer(tmp_path_factory.mktemp("layer"))


@pytest.fixture(scope="module")
def text(made):
    return made.main()


@pytest.fixture(scope="module")
def page(text):
    return Page(text)


# ---- regions ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (7, 11), (112, 112)])
def test_regions_come_back_whole(shape):
    generator = np.random.default_rng(0)
    cases = [np.zeros(shape, bool), np.ones(shape, bool)]
    cases += [generator.random(shape) < share for share in (0.02, 0.3, 0.5, 0.9)]
    for region in cases:
        assert np.array_equal(regions.decode(regions.encode(region), shape), region)


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


@pytest.mark.parametrize("code", ["E", "ECCC", "ECCCFC", "e", "?", "EF", "ECCCe"])
def test_a_code_of_something_else_is_refused(code):
    with pytest.raises(ValueError, match="region"):
        regions.decode(code, (3, 3))


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
            assert np.array_equal(regions.decode(code, MASK), region)
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


# ---- photographs --------------------------------------------------------------------------------


def test_every_photograph_is_there_once(made, page):
    data = page.data()
    photographs = page.photographs()
    used = sorted({int(image) for image in made.top.images.ravel()})
    assert [number - 1 for number, _ in data["images"]] == used
    assert [file for _, file in data["images"]] == [f"hand/{image:03}.jpg" for image in used]
    assert len(photographs) == len(used) > 1
    for index, image in enumerate(used):
        with Image.open(io.BytesIO(base64.b64decode(photographs[index]))) as thumbnail:
            assert thumbnail.format == "WEBP"
            assert thumbnail.size == (80, 80)  # no larger than the photograph itself
            shown = np.asarray(thumbnail.convert("L"), float).ravel()
        with Image.open(made.folder / f"data/images/hand/{image:03}.jpg") as photograph:
            real = np.asarray(photograph.convert("L").resize((80, 80)), float).ravel()
        assert np.corrcoef(shown, real)[0, 1] > 0.7


def test_thumbnails_have_the_size_asked_for_and_no_metadata(tmp_path):
    path = tmp_path / "a.jpg"
    exif = Image.Exif()
    exif[0x010E] = "where it was taken"
    Image.effect_noise((300, 200), 60).save(path, exif=exif, comment=b"a comment", dpi=(300, 300))
    (thumbnail,) = thumbnails.thumbnails([path], 112)
    content = base64.b64decode(thumbnail)
    assert Image.open(io.BytesIO(content)).size == (112, 112)
    assert b"EXIF" not in content and b"where" not in content and b"comment" not in content


def test_so_many_photographs_get_smaller(made, monkeypatch):
    monkeypatch.setattr(thumbnails, "PIXELS", 20 * 30 * 30)
    shown = Page(made.main())
    side = Image.open(io.BytesIO(base64.b64decode(shown.photographs()[0]))).size[0]
    assert 30 <= side < 80
    assert side * side * len(shown.photographs()) <= 20 * 30 * 30


# ---- safety -------------------------------------------------------------------------------------


def test_names_are_text_wherever_they_stand(page, text):
    tags = {tag for tag, _, _ in page.elements}
    # What the template and the cards are made of; a name that became markup would bring an img.
    assert tags <= set(re.findall(r"<(\w+)", PARTS))
    assert (
        "img" not in tags
        and len(page.all("script")) == len(page.all("script", type="text/plain")) + 2
    )
    assert not any(k.startswith("on") for _, attributes, _ in page.elements for k in attributes)
    assert not any("style" in attributes for _, attributes, _ in page.elements)
    names = {a["data-name"] for a, _ in page.all("button", class_="bar")}
    assert names == set(LABELS.values())
    assert names <= {text for _, text in page.all("b")}
    assert page.data()["dataset"] == DATASET
    assert "alert(2)</script>" not in text


def test_only_the_pages_own_program_and_style_may_run(page):
    ((policy, _),) = page.all("meta", http_equiv=None, charset=None, **{"http-equiv": POLICY})
    rules = dict(rule.split(" ", 1) for rule in policy["content"].split("; "))
    programs = [text for attributes, text in page.all("script") if "type" not in attributes]
    styles = [text for _, text in page.all("style")]
    assert rules == {
        "default-src": "'none'",
        "script-src": checksum(programs),
        "style-src": checksum(styles),
        "img-src": "data:",
        "base-uri": "'none'",
        "form-action": "'none'",
    }
    targets = [a[k] for _, a, _ in page.elements for k in ("src", "href") if k in a]
    assert targets == ["#units", "../../index.html"]


POLICY = "Content-Security-Policy"


def checksum(texts):
    (text,) = texts
    digest = hashlib.sha256(text.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def test_the_program_and_the_styles_cannot_end_early():
    folder = SCRIPTS / "kdlens/paper/gallery"
    for file in folder.iterdir():
        if file.suffix in (".js", ".css"):
            assert "</" not in file.read_text("utf-8")
            assert "http" not in file.read_text("utf-8")


def test_the_same_bytes_each_time(made, text):
    code = (
        "import sys; sys.path[:0] = ['tests', 'workflow_scripts']\n"
        "from pathlib import Path; from gallery_data import Made\n"
        "folder = Path(sys.argv[1]); Made(folder, None, None).main(page=folder / 'again.html')"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "7"}
    subprocess.run([sys.executable, "-c", code, made.folder], cwd=ROOT, env=environment, check=True)
    made.main()
    assert (made.folder / "again.html").read_bytes() == made.page.read_bytes() == text.encode()


def test_the_gallery_imports_without_torch():
    code = "import sys, gallery, gallery_index; assert not {'torch', 'pandas'} & set(sys.modules)"
    subprocess.run(
        [sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": str(SCRIPTS)}, check=True
    )


# ---- input that is not as it must be ------------------------------------------------------------


@pytest.fixture
def own(tmp_path):
    return write_layer(tmp_path, units=4, images=10, each=3)


def test_a_missing_photograph_is_named(own):
    (file,) = (own.folder / "data/images").rglob(f"{own.top.images[0, 0]:03}.jpg")
    file.unlink()
    with pytest.raises(
        InputError, match=rf"{file.name}: no such image file.*mend the concept data"
    ):
        own.main()
    assert not own.page.exists()


@pytest.mark.parametrize("damage", ["nothing", "text", "half"])
def test_a_broken_photograph_is_named(own, damage):
    (file,) = (own.folder / "data/images").rglob(f"{own.top.images[0, 0]:03}.jpg")
    content = file.read_bytes()
    file.write_bytes(
        {"nothing": b"", "text": b"hello", "half": content[: len(content) // 2]}[damage]
    )
    with pytest.raises(InputError, match=rf"{file.name}: not a readable image"):
        own.main()
    assert not own.page.exists()


@pytest.mark.parametrize(
    ("part", "change", "message"),
    [
        ("top", {"concepts_digest": "other"}, "tallies and the top images.*concepts_digest is abc"),
        ("both", {"concepts_digest": "old"}, "the concept dataset and the tallies.*dissect again"),
        ("both", {"concepts": "broden"}, "the concept dataset and the tallies.*broden"),
        ("top", {"model_sha256": "1"}, None),
        ("both", {"model_sha256": "1"}, None),
        ("top", {"model": "scratch"}, "model is kd and scratch"),
        ("both", {"images": 11}, "images is 10 and 11"),
        ("tallies", {"labels": "shuffled"}, "shuffled labels"),
    ],
)
def test_what_does_not_belong_together_is_refused(own, part, change, message):
    files = own.inputs()
    if part in ("tallies", "both"):
        meta = {**own.tallies.meta, **change}
        dataclasses.replace(own.tallies, meta=meta).save(files["tallies"])
    if part in ("top", "both"):
        dataclasses.replace(own.top, meta={**own.top.meta, **change}).save(files["top"])
    if message is None:
        own.main()
        return
    with pytest.raises(InputError, match=message) as error:
        own.main()
    assert str(own.page) in str(error.value) and "\n" not in str(error.value)


def test_numbers_that_do_not_fit_are_refused(own):
    files = own.inputs()
    fewer = {name: getattr(own.top, name)[:3] for name in ("images", "peaks", "maps")}
    dataclasses.replace(own.top, **fewer).save(files["top"])
    with pytest.raises(InputError, match="tallies have 4 units, the top images 3"):
        own.main()
    dataclasses.replace(own.top, images=own.top.images + 7).save(files["top"])
    with pytest.raises(InputError, match="go up to number 16, the concept dataset has 10 images"):
        own.main()
    own.top.save(files["top"])
    with pytest.raises(InputError, match="the dataset is read with color, object"):
        own.main(categories=["color", "object"])
    with pytest.raises(InputError, match=r"quantile 0\.1 was not dissected"):
        own.main(quantile=0.1)
    files["top"].unlink()
    with pytest.raises(InputError, match=r"layer4_top\.npz: no such file"):
        own.main()


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
    text = (ROOT / "config/smoke.yaml").read_text("utf-8")
    schema = load_schema(ROOT / "config/schemas/config.schema.yaml")
    return resolve(
        {**yaml.safe_load(text), "paper": {"gallery": gallery}},
        schema,
        ["scratch", "kd", "label_smoothing"],
    )


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
