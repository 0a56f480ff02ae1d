"""A job ends with the Snakemake that started it, and with no other."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

import pytest
from project import with_scripts

from kdlens.orphans import announce, is_alive

# A Snakemake with a job: both say that they are there.
PARENT = """
import subprocess, sys, time
from kdlens.orphans import announce
if sys.argv[2] == "announced":
    announce()
job = subprocess.Popen([sys.executable, "-c", sys.argv[1]], stdout=subprocess.PIPE, text=True)
job.stdout.readline()
print(job.pid, flush=True)
time.sleep(60)
"""
JOB = """
import time
from kdlens.orphans import end_with_workflow
end_with_workflow()
print("here", flush=True)
time.sleep(60)
"""


def start(how: str) -> tuple[subprocess.Popen, int]:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT, JOB, how],
        env=with_scripts(),
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    return parent, int(parent.stdout.readline())


def ended(process: int, seconds: float) -> bool:
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if not is_alive(process):
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize(("how", "ends"), [("announced", True), ("not announced", False)])
def test_a_job_ends_when_its_snakemake_is_killed(how, ends):
    parent, job = start(how)
    try:
        assert not ended(job, 1.5)
        # Nobody asks for its status, so it stays as a zombie.
        parent.send_signal(signal.SIGKILL)
        assert ended(job, 30 if ends else 2) == ends
    finally:
        parent.kill()
        parent.wait()
        if is_alive(job):
            os.kill(job, signal.SIGKILL)


def test_each_snakemake_announces_itself(monkeypatch):
    monkeypatch.setenv("KDLENS_SNAKEMAKE", "1 of another machine")
    announce()
    assert os.environ["KDLENS_SNAKEMAKE"].split()[0] == str(os.getpid())
