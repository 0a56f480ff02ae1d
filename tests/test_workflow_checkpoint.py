"""Runs of one's own networks: from the file with the weights to all results, without a training."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from project import copy_project
from tiny_broden import default_images, write_broden

from kdlens.dissection.tallies import Tallies
from kdlens.files import sha256_of
from kdlens.training.networks import initialise_network

pytestmark = pytest.mark.workflow

CONFIG = ("--configfile", "config/checkpoint.yaml")
COMMON = ("check_concepts", "pack_concepts", "activation_maps", "table01", "table01_comparison")
COMMON += ("figure02", "figure03", "figure10", "gallery_index", "write_manifest", "cost", "all")
COMMON += ("report",)
# One of a model each; of two models that nobody trains.
BY_MODEL = ("dissect", "concept_bars", "unit_grids", "gallery")
EXPECTED = {**dict.fromkeys(COMMON, 1), **dict.fromkeys(BY_MODEL, 2)}
EXPECTED |= {"import_checkpoint": 1, "initialise_model": 1}


@pytest.fixture(scope="module")
def project(tmp_path_factory):
    return copy_project(tmp_path_factory.mktemp("checkpoint"))


@pytest.fixture(scope="module")
def concepts(tmp_path_factory) -> Path:
    """Twenty images with masks."""
    random = np.random.default_rng(0)
    images = [
        {**image, "pixels": random.integers(0, 256, (32, 48, 3), dtype=np.uint8)}
        for image in default_images() * 5
    ]
    return write_broden(tmp_path_factory.mktemp("concepts") / "mine", images)


def test_dry_run_without_any_file(fresh):
    run = fresh.snakemake("-n", *CONFIG)
    assert run.returncode == 0, run.output
    assert run.jobs() == EXPECTED


def test_from_a_file_to_all_results_as_the_config_is(project, concepts, tmp_path):
    """Six classes, saved by another program; the checksum is first wrong, then pasted."""
    state = initialise_network({"architecture": "resnet18"}, 6, 3).state_dict()
    file = tmp_path / "best.pth"
    torch.save({"state_dict": {f"module.{k}": v for k, v in state.items()}, "epoch": 9}, file)
    variables = {"CHECKPOINT": str(file), "CONCEPTS": str(concepts)}
    wrong = project.snakemake(
        "--cores", "1", "results/checkpoint/models/mine/seed1/model.pt", *CONFIG, **variables
    )
    assert wrong.returncode != 0
    assert f"write {sha256_of(file)} as weights.sha256" in wrong.output
    variables["CHECKPOINT_SHA256"] = sha256_of(file)

    run = project.snakemake("--cores", "2", *CONFIG, **variables)
    assert run.returncode == 0, run.output[-6000:]
    assert run.jobs() == EXPECTED
    assert "train_model" not in run.output
    assert [path.name for path in (project.folder / "results/data").iterdir()] == ["my_concepts"]

    results = project.folder / "results/checkpoint"
    for model in ("mine", "random_init"):
        metrics = json.loads((results / f"models/{model}/seed1/metrics.json").read_text())
        assert metrics["classes"] == 6
        assert metrics["top1"] is None and metrics["epochs"] == 0
        units = Tallies.load(results / f"dissection/{model}/seed1/layer4.npz").intersection.shape[1]
        assert units == 512
    imported = torch.load(results / "models/mine/seed1/model.pt", weights_only=True)
    assert torch.equal(imported["fc.weight"], state["fc.weight"])
    for name in ("figure02", "figure03"):
        assert (results / f"figures/{name}.svg").stat().st_size > 1000
    table = (results / "tables/table01.md").read_text("utf-8")
    [row] = [line for line in table.splitlines() if line.startswith("| My network | 1 | 512 ")]
    assert row.endswith("| – |")
    assert "were trained elsewhere and dissected" in table
    assert "Nothing to compare" in (results / "tables/table01_comparison.md").read_text("utf-8")

    again = project.snakemake("--cores", "1", *CONFIG, **variables)
    assert "Nothing to be done" in again.output
    report = project.snakemake("--report", "report.html", *CONFIG, **variables)
    assert report.returncode == 0, report.output
    text = (project.folder / "report.html").read_text("utf-8")
    assert "took networks that were trained elsewhere" in text


def test_networks_with_normalisations_of_their_own_side_by_side(project, concepts, tmp_path):
    """Two shapes, two normalisations, maps of two sizes, a dotted layer; one is scratch."""
    config = yaml.safe_load((project.folder / "config/checkpoint.yaml").read_text("utf-8"))
    half = {"mean": [0.5, 0.5, 0.5], "std": [0.5, 0.5, 0.5]}
    imagenet = config["networks"]["mine"]["normalisation"]
    small = {"architecture": "resnet18", "width": 8}
    networks = {"mine": (small, imagenet), "deep": ({**small, "last_stride": 1}, half)}
    config |= {"run": "two", "networks": {}}
    config["concept_data"]["path"] = str(concepts)
    config["dissection"] = {"layers": ["layer3", "layer4.1"], "image_size": 64}
    for name, (shape, normalisation) in networks.items():
        config["networks"][name] = {**shape, "normalisation": normalisation}
        file = tmp_path / f"{name}.pt"
        torch.save(initialise_network(shape, 3, 1).state_dict(), file)
        weights = {"path": str(file), "sha256": sha256_of(file)}
        config["models"][name] = {"network": name, "method": "checkpoint", "weights": weights}
    config["models"]["mine"]["reference"] = "scratch"
    config["models"]["deep"]["reference"] = "kd"
    (project.folder / "two.yaml").write_text(yaml.safe_dump(config, sort_keys=False), "utf-8")

    run = project.snakemake("--cores", "2", "--configfile", "two.yaml")
    assert run.returncode == 0, run.output[-6000:]
    assert {"import_checkpoint": 2, "initialise_model": 1, "dissect": 3}.items() <= (
        run.jobs().items()
    )
    assert "train_model" not in run.output
    results = project.folder / "results/two"
    found = {}
    for name, (_, normalisation) in networks.items():
        found[name] = Tallies.load(results / f"dissection/{name}/seed1/layer4.1.npz")
        assert found[name].meta["image"] == {"size": 64, **normalisation}
    assert found["mine"].meta["map_shape"] == [2, 2] and found["deep"].meta["map_shape"] == [4, 4]
    # The same weights in layers that the stride does not reach: what differs is the normalisation.
    layer3 = [
        Tallies.load(results / f"dissection/{name}/seed1/layer3.npz").thresholds
        for name in networks
    ]
    assert not np.array_equal(*layer3)
    with np.load(results / "dissection/activation_maps.npz") as maps:
        assert [entry["model"] for entry in json.loads(str(maps["entries"]))] == ["mine", "deep"]
    with open(results / "tables/table01_comparison.csv", encoding="utf-8", newline="") as handle:
        assert {row["model"] for row in csv.DictReader(handle)} == {"deep"}
