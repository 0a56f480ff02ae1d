"""Sweeps: names and labels, no model twice, and errors in the words of the file."""

from __future__ import annotations

import pytest
from config_data import DEMO, PUBLISHED, SCHEMA, changed

from kdlens.config import resolve
from kdlens.errors import InputError

GRID = {"alpha": [0.1, 0.5], "temperature": [1, 4.0]}


def models_of(path: str, value: object, base: dict = DEMO) -> dict:
    return resolve(changed(path, value, base), SCHEMA, PUBLISHED)["models"]


def test_every_combination_is_a_model_and_an_equal_one_is_the_entry_itself():
    models = models_of("models.kd.sweep", GRID)
    assert [name for name in models if name.startswith("kd")] == [
        *("kd", "kd_a0.1_t1", "kd_a0.1_t4", "kd_a0.5_t1")
    ]
    assert list(models)[-1] == "random_init", "they stand where their entry is"
    assert models["kd"] == resolve(DEMO, SCHEMA, PUBLISHED)["models"]["kd"]
    made = models["kd_a0.1_t4"]
    assert made["label"] == "KD, alpha 0.1, T 4"
    assert (made["alpha"], made["temperature"], made["seeds"]) == (0.1, 4, [1, 2])
    assert "reference" not in made and "sweep" not in made


def test_an_entry_without_a_value_for_a_swept_key_is_no_model():
    entry = {**DEMO["models"]["kd"], "sweep": {"temperature": [1, 2]}}
    del entry["temperature"], entry["reference"], entry["label"]
    models = models_of("models.warm", entry)
    assert "warm" not in models
    assert models["warm_t2"]["label"] == "warm, T 2"


def test_equal_to_another_entry_or_sweep_but_for_defaults():
    """at has a weight by default, and a teacher's seed is the first if none is said."""
    at = {"network": "resnet18_w16", "method": "at", "teacher": "teacher", "seeds": [1]}
    config = changed("models.at", at)
    config["models"]["strong"] = {**at, "teacher_seed": 1, "sweep": {"weight": [1000, 2000]}}
    config["models"]["again"] = {**at, "sweep": {"weight": [2000]}}
    models = resolve(config, SCHEMA, PUBLISHED)["models"]
    assert [name for name in models if models[name]["method"] == "at"] == [
        "at",
        "strong_weight2000",
    ]


def test_networks_and_teachers_can_be_swept():
    config = changed("models.scratch.sweep", {"network": ["resnet18_w16", "resnet34_w16"]})
    config["models"]["scratch"]["seeds"] = [1]
    kd = {**DEMO["models"]["kd"], "sweep": {"teacher": ["teacher", "scratch_resnet34_w16"]}}
    config["models"]["kd"] = kd
    models = resolve(config, SCHEMA, PUBLISHED)["models"]
    assert models["scratch_resnet34_w16"]["label"] == "Scratch, resnet34_w16"
    assert models["kd_scratch_resnet34_w16"]["label"] == "KD, from scratch_resnet34_w16"
    assert models["kd_scratch_resnet34_w16"]["teacher_seed"] == 1


def test_a_student_of_a_model_that_goes_by_another_name():
    config = changed("models.kd.sweep", GRID)
    config["models"]["second"] = {**DEMO["models"]["kd"], "teacher": "kd_a0.5_t4"}
    assert resolve(config, SCHEMA, PUBLISHED)["models"]["second"]["teacher"] == "kd"


def test_the_expanded_config_is_a_config_and_makes_the_same_run():
    config = resolve(changed("models.kd.sweep", GRID), SCHEMA, PUBLISHED)
    assert resolve(config, SCHEMA, PUBLISHED) == config


def test_table_1_has_no_models_of_a_sweep_that_another_table_shows():
    config = changed("models.kd.sweep", {"temperature": [4, 8]})
    at = {"network": "resnet18_w16", "method": "at", "teacher": "teacher"}
    config["models"]["at"] = {**at, "sweep": {"weight": [500, 1000]}}
    paper = resolve(config, SCHEMA, PUBLISHED)["paper"]
    assert paper["table07"]["models"] == ["kd", "kd_t8"]
    assert "kd" in paper["models"] and "kd_t8" not in paper["models"]
    assert {"at_weight500", "at_weight1000"} < set(paper["models"]), "nobody else shows these"


@pytest.mark.parametrize(
    ("sweep", "message"),
    [
        (None, "config key models.kd.sweep: null is empty; write a mapping"),
        ({}, "config key models.kd.sweep: is empty or too short"),
        ({"alpha": 0.1}, "config key models.kd.sweep.alpha: 0.1 is a number; write a list"),
        ({"alpha": []}, "config key models.kd.sweep.alpha: is empty"),
        ({"alpha": [0.1, 0.1]}, "config key models.kd.sweep.alpha: [0.1, 0.1] names something"),
        ({"alpha": [[0.1]]}, "config key models.kd.sweep.alpha: [0.1] is no single value"),
        (
            {"alpha": [0.1, 2]},
            "config key models.kd.sweep.alpha: 2 is out of range; write a number",
        ),
        ({"temprature": [1]}, "models.kd.sweep.temprature: is not a key of method kd that can be"),
        ({"temprature": [1]}, "did you mean 'temperature'?"),
        ({"seeds": [1]}, "models.kd.sweep.seeds: is not a key"),
        ({"teacher": ["teachr"]}, "models.kd.sweep.teacher: 'teachr' is not an entry of models"),
        ({"network": ["resnet"]}, "models.kd.sweep.network: 'resnet' is not an entry of networks"),
    ],
)
def test_a_mistake_in_a_sweep_is_named(sweep, message):
    with pytest.raises(InputError) as caught:
        models_of("models.kd.sweep", sweep)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_other_mistakes_speak_of_the_entry():
    config = changed("models.kd.sweep", GRID)
    with pytest.raises(InputError, match=r"config key models\.kd\.temprature is not known"):
        models_of("models.kd.temprature", 4, config)
    with pytest.raises(InputError, match=r"config key models\.kd\.label: .* shorter label"):
        models_of("models.kd.label", "Distillation of a long description", config)
    entry = {**DEMO["models"]["kd"], "sweep": {"temperature": [4]}, "seeds": [7]}
    del entry["temperature"]
    message = (
        r"models\.warm\.seeds: KD, T 4 is the model kd too, which has seeds \[1, 2\], not \[7\]"
    )
    with pytest.raises(InputError, match=message):
        models_of("models.warm", entry)
    taken = changed("models.kd.sweep", GRID)
    taken["models"]["kd_a0.1_t1"] = DEMO["models"]["scratch"]
    with pytest.raises(InputError, match=r"kd\.sweep: makes a model kd_a0\.1_t1, and there is one"):
        resolve(taken, SCHEMA, PUBLISHED)
