"""The faults: each disturbs a run in progress and says what it did, or that it came too late.

Where Snakemake itself was killed its folder stays locked. After any other fault Snakemake must end
by itself, with a status and without a lock, and what is the user's to mend must be said in a line.
"""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass

import psutil  # Snakemake depends on it
from fault_disk import SmallDisk
from fault_run import GONE, RunInProgress

Injection = Callable[[RunInProgress, random.Random, SmallDisk | None], "str | None"]


@dataclass(frozen=True)
class Fault:
    """A kind of fault.

    Attributes:
        inject: does it; returns what was hit, or None if there was nothing to hit.
        kills: whether Snakemake is killed.
        says: what the output must have then: the cause and what to do about it.
        weight: how often it comes among the others.
        small_disk: whether it takes a disk that can be filled.
        trains: whether it takes a run in which there is still something to train.
        at_jobs: whether it comes once jobs are at work; else at any time from the start.
    """

    inject: Injection
    kills: bool = False
    says: str | None = None
    weight: int = 1
    small_disk: bool = False
    at_jobs: bool = True
    trains: bool = False


def _kill_job(run: RunInProgress, rng: random.Random, _: SmallDisk | None) -> str | None:
    job = run.any_job(rng)
    if job is None:
        return None
    name = job.name()
    job.kill()
    return name


def _kill_writing_job(run: RunInProgress, rng: random.Random, _: SmallDisk | None) -> str | None:
    deadline = time.monotonic() + 30
    while run.runs() and time.monotonic() < deadline:
        found = run.wait_for_write(deadline - time.monotonic())
        # The name of the temporary file says who writes it. Held at once, it cannot come to the end
        # of it while its job is looked for.
        match = found and re.search(r"\.(\d+)\.(tmp|unfinished)", found.name)
        if not match:
            continue
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(match[1]), signal.SIGSTOP)
        when = "while it wrote" if found.exists() else "right after it wrote"
        for job in run.jobs():
            if int(match[1]) in [process.pid for process in job.processes()]:
                name = job.name()
                job.kill()
                return f"{name} {when} {found.name}"
        with contextlib.suppress(ProcessLookupError):
            os.kill(int(match[1]), signal.SIGCONT)
    # Better any job than a run that goes on to its end.
    return _kill_job(run, rng, None)


def _kill_training(run: RunInProgress, rng: random.Random, _: SmallDisk | None) -> str | None:
    deadline = time.monotonic() + 30
    while run.runs() and time.monotonic() < deadline:
        for job in run.jobs():
            if job.rule == "train_model" and run.checkpoint(job).exists():
                time.sleep(0.5 * rng.random())
                name = job.name()
                job.kill()
                return f"{name} after its first epoch"
        time.sleep(0.005)
    return _kill_job(run, rng, None)


def _kill_all(run: RunInProgress, rng: random.Random, _: SmallDisk | None) -> str | None:
    names = _at_work(run)
    run.kill_group()
    return names


def _kill_snakemake(run: RunInProgress, rng: random.Random, _: SmallDisk | None) -> str | None:
    names = _at_work(run)
    run.signal(signal.SIGKILL)
    return f"{names} left alone"


def _terminate(run: RunInProgress, rng: random.Random, _: SmallDisk | None) -> str | None:
    names = _at_work(run)
    run.signal(signal.SIGTERM)
    return names


def _interrupt(run: RunInProgress, rng: random.Random, _: SmallDisk | None) -> str | None:
    names = _at_work(run)
    run.signal_group(signal.SIGINT)
    return names


def _fill_disk(run: RunInProgress, rng: random.Random, disk: SmallDisk | None) -> str | None:
    left = rng.choice((0, 4096, 40_000, 200_000))
    disk.fill(left)
    return f"{left} bytes left for {_at_work(run)}"


def _limit_files(run: RunInProgress, rng: random.Random, _: SmallDisk | None) -> str | None:
    job = run.any_job(rng)
    if job is None:
        return None
    name, limit = job.name(), rng.choice((0, 512, 4096))
    for process in job.processes():
        with contextlib.suppress(*GONE):
            _, hard = process.rlimit(psutil.RLIMIT_FSIZE)
            process.rlimit(psutil.RLIMIT_FSIZE, (limit, hard))
    return f"{name}: no file above {limit} bytes"


def _at_work(run: RunInProgress) -> str:
    return ", ".join(job.name() for job in run.jobs()) or "no job"


# Should the last byte go between a job's end and what Snakemake writes of it, Snakemake says so.
FULL = r"error: \S+: .*the disk (is full|has) .*; .*[Ff]ree some space.* and start again"
FULL += r"|WorkflowError:\nOSError: \[Errno 28\] No space left on device"
LIMIT = r"error: \S+: is larger than a file may be here"
LIMIT += r"|error: no temporary folder can be written to .* and start again"

FAULTS = {
    "job killed": Fault(_kill_job, weight=3),
    "job killed while writing": Fault(_kill_writing_job, weight=3),
    "training killed": Fault(_kill_training, weight=2, trains=True),
    "all killed": Fault(_kill_all, kills=True, weight=3, at_jobs=False),
    "snakemake killed": Fault(_kill_snakemake, kills=True, weight=3),
    "snakemake terminated": Fault(_terminate),
    "interrupted (Ctrl-C)": Fault(_interrupt, weight=2),
    "disk full": Fault(_fill_disk, says=FULL, weight=3, small_disk=True),
    "file size limited": Fault(_limit_files, says=LIMIT, weight=2),
}
if not hasattr(psutil.Process, "rlimit"):  # Linux has it
    del FAULTS["file size limited"]
