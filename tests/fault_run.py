"""One call of Snakemake that is disturbed: its processes, what they write, what they said."""

from __future__ import annotations

import contextlib
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path

import psutil  # Snakemake depends on it

GONE = (psutil.NoSuchProcess, psutil.AccessDenied, psutil.ZombieProcess)


@dataclass
class Job:
    """A running job: the process that Snakemake started, and all below it."""

    process: psutil.Process
    script: Path

    @property
    def rule(self) -> str:
        # .snakemake/scripts/tmpabcdefgh.train_model.py
        return self.script.name.split(".")[1]

    def processes(self) -> list[psutil.Process]:
        try:
            return [self.process, *self.process.children(recursive=True)]
        except GONE:
            return []

    def about(self) -> str:
        """Return what it works on, such as ``faults/models/kd/seed1``; its script names its log."""
        try:
            text = self.script.read_text("utf-8", errors="replace")
        except OSError:  # it has just ended
            return ""
        log = re.search(rf"results/([\w./-]+)/logs/{self.rule}\.log", text)
        return log[1] if log else ""

    def name(self) -> str:
        return f"{self.rule} {self.about()}"

    def kill(self) -> None:
        for process in self.processes():
            with contextlib.suppress(*GONE):
                process.kill()


class RunInProgress:
    """Snakemake at work, in a process group of its own, as a terminal would start it.

    It does not outlive the ``with`` block.
    """

    def __init__(self, folder: Path, arguments: list[str]) -> None:
        self.folder = folder
        self._start = time.monotonic()
        variables = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        # A pipe, since a limit on files would silence jobs whose words go to a file.
        self.popen = subprocess.Popen(
            [sys.executable, "-m", "snakemake", *arguments],
            cwd=folder,
            env=variables,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        self._said: list[bytes] = []
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        self.process = psutil.Process(self.popen.pid)

    def __enter__(self) -> RunInProgress:
        return self

    def __exit__(self, *_: object) -> None:
        # Not if it was killed: whether its jobs then end by themselves is in question.
        if self.runs():
            self.kill_group()

    def _read(self) -> None:
        with self.popen.stdout as stream:
            self._said.extend(stream)

    def output(self) -> str:
        """Return what it said; of a run that was killed, what its jobs said in a moment more."""
        self._reader.join(2)
        return b"".join(self._said).decode("utf-8", errors="replace")

    def seconds(self) -> float:
        return time.monotonic() - self._start

    def runs(self) -> bool:
        return self.popen.poll() is None

    def processes_below(self) -> list[psutil.Process]:
        with contextlib.suppress(*GONE):
            return self.process.children(recursive=True)
        return []

    def wait(self, seconds: float) -> int | None:
        """Return the exit code; None if it had to be killed, since it did not end in time."""
        try:
            return self.popen.wait(seconds)
        except subprocess.TimeoutExpired:
            self.kill_group()
            return None

    def jobs(self) -> list[Job]:
        """Return the jobs at work, in the order of their numbers."""
        found = []
        with contextlib.suppress(*GONE):
            for child in self.process.children():
                with contextlib.suppress(*GONE):
                    line = " ".join(child.cmdline())
                    if ".snakemake/scripts/" in line:
                        script = line.split(".snakemake/scripts/")[-1].split()[0]
                        path = self.folder / ".snakemake/scripts" / script
                        found.append(Job(child, path))
        return sorted(found, key=lambda job: job.process.pid)

    def checkpoint(self, job: Job) -> Path:
        return self.folder / "results" / job.about() / "checkpoint.pt"

    def let_work(self, jobs: int, share: float) -> bool:
        """Let so many jobs begin, and then a share of their mean time pass.

        Jobs, not seconds, since a busy machine is slow at one time and fast at another. Returns
        False if the run ends before.
        """
        seen: set[int] = set()
        began = time.monotonic()
        while len(seen) < jobs:
            if not self.runs():
                return False
            seen |= {job.process.pid for job in self.jobs()}
            time.sleep(0.02)
            if not seen:
                began = time.monotonic()
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(share * (time.monotonic() - began) / jobs)
        return self.runs()

    def let_plan(self, share: float) -> bool:
        """Let a share of the time pass that Snakemake takes before the first job."""
        with contextlib.suppress(subprocess.TimeoutExpired):
            self.popen.wait(share * 3)
        return self.runs()

    def wait_for_write(self, seconds: float) -> Path | None:
        """Return the first temporary file or folder that appears in this time."""
        deadline = time.monotonic() + seconds
        while self.runs() and time.monotonic() < deadline:
            folders = _folders(self.folder / "results")
            refresh = time.monotonic() + 0.3
            while time.monotonic() < refresh:
                for folder in folders:
                    if found := temporaries(folder):
                        return found[0]
                time.sleep(0.0005)
        return None

    def signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.popen.pid, number)

    def signal_group(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.popen.pid, number)

    def kill_group(self) -> None:
        self.signal_group(signal.SIGKILL)
        self.popen.wait()

    def any_job(self, rng: random.Random) -> Job | None:
        jobs = self.jobs()
        return rng.choice(jobs) if jobs else None


def temporaries(folder: Path) -> list[Path]:
    """Return what is being written in ``folder``, or was when its writer was killed."""
    try:
        names = os.listdir(folder)
    except OSError:
        return []
    return [
        folder / name
        for name in names
        if name.startswith(".") and (".tmp" in name or name.endswith(".unfinished"))
    ]


def _folders(root: Path) -> list[Path]:
    """Return the folders in which results appear (not those of a dataset's many files)."""
    found = []
    for place, folders, _ in os.walk(root):
        folders[:] = [n for n in folders if n not in ("tree", "logs", "benchmarks") and n[0] != "."]
        found.append(Path(place))
    return found
