"""The script ``tests/faults``: a few of its faults, and how it tells results that are not right."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml
from fault_compare import differences, fingerprints

SCRIPT = Path(__file__).with_name("faults")
CONFIG = SCRIPT.with_name("data") / "faults.yaml"
TABLES = [f"results/faults/tables/{name}.csv" for name in ("table01", "table01_comparison")]


@pytest.mark.workflow
def test_a_few_faults_are_survived(tmp_path):
    # For the sake of time a teacher, a student, and the tables alone.
    config = yaml.safe_load(CONFIG.read_text("utf-8"))
    config["models"] = {name: config["models"][name] for name in ("teacher", "kd", "random_init")}
    config["paper"] = {"models": ["kd", "random_init"]}
    (tmp_path / "few.yaml").write_text(yaml.safe_dump(config), "utf-8")
    options = ("--faults", "4", "--seed", "3", "--config", str(tmp_path / "few.yaml"))
    run = subprocess.run(
        [sys.executable, str(SCRIPT), *options, *TABLES],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    assert run.returncode == 0, run.stdout
    assert "4 faults survived, none lost" in run.stdout
    assert len(re.findall(r"^ +\d+ .* at +[\d.]+ s: ", run.stdout, re.MULTILINE)) == 4


def test_a_result_that_is_not_the_same_is_seen(tmp_path):
    for name in ("tables/a.csv", "models/kd/model.pt", "models/kd/logs/train.log", "cost.md"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"0123")
    before = fingerprints(tmp_path)
    assert set(before) == {"tables/a.csv", "models/kd/model.pt", "cost.md"}
    for name in ("models/kd/logs/train.log", "cost.md"):
        (tmp_path / name).write_bytes(b"another time")
    assert differences(before, fingerprints(tmp_path)) == []
    (tmp_path / "tables/a.csv").write_bytes(b"0124")
    (tmp_path / "models/kd/model.pt").rename(tmp_path / "models/kd/.model.7.tmp.pt")
    (tmp_path / "data/.tree.7.unfinished").mkdir(parents=True)
    assert differences(before, fingerprints(tmp_path)) == [
        "missing: models/kd/model.pt",
        "left behind: data/.tree.7.unfinished/",
        "left behind: models/kd/.model.7.tmp.pt",
        "differs: tables/a.csv",
    ]
