"""The runs that a reviewer starts: one a config, with the command that makes it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from kdlens.config import published_rows, resolve
from kdlens.errors import InputError, suggest
from kdlens.schema import load_schema

_GPU = ("snakemake --cores 10", " --resources gpu=1")
_COMMANDS = {
    "config": "make demo",
    "real": "make real",
    "full": "make demo-full",
    "real_measures": "make real-measures",
    "study": "make study",
    "paper": f"{''.join(_GPU)} --configfile config/paper.yaml",
}
"""By config, from the cheapest to the dearest."""


@dataclass(frozen=True)
class Run:
    """A config, and how it is run.

    Attributes:
        config: the stem of its file.
        settings: the config itself, checked and with every default.
        command: what makes all of it.
    """

    config: str
    settings: Mapping[str, Any]
    command: str

    @property
    def name(self) -> str:
        """What the config calls the run."""
        return str(self.settings["run"])

    @property
    def folder(self) -> str:
        """Where its results lie."""
        return f"{self.settings['results']}/{self.name}"

    def command_of(self, file: str) -> str:
        """Return what makes one file below the run's folder, and what that needs, alone."""
        # A target may not follow options that take several values: they would take it for one.
        start, end = _GPU if self.config in ("study", "paper") else ("snakemake --cores 2", "")
        if self.config != "config":  # the demo's is the default
            end += f" --configfile config/{self.config}.yaml"
        return f"{start} {self.folder}/{file}{end}"


def read_runs(project: Path) -> list[Run]:
    """Return the runs of the project, the cheapest first.

    Raises:
        InputError: for a config that is not as it must be.
    """
    schema = load_schema(project / "config/schemas/config.schema.yaml")
    rows = published_rows(project / "config/reference/han2023/table01.csv")
    runs = []
    for name, command in _COMMANDS.items():
        text = (project / f"config/{name}.yaml").read_text("utf-8")
        runs.append(Run(name, resolve(yaml.safe_load(text), schema, rows), command))
    return runs


def first(runs: Iterable[Run], configs: Iterable[str]) -> Run:
    """Return the cheapest of the runs whose configs these are.

    Raises:
        InputError: if there is none.
    """
    wanted, runs = set(configs), list(runs)
    for run in runs:
        if run.config in wanted:
            return run
    name = next(iter(wanted), "")
    raise InputError(f"no run of {name!r} is known; {suggest(name, [r.config for r in runs])}")
