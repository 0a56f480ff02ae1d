"""The report's captions render from the rules' params, are clean rst, and state the settings."""

import ast
import re

import pytest
from captions import as_text, render
from paper_data import DATASET, SETTINGS, run_of
from project import ROOT

from kdlens.paper.report.tables import to_html

TABLE = {
    **SETTINGS,
    "dataset": DATASET,
    "runs": [
        run_of("scratch", 1, "cross_entropy"),
        run_of("scratch", 2, "cross_entropy"),
        run_of("scratch", 1, "cross_entropy", labels="shuffled"),
        run_of("kd_", 7, "kd", "KD *odd* |label|_"),
    ],
}
FIGURE = {**SETTINGS, "models": ["scratch"], "seeds": [1, 2], "dataset": DATASET}
MAPS = {
    **SETTINGS,
    "entries": [{"model": "kd", "seed": 3, "label": "KD *odd* |label|_", "method": "kd"}],
    "concept": None,
    "category": "object",
}
LINES = {
    **{key: SETTINGS[key] for key in ("layer", "denominator")},
    "runs": TABLE["runs"],
    "dataset": DATASET,
}
BY_QUANTILE = {**LINES, "iou_threshold": 0.05, "quantiles": [0.005, 0.001, 0.01]}
BY_THRESHOLD = {**LINES, "quantile": 0.005, "iou_thresholds": [0.01, 0.05]}
LOWER = {**TABLE, "layers": ["layer1", "layer4"]}
GRID = {**TABLE, "number": 6, "subject": "KD with alpha 0.1 at each temperature T"}
CALM = {
    "figure": {**TABLE, "temperatures": {"kd_": 1, "kd2": 4.5}, "label": "KD"},
    "caption": {"students": [0.3], "teachers": {"Odd |label|_": 0.2, "other": None}},
}
LOGITS = {
    "figure": {**TABLE, "pairs": [["at", "at_kd"]]},
    "caption": {"AT *odd* |label|_": {"alpha": 0.3, "temperature": 7}},
}
NETWORK = {
    "network": {"model": "kd_", "seed": 7, "label": "KD *odd* |label|_"},
    "measured": SETTINGS,
    "dataset": DATASET,
}
SHOWN = {"units_per_category": 2, "images": 8, "categories": None}
DISSECTION = {
    "iou_threshold": 0.05,
    "quantiles": [0.005, 0.01],
    "denominator": "image",
    "shuffle_seed": 11,
    "label": {"model": "kd", "seed": 3},
}
CONCEPTS = "results/data/concept_world_masks/dataset.json"


MEASUREMENTS = [
    ("table01", {"table": TABLE}),
    ("table01_comparison", {"table": TABLE}),
    ("figure02", {"figure": FIGURE}),
    ("figure03", {"maps": MAPS, "dataset": DATASET}),
    ("figure09", {"figure": BY_QUANTILE}),
    ("figure10", {"figure": BY_THRESHOLD}),
    ("table10", {"table": LOWER}),
    ("hyper_parameters", {"table": GRID}),
    ("table11", {"table": TABLE}),
    ("figure04", CALM),
    ("figure05", LOGITS),
    ("concept_bars", NETWORK),
    ("unit_grids", {**NETWORK, "shown": SHOWN}),
]


@pytest.mark.parametrize(("name", "params"), MEASUREMENTS)
def test_captions_state_what_was_measured_and_how(name, params):
    text = render(name, params)
    for said in ("0.05", "0.005", "layer4", "concept_world", "concept_world_masks", "mage"):
        assert said in text, f"{name} does not state {said}"
    assert "{" not in text and "None" not in text


@pytest.mark.parametrize(("name", "params"), MEASUREMENTS)
def test_captions_of_networks_that_were_trained_elsewhere(name, params):
    elsewhere = {"training": None, "concepts": "my_concepts"}
    assert "elsewhere" not in render(name, params)
    params = {
        key: {**value, "dataset": elsewhere} if "dataset" in value else value
        for key, value in params.items()
    }
    if "dataset" in params:
        params["dataset"] = elsewhere
    text = render(name, params)
    assert "trained elsewhere" in text and "my_concepts" in text
    assert "None" not in text


def test_captions_state_the_seeds():
    assert "scratch, seeds 1, 2" in render("table01", {"table": TABLE})
    assert "kd_, seeds 7" in render("table01", {"table": TABLE})
    assert "Seeds: 1, 2, 7." in render("table01_comparison", {"table": TABLE})
    assert "seeds (1, 2)" in render("figure02", {"figure": FIGURE})
    assert "KD *odd* |label|_, seed 3" in render("figure03", {"maps": MAPS, "dataset": DATASET})


def test_captions_follow_the_settings():
    assert "touches a label" in render("table01", {"table": {**TABLE, "denominator": "mask"}})
    assert "IoU of at least 0.04" in render(
        "figure02", {"figure": {**FIGURE, "iou_threshold": 0.04}}
    )
    assert "top 1 %" in render("figure02", {"figure": {**FIGURE, "quantile": 0.01}})
    dog = {"maps": {**MAPS, "concept": "dog"}, "dataset": DATASET}
    assert "chosen in the config" in render("figure03", dog)


def test_captions_of_lines_state_what_varies_and_the_claim():
    text = render("figure09", {"figure": BY_QUANTILE})
    assert "at 3 quantiles, from 0.001 to 0.01" in text
    assert "KD is above scratch at every quantile from 0.001 to 0.010" in text
    assert "IoU of at least 0.05" in text and "scratch, seeds 1, 2" in text
    text = render("figure10", {"figure": BY_THRESHOLD})
    assert "(2 thresholds, from 0.01 to 0.05)" in text
    assert "KD is above scratch at every threshold from 0.01 to 0.05" in text
    assert "kd_, seeds 7" in text


def test_captions_of_single_models_state_which():
    assert "layer1, layer4" in render("table10", {"table": LOWER})
    for name in ("concept_bars", "unit_grids"):
        text = render(name, {**NETWORK, "shown": SHOWN})
        assert "KD *odd* |label|_ (kd_), seed 7" in text
    assert "up to 8" in text and "up to 2 units" in text


def test_captions_of_variants_state_their_hyper_parameters():
    text = render("hyper_parameters", {"table": GRID})
    assert "Table 6" in text and "KD with alpha 0.1" in text and "kd_ (KD *odd* |label|_)" in text
    assert "taught by" not in render("hyper_parameters", {"table": {**GRID, "number": 9}})
    assert "kd_, seeds 7, in layer4" in render("table11", {"table": TABLE})
    text = render("figure04", CALM)
    assert "Odd |label|_ (label smoothing with alpha 0.2), other." in text
    assert "alpha 0.3 at temperatures 1, 4.5" in text
    assert "AT *odd* |label|_: alpha 0.3, T 7" in render("figure05", LOGITS)


@pytest.mark.parametrize(
    ("name", "params", "shown"),
    [
        ("figure03", {"maps": MAPS, "dataset": DATASET}, "KD *odd* |label|_"),
        ("figure04", CALM, "Odd |label|_"),
        ("figure05", LOGITS, "AT *odd* |label|_"),
        ("concept_bars", NETWORK, "KD *odd* |label|_"),
        ("unit_grids", {**NETWORK, "shown": SHOWN}, "KD *odd* |label|_"),
        ("hyper_parameters", {"table": GRID}, "KD *odd* |label|_"),
    ],
)
def test_labels_are_shown_as_they_are_where_captions_are_read_as_markdown(name, params, shown):
    html = to_html(as_text(name, params))
    assert f"<code>{shown}</code>" in html and "<em>odd" not in html


def test_other_captions():
    text = render("dissection_csv", {"dissection": DISSECTION}, concepts=CONCEPTS)
    for said in ("kd, seed 3", "concept_world_masks", "0.05", "0.5 %", "seed 11"):
        assert said in text
    text = render("manifest", {}, files=["a", "b", "c"])
    assert "sha256 of 3 result files" in text
    assert "--configfile" in text
    text = render("cost", {"jobs": [{}] * 17})
    assert "of 17 jobs" in text and "the manifest does not list it" in text


def test_report_items_have_one_label_each():
    """With two or more, the report of Snakemake 9.27 may take one for a switch and break."""
    rules = "\n".join(path.read_text("utf-8") for path in (ROOT / "rules").glob("*.smk"))
    labels = re.findall(r"labels=(\{.*\})", rules)
    assert len(labels) == rules.count("report(") > 0
    assert all(len(ast.literal_eval(found)) == 1 for found in labels)
