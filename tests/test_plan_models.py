"""What rules are told of networks: files, teachers, parameters; and what a dissection is told."""

from __future__ import annotations

import pytest
from config_data import CHECKPOINT, DEMO, IMAGENET, PUBLISHED, SCHEMA, changed

from kdlens.config import resolve
from kdlens.plan import dissections, models

DRAWN = resolve(DEMO, SCHEMA, PUBLISHED)
NO_TRAINING = resolve(CHECKPOINT, SCHEMA, PUBLISHED)
SECOND = {**DEMO["models"]["kd"], "teacher": "kd", "teacher_seed": 2, "seeds": [3]}
CHAIN = resolve(changed("models.second", SECOND), SCHEMA, PUBLISHED)


def test_networks_by_how_they_are_made():
    assert models.trained(DRAWN) == ["teacher", "scratch", "label_smoothing", "kd"]
    assert models.by_method(DRAWN, "random_init") == ["random_init"]
    assert models.trained(NO_TRAINING) == []
    assert models.seeds(CHAIN) == [1, 2, 3]
    assert models.pairs(CHAIN, ["second", "kd"]) == [("second", 3), ("kd", 1), ("kd", 2)]
    assert models.files(NO_TRAINING, "metrics.json") == [
        "results/checkpoint/models/mine/seed1/metrics.json",
        "results/checkpoint/models/random_init/seed1/metrics.json",
    ]


@pytest.mark.parametrize(
    ("name", "generations", "teacher"),
    [
        ("teacher", 2, []),
        ("kd", 1, "results/demo/models/teacher/seed1/model.pt"),
        ("second", 0, "results/demo/models/kd/seed2/model.pt"),
        ("scratch", 0, []),
    ],
)
def test_who_waits_for_whom(name, generations, teacher):
    assert models.generations(CHAIN["models"], name) == generations
    assert models.teacher_file(CHAIN, name) == teacher


def test_a_model_is_told_what_it_needs_and_no_more():
    common = {"name", "seed", "network", "image", "device"}
    training = {"method", "training", "teacher_network"}
    told = models.params(DRAWN, "kd", 2)
    assert set(told) == common | training
    assert (told["name"], told["seed"]) == ("kd", 2)
    assert told["method"] == {"name": "kd", "alpha": 0.5, "temperature": 4}
    assert told["teacher_network"]["architecture"] == "resnet34"
    assert models.params(DRAWN, "scratch", 1)["method"] == {"name": "cross_entropy"}
    assert models.params(DRAWN, "scratch", 1)["teacher_network"] is None
    assert set(models.params(DRAWN, "random_init", 1)) == common
    assert set(models.params(NO_TRAINING, "mine", 1)) == common | {"weights", "downloads"}


def test_the_number_of_gpus_changes_nothing_that_a_model_is_told():
    several = resolve(changed("models.kd.gpus", 4), SCHEMA, PUBLISHED)
    assert models.gpus(several, "kd") == 4 and models.gpus(several, "scratch") == 1
    assert models.params(several, "kd", 1) == models.params(DRAWN, "kd", 1)


def test_the_number_of_decoders_changes_nothing_that_a_model_is_told():
    several = resolve(changed("training.workers", 5), SCHEMA, PUBLISHED)
    assert models.decoders(several, "kd") == 5 != models.decoders(DRAWN, "kd")
    assert models.params(several, "kd", 1) == models.params(DRAWN, "kd", 1)


def test_images_are_those_of_the_training_or_of_the_size_asked_for():
    normalised = {"mean": [0.45] * 3, "std": [0.25] * 3}
    assert models.image(DRAWN, "kd") == {"size": 64, **normalised}
    assert models.image(DRAWN, "kd", 112) == {"size": 112, **normalised}
    resized = resolve(changed("training_data.resize", 80), SCHEMA, PUBLISHED)
    assert models.image(resized, "kd") == {"size": 64, "resize": 80, **normalised}
    assert models.image(resized, "kd", 112) == {"size": 112, **normalised}
    assert models.image(NO_TRAINING, "mine") == {"size": 224, **IMAGENET}
    assert "normalisation" not in models.network(NO_TRAINING, "mine")


def test_a_null_takes_its_classes_from_a_checkpoint_if_nothing_else_says_them():
    metrics = "results/checkpoint/models/mine/seed1/metrics.json"
    assert models.metrics_of_same_network(NO_TRAINING, "random_init") == metrics
    said = resolve(changed("networks.mine.classes", 6, CHECKPOINT), SCHEMA, PUBLISHED)
    assert models.metrics_of_same_network(said, "random_init") == []
    assert models.metrics_of_same_network(DRAWN, "random_init") == []


def test_tallies_are_of_the_tables_layer_unless_another_is_named():
    folder = "results/demo/dissection/kd/seed2"
    assert dissections.tallies(DRAWN, "kd", 2) == f"{folder}/layer4.npz"
    assert dissections.tallies(DRAWN, "kd", 2, "layer1") == f"{folder}/layer1.npz"
    shuffled = dissections.tallies(DRAWN, "kd", 2, labels="shuffled")
    assert shuffled == f"{folder}/layer4_shuffled.npz"
    assert len(dissections.all_tallies(DRAWN)) == 9 * 4


def test_what_a_dissection_may_use_changes_nothing_that_it_is_told():
    config = changed("jobs.dissection.mem_mb", 64000)
    config["dissection"] |= {"memory_gib": 16, "workers": 7}
    more = resolve(config, SCHEMA, PUBLISHED)
    assert dissections.params(more, "kd", 1) == dissections.params(DRAWN, "kd", 1)
    resources = dissections.resources(more)
    assert resources["keep_mib"] == 16384 and resources["decoders"] == 7
    assert dissections.params(DRAWN, "kd", 1)["label"] == {"model": "kd", "seed": 1}
