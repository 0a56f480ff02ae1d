"""What rules are told of tables, figures and the gallery, and the files that a run makes."""

from __future__ import annotations

import pytest
from config_data import CHECKPOINT, DEMO, PUBLISHED, SCHEMA, changed

from kdlens.config import resolve
from kdlens.errors import InputError
from kdlens.plan import figures, gallery, paper, results, tables

DRAWN = resolve(DEMO, SCHEMA, PUBLISHED)
NO_TRAINING = resolve(CHECKPOINT, SCHEMA, PUBLISHED)


def chosen(**choices: object) -> dict:
    return resolve(changed("paper", choices), SCHEMA, PUBLISHED)


def test_the_rows_are_every_network_and_then_the_shuffled_null():
    rows = paper.rows(chosen(models=["kd", "teacher", "random_init"], shuffled="kd"))
    shown = [(row["model"], row["seed"], row["labels"]) for row in rows]
    assert shown == [
        ("kd", 1, "true"),
        ("kd", 2, "true"),
        ("teacher", 1, "true"),
        ("random_init", 1, "true"),
        ("random_init", 2, "true"),
        ("kd", 1, "shuffled"),
        ("kd", 2, "shuffled"),
    ]
    assert [row["method"] for row in rows[1:4]] == ["kd", "teacher", "random_init"]
    assert (rows[0]["label"], rows[0]["reference"]) == ("KD", "kd")
    assert (rows[-1]["label"], rows[-1]["reference"]) == ("KD, shuffled labels", None)


def test_the_files_of_the_tables_are_in_the_order_of_their_rows():
    config = chosen(models=["kd", "random_init"], table10={"layers": ["layer1", "layer3"]})
    folder = "results/demo/dissection"
    one = tables.table01_tallies(config)
    assert one[0] == f"{folder}/kd/seed1/layer4.npz"
    assert one[-1] == f"{folder}/kd/seed2/layer4_shuffled.npz"
    lower = [file.replace("layer4", "layer1") for file in one]
    assert tables.table10_tallies(config) == lower + [
        file.replace("layer4", "layer3") for file in one
    ]
    assert len(tables.metrics(config)) == len(one)
    assert tables.table01_params(config)["layer"] == "layer4"
    assert "layer" not in tables.table10_params(config)
    assert tables.table10_params(config)["layers"] == ["layer1", "layer3"]


@pytest.mark.parametrize(
    ("figure", "varied", "fixed"),
    [
        ("figure09", ("quantiles", [0.001, 0.005]), ("iou_threshold", 0.05)),
        ("figure10", ("iou_thresholds", [0.02, 0.04]), ("quantile", 0.005)),
    ],
)
def test_a_curve_varies_one_setting_and_keeps_the_order_of_its_models(figure, varied, fixed):
    names = ["kd", "scratch"]
    config = chosen(**{figure: {"models": names, varied[0]: varied[1]}})
    told = figures.curve_params(config, figure)
    assert set(told) == {"layer", "denominator", "runs", "dataset", varied[0], fixed[0]}
    assert (told[varied[0]], told[fixed[0]]) == (varied[1], fixed[1])
    lines = [(row["model"], row["labels"]) for row in told["runs"] if row["seed"] == 1]
    assert lines == [("kd", "true"), ("scratch", "true"), ("scratch", "shuffled")]
    files = figures.curve_tallies(config, figure)
    assert len(files) == 6 and files[-1].endswith("scratch/seed2/layer4_shuffled.npz")


def test_figures_of_networks_show_the_first_seed():
    config = chosen(figure03={"models": ["kd"], "concept": "horse"})
    caption, maps = figures.figure03_params(config), figures.maps_params(config)
    assert caption["entries"] == [{"model": "kd", "seed": 1, "label": "KD"}]
    assert caption["concept"] == maps["concept"] == "horse"
    assert maps["entries"][0]["layer"] == "layer4"
    assert maps["entries"][0].items() >= caption["entries"][0].items()
    assert figures.figure03_networks(config) == ["results/demo/models/kd/seed1/model.pt"]
    assert figures.figure03_tallies(config) == ["results/demo/dissection/kd/seed1/layer4.npz"]
    top = paper.first_seed_file(config, "kd", "_top.npz")
    assert top == "results/demo/dissection/kd/seed1/layer4_top.npz"


def test_what_figure02_says_of_its_seeds():
    assert figures.figure02_params(DRAWN)["seeds"] == [1, 2]
    assert paper.dataset_names(NO_TRAINING) == {"training": None, "concepts": "my_concepts"}


@pytest.mark.parametrize(("seeds", "shown"), [("first", [1]), ("all", [1, 2])])
def test_the_gallery_shows_every_layer_of_one_seed_or_all(seeds, shown):
    config = chosen(gallery={"models": ["kd"], "seeds": seeds})
    assert gallery.pages(config) == [
        f"results/demo/gallery/kd/seed{seed}/layer{k}.html" for seed in shown for k in range(1, 5)
    ]
    assert len(gallery.tallies(config)) == len(gallery.entries(config)) == 4 * len(shown)
    assert gallery.page(config) == "results/demo/gallery/{model}/seed{seed}/{layer}.html"


def test_a_run_makes_what_it_has_enough_for():
    files = results.paper_files(DRAWN)
    assert len(set(files)) == len(files)
    few = results.paper_files(NO_TRAINING)
    for name in ("figures/figure09.csv", "tables/table10.tex"):
        assert f"results/demo/{name}" in files and f"results/checkpoint/{name}" not in few
    without = results.paper_files(chosen(gallery={"enabled": False}, unit_grids={"models": ["kd"]}))
    assert not [file for file in without if "/gallery/" in file]
    assert [file for file in without if "/units_" in file] == figures.files(DRAWN, "units_kd")


def test_the_manifest_vouches_for_networks_dissections_and_the_paper():
    files = results.manifest_inputs(DRAWN)
    assert set(results.paper_files(DRAWN)) < set(files)
    assert "results/demo/models/kd/seed2/torchdistill.yaml" in files
    assert "results/demo/models/random_init/seed2/torchdistill.yaml" not in files
    assert "results/demo/dissection/teacher/seed1/layer1_top.npz" in files
    assert results.manifest_inputs(NO_TRAINING)[0] == "results/data/my_concepts/dataset.json"


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("results/other/tables/table01.md", "belongs to another run than 'demo'"),
        ("results/demo/models/kdd/seed1/model.pt", "no model 'kdd'; did you mean 'kd'?"),
        ("results/demo/gallery/kd/seed3/layer4.html", "kd has no seed 3; it has 1, 2"),
    ],
)
def test_a_target_that_cannot_be_is_refused(target, message):
    with pytest.raises(InputError) as caught:
        results.check_targets(DRAWN, ["--cores", "1", target])
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "target",
    ["results/demo/models/kd/seed2/model.pt", "results/demo/tables/table01.md", "elsewhere/x.pdf"],
)
def test_other_targets_are_left_to_snakemake(target):
    results.check_targets(DRAWN, [target])
