"""Which models Tables 6 to 9 and 11 and Figures 4 and 5 show, and what their jobs are told."""

from __future__ import annotations

import copy

import pytest
from config_data import DEMO, PUBLISHED, SCHEMA, changed

from kdlens.config import resolve
from kdlens.config_variants import ITEMS, beside, dissected, shown
from kdlens.errors import InputError
from kdlens.plan import dissections, results, variants

STUDENT = {"network": "resnet18_w16", "teacher": "teacher"}
WIDE = copy.deepcopy(DEMO)
WIDE["models"]["kd"]["sweep"] = {"alpha": [0.9, 0.5, 0.1], "temperature": [4, 1]}
WIDE["models"]["label_smoothing"]["sweep"] = {"alpha": [0.5]}
WIDE["models"] |= {
    "smooth": {"network": "resnet34_w16", "method": "label_smoothing", "alpha": 0.1},
    "calm": {
        **{**STUDENT, "teacher": "smooth", "method": "kd", "alpha": 0.5, "label": "Calm"},
        "sweep": {"temperature": [2, 1]},
    },
    **{name: {**STUDENT, "method": name} for name in ("at", "at+kd", "crd+kd", "ft")},
    "plain34": {"network": "resnet34_w16", "method": "cross_entropy"},
    "kd34": {**DEMO["models"]["kd"], "network": "resnet34_w16", "teacher": "plain34"},
    "second34": {**DEMO["models"]["kd"], "network": "resnet34_w16", "teacher": "teacher"},
}
WIDE["models"]["crd_kd"] = {**WIDE["models"].pop("crd+kd"), "negatives": 100}
WIDE["models"]["at_kd"] = WIDE["models"].pop("at+kd")
CONFIG = resolve(WIDE, SCHEMA, PUBLISHED)


def test_models_are_found_by_what_they_are():
    assert {item: shown(CONFIG, item) for item in ITEMS} == {
        "table06": ["kd_a0.1_t1", "kd_a0.1_t4"],
        "table07": ["kd_a0.5_t1", "kd"],
        "table08": ["kd_a0.9_t1", "kd_a0.9_t4"],
        "table09": ["label_smoothing", "label_smoothing_a0.5"],
        "table11": ["plain34", "kd34"],
        "figure04": ["calm_t1", "calm_t2"],
        "figure05": ["at", "at_kd"],
    }


def test_models_that_are_trained_otherwise_do_not_count():
    other = changed("models.label_smoothing.training", {"epochs": 9}, WIDE)
    other["models"]["soft"] = {**DEMO["models"]["label_smoothing"], "alpha": 0.3}
    del other["models"]["label_smoothing"]["sweep"], other["models"]["soft"]["reference"]
    assert resolve(other, SCHEMA, PUBLISHED)["paper"]["table09"]["models"] == []
    longer = changed("models.plain34.training", {"epochs": 9}, WIDE)
    del longer["models"]["second34"]
    assert resolve(longer, SCHEMA, PUBLISHED)["paper"]["table11"]["models"] == []


def test_scratch_and_random_weights_stand_beside():
    equal = changed("models.teacher", {**DEMO["models"]["scratch"], "seeds": [1]}, WIDE)
    del equal["models"]["teacher"]["reference"]
    assert beside(resolve(equal, SCHEMA, PUBLISHED), "table06")[0] == "scratch", "no teacher"
    assert beside(CONFIG, "table06") == beside(CONFIG, "figure05") == ["scratch", "random_init"]
    assert beside(CONFIG, "table11") == [], "no random weights of that network in this run"
    rows = [(r["model"], r["labels"], r["seed"]) for r in variants.rows(CONFIG, "table09")]
    assert [row for row in rows if row[2] == 1] == [
        ("scratch", "true", 1),
        ("label_smoothing", "true", 1),
        ("label_smoothing_a0.5", "true", 1),
        ("random_init", "true", 1),
        ("scratch", "shuffled", 1),
    ]
    assert len(variants.tallies(CONFIG, "table09")) == len(rows) == 10


def test_rows_are_called_after_what_varies_and_find_their_published_row():
    def called(item):
        return {r["model"]: (r["label"], r["reference"]) for r in variants.rows(CONFIG, item)}

    kd, smoothing, eleven = (called(item) for item in ("table07", "table09", "table11"))
    assert kd["kd"] == ("T 4", "alpha 0.5, T 4") and kd["kd_a0.5_t1"][0] == "T 1"
    assert kd["random_init"] == ("Random weights", None)
    assert smoothing["label_smoothing_a0.5"] == ("alpha 0.5", "alpha 0.5")
    assert eleven == {
        "plain34": ("plain34", "resnet34"),
        "kd34": ("KD", "resnet34 of resnet34"),
    }


def test_everything_that_is_shown_is_dissected_and_vouched_for():
    files = results.manifest_inputs(CONFIG)
    for name in ("kd_a0.9_t1", "calm_t2", "crd_kd"):
        assert name in dissected(CONFIG)
        assert f"results/demo/dissection/{name}/seed1/layer4.npz" in files
        assert f"results/demo/dissection/{name}/seed1/layer4.npz" in dissections.all_tallies(CONFIG)
    for name in ("tables/table06.tex", "tables/table11.html", "figures/figure04.csv"):
        assert f"results/demo/{name}" in files
    assert "results/demo/figures/concepts_kd_a0.9_t1.svg" not in files
    demo = resolve(DEMO, SCHEMA, PUBLISHED)
    assert not any(shown(demo, item) for item in ITEMS)
    assert dissected(demo) == demo["paper"]["models"]


def test_jobs_are_told_their_settings():
    assert variants.hyper_parameter_tables(CONFIG) == ["6", "7", "8", "9"]
    told = variants.hyper_parameters_params(CONFIG, "8")
    assert told["subject"] == "KD with alpha 0.9 at each temperature T" and told["number"] == 8
    networks = variants.table11_params(CONFIG)["networks"]
    assert networks["plain34"] == {"student": "resnet34_w16", "teacher": None}
    assert networks["kd34"] == {"student": "resnet34_w16", "teacher": "resnet34_w16"}
    told = variants.figure04_params(CONFIG)
    assert told["temperatures"] == {"calm_t1": 1, "calm_t2": 2}
    assert told["label"] == "KD from smooth"
    assert variants.figure04_caption(CONFIG) == {"students": [0.5], "teachers": {"smooth": 0.1}}
    assert variants.figure05_params(CONFIG)["pairs"] == [["at", "at_kd"]]
    logits = {"at_kd": {"alpha": 0.5, "temperature": 4}}
    assert variants.figure05_caption(CONFIG) == logits


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("paper.table06.models", ["kdd"], "paper.table06.models: 'kdd' is not an entry of models"),
        (
            "paper.table06.models",
            ["scratch"],
            "scratch is of method cross_entropy, and only models",
        ),
        ("paper.table06.models", ["kd"], "kd has alpha 0.5, and the table is about 0.1; leave it"),
        ("paper.table06.alpha", 2, "paper.table06.alpha: 2 is out of range"),
        ("paper.table11.models", ["random_init"], "random_init is not trained here"),
        ("paper.figure05.pairs", [["at", "at+kd"]], "'at+kd' is not an entry of models; did you"),
        ("paper.figure05.pairs", [["at"]], "paper.figure05.pairs.0: is empty or too short"),
    ],
)
def test_mistakes(path, value, message):
    with pytest.raises(InputError) as caught:
        resolve(changed(path, value, WIDE), SCHEMA, PUBLISHED)
    assert message in str(caught.value)
