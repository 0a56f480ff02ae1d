"""A Slurm cluster of one node for a test: real daemons in a folder of their own, no systemd.

The node has :data:`GPUS` devices that are no GPUs but are handed out like them, and more cores and
memory than the machine may have. Every task writes down its devices where it starts and ends
(:meth:`ThrowawaySlurm.tasks`). Nothing is left when the ``with`` block ends, however it ends.
"""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

GPUS = 4
PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "srun", "squeue", "scancel", "scontrol")
INSTALL = "apt-get install slurmctld slurmd slurm-client munge"
_PATH = "/usr/local/sbin:/usr/sbin:/sbin"

_SLURM_CONF = """\
ClusterName=throwaway
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ctld_port}
SlurmdPort={slurmd_port}
SlurmUser=root
SlurmdUser=root
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket
CryptoType=crypto/munge
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/log/slurmctld.log
SlurmdLogFile={folder}/log/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
TaskProlog={folder}/bin/task_prolog
TaskEpilog={folder}/bin/task_epilog
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
SwitchType=switch/none
MpiDefault=none
ReturnToService=2
SchedulerType=sched/backfill
SchedulerParameters=sched_interval=1,bf_interval=1,sched_min_interval=0
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmdParameters=config_overrides
GresTypes=gpu
MinJobAge=3600
KillWait=2
NodeName={host} NodeAddr=127.0.0.1 CPUs=8 RealMemory=64000 Gres=gpu:{gpus} State=UNKNOWN
PartitionName=main Nodes={host} Default=YES MaxTime=INFINITE State=UP DefMemPerCPU=500
"""


def what_is_missing() -> str | None:
    """Return why no Slurm can be started here and what would help, or None."""
    if os.geteuid() != 0:
        return "a throwaway Slurm takes root (its daemons and devices)"
    missing = [name for name in PROGRAMS if not shutil.which(name, path=_search_path())]
    return f"no {', '.join(missing)}: {INSTALL}" if missing else None


@dataclass
class Task:
    """What a task saw: its job, its devices as CUDA is told them, and when it ran."""

    job: str
    devices: tuple[str, ...]
    start: float
    end: float


class ThrowawaySlurm:
    """The cluster, as a context manager. ``environment`` is for all that talks to it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.host = socket.gethostname().split(".")[0]
        self.environment = {
            "SLURM_CONF": str(folder / "slurm.conf"),
            "PATH": f"{folder}/bin:{_search_path()}",
            # Else jobs would miss, on the GPUs that they are assigned, a GPU that computes.
            "KDLENS_PRETEND_GPUS": str(GPUS),
        }
        self._daemons: list[subprocess.Popen] = []

    def __enter__(self) -> ThrowawaySlurm:
        try:
            self._write_files()
            munge = f"{self.folder}/munge"
            # Forced, since the folders of pytest are closed to others.
            self._start(
                "munged", "--foreground", "--force", "--num-threads=2", f"--socket={munge}/socket",
                f"--key-file={munge}/key", f"--pid-file={munge}/pid", f"--log-file={munge}/log",
                f"--seed-file={munge}/seed",
            )  # fmt: skip
            self._wait(lambda: Path(munge, "socket").exists(), "munged")
            self._start("slurmctld", "-D")
            self._start("slurmd", "-D", "-N", self.host)
            self._wait(lambda: "idle" in self.ask("sinfo", "-h", "-o", "%T"), "the node")
        except BaseException:
            self._kill()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self._kill()

    def ask(self, *command: str) -> str:
        run = subprocess.run(command, env=self._variables(), capture_output=True, text=True)
        return run.stdout

    def jobs(self) -> list[dict[str, str]]:
        """Return all jobs, ended ones too, in the order of their submission."""
        lines = self.ask("scontrol", "--oneliner", "show", "job").splitlines()
        jobs = [dict(part.partition("=")[::2] for part in line.split()) for line in lines]
        return sorted((job for job in jobs if "JobId" in job), key=lambda job: int(job["JobId"]))

    def queue(self) -> list[str]:
        """Return the jobs that wait or run, or are ending."""
        return self.ask("squeue", "-h", "-o", "%i %T").splitlines()

    def tasks(self) -> list[Task]:
        """Return the tasks that have ended (of a job killed outright, up to now)."""
        file = self.folder / "log/tasks"
        seen: dict[str, Task] = {}
        for line in file.read_text().splitlines() if file.exists() else []:
            what, job, step, devices, at = line.split("|")
            if what == "start":
                names = tuple(filter(None, devices.split(",")))
                seen[f"{job}.{step}"] = Task(job, names, float(at), time.time())
            elif f"{job}.{step}" in seen:
                seen[f"{job}.{step}"].end = float(at)
        return list(seen.values())

    def processes(self, job: str, of: str) -> list[int]:
        """Return the processes of a job whose command line has the text ``of``."""
        found = []
        for process, environment in _environments():
            if f"SLURM_JOB_ID={job}\0".encode() in environment and self._is_mine(environment):
                try:
                    command = Path(f"/proc/{process}/cmdline").read_bytes()
                except OSError:
                    continue
                if of.encode() in command:
                    found.append(process)
        return found

    def logs(self) -> str:
        files = [*self.folder.glob("log/slurm*.log"), self.folder / "munge/log"]
        return "\n".join(f"{file}:\n{file.read_text()[-3000:]}" for file in files if file.exists())

    def _write_files(self) -> None:
        for name in ("munge", "state", "spool", "log", "dev", "bin"):
            (self.folder / name).mkdir(parents=True)
        key = self.folder / "munge/key"
        key.write_bytes(os.urandom(1024))
        key.chmod(0o400)
        for number in range(GPUS):
            # slurmd wants devices; these are /dev/null.
            os.mknod(self.folder / f"dev/fakegpu{number}", 0o20666, os.makedev(1, 3))
        self._write(
            "gres.conf",
            f"NodeName={self.host} Name=gpu File={self.folder}/dev/fakegpu[0-{GPUS - 1}]",
        )
        ports = _free_ports(2)
        conf = _SLURM_CONF.format(
            folder=self.folder, host=self.host, gpus=GPUS, ctld_port=ports[0], slurmd_port=ports[1]
        )
        self._write("slurm.conf", conf)
        # The executor's job steps lose SLURM_CONF, which no real cluster needs.
        srun = shutil.which("srun", path=_search_path())
        conf = self.environment["SLURM_CONF"]
        self._write("bin/srun", f'#!/bin/sh\nexport SLURM_CONF={conf}\nexec {srun} "$@"\n')
        for name, what in (("task_prolog", "start"), ("task_epilog", "end")):
            fields = f"{what}|$SLURM_JOB_ID|$SLURM_STEP_ID|$CUDA_VISIBLE_DEVICES|$(date +%s.%N)"
            self._write(f"bin/{name}", f'#!/bin/sh\necho "{fields}" >> {self.folder}/log/tasks\n')

    def _write(self, name: str, text: str) -> None:
        (self.folder / name).write_text(text)
        (self.folder / name).chmod(0o755)

    def _start(self, *command: str) -> None:
        with open(self.folder / f"log/{command[0]}.out", "wb") as output:
            self._daemons.append(
                subprocess.Popen(
                    [shutil.which(command[0], path=_search_path()), *command[1:]],
                    env=self._variables(),
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    preexec_fn=_end_with_parent,
                )
            )

    def _wait(self, condition, what: str) -> None:
        deadline = time.monotonic() + 60
        while not condition():
            if time.monotonic() > deadline:
                outputs = [file.read_text()[-1000:] for file in self.folder.glob("log/*.out")]
                raise RuntimeError("\n".join([f"{what} did not start", *outputs, self.logs()]))
            time.sleep(0.2)

    def _variables(self) -> dict[str, str]:
        return {**os.environ, **self.environment}

    def _kill(self) -> None:
        for daemon in reversed(self._daemons):
            daemon.kill()
            daemon.wait()
        # Jobs outlive their daemons; all know the cluster by its config.
        for _ in range(3):
            for process, environment in _environments():
                if process != os.getpid() and self._is_mine(environment):
                    try:
                        os.kill(process, signal.SIGKILL)
                    except ProcessLookupError:
                        continue
            time.sleep(0.1)

    def _is_mine(self, environment: bytes) -> bool:
        # PATH too, since the executor's job steps lose SLURM_CONF.
        return f"={self.folder}/".encode() in environment


def _search_path() -> str:
    return f"{os.environ.get('PATH', os.defpath)}:{_PATH}"


def _free_ports(count: int) -> list[int]:
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind(("127.0.0.1", 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def _environments():
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                yield int(folder.name), (folder / "environ").read_bytes() + b"\0"
            except OSError:
                continue


def _end_with_parent() -> None:
    ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # PR_SET_PDEATHSIG: also if pytest is killed
