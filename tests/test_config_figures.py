"""What a config says of Figures 9 and 10, Table 10 and the unit grids."""

from __future__ import annotations

import pytest
from config_data import DEMO, PUBLISHED, SCHEMA, changed

from kdlens.config import resolve
from kdlens.errors import InputError


def test_defaults_follow_what_is_dissected():
    paper = resolve(DEMO, SCHEMA, PUBLISHED)["paper"]
    students = ["scratch", "label_smoothing", "kd", "random_init"]
    assert paper["figure09"]["models"] == paper["figure10"]["models"] == students
    assert paper["figure09"]["quantiles"] == [k / 1000 for k in range(1, 11)]
    assert paper["figure10"]["iou_thresholds"] == [0.01, 0.02, 0.03, 0.04, 0.05]
    assert paper["table10"]["layers"] == ["layer1", "layer2", "layer3"]
    assert paper["unit_grids"] == {
        "models": paper["models"],
        "units_per_category": 2,
        "images": 8,
    }


def test_figure10_follows_figure02():
    paper = resolve(changed("paper.figure02.models", ["kd"]), SCHEMA, PUBLISHED)["paper"]
    assert paper["figure09"]["models"] == paper["figure10"]["models"] == ["kd"]


def test_too_little_is_left_for_the_rules_to_skip():
    config = resolve(changed("dissection", {}), SCHEMA, PUBLISHED)
    assert config["paper"]["figure09"]["quantiles"] == [0.005]
    assert config["paper"]["table10"]["layers"] == []
    assert resolve(config, SCHEMA, PUBLISHED) == config


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            "paper.figure09.quantiles",
            [0.005, 0.02],
            "paper.figure09.quantiles: 0.02 is not among dissection.quantiles (0.005, 0.001,",
        ),
        ("paper.figure09.quantiles", [0.005], "needs at least 2"),
        ("paper.figure10.iou_thresholds", [0.05, 1.2], "less than 1"),
        ("paper.figure10.models", ["kdd"], "'kdd' is not an entry of models; did you mean 'kd'?"),
        ("paper.table10.layers", ["layer5"], "'layer5' is not among dissection.layers"),
        ("paper.unit_grids.models", ["no"], "paper.unit_grids.models: 'no' is not an entry"),
        ("paper.unit_grids.images", 13, "out of range"),
        ("paper.unit_grids.size", 3, "paper.unit_grids.size is not known"),
    ],
)
def test_mistakes(path, value, message):
    with pytest.raises(InputError) as caught:
        resolve(changed(path, value), SCHEMA, PUBLISHED)
    assert message in str(caught.value)


def test_a_model_that_nobody_dissects():
    config = changed("paper.models", ["scratch", "random_init"])
    config["paper"]["figure09"] = {"models": ["scratch", "kd"]}
    with pytest.raises(InputError, match=r"figure09\.models: 'kd' is not among paper\.models"):
        resolve(config, SCHEMA, PUBLISHED)
