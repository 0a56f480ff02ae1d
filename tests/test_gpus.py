"""Jobs that run together take GPUs that nobody else has: leases, from one process to two runs."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from contextlib import ExitStack
from itertools import pairwise

import pytest
from project import SCRIPTS, search_path

from kdlens.errors import InputError
from kdlens.gpus import lease as leases
from kdlens.gpus import locks
from kdlens.gpus.devices import PRETEND
from kdlens.gpus.lease import SHARE, lease

NAMES = [f"GPU-pretended-{n}" for n in range(4)]


@pytest.fixture(autouse=True)
def four_gpus(tmp_path, monkeypatch):
    monkeypatch.setenv(locks.FOLDER, str(tmp_path / "locks"))
    monkeypatch.setenv(PRETEND, "4")
    monkeypatch.setenv("PYTHONPATH", search_path(SCRIPTS))
    for name in ("CUDA_VISIBLE_DEVICES", "SLURM_JOB_ID", SHARE, "PYTHONDONTWRITEBYTECODE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(leases, "_held", {})
    yield
    for file in leases._held.values():
        os.close(file)


HOLD = """
import logging, os, subprocess, sys, time
from kdlens.gpus.lease import held_locks, hold_too, lease
logging.basicConfig(level=logging.INFO, stream=sys.stdout, format="%(message)s")
"""
SLEEP = "\nprint('ready', flush=True)\ntime.sleep(60)"


class Process:
    """A Python process whose output is read line by line; killed at the end."""

    def __init__(self, code: str, **environment: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-c", HOLD + code],
            env={**os.environ, **environment},
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self) -> Process:
        return self

    def __exit__(self, *error: object) -> None:
        self.kill()
        self.process.stdout.close()

    def read_to(self, text: str) -> str:
        for line in self.process.stdout:
            if text in line:
                return line
        raise AssertionError(f"the process ended without '{text}'")

    def kill(self) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()


def free() -> int:
    """How many GPUs could be taken now (they are not kept)."""
    taken = []
    for count in (4, 3, 2, 1):
        if leases._try(NAMES, count, 1, "the test")[0]:
            taken = NAMES[:count]
            break
    for file in leases._held.values():
        os.close(file)
    leases._held.clear()
    return len(taken)


def test_a_lease_shows_the_process_its_gpus_and_no_others(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3,1")
    assert lease(1, "device", "one") == [NAMES[3]]
    assert os.environ["CUDA_VISIBLE_DEVICES"] == NAMES[3]


@pytest.mark.parametrize("listed", [None, "0,1,2,3"])
def test_processes_with_other_numbers_for_a_gpu_agree_which_it_is(listed):
    listed = {} if listed is None else {"CUDA_VISIBLE_DEVICES": listed}
    with (
        Process(f"lease(1, 'device', 'a'){SLEEP}", CUDA_VISIBLE_DEVICES="2") as one,
        Process(f"lease(1, 'device', 'b'){SLEEP}", CUDA_VISIBLE_DEVICES=NAMES[0]) as two,
    ):
        for process in (one, two):
            process.read_to("ready")
        with Process(f"lease(2, 'device', 'c'){SLEEP}", **listed) as both:
            assert both.read_to("computes on").split("on ")[1].strip() == f"{NAMES[1]}, {NAMES[3]}"
            assert free() == 0


def test_where_there_is_no_gpu_nothing_is_leased(monkeypatch, tmp_path):
    for name, value in ((PRETEND, "0"), ("CUDA_VISIBLE_DEVICES", "")):
        with monkeypatch.context() as patch:
            patch.setenv(name, value)
            assert lease(2, "device", "nobody") == []
            assert os.environ.get("CUDA_VISIBLE_DEVICES", "") == ""
    assert not (tmp_path / "locks").exists()


def test_more_than_there_are_is_one_line(monkeypatch):
    with pytest.raises(InputError, match=r"models\.t\.gpus: 5 GPUs were asked for, but 4 can be u"):
        lease(5, "models.t.gpus", "nobody")
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "1,2")
    with pytest.raises(InputError, match=r"\(CUDA_VISIBLE_DEVICES is 1,2\); write at most 2,"):
        lease(3, "models.t.gpus", "nobody")


def test_what_slurm_assigns_is_left_alone(monkeypatch, tmp_path):
    monkeypatch.setenv("SLURM_JOB_ID", "7")
    assert lease(2, "models.t.gpus", "nobody") == []
    assert "CUDA_VISIBLE_DEVICES" not in os.environ
    for given in ("0,1", "1,2,3", "GPU-of-slurm,MIG-of-slurm"):
        monkeypatch.setenv("CUDA_VISIBLE_DEVICES", given)
        assert lease(2, "models.t.gpus", "nobody") == []
        assert os.environ["CUDA_VISIBLE_DEVICES"] == given
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "3")
    with pytest.raises(InputError, match=r"models\.t\.gpus: 2 GPUs were asked for, but 1 can be"):
        lease(2, "models.t.gpus", "nobody")
    assert not (tmp_path / "locks").exists()


def test_who_waits_says_for_whom_and_goes_on_when_it_is_killed():
    with Process(f"lease(3, 'device', 'ann, /a/train.log'){SLEEP}") as first:
        first.read_to("ready")
        assert free() == 1
        with Process(f"lease(2, 'device', 'bob'){SLEEP}") as second:
            told = second.read_to("waits for 2 GPUs")
            assert f"{NAMES[0]} is with pid {first.process.pid}, ann, /a/train.log; " in told
            assert NAMES[3] not in told
            assert free() == 1  # all or none: it holds nothing while it waits
            first.kill()
            second.read_to("ready")
            assert free() == 2
            second.kill()
            assert free() == 4


def test_gpus_are_not_free_before_the_last_process_of_a_training_has_ended():
    worker = f"hold_too(sys.argv[1:]){SLEEP}"
    code = f"""
lease(2, 'device', 'launcher')
worker = subprocess.Popen([sys.executable, "-c", {HOLD + worker!r}, *held_locks()])
print("worker", worker.pid, flush=True)
time.sleep(60)
"""
    with Process(code) as launcher:
        worker = int(launcher.read_to("worker").split()[1])
        launcher.read_to("ready")
        launcher.kill()
        assert free() == 2
        os.kill(worker, signal.SIGKILL)
        deadline = time.monotonic() + 10
        while free() != 4:
            assert time.monotonic() < deadline
            time.sleep(0.02)


def test_programs_started_by_a_job_do_not_hold_its_gpus():
    code = "lease(4, 'device', 'a'); child = subprocess.Popen(['sleep', '60'], close_fds=False)"
    with Process(f"{code}\nprint('child', child.pid, flush=True)\ntime.sleep(60)") as process:
        child = int(process.read_to("child").split()[1])
        process.kill()
        try:
            assert free() == 4
        finally:
            os.kill(child, signal.SIGKILL)


def test_jobs_may_share_a_gpu_if_told_so_and_one_that_may_not_keeps_it_alone(monkeypatch):
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "0,1")
    share = {SHARE: "2"}
    with (
        Process(f"lease(1, 'device', 'a'){SLEEP}", **share) as one,
        Process(f"lease(1, 'device', 'b'){SLEEP}", **share) as two,
    ):
        # One each, though there is room for both on the first.
        assert {p.read_to("computes on").split()[-1] for p in (one, two)} == {*NAMES[:2]}
        with Process(f"lease(1, 'device', 'c'){SLEEP}", **share) as three:
            three.read_to("ready")
            with Process(f"lease(1, 'device', 'alone'){SLEEP}") as alone:
                alone.read_to("waits for a GPU")
                for process in (one, two, three):
                    process.kill()
                alone.read_to("ready")
                with Process(f"lease(2, 'device', 'd'){SLEEP}", **share) as four:
                    four.read_to(f"waits for 2 GPUs: {NAMES[0]} is with")


def test_one_process_at_a_time_takes_gpus(tmp_path):
    with locks.opened_folder() as folder:
        gate = locks.open_lock(folder, "gate")
        assert locks.try_lock(gate)
        with Process(f"lease(1, 'device', 'late'){SLEEP}") as late:
            time.sleep(1)
            assert leases._try(NAMES, 1, 1, "the test") == (None, [])
            assert not (tmp_path / "locks/GPU-pretended-0.0").exists()
            os.close(gate)
            late.read_to("ready")
            assert free() == 3


@pytest.mark.parametrize("text", ["0", "9", "-1", "two"])
def test_a_wrong_number_of_jobs_on_a_gpu_is_one_line(monkeypatch, text):
    monkeypatch.setenv(SHARE, text)
    with pytest.raises(InputError, match=rf"{SHARE}: {text} is no number from 1 to 8"):
        lease(1, "device", "nobody")


SNAKEFILE = """
rule all:
    input: expand("job{number}.json", number=range(5))

rule job:
    output: "job{number}.json"
    log: "logs/{number}.log"
    resources: gpu=lambda w: 2 if w.number == "0" else 1
    params: gpus=lambda w: 2 if w.number == "0" else 1
    script: "job.py"
"""
JOB = """
from kdlens.gpus.job import take_gpus

take_gpus(snakemake.log[0], "auto", snakemake.params.gpus)
import json, os, pathlib, time
start = time.monotonic()
time.sleep(0.7)
found = {"gpus": os.environ["CUDA_VISIBLE_DEVICES"].split(","), "start": start}
pathlib.Path(snakemake.output[0]).write_text(json.dumps({**found, "end": time.monotonic()}))
"""


@pytest.mark.workflow
def test_eight_jobs_of_one_and_two_of_two_from_two_runs_share_four_gpus(tmp_path):
    found: dict[str, list[dict]] = {}
    with ExitStack() as runs:
        started = []
        for name in ("one", "two"):
            (tmp_path / name).mkdir()
            (tmp_path / name / "Snakefile").write_text(SNAKEFILE)
            (tmp_path / name / "job.py").write_text(JOB)
            command = [sys.executable, "-m", "snakemake", "--cores", "8", "--resources", "gpu=4"]
            output = runs.enter_context(open(tmp_path / name / "output.txt", "w"))
            run = subprocess.Popen(command, cwd=tmp_path / name, stdout=output, stderr=output)
            runs.callback(run.kill)
            started.append((name, run))
        for name, run in started:
            # Ten seconds; on a busy machine much more.
            assert run.wait(300) == 0, (tmp_path / name / "output.txt").read_text()
            found[name] = [json.loads(p.read_text()) for p in (tmp_path / name).glob("job*.json")]
    one, two = (
        (min(job["start"] for job in jobs), max(job["end"] for job in jobs))
        for jobs in found.values()
    )
    assert max(one[0], two[0]) < min(one[1], two[1]), "the two runs were not at work together"
    jobs = [job for jobs in found.values() for job in jobs]
    assert sorted(len(set(job["gpus"])) for job in jobs) == [1] * 8 + [2] * 2
    for name in NAMES:
        uses = sorted((job["start"], job["end"]) for job in jobs if name in job["gpus"])
        assert uses, f"{name} was not used"
        assert all(end <= start for (_, end), (start, _) in pairwise(uses)), name
    assert free() == 4
