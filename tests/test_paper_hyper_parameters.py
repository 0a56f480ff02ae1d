"""Tables 6 to 9 and 11: the published row of each model, and what the files say."""

import csv
from dataclasses import replace

import pytest
from paper_data import DATASET, REFERENCE, SETTINGS
from paper_looks import check_same_bytes
from variant_data import NOISE, SCRATCH, model, write_networks

from kdlens.errors import InputError
from kdlens.paper.reference import read_architectures, read_hyper_parameters
from kdlens.paper.table01 import Settings
from kdlens.paper.table11 import count_architectures, to_latex, to_markdown

GRID = REFERENCE.with_name("table06_07_08.csv")
SMOOTHING = REFERENCE.with_name("table09.csv")
ARCHITECTURES = REFERENCE.with_name("table11.csv")
FILES = ("csv", "md", "tex", "html")


def cells(markdown):
    """Return the rows of a Markdown table by their first cell."""
    rows = [line.strip("| ").split(" | ") for line in markdown.splitlines() if line[:1] == "|"]
    return {row[0]: row[1:] for row in rows}


def published(files):
    rows = csv.DictReader(files["csv"].decode().splitlines())
    return {row["label"]: row for row in rows if row["row"] == "published"}


def test_the_published_tables():
    grid = read_hyper_parameters(GRID)
    assert len(grid) == 12 and list(grid)[:2] == ["alpha 0.1, T 1", "alpha 0.1, T 4"]
    assert (grid["alpha 0.5, T 16"]["total"], grid["alpha 0.9, T 8"]["top1"]) == (343, 68.91)
    assert read_hyper_parameters(SMOOTHING)["alpha 0.5"]["scene"] == 81
    architectures = read_architectures(ARCHITECTURES)
    assert architectures["resnet34 of resnet50"] == {"unique": 185, "total": 329}
    assert architectures["efficientnet_b2"] == {"unique": 96, "total": 129}
    assert len(architectures) == 9


def test_a_table_of_temperatures(tmp_path):
    kd = [model(f"kd{t}", "kd", f"T {t}", f"alpha 0.1, T {t}") for t in (1, 2)]
    networks = [[(8, 70.5), (9, 71)], [(10, 70)]]
    inputs = write_networks(
        tmp_path,
        [(SCRATCH, [(7, 69)]), *zip(kd, networks, strict=True), (NOISE, [(0, 1)])],
    )
    files = check_same_bytes(
        "hyper_parameters",
        tmp_path,
        FILES,
        **{**inputs, **SETTINGS, "dataset": DATASET, "number": 6, "subject": "KD with alpha 0.1"},
        reference=str(GRID),
        scratch=str(REFERENCE),
    )
    text = files["md"].decode()
    assert text.startswith("# Table 6: concept detectors of KD with alpha 0.1 in layer4\n")
    rows = cells(text)
    assert list(rows)[2:] == [
        *("Scratch", "*Scratch, published*", "T 1", "*T 1, published*", "T 2", "Random weights")
    ], "the paper has no T 2"
    assert rows["T 1"][8:10] == ["8.5 ± 0.7", "8.5 ± 0.7"]
    assert "Table 6, and of Table 1 for scratch" in text
    found = published(files)
    assert (found["T 1"]["total"], found["T 1"]["units"]) == ("285", "512")
    assert found["Scratch"]["total"] == "275"
    assert rb"\label{tab:table06}" in files["tex"] and b"<td>" in files["html"]


def test_a_table_of_alphas(tmp_path):
    smoothed = model("ls", "label_smoothing", "alpha 0.5", "alpha 0.5")
    inputs = write_networks(tmp_path, [(smoothed, [(8, 70.5)])])
    files = check_same_bytes(
        "hyper_parameters",
        tmp_path,
        FILES,
        **{**inputs, **SETTINGS, "dataset": DATASET, "number": 9, "subject": "label smoothing"},
        reference=str(SMOOTHING),
        scratch=str(REFERENCE),
    )
    assert published(files)["alpha 0.5"]["total"] == "255"


def architectures(folder):
    """Two networks, the second with maps of another layer and more units."""
    resnet = write_networks(
        folder,
        [
            (model("plain", "cross_entropy", "Scratch", "resnet34"), [(5, 60), (6, 61)]),
            (model("kd", "kd", "KD", "resnet34 of resnet50"), [(8, 62), (9, 63)]),
        ],
    )
    mobile = model(
        "self", "self_kd", "Self-KD", "mobilenet_v2 of mobilenet_v2", layer="features.18"
    )
    wide = write_networks(folder, [(mobile, [(21, 59)])], units=40)
    inputs = {key: resnet[key] + wide[key] for key in resnet}
    networks = {
        "plain": {"student": "r34_w16", "teacher": None},
        "kd": {"student": "r34_w16", "teacher": "r50"},
        "self": {"student": "mobile", "teacher": "mobile"},
    }
    return inputs, networks


@pytest.fixture
def settings():
    return Settings(**{**SETTINGS, "layer": "layer4, features.18"}, **DATASET)


def test_architectures_side_by_side(tmp_path, settings):
    inputs, networks = architectures(tmp_path)
    table = count_architectures(**inputs, reference=ARCHITECTURES, settings=settings)
    rows = cells(to_markdown(table, networks))
    assert rows["Model"] == [
        *("Student", "Teacher", "Seeds", "Units", "Unique", "Total", "Top-1 (%)")
    ]
    assert rows["KD"] == ["r34_w16", "r50", "2", "20", "8.5 ± 0.7", "8.5 ± 0.7", "62.50 ± 0.71"]
    assert rows["*KD, published*"] == [
        *("*resnet34*", "*resnet50*", "*–*", "*–*", "*185*", "*329*", "*–*")
    ]
    assert rows["Scratch"][:2] == ["r34_w16", "–"]
    assert rows["Self-KD"][:6] == ["mobile", "mobile", "1", "40", "21", "21"]
    latex = to_latex(table, networks)
    assert r"\label{tab:table11}" in latex and r"r34\_w16 & r50 & 2 & 20" in latex
    assert "Published lines (italic): Han et al. 2023, ImageNet and Broden.}" in latex
    alone = replace(table, groups=[replace(group, published=None) for group in table.groups])
    assert "ublished" not in to_latex(alone, networks)


def test_the_files_of_table_11(tmp_path, settings):
    inputs, networks = architectures(tmp_path)
    told = {**SETTINGS, "layer": settings.layer, "dataset": DATASET, "networks": networks}
    files = check_same_bytes(
        "table11", tmp_path, FILES, **inputs, **told, reference=str(ARCHITECTURES)
    )
    rows = list(csv.DictReader(files["csv"].decode().splitlines()))
    layers = {row["model"]: (row["layer"], row["units"]) for row in rows if row["row"] == "seed"}
    assert layers == {
        **dict.fromkeys(("plain", "kd"), ("layer4", "20")),
        "self": ("features.18", "40"),
    }
    row = published(files)["KD"]
    assert (row["total"], row["layer"], row["units"], row["seeds"]) == ("329", "", "", "")
    assert b"layer4, features.18" in files["html"]


def test_damaged_references(tmp_path):
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("alpha,total\n0.1,3\n")
    with pytest.raises(InputError, match="column 'object' is missing"):
        read_hyper_parameters(wrong)
    wrong.write_text("teacher,student,total\nresnet50,resnet34,3\n")
    with pytest.raises(InputError, match="column 'unique' is missing"):
        read_architectures(wrong)
