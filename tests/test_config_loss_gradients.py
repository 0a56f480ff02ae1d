"""The section measures.loss_gradients of a config, and what its rules are told."""

import pytest
from config_data import CHECKPOINT, PUBLISHED, SCHEMA, as_written, changed, of_measure

from kdlens.config import resolve
from kdlens.plan import cost
from kdlens.plan.measures import loss_gradients

REAL, FULL = map(as_written, ("real", "full"))
FURTHER = {"source": "image_folder", "path": "digits", "image_size": 28}
resolved, refused = of_measure("loss_gradients")


def test_the_demo_measures_the_models_of_figure_2_on_their_own_images():
    config = resolved()
    settings = config["measures"]["loss_gradients"]
    assert settings["masks"] == "validation"
    assert settings["models"] == ["scratch", "label_smoothing", "kd", "random_init"]
    assert settings["figure_models"] == settings["models"]
    assert loss_gradients.shown(config) == {"figure08": "training_data"}
    assert len(loss_gradients.files(config)) == 8
    assert loss_gradients.mask_files(config)["masks"] == "results/data/world/val_masks.npz"
    told = loss_gradients.params(config, "kd", 2)
    assert told["image"]["size"] == 64 and told["images"] == 200 and "objects" not in told
    entries = loss_gradients.maps_params(config, "figure08")["entries"]
    assert [(e["model"], e["seed"]) for e in entries] == [(m, 1) for m in settings["models"]]
    files = loss_gradients.paper_files(config)
    assert "results/demo/figures/figure08.csv" in files
    assert "results/demo/tables/loss_gradients.html" in files


def test_photographs_have_a_figure_and_no_numbers_unless_concepts_are_asked_for():
    config = resolved(changed("measures", {}, REAL))
    assert loss_gradients.files(config) == [] and list(loss_gradients.shown(config)) == ["figure08"]
    config = resolved(changed("measures", {}, REAL), masks="concepts", objects=["car"])
    assert len(loss_gradients.files(config)) == 8
    told = loss_gradients.params(config, "kd", 1)
    assert told["image"]["size"] == config["dissection"]["image_size"] == 112
    assert told["objects"] == ["car"]
    assert "packed_112" in loss_gradients.mask_files(config)["concepts"]
    assert loss_gradients.table_params(config)["dataset"] == "broden_small"


def test_without_training_data_only_concepts_can_be_looked_at():
    config = resolve(CHECKPOINT, SCHEMA, PUBLISHED)
    assert loss_gradients.results(config) == loss_gradients.paper_files(config) == []
    config = resolved(CHECKPOINT, masks="concepts")
    assert len(loss_gradients.files(config)) == 2 and loss_gradients.shown(config) == {}


def test_every_dataset_with_models_has_a_figure():
    base = changed("datasets.digits", FURTHER)
    base = changed(
        "models.of_digits",
        {"network": "resnet18_w16", "method": "cross_entropy", "data": "digits"},
        base,
    )
    config = resolved(base)
    assert loss_gradients.shown(config) == {
        "figure08": "training_data",
        "loss_gradients_digits": "digits",
    }
    assert loss_gradients.figure_params(config, "loss_gradients_digits")["dataset"] == "digits"
    inputs = loss_gradients.maps_inputs(config, "loss_gradients_digits")
    assert inputs["dataset"] == "results/data/digits/dataset.json"
    assert [file.split("/")[3] for file in inputs["models"]] == ["of_digits"]
    jobs = [job for job in cost.jobs(config) if job["rule"] == "loss_gradients_figure"]
    assert [job["benchmark"] for job in jobs] == [
        f"results/demo/figures/{name}/benchmarks/loss_gradients_figure.tsv"
        for name in ("figure08", "loss_gradients_digits")
    ]


def test_a_figure_of_mnist_is_the_paper_s():
    config = resolved()
    mnist = {"source": "torchvision", "dataset": "mnist"}
    config["datasets"] = {"cifar": {**mnist, "dataset": "cifar10"}, "a": mnist, "b": dict(mnist)}
    for role in config["datasets"]:
        config["models"][f"of_{role}"] = {**config["models"]["scratch"], "data": role}
    names = list(loss_gradients.shown(config))
    assert names == ["figure08", "loss_gradients_cifar", "figure13", "loss_gradients_b"]


def test_a_wide_study_shows_six_columns_the_null_among_them():
    config = resolved(FULL)
    settings = config["measures"]["loss_gradients"]
    assert len(settings["models"]) > 6 and len(settings["figure_models"]) == 6
    assert settings["figure_models"][-1] == "random_init"


def test_nothing_is_left_of_it_if_it_is_not_wanted():
    config = resolved(models=[], figure_models=[])
    assert loss_gradients.results(config) == [] and list(loss_gradients.jobs(config)) == []
    assert loss_gradients.shared_rules(config) == {}


@pytest.mark.parametrize(
    ("section", "words"),
    [
        ({"models": ["scrach"]}, r"loss_gradients\.models: 'scrach' .* did you mean 'scratch'\?"),
        ({"figure_models": ["dk"]}, r"loss_gradients\.figure_models: 'dk' is not"),
        ({"masks": "none", "models": ["kd"]}, "without masks there are no numbers"),
        ({"objects": ["cow"]}, r"loss_gradients\.objects: is for masks: concepts"),
        ({"masks": "all"}, "all is not among the choices"),
        ({"figure_images": 0}, "figure_images: 0 is out of range"),
    ],
)
def test_mistakes_are_one_line(section, words):
    refused(words, **section)


def test_masks_that_there_cannot_be():
    refused("training_data is not of the concept world", REAL, masks="validation")
    without = changed("concept_data.categories", ["texture"])
    without = changed("paper.figure03.category", "texture", without)
    refused("concept_data.categories leaves out object", without, masks="concepts")
