"""The project's folder, a copy of it in which a test runs Snakemake, and processes beside it."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SCRIPTS = ROOT / "workflow_scripts"
LEFT_OUT = shutil.ignore_patterns(
    ".git", ".venv", ".bootstrap", ".snakemake", "results", "__pycache__", "*_cache"
)


@dataclass
class Run:
    """One call of Snakemake: what it printed (both streams) and how it ended."""

    returncode: int
    output: str
    seconds: float

    def jobs(self) -> dict[str, int]:
        """Return how many jobs of each rule it planned, from its table of job statistics."""
        table = re.search(r"^job +count\n[- ]+\n(.*?)^total", self.output, re.MULTILINE | re.DOTALL)
        rows = table.group(1).split("\n") if table else []
        return {row.split()[0]: int(row.split()[1]) for row in rows if row.strip()}


@dataclass
class Project:
    """A copy of the project in a folder of its own."""

    folder: Path

    def snakemake(self, *arguments: str, **environment: str) -> Run:
        command = [sys.executable, "-m", "snakemake", *arguments]
        variables = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        start = time.monotonic()
        run = subprocess.run(
            command,
            cwd=self.folder,
            env={**variables, **environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            stdin=subprocess.DEVNULL,
            text=True,
        )
        return Run(run.returncode, run.stdout, time.monotonic() - start)


def copy_project(folder: Path) -> Project:
    """Copy what a clone has: of results, those that are shipped."""
    shutil.copytree(ROOT, folder, ignore=_left_out, dirs_exist_ok=True)
    shipped = Path("results/reference")
    if (ROOT / shipped).is_dir():
        shutil.copytree(ROOT / shipped, folder / shipped)
    return Project(folder)


def _left_out(folder: str, names: list[str]) -> set[str]:
    data = {"data"} if Path(folder) == ROOT else set()
    return LEFT_OUT(folder, names) | data


def search_path(*folders: str | Path) -> str:
    """Return a PYTHONPATH of these folders, and behind them what it holds already."""
    return os.pathsep.join([*map(str, folders), *filter(None, [os.environ.get("PYTHONPATH")])])


def with_scripts(**variables: str) -> dict[str, str]:
    """The environment of a process that finds the scripts and the library, with more variables."""
    return {**os.environ, "PYTHONPATH": search_path(SCRIPTS), **variables}


def poison(folder: Path) -> str:
    """A PYTHONPATH with which importing torch or torchvision is an error."""
    folder.mkdir(exist_ok=True)
    for name in ("torch", "torchvision"):
        (folder / f"{name}.py").write_text(f"raise ImportError('{name} must not be imported')\n")
    return search_path(folder)
