"""The section measures.diffroar and the source torchvision: checks, defaults, plans."""

from __future__ import annotations

import copy

import pytest
from config_data import DEMO, PUBLISHED, SCHEMA

from kdlens.config import resolve
from kdlens.errors import InputError
from kdlens.plan import cost, datasets, results
from kdlens.plan.measures import diffroar

DIGITS = {"source": "torchvision", "dataset": "mnist", "path": "/data/mnist.zip", "image_size": 28}
SECTION = {
    "models": ["scratch", "digits", "digits_random"],
    "initialisations": 2,
    "fractions": [0.9, 0.1],
    "retraining": {"epochs": 60},
    "datasets": {"mnist": {"rankings": ["pixel"], "fill": "zero", "retraining": {"epochs": 10}}},
}
LATE = {"name": "multistep", "milestones": [60]}


def written(**changes) -> dict:
    config = copy.deepcopy(DEMO)
    config["datasets"] = {"mnist": copy.deepcopy(DIGITS)}
    config["models"] |= {
        "digits": {
            "network": "resnet18_w16",
            "method": "cross_entropy",
            "data": "mnist",
            "reference": "scratch",
            "seeds": [1, 2],
        },
        "digits_random": {"network": "resnet18_w16", "method": "random_init", "data": "mnist"},
    }
    config["measures"] = {"diffroar": {**copy.deepcopy(SECTION), **changes}}
    return config


def resolved(**changes) -> dict:
    return resolve(written(**changes), SCHEMA, PUBLISHED)


CONFIG = resolved()
RUN = "results/demo/measures/diffroar"


def test_left_out_it_measures_nothing():
    config = resolve(DEMO, SCHEMA, PUBLISHED)
    assert diffroar.results(config) == diffroar.paper_files(config) == []
    assert list(diffroar.jobs(config)) == []


def test_what_is_resolved_is_a_config_that_is_resolved_alike():
    again = {**CONFIG, "measures": {"diffroar": CONFIG["measures"]["diffroar"]}}
    assert (
        resolve(again, SCHEMA, PUBLISHED)["measures"]["diffroar"]
        == (CONFIG["measures"]["diffroar"])
    )


def test_every_network_has_a_result_and_every_dataset_its_random_rankings():
    seeds = DEMO["models"]["scratch"].get("seeds", [1])
    name = DEMO["training_data"]["name"]
    assert diffroar.results(CONFIG) == [
        *[f"{RUN}/scratch/seed{seed}.json" for seed in seeds],
        f"{RUN}/random_rankings/{name}.json",
        f"{RUN}/digits/seed1.json",
        f"{RUN}/digits/seed2.json",
        f"{RUN}/digits_random/seed1.json",
        f"{RUN}/random_rankings/mnist.json",
    ]
    assert set(diffroar.results(CONFIG)) <= set(results.manifest_inputs(CONFIG))
    without = resolved(random_rankings=False)
    assert not any("random_rankings" in file for file in diffroar.results(without))


def test_a_dataset_overrides_single_keys_of_retraining():
    mnist = diffroar.network_params(CONFIG, "digits", 2)
    assert mnist["retraining"]["epochs"] == 10 and mnist["retraining"]["batch_size"] == 128
    assert mnist["rankings"] == ["pixel"] and mnist["fill"] == "zero"
    assert mnist["seed"] == 2 and mnist["image"]["size"] == 28
    world = diffroar.network_params(CONFIG, "scratch", 1)
    assert world["retraining"]["epochs"] == 60 and world["rankings"] == ["coordinate"]
    assert world["fill"] == "mean" and world["fractions"] == [0.1, 0.9]


def test_retrained_networks_have_the_shape_of_the_explained_one_or_another():
    params = diffroar.network_params(CONFIG, "digits", 1)
    assert params["retrained"] == params["network"] and params["network"]["width"] == 16
    config = written()
    config["networks"]["tiny"] = {"architecture": "resnet18", "width": 4}
    config["measures"]["diffroar"]["retraining"]["network"] = "tiny"
    params = diffroar.network_params(resolve(config, SCHEMA, PUBLISHED), "digits", 1)
    assert params["retrained"]["width"] == 4 and params["network"]["width"] == 16
    assert "network" not in params["retraining"]


def test_the_random_rankings_are_those_of_the_first_network_but_for_its_name():
    random = diffroar.random_params(CONFIG, "mnist")
    like = diffroar.network_params(CONFIG, "digits", 1)
    assert random == {**like, "name": "random_rankings", "seed": 1}


def test_the_published_column_is_that_of_the_torchvision_source():
    params = diffroar.table_params(CONFIG)
    assert params["datasets"]["mnist"]["published"] == "mnist"
    assert params["datasets"][DEMO["training_data"]["name"]]["published"] is None
    references = {run["model"]: run["reference"] for run in params["runs"]}
    assert references["digits"] == "scratch" and references["random_rankings"] is None


def test_jobs_stand_in_the_table_of_costs():
    jobs = {job["benchmark"]: job["device"] for job in cost.jobs(CONFIG)}
    benchmark = f"{RUN}/digits/seed2/benchmarks/measure_diffroar.tsv"
    assert jobs[benchmark] == f"{RUN}/digits/seed2.json"
    assert f"{RUN}/random_rankings/mnist/benchmarks/measure_diffroar_random.tsv" in jobs
    assert "results/data/mnist/benchmarks/unpack_torchvision.tsv" in jobs
    assert "results/demo/tables/benchmarks/table04.tsv" in jobs


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"models": ["digit"]}, r"diffroar\.models: 'digit' is not .* did you mean 'digits'"),
        ({"datasets": {"minst": {}}}, r"diffroar\.datasets: 'minst' .* did you mean 'mnist'"),
        (
            {"retraining": {"network": "x"}},
            r"key measures\.diffroar\.retraining\.network: 'x' is not an entry",
        ),
        (
            {"retraining": {"nesterov": True, "momentum": 0}},
            r"diffroar\.retraining\.nesterov: needs a momentum",
        ),
        (
            {"datasets": {"mnist": {"retraining": {"schedule": LATE}}}},
            r"diffroar\.datasets\.mnist\.retraining\.schedule\.milestones: 60 is not before",
        ),
        ({"retraining": {"workers": 2}}, r"retraining\.workers is not known"),
        ({"retraining": {"augmentation": "imagenet"}}, r"write one of: none, flip, crop_flip"),
        ({"fractions": [1.0]}, r"write a number of less than 1"),
        ({"label": True}, r"write one of: predicted, annotated"),
        ({"rankings": []}, r"rankings: is empty"),
    ],
)
def test_mistakes_are_one_line(changes, message):
    with pytest.raises(InputError, match=message):
        resolved(**changes)


def torchvision(**changes) -> dict:
    config = written()
    config["datasets"]["mnist"] |= changes
    return config


def test_a_torchvision_source_is_made_by_a_rule_of_its_own():
    assert datasets.origin(CONFIG, "mnist") == "torchvision"
    assert datasets.tree(CONFIG, "mnist") == ["results/data/mnist/tree"]
    told = datasets.torchvision_source(CONFIG, "mnist")
    assert told == {
        "dataset": "mnist",
        "path": "/data/mnist.zip",
        "urls": [],
        "sha256": None,
        "images": {},
        "seed": 1,
    }


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"dataset": "cifar"}, r"datasets\.mnist\.dataset: cifar is not among .* mnist, cifar10"),
        ({"images": {"train": 9}}, r"images\.train: 9 images cannot show 10 classes"),
        ({"dataset": "cifar100", "images": {"val": 50}}, r"images\.val: 50 .* at least 100"),
        ({"splits": {}}, r"datasets\.mnist\.splits is not known"),
    ],
)
def test_mistakes_in_the_source_are_one_line(changes, message):
    with pytest.raises(InputError, match=message):
        resolve(torchvision(**changes), SCHEMA, PUBLISHED)


def test_the_checksum_of_no_archive_is_an_error():
    config = torchvision(sha256="0" * 64)
    del config["datasets"]["mnist"]["path"]
    with pytest.raises(InputError, match=r"datasets\.mnist\.sha256: is of an archive, and none"):
        resolve(config, SCHEMA, PUBLISHED)
