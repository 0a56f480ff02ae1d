"""Runs that are disturbed and resumed until they are done, and must end as if nothing had been."""

from __future__ import annotations

import contextlib
import random
import re
import shutil
import signal
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import psutil  # Snakemake depends on it
from fault_compare import differences, fingerprints
from fault_disk import SmallDisk
from fault_kinds import FAULTS, Fault
from fault_run import RunInProgress
from project import copy_project

# No run takes so long: one that does hangs.
PATIENCE = 3600


class Lost(Exception):
    """A fault that was not survived; the text says what is wrong."""


@dataclass
class Tally:
    """What happened over all sequences."""

    survived: Counter[str] = field(default_factory=Counter)
    missed: int = 0
    resumed: int = 0
    unlocked: int = 0

    def faults(self) -> int:
        return self.survived.total()


class Bench:
    """A copy of the project, its undisturbed results, and the sequences of faults in it.

    Args:
        folder: where the copy lives; emptied first.
        seed: of all that is random.
        cores: for Snakemake.
        config: the run's config.
        targets: files to make; none for everything.
        per_run: faults that hit one run at most, before it must come to its end.
        can_mount: whether a small disk can be mounted.
    """

    def __init__(
        self,
        folder: Path,
        *,
        seed: int,
        cores: int,
        config: Path,
        targets: list[str],
        per_run: int,
        can_mount: bool,
    ) -> None:
        self.project = copy_project(folder)
        # What is shipped is no result of these runs.
        shutil.rmtree(self.results, ignore_errors=True)
        self.tally = Tally()
        self._rng = random.Random(seed)
        self._config = ["--configfile", str(config.resolve())]
        self._arguments = ["--cores", str(cores), *targets, *self._config]
        self._per_run = per_run
        self._can_mount = can_mount
        self._sequences = 0
        self._deck: list[str] = []

    @property
    def results(self) -> Path:
        return self.project.folder / "results"

    def run_undisturbed(self) -> str:
        """Make the results that all others are compared with."""
        with self._start() as run:
            code = run.wait(PATIENCE)
        if code != 0:
            raise Lost(f"the undisturbed run failed:\n{_end(run.output())}")
        self._jobs = int(re.findall(r"of (\d+) steps", run.output())[-1])
        self._expected = fingerprints(self.results)
        self._clear()
        return f"undisturbed: {self._jobs} jobs, {len(self._expected)} files, {run.seconds():.0f} s"

    def run_sequence(self, faults: int) -> Iterator[str]:
        """Disturb one run up to ``faults`` times, then let it end; yield a line for each.

        Raises:
            Lost: if a fault had another end than it should, or the results are not the same.
        """
        self._sequences += 1
        wanted = min(faults, self._per_run)
        hit: Counter[str] = Counter()
        self._checkpoints: set[str] = set()
        self._continued: set[str] = set()
        self._orphans: list[psutil.Process] = []
        with contextlib.ExitStack() as stack:
            # Every second sequence has the real disk, where writing takes longest.
            small = self._can_mount and self._sequences % 2 == 1
            disk = stack.enter_context(SmallDisk(self.results)) if small else None
            stack.callback(self._clear)
            stack.callback(self._end_orphans)
            done = False
            while not done and hit.total() < wanted:
                name = self._choose(small)
                what, done = self._disturb(name, FAULTS[name], disk)
                if what is None:
                    self.tally.missed += 1
                else:
                    hit[name] += 1
                    yield f"{self.tally.faults() + hit.total():3} {name:25} {what}"
            self._finish(done)
        self.tally.survived += hit
        yield f"    run {self._sequences}: {hit.total()} faults, and the same files to the byte: ok"

    def _start(self, *options: str) -> RunInProgress:
        return RunInProgress(self.project.folder, [*self._arguments, *options])

    def _choose(self, small_disk: bool) -> str:
        """Return a kind, dealt like a card: each comes in its turn, in an order left to chance."""
        trains = any(
            name.endswith("/history.csv") and not (self.results / name).exists()
            for name in self._expected
        )
        possible = [
            name
            for name in self._deck
            if (small_disk or not FAULTS[name].small_disk) and (trains or not FAULTS[name].trains)
        ]
        if not possible:
            new = [name for name, fault in FAULTS.items() for _ in range(fault.weight)]
            self._deck += self._rng.sample(new, len(new))
            return self._choose(small_disk)
        self._deck.remove(possible[0])
        return possible[0]

    def _disturb(self, name: str, fault: Fault, disk: SmallDisk | None) -> tuple[str | None, bool]:
        """Return what a fault did (None if it came too late), and whether the run is done."""
        # Each fault costs the work of a job or two, so that a run takes ten faults or more.
        jobs, share = self._rng.randint(1, max(1, self._jobs // 7)), self._rng.random()
        dice = random.Random(self._rng.random())
        self._unlock()
        with self._start("--rerun-incomplete") as run:
            if fault.at_jobs or dice.random() < 0.7:
                run.let_work(jobs, share)
            else:
                # Before any job: Snakemake reads the config, plans, locks.
                run.let_plan(share)
            at = run.seconds()
            below = run.processes_below()
            what = fault.inject(run, dice, disk) if run.runs() else None
            code = run.wait(PATIENCE)
        if disk:
            disk.grow()
        output = run.output()
        self._hear(output)
        if code is None:
            raise Lost(f"{name}: the run did not end after {what}:\n{_end(output)}")
        if what is None or code == 0:
            if code != 0:
                raise Lost(f"{name}: the run failed though nothing was done:\n{_end(output)}")
            return None, code == 0
        self._orphans += below
        self._note_checkpoints()
        self._require_end(name, fault, code, output)
        return f"at {at:5.1f} s: {what}; exit code {code}", False

    def _require_end(self, name: str, fault: Fault, code: int, output: str) -> None:
        if fault.kills != (code == -signal.SIGKILL):
            raise Lost(f"{name}: Snakemake ended with {code}:\n{_end(output)}")
        if not fault.kills and self._is_locked():
            raise Lost(f"{name}: the folder is still locked:\n{_end(output)}")
        if fault.says:
            if not re.search(fault.says, output):
                raise Lost(f"{name}: no line says {fault.says!r}:\n{_end(output)}")
            if "Traceback" in output:
                raise Lost(f"{name}: a traceback:\n{_end(output)}")

    def _finish(self, done: bool) -> None:
        if not done:
            self._unlock()
            with self._start("--rerun-incomplete") as run:
                code = run.wait(PATIENCE)
            self._hear(run.output())
            if code != 0:
                raise Lost(f"the resumed run ended with {code}:\n{_end(run.output())}")
        if left := [process for process in self._orphans if _lives(process)]:
            raise Lost(f"still at work: {left}")
        if lines := differences(self._expected, fingerprints(self.results)):
            raise Lost("\n".join(["the results are not those of the undisturbed run:", *lines]))
        with self._start("-n") as again:
            code = again.wait(PATIENCE)
        if code != 0 or "Nothing to be done" not in again.output():
            raise Lost(f"something is left to do:\n{_end(again.output())}")
        if lost := self._checkpoints - self._continued:
            raise Lost(f"trainings that began anew: {', '.join(sorted(lost))}")

    def _end_orphans(self) -> None:
        for process in self._orphans:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()

    def _unlock(self) -> None:
        if self._is_locked():
            self.tally.unlocked += 1
            run = self.project.snakemake("--unlock", *self._config)
            if run.returncode:
                raise Lost(f"--unlock failed:\n{_end(run.output)}")

    def _is_locked(self) -> bool:
        return any((self.project.folder / ".snakemake/locks").glob("*"))

    def _note_checkpoints(self) -> None:
        """Trainings with a checkpoint must go on from it."""
        for path in self.results.glob("*/models/*/*/checkpoint.pt"):
            if not path.with_name("metrics.json").exists():
                self._checkpoints.add(path.relative_to(self.project.folder).as_posix())

    def _hear(self, output: str) -> None:
        if "starting anew" in output:
            raise Lost(f"a checkpoint was thrown away:\n{_end(output)}")
        continued = re.findall(r"continuing after epoch .*\((\S+)\)", output)
        self.tally.resumed += len(continued)
        self._continued |= set(continued)

    def _clear(self) -> None:
        shutil.rmtree(self.project.folder / ".snakemake", ignore_errors=True)
        # The folder itself may be a disk.
        for path in self.results.glob("*"):
            shutil.rmtree(path)


def _lives(process: psutil.Process) -> bool:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if process.status() == psutil.STATUS_ZOMBIE:
                return False
        except psutil.NoSuchProcess:
            return False
        time.sleep(0.1)
    return True


def _end(output: str) -> str:
    return output[-5000:]
