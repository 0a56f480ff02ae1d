"""Does a part of a run come out the same again, to the byte?

A copy of the project makes the part in a temporary folder, a second copy makes it in another, and
what they wrote is compared, with each other and with the run's own files. Nothing is written to the
run or its datasets. Datasets that the workflow draws are drawn again; others (photographs of the
user, Broden) are used as the run has them, since they may be large and are checked by their digest.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.errors import InputError
from kdlens.files import sha256_of
from kdlens.provenance.manifest import SAID_BY_JOBS
from kdlens.provenance.parts import is_data

PROJECT_FILES: tuple[str, ...] = ("Snakefile", "rules", "workflow_scripts", "config")
PROJECT_FILES += ("pyproject.toml", "uv.lock", "envs")

DRAWN = {"concept_world", "cells", "sentiment_world"}
"""Sources of datasets that the workflow makes of nothing but a seed."""

VARIES = {"jobs.json", "cost.csv", "cost.md", "cost.html"}
"""Files that hold times."""


def draws_its_data(manifest: Mapping[str, Any]) -> bool:
    """Return whether the workflow draws every dataset of the run."""
    config = manifest["config"]
    datasets = [config.get("training_data"), config["concept_data"]]
    datasets += (config.get("datasets") or {}).values()
    if config.get("text"):
        datasets.append(config["text"]["data"])
    return all(dataset["source"] in DRAWN for dataset in datasets if dataset)


def repeat(
    folder: Path, manifest: Mapping[str, Any], project: Path, files: Sequence[str], cores: int
) -> tuple[float, Path]:
    """Make ``files`` in a copy of the project in ``folder``.

    What Snakemake said is in ``folder/snakemake.txt``.

    Returns:
        The seconds that it took, and the folder of results.

    Raises:
        InputError: if the run fails.
    """
    copy = copy_project(folder, manifest, project)
    command = [sys.executable, "-m", "snakemake", "--cores", str(cores), *files]
    if not draws_its_data(manifest):
        command += ["--allowed-rules", *_rules_beyond_data(manifest), "concepts_known"]
    command += ["--configfile", "config/verify.yaml"]
    start = time.monotonic()
    with open(folder / "snakemake.txt", "wb") as said:
        ended = subprocess.run(
            command, cwd=copy, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
        )
    if ended.returncode:
        said_last = (folder / "snakemake.txt").read_text("utf-8", errors="replace")
        raise InputError(f"the run in {copy} failed: {' | '.join(_errors(said_last))}")
    return time.monotonic() - start, copy / manifest["config"]["results"]


def _errors(text: str) -> list[str]:
    """Return what Snakemake said of an error: the first line that names one, and some after it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    first = next((n for n, line in enumerate(lines) if "rror" in line), len(lines) - 5)
    return lines[max(first, 0) :][:5]


def copy_project(folder: Path, manifest: Mapping[str, Any], project: Path) -> Path:
    """Copy the workflow into ``folder``, with the run's config; return the copy.

    What the config names by a relative path is found from the copy too: by a link.
    """
    config = manifest["config"]
    outside = {path for path in _paths(config) if not Path(path).is_absolute()}
    # Deep enough that ../../x of the copy is still inside the temporary folder.
    depth = max((Path(os.path.normpath(path)).parts.count("..") for path in outside), default=0)
    copy = folder.joinpath(*["in"] * depth, "project")
    copy.mkdir(parents=True)
    for name in PROJECT_FILES:
        source = project / name
        if source.is_dir():
            ignored = shutil.ignore_patterns("__pycache__")
            shutil.copytree(source, copy / name, ignore=ignored)
        elif source.is_file():
            shutil.copy2(source, copy / name)
    for path in sorted(outside):
        link = Path(os.path.normpath(copy / path))
        if not link.exists() and (project / path).exists():
            link.parent.mkdir(parents=True, exist_ok=True)
            link.symlink_to((project / path).resolve())
    # The file, not the manifest's copy of it, whose keys are sorted: recipes keep their order.
    own = Path(config["results"], config["run"], "config.yaml")
    shutil.copy2(project / own, copy / "config/verify.yaml")
    if not draws_its_data(manifest):
        data = copy / config["results"] / "data"
        data.parent.mkdir(parents=True)
        data.symlink_to((project / config["results"] / "data").resolve())
    return copy


def fingerprints(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file below ``folder``, by its path in there.

    Left out are links, files that hold times, and what jobs said.
    """
    found = {}
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in SAID_BY_JOBS]
        for name in files:
            if name not in VARIES:
                path = Path(place, name)
                found[path.relative_to(folder).as_posix()] = sha256_of(path)
    return found


def differences(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """Return a line for each file that only one of two results has, or that is not the same."""
    lines = [f"only the first time: {name}" for name in sorted(one.keys() - other.keys())]
    lines += [f"only the second time: {name}" for name in sorted(other.keys() - one.keys())]
    both = sorted(one.keys() & other.keys())
    return lines + [f"differs: {name}" for name in both if one[name] != other[name]]


def _rules_beyond_data(manifest: Mapping[str, Any]) -> list[str]:
    jobs = manifest["jobs"].values()
    return sorted(
        {job["rule"] for job in jobs if not any(is_data(path, manifest) for path in job["outputs"])}
    )


def _paths(value: Any) -> Iterator[str]:
    """Yield what the config names by ``path``."""
    if isinstance(value, Mapping):
        if isinstance(value.get("path"), str):
            yield value["path"]
        for inner in value.values():
            yield from _paths(inner)
