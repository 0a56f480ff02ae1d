"""A whole run in miniature, and what happens when something of it is touched."""

from __future__ import annotations

import json
import re
from pathlib import Path

import pandas as pd
import pytest

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
    for name in ("figure02", "figure03"):
        for extension in ("svg", "pdf", "png"):
            assert (folder / f"figures/{name}.{extension}").stat().st_size > 1000
    again = smoke.snakemake("--cores", "1", *SMOKE)
    assert again.returncode == 0, again.output
    assert "Nothing to be done" in again.output
    assert not list(folder.rglob("*.tmp*"))
    assert not list(folder.rglob("checkpoint.pt"))


def test_trained_networks_stand_out_from_both_nulls(smoke):
    table = pd.read_csv(run_folder(smoke) / "tables/table01.csv")
    seeds = table[table["row"] == "seed"].set_index(["model", "labels"])
    trained = seeds.loc[("scratch", "true"), "distinct_labels"]
    # Chance level by both nulls; the trained network sees many more concepts.
    assert trained >= 2 * max(1, seeds.loc[("random_init", "true"), "distinct_labels"])
    assert trained >= 2 * max(1, seeds.loc[("scratch", "shuffled"), "distinct_labels"])
    assert seeds.loc[("scratch", "true"), "top1"] > 2 * 100 / 6
    assert seeds.loc[("random_init", "true"), "top1"] < 2 * 100 / 6


def test_manifest_vouches_for_every_file(smoke):
    import hashlib

    manifest = json.loads((run_folder(smoke) / "manifest.json").read_text())
    assert "results/smoke/tables/table01.csv" in manifest["files"]
    assert "results/smoke/models/kd/seed1/model.pt" in manifest["files"]
    for name, digest in manifest["files"].items():
        assert hashlib.sha256((smoke.folder / name).read_bytes()).hexdigest() == digest


def poison(folder: Path) -> str:
    """A folder in which importing torch or torchvision is an error."""
    folder.mkdir(exist_ok=True)
    for name in ("torch", "torchvision"):
        (folder / f"{name}.py").write_text(f"raise ImportError('{name} must not be imported')\n")
    return str(folder)


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
    assert {k: v for k, v in run.jobs().items() if k != "total"} == {"figure02": 1}
    assert {path: path.stat().st_mtime_ns for path in others} == before
    print(f"\none figure: {run.seconds:.1f} s")
    # Settle the changed script, so that the next test starts from a run with nothing to do.
    assert smoke.snakemake("--cores", "1", *SMOKE).returncode == 0


AFTER_DISSECTION = {
    "activation_maps",
    "table01",
    "table01_comparison",
    "figure02",
    "figure03",
    "write_manifest",
    "paper",
    "all",
}


@pytest.mark.parametrize(
    ("module", "runs"),
    [
        # What uses the module, and what hangs on its results; nothing else.
        ("paper/style.py", {"figure02", "figure03", "write_manifest", "paper", "all"}),
        ("paper/manifest.py", {"write_manifest", "paper", "all"}),
        ("dissection/quantile.py", {"dissect"} | AFTER_DISSECTION),
        ("training/methods/kd.py", {"train_model", "dissect"} | AFTER_DISSECTION),
        (
            "data/broden_check.py",
            {"check_concepts", "dissect"} | AFTER_DISSECTION,
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
    assert {rule for rule in plan.jobs() if rule != "total"} == runs


def test_the_report_explains_itself(smoke):
    report = smoke.folder / "report.html"
    run = smoke.snakemake("--report", "report.html", *SMOKE)
    assert run.returncode == 0, run.output
    text = report.read_text("utf-8")
    for expected in ("Figure 2", "Table 1", "Provenance", "0.05", "0.005"):
        assert expected in text
    # It opens from disk: no script or style is loaded from elsewhere.
    assert not re.search(r"<(script|link)[^>]+(src|href)=[\"']https?://", text)
