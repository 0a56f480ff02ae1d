"""Drawn cells as a dataset, and the models that are measured on them: defaults and mistakes."""

from __future__ import annotations

import copy

import pytest
from config_data import DEMO, PUBLISHED, SCHEMA, changed

from kdlens.config import resolve
from kdlens.errors import InputError
from kdlens.plan import cost, datasets, models, results
from kdlens.plan.measures import five_band

CELLS = {"source": "cells", "image_size": 64, "images": {"train": 100, "val": 50}}
NETWORK = {"network": "resnet18_w16", "data": "cells"}


def with_cells() -> dict:
    config = copy.deepcopy(DEMO)
    config["datasets"] = {"cells": copy.deepcopy(CELLS), "more": copy.deepcopy(CELLS)}
    config["models"] |= {
        "c_scratch": {
            **NETWORK,
            "method": "cross_entropy",
            "reference": "scratch",
            "seeds": [1, 2],
        },
        "c_random": {**NETWORK, "method": "random_init"},
        "other": {**NETWORK, "method": "random_init", "data": "more"},
    }
    return config


CONFIG = resolve(with_cells(), SCHEMA, PUBLISHED)


def test_images_are_not_normalised_and_their_classes_are_drawn():
    assert models.image(CONFIG, "c_scratch") == {"size": 64, "mean": [0] * 3, "std": [1] * 3}
    assert datasets.cells(CONFIG, "cells") == {
        "image_size": 64,
        "images": {"train": 100, "val": 50},
        "classes": "drawn",
        "seed": 1,
    }
    assert datasets.tree(CONFIG, "cells") == ["results/data/cells/tree"]
    jobs = [job["benchmark"] for job in cost.jobs(CONFIG) if job["rule"] == "render_cells"]
    assert jobs == [
        f"results/data/{name}/benchmarks/render_cells.tsv" for name in ("cells", "more")
    ]


def test_the_models_of_the_first_drawn_dataset_are_measured():
    settings = CONFIG["measures"]["five_band"]
    assert settings["models"] == ["c_scratch", "c_random"]
    assert settings["references"] == {"c_scratch": "scratch"}
    assert settings["thresholds"] == {"start": [0.3, 0.5], "delta": 0.005, "steps": 56}
    assert settings["figure07"]["models"] == settings["figure06"]["models"] == settings["models"]
    stem = "results/demo/measures/five_band"
    assert five_band.files(CONFIG) == [
        f"{stem}/c_scratch/seed1.json",
        f"{stem}/c_scratch/seed2.json",
        f"{stem}/c_random/seed1.json",
    ]
    assert f"{stem}/c_random/seed1.npz" in results.manifest_inputs(CONFIG)
    assert f"{stem}/yardsticks.json" in results.manifest_inputs(CONFIG)
    # Figure 7 shows one network a model.
    assert five_band.figure07_maps(CONFIG) == [
        f"{stem}/c_scratch/seed1.npz",
        f"{stem}/c_random/seed1.npz",
    ]
    told = five_band.params(CONFIG, "c_scratch", 2)
    assert told["label"] == {"model": "c_scratch", "seed": 2} and told["clamp"] is None
    table = five_band.table03_params(CONFIG)
    assert [run["reference"] for run in table["runs"]] == ["scratch", "scratch", None]
    assert (table["dataset"], table["image_size"]) == ("cells", 64)


def test_without_drawn_cells_nothing_is_made():
    plain = resolve(DEMO, SCHEMA, PUBLISHED)
    assert plain["measures"]["five_band"]["models"] == []
    assert five_band.results(plain) == five_band.paper_files(plain) == []
    assert not list(five_band.jobs(plain))


def test_without_models_the_dataset_is_shown():
    config = with_cells()
    config["measures"] = {"five_band": {"models": []}}
    files = five_band.paper_files(resolve(config, SCHEMA, PUBLISHED))
    assert files == [f"results/demo/figures/figure11.{ending}" for ending in ("svg", "pdf", "png")]


def test_another_dataset_is_measured_if_its_models_are_named():
    config = changed("measures.five_band.models", ["other"], with_cells())
    config = resolve(config, SCHEMA, PUBLISHED)
    assert five_band.dataset(config) == "results/data/more/dataset.json"
    assert five_band.figure11_params(config)["dataset"] == "more"


KEY = "measures.five_band"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (f"{KEY}.models", ["c_scrach"], "'c_scrach' is not an entry of models; did"),
        (f"{KEY}.models", ["scratch"], f"{KEY}.models: scratch is not of drawn cells"),
        (f"{KEY}.models", ["c_random", "other"], "c_random and other are of different datasets"),
        (f"{KEY}.references", {"scratch": "kd"}, "'scratch' is not among the models that"),
        (f"{KEY}.references", {"c_scratch": "at"}, "'at' is not a row of the published Table 3"),
        (f"{KEY}.figure06", {"models": ["other"]}, f"{KEY}.figure06.models: 'other'"),
        (f"{KEY}.figure07", {"models": ["kd"]}, f"{KEY}.figure07.models: 'kd'"),
        (f"{KEY}.figure07", {"classes": [10]}, "10 is out of range; write a number of at most 9"),
        (f"{KEY}.thresholds", {"start": [0.5, 0.3]}, "0.5 is more than the outer 0.3"),
        (f"{KEY}.thresholds", {"steps": 61}, "after 61 steps of 0.005 the inner threshold is 0;"),
        (f"{KEY}.clamp", 0, "0 is out of range"),
        (f"{KEY}.empty_class", "out", "out is not among the choices"),
        ("datasets.cells.resize", 80, "datasets.cells.resize: cells are drawn in the size that a"),
        ("datasets.cells.image_size", 16, "16 is out of range; write a number of at least 32"),
        ("datasets.cells.images.val", 9, "9 is out of range; write a number of at least 10"),
        ("datasets.cells.classes", "even", "even is not among the choices"),
    ],
)
def test_mistake_is_named(path, value, message):
    with pytest.raises(InputError) as caught:
        resolve(changed(path, value, with_cells()), SCHEMA, PUBLISHED)
    assert message in str(caught.value)
