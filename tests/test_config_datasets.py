"""Further datasets: models of their own, which the tables of concept detectors leave out."""

from __future__ import annotations

import copy

import pytest
from config_data import DEMO, PUBLISHED, SCHEMA, changed

from kdlens.config import resolve
from kdlens.errors import InputError
from kdlens.plan import datasets, models, results

SMALL = {
    "source": "concept_world",
    "image_size": 32,
    "classes": "families",
    "images": {"train": 60, "val": 30},
    "mean": [0.5, 0.5, 0.5],
    "std": [0.2, 0.2, 0.2],
    "training": {"epochs": 3, "optimizer": "adam"},
}
PHOTOS = {"source": "image_folder", "image_size": 32, "path": "/photos", "splits": {"val": "test"}}
MODEL = {"network": "resnet18_w16", "method": "cross_entropy", "data": "small"}


def with_datasets() -> dict:
    config = copy.deepcopy(DEMO)
    config["datasets"] = copy.deepcopy({"small": SMALL, "photos": PHOTOS})
    config["models"] |= {
        "small_scratch": {**MODEL, "training": {"epochs": 2}},
        "small_kd": {
            **MODEL,
            "method": "kd",
            "teacher": "small_scratch",
            "alpha": 0.5,
            "temperature": 4,
        },
        "photos_random": {"network": "resnet18_w16", "method": "random_init", "data": "photos"},
    }
    return config


CONFIG = resolve(with_datasets(), SCHEMA, PUBLISHED)


def test_a_model_takes_images_and_training_from_its_dataset():
    assert models.image(CONFIG, "small_kd") == {"size": 32, "mean": [0.5] * 3, "std": [0.2] * 3}
    assert models.image(CONFIG, "kd")["size"] == DEMO["training_data"]["image_size"]
    training = CONFIG["models"]["small_kd"]["training"]
    assert (training["epochs"], training["optimizer"]) == (3, "adam")
    assert training["batch_size"] == DEMO["training"]["batch_size"]
    assert CONFIG["models"]["small_scratch"]["training"]["epochs"] == 2
    assert models.dataset(CONFIG, "small_kd") == "results/data/small/dataset.json"
    assert models.dataset_tree(CONFIG, "small_kd") == ["results/data/small/tree"]
    assert models.dataset_tree(CONFIG, "photos_random") == []
    told = models.params(CONFIG, "small_kd", 1)
    assert told["method"] == {"name": "kd", "alpha": 0.5, "temperature": 4}


def test_every_dataset_is_found_by_its_name():
    assert datasets.image_names(CONFIG) == ["world", "small", "photos"]
    assert datasets.image_names(CONFIG, "rendered") == ["world", "small"]
    assert datasets.role_named(CONFIG, "world") == "training_data"
    assert datasets.image_checks(CONFIG, "photos")["splits"] == {"train": "train", "val": "test"}
    assert datasets.world(CONFIG, "small")["classes"] == "families"
    assert datasets.summaries(CONFIG)[1] == "results/data/small/dataset.json"


def test_the_tables_of_detectors_are_about_the_training_data():
    plain = resolve(DEMO, SCHEMA, PUBLISHED)
    assert CONFIG["paper"] == plain["paper"]
    further = set(results.paper_files(CONFIG)) - set(results.paper_files(plain))
    assert {file.rsplit("/", 1)[1].split(".")[0] for file in further} == {"loss_gradients_small"}
    ours = set(results.manifest_inputs(CONFIG)) - set(results.manifest_inputs(plain))
    assert "results/demo/models/small_kd/seed1/model.pt" in ours
    assert not any("dissection" in file for file in ours)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            "models.small_kd.data",
            "smal",
            "'smal' is not an entry of datasets; did you mean 'small'",
        ),
        (
            "models.small_kd.teacher",
            "teacher",
            "teacher is about training_data, small_kd about data",
        ),
        ("paper.models", ["small_kd", "random_init"], "small_kd is about datasets.small, and this"),
        ("paper.table07.models", ["small_kd"], "small_kd is about datasets.small"),
        ("datasets.world", SMALL, "datasets.world: 'world' is the name of training_data too"),
        ("datasets.weights", SMALL, "'weights' is the folder of fetched weights"),
        ("datasets.concept_data", SMALL, "is the name of another section"),
        ("datasets.small.images.train", 3, "datasets.small.images.train: 3 is out of range"),
        ("datasets.small.resize", 16, "datasets.small.resize: 16 is less than image_size"),
        ("datasets.photos.path", ..., "datasets.photos: give path"),
        ("datasets.small.training", {"epoch": 1}, "datasets.small.training.epoch is not known"),
    ],
)
def test_mistake_is_named(path, value, message):
    with pytest.raises(InputError) as caught:
        resolve(changed(path, value, with_datasets()), SCHEMA, PUBLISHED)
    assert message in str(caught.value)
