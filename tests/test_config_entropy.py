"""The section measures.entropy of a config, and what its rules are told."""

import pytest
from config_data import CHECKPOINT, PUBLISHED, SCHEMA, as_written, changed, of_measure

from kdlens.config import resolve
from kdlens.plan.measures import entropy

REAL, PAPER, SMOKE = map(as_written, ("real", "paper", "smoke"))
resolved, refused = of_measure("entropy")


def test_the_demo_measures_every_model_and_asks_all_but_the_null_to_be_right():
    config = resolved()
    settings = config["measures"]["entropy"]
    assert settings["models"] == ["teacher", "scratch", "label_smoothing", "kd", "random_init"]
    assert settings["correct"] == settings["models"][:-1]
    assert settings["categories"] == {"source": "concept_world"}
    assert settings["pairs"] == [["car_plain", "van_plain"]]
    assert settings["references"] == {m: m for m in ("scratch", "label_smoothing", "kd")}
    assert (settings["images"], settings["singletons"]) == (1000, "excluded")
    assert len(entropy.files(config)) == len(entropy.predictions(config, settings["models"])) == 9
    assert len(entropy.compared(config)) == 7
    names = {file.rsplit("/", 1)[1] for file in entropy.paper_files(config)}
    assert {"table02.csv", "table12.tex", "table14.html"} <= names and len(names) == 12


def test_zero_takes_all_images():
    assert entropy.params(resolved(), "kd", 2)["images"] == 1000
    assert entropy.params(resolved(images=0), "kd", 2)["images"] is None


def test_whole_families_have_categories_too():
    assert resolved(SMOKE)["measures"]["entropy"]["pairs"] == [["animal", "bird"]]


def test_without_categories_or_training_data_the_measure_is_left_out():
    for config in (
        resolve(CHECKPOINT, SCHEMA, PUBLISHED),
        resolved(changed("measures", {}, REAL)),
        resolved(models=[]),
    ):
        assert entropy.results(config) == entropy.paper_files(config) == []
        assert list(entropy.jobs(config)) == [] and entropy.categories(config) == []
        assert entropy.table_params(config) == entropy.sizes_params(config) == {}


def test_real_photographs_use_the_categories_of_imagenet(monkeypatch, tmp_path):
    monkeypatch.setenv("KDLENS_DATA", str(tmp_path))
    config = resolved(REAL)
    told = entropy.categories_params(config)
    assert told["source"] == "csv" and told["class_column"] == "synset"
    assert told["path"] == str(tmp_path / "imagenet_categories_synset.csv")
    assert told["dropped"] == ["other"] and len(told["sha256"]) == 64
    assert entropy.table_of_categories(config) == [], "a dry run needs no data"
    (tmp_path / "imagenet_categories_synset.csv").touch()
    assert entropy.table_of_categories(config) == [told["path"]]
    assert entropy.table_params(config)["pairs"] == [["n02123045", "n02124075"]]


def test_the_paper_s_networks_have_the_hyper_parameters_of_its_appendix():
    config = resolve(PAPER, SCHEMA, PUBLISHED)
    settings = config["measures"]["entropy"]
    assert settings["pairs"] == [["n02105505", "n02105641"]]
    (kd,) = (m for m, row in settings["references"].items() if row == "kd")
    assert (config["models"][kd]["alpha"], config["models"][kd]["temperature"]) == (0.5, 1)
    (smoothed,) = (m for m, row in settings["references"].items() if row == "label_smoothing")
    assert config["models"][smoothed]["alpha"] == 0.5
    told = entropy.categories_params(config)
    assert "path" not in told and told["urls"][0].endswith("/imagenet_categories_synset.csv")


def test_a_network_for_other_classes_is_not_compared():
    base = changed("networks.odd", {"architecture": "resnet18", "classes": 9})
    weights = {"path": "odd.pt", "sha256": "0" * 64}
    odd = {"network": "odd", "method": "checkpoint", "weights": weights}
    base = changed("models.odd", odd, base)
    assert "odd" not in resolved(base)["measures"]["entropy"]["models"]
    refused(r"models: 'odd' is not a model for the classes of training_data", base, models=["odd"])


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"models": ["scrach"]}, r"entropy\.models: 'scrach' .* did you mean 'scratch'\?"),
        ({"models": ["kd"], "correct": ["scratch"]}, r"entropy\.correct: 'scratch' is not"),
        ({"correct": []}, r"entropy\.correct: is empty"),
        ({"references": {"kd": "at"}}, r"references\.kd: 'at' is not a row"),
        ({"references": {"km": "kd"}}, r"entropy\.references: 'km' is not"),
        ({"images": -1}, r"entropy\.images: -1 is out of range"),
        ({"singletons": "some"}, r"entropy\.singletons: some is not among the choices"),
        ({"pairs": [["car_plain"]]}, r"entropy\.pairs\.0: is empty or too short"),
        ({"pairs": [["van_plain", "van_plain"]]}, "names something twice"),
        ({"categories": {"source": "cvs"}}, r"source: 'cvs' is not known; did you mean 'csv'\?"),
        ({"categories": {"source": "csv"}}, r"entropy\.categories: give path .* or urls"),
        ({"categories": {"source": "csv", "path": "${NOT_SET_1}"}}, "NOT_SET_1 is not set"),
        ({"categories": {"source": "concept_world", "path": "x"}}, r"path is not known"),
    ],
)
def test_mistakes_are_one_line(section, words):
    refused(words, **section)


def test_categories_of_the_world_are_for_the_world():
    refused(
        "training_data is not of the concept world", REAL, categories={"source": "concept_world"}
    )
    refused(r"entropy\.categories: is missing", changed("measures", {}, REAL), models=["scratch"])
