"""Which jobs the table of costs is of, and where their benchmark files lie."""

from __future__ import annotations

from config_data import CHECKPOINT, DEMO, PUBLISHED, SCHEMA, changed
from test_plan_layers import CONFIG as MIXED
from test_plan_variants import CONFIG as WIDE
from test_plan_variants import WIDE as WIDE_AS_WRITTEN

from kdlens.config import resolve
from kdlens.plan import cost


def benchmarks(config, rule):
    return [job["benchmark"] for job in cost.jobs(config) if job["rule"] == rule]


def test_every_job_is_there_once_in_the_order_of_the_stages():
    jobs = cost.jobs(resolve(DEMO, SCHEMA, PUBLISHED))
    assert len({job["benchmark"] for job in jobs}) == len(jobs)
    rules = list(dict.fromkeys(job["rule"] for job in jobs))
    assert rules[0] == "render_world_images" and rules[-1] == "write_manifest"
    order = ["check_concepts", "train_model", "dissect", "table01", "gallery"]
    assert sorted(order, key=rules.index) == order
    assert "cost" not in rules


def test_benchmarks_lie_where_the_rules_write_them():
    assert benchmarks(WIDE, "train_model")[0] == (
        "results/demo/models/teacher/seed1/benchmarks/train_model.tsv"
    )
    assert benchmarks(WIDE, "hyper_parameters") == [
        f"results/demo/tables/table0{n}/benchmarks/hyper_parameters.tsv" for n in (6, 7, 8, 9)
    ]
    assert "results/demo/figures/kd/benchmarks/concept_bars.tsv" in benchmarks(WIDE, "concept_bars")
    assert "results/demo/gallery/kd/seed1/layer4/benchmarks/gallery.tsv" in (
        benchmarks(WIDE, "gallery")
    )
    assert benchmarks(WIDE, "gallery_index") == [
        "results/demo/gallery/benchmarks/gallery_index.tsv"
    ]


def test_networks_of_other_layers_are_dissected_by_another_rule_in_files_of_the_same_name():
    assert benchmarks(MIXED, "dissect_mobile") == [
        "results/demo/dissection/small/seed1/benchmarks/dissect.tsv"
    ]


def test_a_run_without_training_has_no_training_data():
    rules = {job["rule"] for job in cost.jobs(resolve(CHECKPOINT, SCHEMA, PUBLISHED))}
    assert "import_checkpoint" in rules
    assert not {"train_model", "check_images", "render_world_images"} & rules


def test_a_model_that_is_only_a_teacher_is_trained_and_not_dissected():
    few = changed("paper", {"models": ["scratch", "kd", "random_init"]}, WIDE_AS_WRITTEN)
    config = resolve(few, SCHEMA, PUBLISHED)
    assert any("/smooth/" in file for file in benchmarks(config, "train_model"))
    assert not any("/smooth/" in file for file in benchmarks(config, "dissect"))


def test_the_device_stands_in_a_result_of_every_job_that_computes():
    config = resolve(DEMO, SCHEMA, PUBLISHED)
    named = {job["rule"]: job["device"] for job in cost.jobs(config)}
    assert {rule for rule, file in named.items() if file} == {
        "train_model",
        "initialise_model",
        "dissect",
        "activation_maps",
        "predict",
        "measure_loss_gradients",
        "loss_gradient_maps",
    }
    assert named["dissect"].endswith("/layer4.npz") and named["train_model"].endswith(".json")
    assert len(cost.computed(config)) == len(set(cost.computed(config)))
