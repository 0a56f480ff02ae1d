"""Every script that computes with torch takes its GPUs first, as many as its rule means."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from project import ROOT, SCRIPTS, search_path

# A rule with GPUs, and the script that it runs.
RULE = re.compile(r"gpu=(?:each_gpu\()?gpus\(\).*?workflow_scripts/(\w+)\.py", re.DOTALL)
COMPUTING = sorted(
    {name for path in ROOT.glob("rules/*.smk") for name in RULE.findall(path.read_text("utf-8"))}
)
START = """
import runpy, sys
from types import SimpleNamespace
class Params:
    # By whatever name a rule tells its script.
    def __getattr__(self, name):
        return {"device": sys.argv[3], "name": "tiny"}
snakemake = SimpleNamespace(
    log=[sys.argv[2]],
    # What Snakemake has cut is never asked for.
    resources=SimpleNamespace(gpu=1, processes=2),
    params=Params(),
)
runpy.run_path(sys.argv[1], {"snakemake": snakemake}, "__main__")
"""


def run(tmp_path: Path, name: str, device: str = "auto", **environment: str) -> tuple[int, str]:
    (tmp_path / "torch.py").write_text("raise SystemExit('torch was imported')\n")
    kept = {
        k: v for k, v in os.environ.items() if k not in ("CUDA_VISIBLE_DEVICES", "SLURM_JOB_ID")
    }
    ended = subprocess.run(
        [sys.executable, "-c", START, str(SCRIPTS / f"{name}.py"), "x.log", device],
        cwd=tmp_path,
        env={
            **kept,
            "PYTHONPATH": search_path(tmp_path, SCRIPTS),
            "KDLENS_GPU_LOCKS": str(tmp_path / "locks"),
            **environment,
        },
        capture_output=True,
        text=True,
    )
    assert ("torch was imported" in ended.stderr) != ("error: " in ended.stderr), ended.stderr
    return ended.returncode, (tmp_path / "x.log").read_text()


def test_the_rules_with_gpus_are_found():
    assert {"train_model", "dissect", "activation_maps"} < set(COMPUTING)
    using_torch = {
        path.stem
        for path in SCRIPTS.glob("*.py")
        if "kdlens.training.devices" in path.read_text("utf-8")
    }
    assert using_torch == set(COMPUTING)


@pytest.mark.parametrize("name", COMPUTING)
def test_gpus_are_taken_before_torch_is_imported(tmp_path, name):
    _, log = run(tmp_path, name, KDLENS_PRETEND_GPUS="4")
    taken = ["GPU-pretended-0", "GPU-pretended-1"][: 2 if name == "train_model" else 1]
    assert log.endswith(f": computes on {', '.join(taken)}\n")


def test_a_job_on_the_cpu_takes_none(tmp_path):
    _, log = run(tmp_path, "train_model", "cpu", KDLENS_PRETEND_GPUS="4")
    assert log == "" and not (tmp_path / "locks").exists()


def test_too_few_gpus_end_the_job_with_one_line(tmp_path):
    returncode, log = run(tmp_path, "train_model", KDLENS_PRETEND_GPUS="1")
    assert returncode == 1
    assert "error: models.tiny.gpus: 2 GPUs were asked for, but 1 can be used here" in log
    assert log.count("\n") == 1
