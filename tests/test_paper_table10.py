"""Table 10: the lower layers, counted as Table 1 is, beside the published numbers."""

import csv
from dataclasses import replace

import pytest
from paper_data import DATASET, REFERENCE, SETTINGS, run_of, write_metrics, write_tallies
from paper_looks import check_same_bytes

from kdlens.errors import InputError
from kdlens.paper.reference import read_lower_layers, read_reference
from kdlens.paper.table01 import Settings
from kdlens.paper.table01_count import count_detectors
from kdlens.paper.table10 import count_layers, to_latex, to_markdown

PUBLISHED = REFERENCE.with_name("table10.csv")
LAYERS = ["layer1", "layer3", "odd.layer"]
ONE, PART = ["object 1"], ["object 1", "part 1"]
# Detections by layer and network; scratch has two seeds.
UNITS = {
    "layer1": [[[], []], [ONE, []], [ONE, ONE], [[], []]],
    "layer3": [[ONE, PART, [], []], [PART, PART, PART, []], [PART] * 4, [[], [], [], ONE]],
    "odd.layer": [[ONE], [ONE], [PART], [[]]],
}
RUNS = [
    run_of("scratch", 1, "cross_entropy", "Scratch", "scratch"),
    run_of("scratch", 2, "cross_entropy", "Scratch", "scratch"),
    run_of("at", 1, "at", "AT", "at"),
    run_of("noise", 1, "random_init", "Random & weights"),
]
SETTINGS_OF_TABLE = Settings(**SETTINGS, **DATASET)


@pytest.fixture
def inputs(tmp_path):
    tallies, metrics = [], []
    for layer in LAYERS:
        for i, run in enumerate(RUNS):
            which = {"model": run["model"], "seed": run["seed"]}
            path = tmp_path / f"{layer}_{i}.npz"
            tallies.append(write_tallies(path, UNITS[layer][i], layer=layer, **which))
    for i, run in enumerate(RUNS):
        which = {"model": run["model"], "seed": run["seed"], "top1": 60 + i}
        metrics.append(write_metrics(tmp_path / f"{i}.json", **which))
    return {"runs": RUNS, "tallies": tallies, "metrics": metrics, "reference": PUBLISHED}


@pytest.fixture
def tables(inputs):
    return count_layers(**inputs, layers=LAYERS, settings=SETTINGS_OF_TABLE)


def test_counts_are_those_of_table_1_layer_by_layer(inputs, tables):
    assert [table.settings.layer for table in tables] == LAYERS
    assert [t.group("scratch").values["total"] for t in tables] == [(0, 1), (2, 3), (1, 1)]
    assert [t.group("scratch").values["unique"] for t in tables] == [(0, 1), (1, 0), (1, 1)]
    assert [t.group("at").mean("total") for t in tables] == [2, 4, 1]
    for i, table in enumerate(tables):
        files = inputs["tallies"][4 * i : 4 * i + 4]
        runs = [{**run, "layer": table.settings.layer} for run in RUNS]
        same = count_detectors(runs, files, inputs["metrics"], REFERENCE, table.settings)
        for group in same.groups:
            assert table.group(group.model).values == group.values


def test_published_numbers_are_those_of_the_layer(tables):
    published = [table.group("scratch").published for table in tables]
    assert published[:2] == [{"unique": 0, "total": 0}, {"unique": 30, "total": 37}]
    assert published[2] is None, "the paper has no such layer"
    assert all(table.group("at").published is None for table in tables), "nor this model"
    assert [table.published_units for table in tables[:2]] == [64, 256]


def test_the_published_files_name_the_same_models():
    layers = read_lower_layers(PUBLISHED)
    assert list(layers) == ["layer1", "layer2", "layer3"]
    for rows in layers.values():
        assert set(rows) == {"scratch", "label_smoothing", "kd"} <= set(read_reference(REFERENCE))
    assert layers["layer3"]["kd"] == {"unique": 39, "total": 52}


def test_markdown(tables):
    text = to_markdown(tables)
    cells = {
        line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]]
        for line in text.splitlines()
        if line.startswith("|")
    }
    assert text.startswith("# Table 10: concept detectors in the lower layers\n")
    assert cells["Model"] == [
        *("Seeds", "Units", "Unique layer1", "Unique layer3", "Unique odd.layer"),
        *("Total layer1", "Total layer3", "Total odd.layer"),
    ]
    assert cells["Scratch"] == [
        "2",
        "2 / 4 / 1",
        "0.5 ± 0.7",
        "0.5 ± 0.7",
        "1.0 ± 0.0",
        "0.5 ± 0.7",
        "2.5 ± 0.7",
        "1.0 ± 0.0",
    ]
    assert cells["*Scratch, published*"] == (
        ["*3*", "*64 / 256 / –*", "*0*", "*30*", "*–*", "*0*", "*37*", "*–*"]
    )
    assert "*AT, published*" not in cells
    assert list(cells)[-1] == "Random &amp; weights", "the null comes last"
    for said in ("layer1, layer3, odd.layer", "0.05", "0.5 %", "concept_world_masks", "Table 10"):
        assert said in text


def test_latex(tables):
    text = to_latex(tables)
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {row.count("&") - row.count(r"\&") for row in rows} == {8}
    assert r"\label{tab:table10}" in text and text.count(r"\midrule") == 2
    assert r"Scratch & 2 & 2 / 4 / 1 & $0.5_{\pm 0.7}$" in text
    assert text.count("{") == text.count("}") and "–" not in text and "±" not in text
    assert "Published lines (italic): Han et al. 2023, ResNet-18" in text
    alone = [replace(t, groups=[replace(g, published=None) for g in t.groups]) for t in tables]
    assert "ublished" not in to_latex(alone)


def test_script_writes_four_files(inputs, tmp_path):
    main = {"reference": str(inputs["reference"])}
    for key in ("tallies", "metrics"):
        main[key] = [str(path) for path in inputs[key]]
    settings = {key: value for key, value in SETTINGS.items() if key != "layer"}
    main |= {"runs": RUNS, "layers": LAYERS, "dataset": DATASET, **settings}
    files = check_same_bytes("table10", tmp_path, ("csv", "md", "tex", "html"), **main)
    rows = list(csv.DictReader(files["csv"].decode().splitlines()))
    points = [(r["layer"], r["model"], r["seed"], r["total"]) for r in rows if r["row"] == "seed"]
    assert len(points) == 12 and ("layer3", "scratch", "2", "3") in points
    published = [(r["layer"], r["units"], r["total"]) for r in rows if r["row"] == "published"]
    assert published == [("layer1", "64", "0"), ("layer3", "256", "37")]
    assert b"<td>" in files["html"] and b"http" not in files["html"]


def refuse(inputs, words, layers=LAYERS):
    with pytest.raises(InputError, match=words):
        count_layers(**inputs, layers=layers, settings=SETTINGS_OF_TABLE)


def test_missing_layers_and_damaged_reference(inputs, tmp_path):
    refuse(inputs, "12 tallies for 2 layers of 4 networks", LAYERS[:2])
    refuse(inputs, r"layer1_0\.npz: its layer is 'layer1', expected 'layer2'", ["layer2"] * 3)
    refuse({**inputs, "tallies": []}, "at least one layer", [])
    wrong = tmp_path / "wrong.csv"
    wrong.write_text("model,layer,unique,total\nkd,layer33,1,2\n")
    refuse({**inputs, "reference": wrong}, r"unknown layer 'layer33'; did you mean 'layer3'\?")
    wrong.write_text("model,layer,unique\nkd,layer3,1\n")
    refuse({**inputs, "reference": wrong}, "column 'total' is missing")
