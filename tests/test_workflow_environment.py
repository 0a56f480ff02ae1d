"""The paper stage in an environment of its own, which has the pins of envs/paper.yaml and no torch.

`snakemake --sdm conda` is given a stand-in for conda (tests/conda) that makes the environment with
uv. So Snakemake itself reads the rules' `conda:`, asks for the environment and runs every script
with the Python in it; only what conda does of that is another program's work.
"""

from __future__ import annotations

import dataclasses
import json
import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
import yaml
from project import ROOT, Project, copy_project
from test_environments import imported

from kdlens.dissection.tallies import Tallies
from kdlens.files import read_json, write_json

pytestmark = pytest.mark.workflow

PAPER_RULES = [
    rule
    for path in sorted(ROOT.glob("rules/paper*.smk"))
    for rule in re.findall(r"^rule (\w+):", path.read_text("utf-8"), re.M)
    if rule != "ship"  # which nothing asks for
]
RUN = "results/smoke"
UNREACHABLE = 75  # how the stand-in says so

STUDENT = {"network": "resnet18_w8", "teacher": "teacher"}
KD = {**STUDENT, "method": "kd", "alpha": 0.5, "temperature": 4}
# What Tables 7 and 11 and Figures 4 and 5 take beside the models of the smoke run.
MORE = {
    "kd_warm": {**KD, "label": "Warm", "temperature": 1},
    "teacher_ls": {"network": "resnet18_w8", "method": "label_smoothing", "alpha": 0.2},
    "calm1": {**KD, "teacher": "teacher_ls", "temperature": 1},
    "calm2": {**KD, "teacher": "teacher_ls", "temperature": 2},
    "at": {**STUDENT, "method": "at"},
    "at_kd": {**STUDENT, "method": "at+kd"},
    "scratch34": {"network": "resnet34_w8", "method": "cross_entropy"},
    "kd34": {**KD, "network": "resnet34_w8", "teacher": "scratch34"},
}


def with_conda(prefix: Path) -> dict[str, str]:
    """Return the environment variables by which Snakemake meets the stand-in for conda."""
    folders = [str(ROOT / "tests/conda/bin"), str(Path(sys.executable).parent)]
    path = os.pathsep.join([*folders, os.environ["PATH"]])
    return {"PATH": path, "SNAKEMAKE_CONDA_PREFIX": str(prefix)}


@pytest.fixture(scope="module")
def packages(tmp_path_factory) -> Path:
    """An environment with the paper stage's packages, or a skip if they cannot be had."""
    prefix = tmp_path_factory.mktemp("environment") / "paper"
    command = ["conda", "env", "create", "--file", str(ROOT / "envs/paper.yaml")]
    made = subprocess.run(
        [*command, "--prefix", str(prefix)],
        env={**os.environ, **with_conda(prefix)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    if made.returncode == UNREACHABLE:
        pytest.skip("the package index did not give uv the paper stage's packages")
    assert made.returncode == 0, made.stdout
    return prefix


def copy_network(run: Path, name: str, source: str = "kd") -> None:
    """Give a network of the smoke run a second name, as if it had been trained and dissected."""
    model, dissection = run / f"models/{name}/seed1", run / f"dissection/{name}/seed1"
    shutil.copytree(run / f"models/{source}/seed1", model)
    write_json(model / "metrics.json", {**read_json(model / "metrics.json"), "model": name})
    shutil.copytree(run / f"dissection/{source}/seed1", dissection)
    for path in dissection.glob("layer*.npz"):
        if not path.stem.endswith("_top"):
            tallies = Tallies.load(path)
            dataclasses.replace(tallies, meta={**tallies.meta, "model": name}).save(path)


def copy_words(run: Path, name: str, source: str = "bert_kd") -> None:
    """Give a network of sentences a second name, as if it had been trained and measured."""
    shutil.copytree(run / f"models/{source}", run / f"models/{name}")
    measured = run / "measures/text"
    (measured / name).mkdir()
    own = read_json(measured / f"{source}/seed1.json")
    write_json(measured / f"{name}/seed1.json", {**own, "model": name})
    shutil.copy(measured / f"{source}/seed1_words.csv", measured / f"{name}/seed1_words.csv")


@pytest.fixture(scope="module")
def measured(smoke, tmp_path_factory) -> Project:
    """A project where all but the paper stage is done, with models for every table and figure."""
    project = copy_project(tmp_path_factory.mktemp("measured"))
    shutil.copytree(smoke.folder / "results/data", project.folder / "results/data")
    for part in ("models", "dissection", "measures", "text"):
        shutil.copytree(smoke.folder / RUN / part, project.folder / RUN / part)
    for name in MORE:
        copy_network(project.folder / RUN, name)
    copy_words(project.folder / RUN, "bert_deep")
    config = yaml.safe_load((project.folder / "config/smoke.yaml").read_text("utf-8"))
    config["models"] |= MORE
    words = config["text"]
    words["networks"]["bert2"] = {**words["networks"]["bert1"], "layers": 2}
    words["models"]["bert_deep"] = {**words["models"]["bert_kd"], "network": "bert2"}
    config["networks"]["resnet34_w8"] = {**config["networks"]["resnet18_w8"]}
    config["networks"]["resnet34_w8"]["architecture"] = "resnet34"
    one = {"models": ["kd"]}
    config["paper"] = {
        "models": ["scratch", "kd", "random_init"],
        "unit_grids": one,
        "gallery": one,
    }
    (project.folder / "config/measured.yaml").write_text(yaml.safe_dump(config), "utf-8")
    return project


def test_every_script_of_the_paper_stage_runs_without_the_packages_of_the_others(
    packages, measured, tmp_path
):
    run = measured.snakemake(
        "paper",
        *("--cores", "2", "--configfile", "config/measured.yaml"),
        # The other stages' rules do not exist: what they make is there, as if it were data.
        *("--sdm", "conda", "--allowed-rules", *PAPER_RULES),
        **with_conda(tmp_path / "conda"),
    )
    assert run.returncode == 0, run.output[-6000:]
    assert set(run.jobs()) == set(PAPER_RULES)
    (environment,) = {path.parent for path in (tmp_path / "conda").glob("*/imported")}
    processes = [json.loads(path.read_text()) for path in environment.glob("imported/*.json")]
    scripts = [modules for modules in processes if "kdlens.script" in modules]
    assert len(scripts) == sum(run.jobs().values()) - 1  # rule paper has none
    distributions = packages_distributions()
    ours = {name for name, found in distributions.items() if found[0].lower() in imported("paper")}
    for modules in scripts:
        assert not [name for name in modules if name.split(".")[0].startswith("torch")]
        used = [modules[name] for name in ours & set(modules) if modules[name]]
        assert all(Path(file).is_relative_to(environment) for file in used), used
    assert any("matplotlib" in modules for modules in scripts)


def test_the_environment_lacks_torch(packages):
    python = packages / "bin/python"
    run = subprocess.run([python, "-c", "import torch"], capture_output=True, text=True)
    assert "No module named 'torch'" in run.stderr
