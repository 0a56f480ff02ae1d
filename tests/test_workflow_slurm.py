"""The workflow on a Slurm cluster, by way of its profile: a real Slurm, if a fake node of it.

One run in which, of two trainings, the one is stopped until its time is over and the other killed;
then one that is interrupted.
"""

from __future__ import annotations

import csv
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import combinations
from pathlib import Path

import pytest
import yaml
from project import Project, copy_project
from throwaway_slurm import GPUS, ThrowawaySlurm, what_is_missing

pytestmark = [
    pytest.mark.workflow,
    pytest.mark.skipif(
        what_is_missing() is not None, reason=f"no test on a cluster: {what_is_missing()}"
    ),
]

EPOCHS = 20
MEMORY, MINUTES = 1500, 15  # of the first attempt
PATIENCE = 600  # seconds; on a free machine everything takes seconds
TARGETS = ("results/slurm/tables/table01.md", "results/slurm/figures/figure02.svg")


def tiny(smoke: dict) -> dict:
    """Return the smoke config with two trainings, which ask for a GPU each but compute without.

    (A run must have a null beside them.)
    """
    network = {"network": "resnet18_w8"}
    return {
        **smoke,
        "run": "slurm",
        "protect_models": True,
        "training_data": {**smoke["training_data"], "images": {"train": 384, "val": 96}},
        "concept_data": {**smoke["concept_data"], "images": 170},
        "training": {**smoke["training"], "epochs": EPOCHS, "evaluate_every": EPOCHS},
        "models": {
            "scratch": {**network, "method": "cross_entropy", "seeds": [1, 2]},
            "random_init": {**network, "method": "random_init"},
            # To be cancelled; nothing else needs it.
            "endless": {**network, "method": "cross_entropy", "training": {"epochs": 100_000}},
        },
        "paper": {"models": ["scratch", "random_init"]},
        "jobs": {
            "training": {"mem_mb": MEMORY, "runtime": MINUTES},
            "dissection": {"mem_mb": 8000, "runtime": MINUTES},
        },
    }


@pytest.fixture(scope="module")
def cluster(tmp_path_factory) -> Iterator[ThrowawaySlurm]:
    with ThrowawaySlurm(tmp_path_factory.mktemp("cluster") / "slurm") as slurm:
        yield slurm


@pytest.fixture(scope="module")
def project(tmp_path_factory) -> Project:
    project = copy_project(tmp_path_factory.mktemp("project"))
    smoke = yaml.safe_load((project.folder / "config/smoke.yaml").read_text("utf-8"))
    (project.folder / "tiny.yaml").write_text(yaml.safe_dump(tiny(smoke)), "utf-8")
    return project


class Snakemake:
    """Snakemake at work with the cluster's profile; what it says goes to a file."""

    def __init__(self, project: Project, cluster: ThrowawaySlurm, *arguments: str) -> None:
        self._output = project.folder / "output.txt"
        variables = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        # What a user edits, and shorter waits.
        edits = ("--slurm-status-command", "squeue")
        edits += ("--slurm-init-seconds-before-status-checks", "2")
        command = [sys.executable, "-m", "snakemake", *arguments]
        command += ["--profile", "config/profiles/slurm", "--configfile", "tiny.yaml", *edits]
        with open(self._output, "wb") as output:
            self.process = subprocess.Popen(
                command,
                cwd=project.folder,
                env={**variables, **cluster.environment},
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
            )

    @property
    def output(self) -> str:
        return self._output.read_text("utf-8", errors="replace")

    def wait_for(self, condition: Callable[[], bool], what: str) -> None:
        """Wait for something that comes while Snakemake runs."""
        deadline = time.monotonic() + PATIENCE
        while not condition():
            ended = self.process.poll() is not None
            if ended or time.monotonic() > deadline:
                state = f"Snakemake ended with {self.process.poll()}" if ended else "too late"
                pytest.fail(f"{what}: {state}\n{self.output[-6000:]}")
            time.sleep(0.1)

    def end(self) -> int:
        try:
            return self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            pytest.fail(f"Snakemake did not end\n{self.output[-6000:]}")


def model(project: Project, seed: int) -> Path:
    return project.folder / f"results/slurm/models/scratch/seed{seed}"


def of_rule(jobs: list[dict[str, str]], rule: str, wildcards: str = "") -> list[dict[str, str]]:
    return [job for job in jobs if f"{rule}_wildcards_{wildcards}" in job.get("Comment", "")]


def signal_training(cluster: ThrowawaySlurm, job: str, what: signal.Signals) -> None:
    """Send a signal to the process that trains, and to none of Snakemake's around it."""
    processes = cluster.processes(job, of=".train_model.py")
    assert processes, f"no training in Slurm's job {job}"
    for process in processes:
        os.kill(process, what)


def run_out_of_time(cluster: ThrowawaySlurm, job: str) -> None:
    """Stop a training and make its time end now: Slurm's shortest limit, a minute, is long."""
    signal_training(cluster, job, signal.SIGSTOP)
    cluster.ask("scontrol", "update", f"JobId={job}", "EndTime=now")


def be_killed(cluster: ThrowawaySlurm, job: str) -> None:
    signal_training(cluster, job, signal.SIGKILL)


@dataclass
class Run:
    """How the first run went: Slurm's jobs at its end, and by seed the first that trained."""

    returncode: int
    output: str
    jobs: list[dict[str, str]]
    first: dict[int, dict[str, str]]


@pytest.fixture(scope="module")
def run(cluster, project) -> Run:
    # Rendered and packed here, for time's sake.
    ready = project.snakemake("--cores", "2", "data", "--configfile", "tiny.yaml")
    assert ready.returncode == 0, ready.output[-6000:]
    snakemake = Snakemake(project, cluster, *TARGETS)
    happens = {1: run_out_of_time, 2: be_killed}
    first = {}

    def all_happened() -> bool:
        for seed in happens.keys() - first:
            if (model(project, seed) / "checkpoint.pt").exists():
                (first[seed],) = of_rule(cluster.jobs(), "train_model", f"scratch_{seed}")
                happens[seed](cluster, first[seed]["JobId"])
        return first.keys() == happens.keys()

    snakemake.wait_for(all_happened, "both trainings have a checkpoint")
    returncode = snakemake.end()
    return Run(returncode, snakemake.output, cluster.jobs(), first)


def test_it_ends_well(run, project):
    assert run.returncode == 0, run.output[-6000:]
    assert all((project.folder / target).is_file() for target in TARGETS)


def test_small_jobs_do_not_flood_the_cluster(run):
    comments = [job["Comment"] for job in run.jobs]
    assert not [comment for comment in comments if "table" in comment or "figure" in comment]
    # The three networks are dissected in one job, which asks for one GPU and the time of three.
    (group,) = [job for job in run.jobs if "dissect" in job["Comment"]]
    assert group["TresPerJob"] == "gres:gpu:1"
    assert (group["TimeLimit"], group["MinMemoryNode"]) == (f"00:{3 * MINUTES}:00", "8000M")
    assert group["NumCPUs"] == "1"


def test_jobs_at_the_same_time_have_different_gpus(run, cluster):
    tasks = [task for task in cluster.tasks() if task.devices]
    trainings = {job["JobId"] for job in of_rule(run.jobs, "train_model")}
    assert trainings <= {task.job for task in tasks}
    assert all(len(task.devices) == 1 and int(task.devices[0]) < GPUS for task in tasks)
    # (The tasks of one job, its script and the step in it, have the same one.)
    together = [
        (one, other)
        for one, other in combinations(tasks, 2)
        if one.job != other.job and one.start < other.end and other.start < one.end
    ]
    assert {task.job for pair in together for task in pair} & trainings
    assert all(one.devices != other.devices for one, other in together)


@pytest.mark.parametrize(("seed", "state"), [(1, "TIMEOUT"), (2, "FAILED")])
def test_a_training_goes_on_with_more_time_and_memory(run, project, seed, state):
    first, second = of_rule(run.jobs, "train_model", f"scratch_{seed}")
    assert (first["JobState"], second["JobState"]) == (state, "COMPLETED")
    assert run.first[seed]["JobId"] == first["JobId"]
    for key, amount in (("TimeLimit", "00:{}:00"), ("MinMemoryNode", "{}M")):
        once = MINUTES if key == "TimeLimit" else MEMORY
        asked = (run.first[seed][key], second[key])
        assert asked == (amount.format(once), amount.format(2 * once))
    # The log is that of the second attempt.
    log = (model(project, seed) / "logs/train_model.log").read_text("utf-8")
    assert "continuing after epoch" in log
    assert f"epoch 1/{EPOCHS}" not in log and f"epoch {EPOCHS}/{EPOCHS}" in log
    with open(model(project, seed) / "history.csv", encoding="utf-8", newline="") as handle:
        epochs = [int(row["epoch"]) for row in csv.DictReader(handle)]
    assert epochs == list(range(1, EPOCHS + 1))
    assert not (model(project, seed) / "checkpoint.pt").exists()


def test_networks_are_protected_if_the_config_says_so(run, project):
    assert all((model(project, seed) / "model.pt").stat().st_mode & 0o222 == 0 for seed in (1, 2))


def test_ctrl_c_cancels_the_jobs(run, cluster, project):
    before = len(cluster.jobs())
    snakemake = Snakemake(project, cluster, "results/slurm/models/endless/seed1/model.pt")
    running = lambda: [line for line in cluster.queue() if line.endswith("RUNNING")]  # noqa: E731
    snakemake.wait_for(lambda: bool(running()), "the training runs")
    snakemake.process.send_signal(signal.SIGINT)
    assert snakemake.end() != 0
    deadline = time.monotonic() + 60
    while cluster.queue() and time.monotonic() < deadline:
        time.sleep(0.2)
    assert not cluster.queue(), snakemake.output[-3000:]
    assert [job["JobState"] for job in cluster.jobs()[before:]] == ["CANCELLED"]
