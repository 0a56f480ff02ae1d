"""What tests of several files share: small datasets, copies of the project, one smoke run."""

from __future__ import annotations

import signal
from pathlib import Path

import pytest
from cells_data import cells  # noqa: F401 (fixtures)
from project import Project, copy_project
from provenance_data import write_project, write_run
from tiny_training import dataset, kd, teacher  # noqa: F401 (fixtures)
from world_data import concepts, training  # noqa: F401 (fixtures)

# A shell's job in the background ignores Ctrl-C, and so would all that tests start and interrupt.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def fresh(tmp_path_factory) -> Project:
    """The project as a new user has it: no results, no data."""
    return copy_project(tmp_path_factory.mktemp("fresh"))


@pytest.fixture(scope="session")
def smoke(tmp_path_factory) -> Project:
    """The project after the smoke run, which the tests of whole runs share."""
    project = copy_project(tmp_path_factory.mktemp("smoke"))
    run = project.snakemake("--cores", "2", "--configfile", "config/smoke.yaml")
    (project.folder / "seconds.txt").write_text(f"{run.seconds:.0f}")
    (project.folder / "output.txt").write_text(run.output)
    assert run.returncode == 0, run.output[-6000:]
    return project


@pytest.fixture
def project(tmp_path, monkeypatch) -> Path:
    """A little project with a finished run, for the tools of provenance; the working directory."""
    root = tmp_path / "project"
    write_project(root)
    monkeypatch.chdir(root)
    write_run(root)
    return root
