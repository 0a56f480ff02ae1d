"""A whole run in miniature, and what happens when something of it is touched."""

from __future__ import annotations

import csv
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path
from statistics import mean

import pytest
from project import poison

from kdlens.gpus.devices import visible_gpus

pytestmark = pytest.mark.workflow

SMOKE = ("--configfile", "config/smoke.yaml")


def run_folder(project) -> Path:
    return project.folder / "results/smoke"


def test_everything_is_there_and_nothing_is_left_to_do(smoke):
    folder = run_folder(smoke)
    for name in ("teacher", "scratch", "label_smoothing", "kd", "random_init"):
        assert (folder / f"models/{name}/seed1/model.pt").is_file()
        assert (folder / f"dissection/{name}/seed1/layer4.npz").is_file()
        assert (folder / f"dissection/{name}/seed1/layer4_shuffled.csv").is_file()
    models = ("teacher", "scratch", "label_smoothing", "kd", "random_init")
    alone = [f"{kind}_{name}" for kind in ("concepts", "units") for name in models]
    for name in ("figure02", "figure03", "figure09", "figure10", *alone):
        for extension in ("svg", "pdf", "png"):
            assert 1000 < (folder / f"figures/{name}.{extension}").stat().st_size < 2e6
    # Two minutes on two free cores, and as much again for a busy machine.
    assert int((smoke.folder / "seconds.txt").read_text()) < 240
    again = smoke.snakemake("--cores", "1", *SMOKE)
    assert again.returncode == 0, again.output
    assert "Nothing to be done" in again.output
    assert not list(folder.rglob("*.tmp*"))
    assert not list(folder.rglob("checkpoint.pt"))


def test_a_run_says_once_that_it_computes_on_the_cpu(smoke):
    output = (smoke.folder / "output.txt").read_text()
    found = output.count("device: auto finds no NVIDIA GPU here and computes on the CPU")
    assert found == (0 if visible_gpus() else 1)
    # The figure alone computes nothing with torch.
    figure = "results/smoke/figures/figure02.svg"
    run = smoke.snakemake("--cores", "1", "--forcerun", "figure02", figure, *SMOKE)
    assert run.returncode == 0 and "device: auto" not in run.output, run.output
    assert smoke.snakemake("--cores", "1", *SMOKE).returncode == 0


TRAINED = ("teacher", "scratch", "label_smoothing", "kd")


def upper_quartile(smoke, model: str, labels: str = "") -> float:
    """The IoU that a quarter of a network's units reach with their best concept."""
    path = run_folder(smoke) / f"dissection/{model}/seed1/layer4{labels}.csv"
    with open(path, encoding="utf-8", newline="") as handle:
        scores = sorted(float(row["score"]) for row in csv.DictReader(handle))
    return scores[3 * len(scores) // 4]


def test_trained_networks_stand_out_from_both_nulls(smoke):
    with open(run_folder(smoke) / "tables/table01.csv", encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["row"] == "seed"]
    found = {(row["model"], row["labels"]): row for row in rows}
    # One network of 64 units varies much at this size, four together do not.
    trained = mean(int(found[model, "true"]["total"]) for model in TRAINED)
    nulls = [int(found[key]["total"]) for key in (("random_init", "true"), ("scratch", "shuffled"))]
    assert trained > 1.5 * max(1, *nulls)
    iou = mean(upper_quartile(smoke, model) for model in TRAINED)
    assert iou > 1.1 * upper_quartile(smoke, "random_init")
    assert iou > 1.1 * mean(upper_quartile(smoke, model, "_shuffled") for model in TRAINED)
    # Six classes, so chance is 17 %.
    assert all(float(found[model, "true"]["top1"]) > 2 * 100 / 6 for model in TRAINED)
    assert float(found["random_init", "true"]["top1"]) < 2 * 100 / 6


def read_points(smoke, file: str, **settings: str) -> dict[tuple[str, str], tuple[str, ...]]:
    with open(run_folder(smoke) / file, encoding="utf-8", newline="") as handle:
        rows = [row for row in csv.DictReader(handle) if row["row"] == "seed"]
    counts = ("object", "unique", "total", "pairs", "distinct")
    return {
        (row["model"], row["labels"]): tuple(row[name] for name in counts)
        for row in rows
        if all(row[key] == value for key, value in settings.items())
    }


def test_tables_and_figures_count_alike(smoke):
    table = read_points(smoke, "tables/table01.csv")
    for figure in ("figure09", "figure10"):
        own = {"quantile": "0.005", "iou_threshold": "0.05"}
        points = read_points(smoke, f"figures/{figure}.csv", **own)
        assert set(table) - set(points) == {("teacher", "true")}
        assert points == {key: table[key] for key in points}
    lower = read_points(smoke, "tables/table10.csv")
    assert set(lower) == set(table) and lower != table
    assert read_points(smoke, "tables/table10.csv", layer="layer3") == lower


def test_no_job_takes_more_than_4_gib(smoke):
    peaks = {}
    for path in smoke.folder.glob("results/**/benchmarks/*.tsv"):
        with open(path, encoding="utf-8", newline="") as handle:
            (row,) = csv.DictReader(handle, delimiter="\t")
        if row["max_rss"] not in ("-", "NA"):  # a job of under a second is not measured
            peaks[str(path)] = float(row["max_rss"])
    assert any("train_model" in path for path in peaks)
    assert max(peaks.values()) < 4096


def test_manifest_vouches_for_every_file(smoke):
    manifest = json.loads((run_folder(smoke) / "manifest.json").read_text())
    files = {entry["path"]: entry["sha256"] for entry in manifest["files"]}
    results = {
        path.relative_to(smoke.folder).as_posix()
        for path in run_folder(smoke).rglob("*")
        if path.is_file() and not {"logs", "benchmarks"} & set(path.parts)
    }
    own = {"manifest.json", "config.yaml", "provenance.html", "cost.csv", "cost.md", "cost.html"}
    # Made after it, or of the moment; the last is an empty mark.
    own |= {"report.html", "jobs.json", "models/concepts_known"}
    assert results - {f"results/smoke/{name}" for name in own} <= set(files)
    for name, digest in files.items():
        assert hashlib.sha256((smoke.folder / name).read_bytes()).hexdigest() == digest


def test_the_cost_of_every_job_is_in_the_table(smoke):
    with open(run_folder(smoke) / "cost.csv", encoding="utf-8", newline="") as handle:
        rows = {row["rule"]: row for row in csv.DictReader(handle)}
    files = list(smoke.folder.glob("results/**/benchmarks/*.tsv"))
    own = 2  # its own job, and that of the report, which shows the table
    assert sum(int(row["jobs"]) for row in rows.values()) == len(files) - own
    assert all(row["measured"] == row["jobs"] for row in rows.values())
    assert rows["train_model"]["jobs"] == "6" and float(rows["train_model"]["seconds_max"]) > 1
    assert {row["device"] for row in rows.values()} <= {"cpu", "cuda"}
    # Times differ from run to run, and benchmark files get lost: neither is anything to do again.
    for path in files:
        path.rename(path.with_suffix(".away"))
    try:
        again = smoke.snakemake("-n", *SMOKE)
    finally:
        for path in files:
            path.with_suffix(".away").rename(path)
    assert again.returncode == 0 and "Nothing to be done" in again.output, again.output[-2000:]


def append(path: Path, text: str = "\n# A comment more.\n") -> str:
    old = path.read_text("utf-8")
    path.write_text(old + text, "utf-8")
    return old


def test_one_figure_alone_without_torch(smoke, tmp_path):
    script = smoke.folder / "workflow_scripts/figure02.py"
    others = sorted(run_folder(smoke).rglob("*.pt")) + sorted(run_folder(smoke).rglob("*.npz"))
    before = {path: path.stat().st_mtime_ns for path in others}
    old = append(script)
    try:
        run = smoke.snakemake(
            "--cores",
            "1",
            "results/smoke/figures/figure02.svg",
            *SMOKE,
            PYTHONPATH=poison(tmp_path / "poison"),
        )
    finally:
        script.write_text(old, "utf-8")
    assert run.returncode == 0, run.output
    assert run.jobs() == {"figure02": 1}
    assert {path: path.stat().st_mtime_ns for path in others} == before
    assert run.seconds < 15
    # Settle the changed script, so that the next test starts from a run with nothing to do.
    assert smoke.snakemake("--cores", "1", *SMOKE).returncode == 0


AFTER_DISSECTION = {
    "activation_maps",
    "table01",
    "table01_comparison",
    "figure02",
    "figure03",
    "figure09",
    "figure10",
    "table10",
    "concept_bars",
    "unit_grids",
    "gallery",
    "gallery_index",
    "check_claims",
    "write_manifest",
    "cost",
    "report",
    "all",
}
LAST = {"check_claims", "write_manifest", "cost", "report", "all"}
AFTER_FIVE_BAND = {"table03", "figure06", "figure07"} | LAST
MEASURED = {
    *("predict", "measure_entropy", "table02", "table12"),
    *("measure_five_band", *AFTER_FIVE_BAND),
    *("measure_diffroar", "measure_diffroar_random", "table04", "diffroar_curves"),
    *("measure_loss_gradients", "loss_gradients", "loss_gradient_maps", "loss_gradients_figure"),
}
DRAWN = {rule for rule in AFTER_DISSECTION if rule.startswith("figure")}
DRAWN |= {"figure06", "figure07", "figure11", "diffroar_curves", "loss_gradients_figure"}
DRAWN |= {"text_attributions", "concept_bars", "unit_grids"}


@pytest.mark.parametrize(
    ("module", "runs"),
    [
        # What uses the module, and what hangs on its results; nothing else.
        ("paper/style.py", DRAWN | LAST),
        ("paper/curves.py", {"figure09", "figure10", "diffroar_curves"} | LAST),
        ("paper/manifest.py", {"write_manifest", "cost", "report", "all"}),
        ("paper/gallery/layer.js", {"gallery", "gallery_index"} | LAST - {"check_claims"}),
        ("dissection/engine.py", {"dissect"} | AFTER_DISSECTION),
        ("training/methods/kd.py", {"train_model", "dissect"} | AFTER_DISSECTION | MEASURED),
        (
            "measures/five_band.py",
            {"measure_five_band", "measure_five_band_yardsticks"} | AFTER_FIVE_BAND,
        ),
        (
            "data/broden_check.py",
            {"check_concepts", "pack_concepts", "dissect"} | AFTER_DISSECTION,
        ),
    ],
)
def test_an_edit_in_the_library_reruns_exactly_what_uses_it(smoke, module, runs):
    path = smoke.folder / "workflow_scripts/kdlens" / module
    old = append(path)
    try:
        plan = smoke.snakemake("-n", *SMOKE)
    finally:
        path.write_text(old, "utf-8")
    assert plan.returncode == 0, plan.output
    assert set(plan.jobs()) == runs


def test_a_change_of_the_concepts_hides_no_missing_model(smoke):
    model = run_folder(smoke) / "models/scratch/seed1/model.pt"
    module = smoke.folder / "workflow_scripts/kdlens/data/world/broden_tree.py"
    aside, old = model.with_name("aside.pt"), append(module)
    model.rename(aside)
    try:
        plan = smoke.snakemake("-n", str(model.relative_to(smoke.folder)), *SMOKE)
    finally:
        module.write_text(old, "utf-8")
        aside.rename(model)
    assert plan.returncode == 0, plan.output
    assert plan.jobs()["train_model"] == 1


def test_a_run_that_ends_well_removes_its_own_checkpoints_and_no_others(smoke):
    models, figure = run_folder(smoke) / "models", "results/smoke/figures/concepts_scratch.svg"
    own, other = (models / f"{name}/seed1/checkpoint.pt" for name in ("scratch", "label_smoothing"))
    for checkpoint in (own, other):
        checkpoint.write_bytes(b"of a training that was broken off")
    (smoke.folder / figure).unlink()
    run = smoke.snakemake("--cores", "1", figure, *SMOKE)
    assert run.returncode == 0, run.output
    assert not own.exists() and other.exists()
    other.unlink()
    assert smoke.snakemake("--cores", "2", *SMOKE).returncode == 0


def test_a_failed_check_costs_no_training(smoke):
    tree = smoke.folder / "results/data/world_concepts_small/tree"
    mask = next(tree.glob("images/world/*_object.png"))
    module = smoke.folder / "workflow_scripts/kdlens/data/broden_check.py"
    content, old = mask.read_bytes(), append(module)
    mask.unlink()
    try:
        failed = smoke.snakemake("--cores", "1", *SMOKE)
    finally:
        mask.write_bytes(content)
        module.write_text(old, "utf-8")
    assert failed.returncode != 0
    assert f"error: {tree.relative_to(smoke.folder)}" in failed.output
    assert mask.name in failed.output
    plan = smoke.snakemake("-n", "--rerun-incomplete", *SMOKE)
    assert plan.returncode == 0, plan.output
    assert "train_model" not in plan.jobs()
    assert smoke.snakemake("--cores", "2", "--rerun-incomplete", *SMOKE).returncode == 0


@pytest.mark.parametrize(
    ("figure03", "message"),
    [
        ("{category: objects}", "no category 'objects'; did you mean 'object'?"),
        ("{concept: horsse}", "no object 'horsse'; did you mean 'horse'?"),
    ],
)
def test_what_a_figure_names_is_looked_up_before_any_job(smoke, figure03, message):
    text = (smoke.folder / "config/smoke.yaml").read_text("utf-8")
    (smoke.folder / "wrong.yaml").write_text(f"{text}\npaper: {{figure03: {figure03}}}\n", "utf-8")
    plan = smoke.snakemake("-n", "--configfile", "wrong.yaml")
    assert plan.returncode != 0
    assert message in plan.output


@pytest.mark.parametrize(
    ("choice", "runs"),
    [
        ("{figure03: {images: 2}}", {"activation_maps", "figure03"}),
        ("{figure09: {models: [kd, scratch]}}", {"figure09", "check_claims"}),
        ("{figure10: {iou_thresholds: [0.02, 0.04]}}", {"figure10", "check_claims"}),
        ("{table10: {layers: [layer3, layer4]}}", {"table10", "check_claims"}),
        ("{unit_grids: {images: 2}}", {"unit_grids"}),
    ],
)
def test_another_choice_for_a_figure_costs_that_figure_only(smoke, choice, runs):
    text = (smoke.folder / "config/smoke.yaml").read_text("utf-8")
    (smoke.folder / "other.yaml").write_text(f"{text}\npaper: {choice}\n", "utf-8")
    plan = smoke.snakemake("-n", "--configfile", "other.yaml")
    assert plan.returncode == 0, plan.output
    assert set(plan.jobs()) == runs | LAST - {"check_claims"}


def test_the_report_has_every_table_and_figure_and_the_commands_for_them(smoke):
    text = (run_folder(smoke) / "report.html").read_text("utf-8")
    assert "Smoke run: the pipeline in miniature" in text
    # One seed each can decide nothing.
    assert '<p class="word">Not decided</p>' in text
    for folder, pattern in (("tables", "*.md"), ("figures", "*.svg")):
        for path in (run_folder(smoke) / folder).glob(pattern):
            assert f'href="{folder}/{path.name}"' in text
    command = "snakemake --cores 1 --force --configfile config/smoke.yaml -- results/smoke/"
    assert f"{command}figures/figure02.svg" in text and f"{command}tables/table03.md" in text
    assert "with an IoU of at least 0.05 (" in text


def test_snakemakes_own_report_explains_itself(smoke):
    report = smoke.folder / "report.html"
    run = smoke.snakemake("--report", "report.html", *SMOKE)
    assert run.returncode == 0, run.output
    text = report.read_text("utf-8")
    for expected in (
        "Smoke run: the pipeline in miniature",
        "results/smoke/figures/figure02.svg",
        "results/smoke/figures/figure03.svg",
        "results/smoke/figures/figure09.svg",
        "results/smoke/figures/figure10.svg",
        "results/smoke/figures/concepts_kd.svg",
        "results/smoke/figures/units_kd.png",
        "results/smoke/tables/table10.html",
        "results/smoke/tables/table01.html",
        "results/smoke/provenance.html",
        "results/smoke/cost.html",
        "with an IoU of at least 0.05 (",
        "quantile 0.005",
    ):
        assert expected in text
    # It opens from disk: no script or style is loaded from elsewhere.
    assert not re.search(r"<(script|link)[^>]+(src|href)=[\"']https?://", text)


def test_a_killed_run_goes_on_and_ends_with_the_same_bits(smoke):
    """Snakemake and its job are killed without warning in the middle of a training."""
    folder = run_folder(smoke) / "models/kd/seed1"
    before = {name: (folder / name).read_bytes() for name in ("model.pt", "metrics.json")}
    for name in ("model.pt", "metrics.json", "history.csv", "torchdistill.yaml"):
        (folder / name).unlink()
    target = "results/smoke/models/kd/seed1/model.pt"
    command = [sys.executable, "-m", "snakemake", "--cores", "1", target, *SMOKE]
    run = subprocess.Popen(
        command,
        cwd=smoke.folder,
        start_new_session=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    deadline = time.monotonic() + 120
    while not (folder / "checkpoint.pt").exists():
        assert run.poll() is None and time.monotonic() < deadline, "no checkpoint came"
        time.sleep(0.05)
    os.killpg(run.pid, signal.SIGKILL)
    run.wait()
    assert not (folder / "model.pt").exists()
    assert smoke.snakemake("--unlock", *SMOKE).returncode == 0
    again = smoke.snakemake("--cores", "1", "--rerun-incomplete", target, *SMOKE)
    assert again.returncode == 0, again.output
    assert "continuing after epoch" in again.output
    assert {name: (folder / name).read_bytes() for name in before} == before
    assert smoke.snakemake("--cores", "2", "--rerun-incomplete", *SMOKE).returncode == 0
