"""DiffROAR through Snakemake: what is planned, and a whole run on a few images."""

from __future__ import annotations

import copy
import json
from collections import Counter

import pytest
import yaml
from config_data import FEW_CONCEPTS, FEW_IMAGES, PUBLISHED, SCHEMA
from project import copy_project

from kdlens.config import resolve
from kdlens.plan import cost

pytestmark = pytest.mark.workflow

CONFIG = {
    "run": "few",
    "training_data": {"name": "few", **FEW_IMAGES},
    "datasets": {"other": {**FEW_IMAGES, "seed": 5}},
    "concept_data": FEW_CONCEPTS,
    "networks": {"tiny": {"architecture": "resnet18", "width": 4}},
    "training": {"epochs": 1, "batch_size": 8, "learning_rate": 0.05},
    "models": {
        "scratch": {"network": "tiny", "method": "cross_entropy"},
        "random_init": {"network": "tiny", "method": "random_init"},
        "other_scratch": {
            "network": "tiny",
            "method": "cross_entropy",
            "data": "other",
            "reference": "scratch",
        },
    },
    "measures": {
        "diffroar": {
            "models": ["random_init", "other_scratch"],
            "fractions": [0.2, 0.8],
            "initialisations": 2,
            "retraining": {"epochs": 1, "batch_size": 16, "learning_rate": 0.05},
            "datasets": {
                "other": {"published": "cifar10", "rankings": ["pixel", "coordinate"]},
            },
        }
    },
}
PAPER = ("results/few/tables/table04.md", "results/few/figures/diffroar_curves.svg")


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    project = copy_project(tmp_path_factory.mktemp("diffroar"))
    (project.folder / "few.yaml").write_text(yaml.safe_dump(CONFIG))
    return project


def test_what_is_planned_is_what_the_table_of_costs_is_of(project):
    run = project.snakemake("-n", "--configfile", "few.yaml")
    assert run.returncode == 0, run.output
    jobs = run.jobs()
    assert jobs["measure_diffroar"] == jobs["measure_diffroar_random"] == 2
    assert jobs["table04"] == jobs["diffroar_curves"] == 1
    measured = Counter(job["rule"] for job in cost.jobs(resolve(CONFIG, SCHEMA, PUBLISHED)))
    assert {**measured, **dict.fromkeys(("concepts_known", "cost", "report", "all"), 1)} == jobs


def test_a_torchvision_source_is_planned_without_its_files(project):
    config = copy.deepcopy(CONFIG)
    config["datasets"]["other"] = {
        "source": "torchvision",
        "dataset": "cifar10",
        "image_size": 32,
        "path": "/nowhere/cifar-10-python.tar.gz",
    }
    (project.folder / "torchvision.yaml").write_text(yaml.safe_dump(config))
    run = project.snakemake("-n", "--configfile", "torchvision.yaml")
    assert run.returncode == 0, run.output
    assert run.jobs()["unpack_torchvision"] == 1


def test_a_whole_run_and_that_nothing_is_left_to_do(project):
    run = project.snakemake(*PAPER, "--cores", "2", "--configfile", "few.yaml")
    assert run.returncode == 0, run.output[-6000:]
    folder = project.folder / "results/few"
    found = json.loads((folder / "measures/diffroar/other_scratch/seed1.json").read_text())
    assert found["dataset"] == "other" and set(found["accuracies"]) == {"pixel", "coordinate"}
    assert found["values"]["diffroar"] == found["values"]["pixel_diffroar"]
    null = json.loads((folder / "measures/diffroar/random_rankings/few.json").read_text())
    assert null["model_sha256"] is None and null["model"] == "random_rankings"
    table = (folder / "tables/table04.md").read_text()
    assert "| other: other_scratch | 1 |" in table and "| *3.39* |" in table
    assert "By coordinate" in table and "few: random rankings" in table
    # What a killed job would have gone on from.
    assert not list(folder.rglob("*.partial.json"))
    again = project.snakemake(*PAPER, "--cores", "2", "--configfile", "few.yaml")
    assert "Nothing to be done" in again.output
