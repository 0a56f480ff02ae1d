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
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.errors import InputError, suggest
from kdlens.files import sha256_of

PROJECT_FILES: tuple[str, ...] = ("Snakefile", "rules", "workflow_scripts", "config")
PROJECT_FILES += ("pyproject.toml", "uv.lock", "envs")

WHOLE_SECONDS = 300
"""A run whose jobs took less in all is repeated whole, unless a part is named."""

DRAWN = {"concept_world", "cells", "sentiment_world"}
"""Sources of datasets that the workflow makes of nothing but a seed."""

VARIES = {"jobs.json", "cost.csv", "cost.md", "cost.html"}
"""Files that hold times. (Folders of logs and benchmarks are left out too.)"""

_TOLD = {"logs", "benchmarks"}

Jobs = Mapping[str, Mapping[str, Any]]


def choose(
    manifest: Mapping[str, Any], times: Jobs, run: str, parts: Sequence[str]
) -> tuple[list[str], list[str]]:
    """Return the files to make again, and the names of the jobs that this takes.

    Args:
        times: of the jobs, see :func:`kdlens.provenance.jobs.read_times`.
        run: the run's folder.
        parts: files of the run, or models: all that follows from the first seed of one and what it
            was taught by. Empty: the whole run if it is short, else the quickest network.

    Raises:
        InputError: for a part that the run does not have.
    """
    jobs: Jobs = manifest["jobs"]
    files: set[str] = set()
    for part in parts or _default(manifest, times):
        found = _of_part(part, manifest, run)
        if not found:
            models = models_of(manifest)
            raise InputError(
                f"PART={part}: neither a file of {run}/manifest.json nor a model; "
                f"{suggest(part, models)}"
            )
        files |= found
    return sorted(files), sorted(_behind(files, jobs))


def models_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the models of a run by name, those that read sentences too."""
    config = manifest["config"]
    return {**config["models"], **(config.get("text") or {}).get("models", {})}


def seconds_of(names: Collection[str], times: Jobs) -> float | None:
    """Return what these jobs took in the run, one after the other; None if not all are known."""
    known = [times[name]["seconds"] for name in names if name in times]
    if len(known) < len(names) or None in known:
        return None
    return sum(known)


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
    """Return the sha256 of every file below ``folder`` that holds no times; links are left out."""
    found = {}
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in _TOLD]
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


def _default(manifest: Mapping[str, Any], times: Jobs) -> list[str]:
    took = seconds_of(manifest["jobs"], times)
    if took is not None and took < WHOLE_SECONDS:
        return [""]
    models = manifest["config"]["models"]
    seconds = {name: seconds_of(_first_training(name, manifest), times) for name in models}
    untaught = [name for name in models if not models[name].get("teacher")]
    trained = [name for name in untaught if models[name]["method"] not in _UNTRAINED]
    candidates = trained or untaught or list(models)
    known = {name: taken for name in candidates if (taken := seconds[name])}
    return [min(known, key=lambda name: known[name]) if known else candidates[0]]


_UNTRAINED = ("random_init", "checkpoint")


def _first_training(model: str, manifest: Mapping[str, Any]) -> list[str]:
    """Return the name of the job that makes a model's first network."""
    seed = models_of(manifest)[model]["seeds"][0]
    end = f"/models/{model}/seed{seed}/model.pt"
    jobs = manifest["jobs"].items()
    return [name for name, job in jobs if any(path.endswith(end) for path in job["outputs"])]


def _of_part(part: str, manifest: Mapping[str, Any], run: str) -> set[str]:
    results = {entry["path"] for entry in manifest["files"]}
    if not part:
        return results
    named = {path for path in (part, f"{run}/{part}") if path in results}
    if named or part not in models_of(manifest):
        return named
    jobs: Jobs = manifest["jobs"]
    first = {path for name in _first_training(part, manifest) for path in jobs[name]["outputs"]}
    there = {path for name in _behind(first, jobs) for path in jobs[name]["outputs"]}
    # All that follows from these networks and the datasets alone.
    there |= {path for job in jobs.values() for path in job["outputs"] if _is_data(path, manifest)}
    made = {path for job in jobs.values() for path in job["outputs"]}
    while True:
        more = {
            path
            for job in jobs.values()
            if all(path in there or path not in made for path in job["inputs"])
            and all(path in there for path in job["outputs"] if path.endswith("/model.pt"))
            for path in job["outputs"]
        }
        if more <= there:
            return {path for path in there if path.startswith(f"{run}/")} & results
        there |= more


def _behind(files: Collection[str], jobs: Jobs) -> set[str]:
    """Return the names of the jobs that make these files and all that goes into them."""
    maker = {path: name for name, job in jobs.items() for path in job["outputs"]}
    found: set[str] = set()
    waiting = [maker[file] for file in files if file in maker]
    while waiting:
        name = waiting.pop()
        if name not in found:
            found.add(name)
            waiting += [maker[path] for path in jobs[name]["inputs"] if path in maker]
    return found


def _is_data(path: str, manifest: Mapping[str, Any]) -> bool:
    return path.startswith(f"{manifest['config']['results']}/data/")


def _rules_beyond_data(manifest: Mapping[str, Any]) -> list[str]:
    jobs = manifest["jobs"].values()
    return sorted(
        {
            job["rule"]
            for job in jobs
            if not any(_is_data(path, manifest) for path in job["outputs"])
        }
    )


def _paths(value: Any) -> Iterator[str]:
    """Yield what the config names by ``path``."""
    if isinstance(value, Mapping):
        if isinstance(value.get("path"), str):
            yield value["path"]
        for inner in value.values():
            yield from _paths(inner)
