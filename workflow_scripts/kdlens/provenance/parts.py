"""Parts of a run: which files make one, and which jobs it takes to make them again."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from kdlens.errors import InputError, suggest
from kdlens.provenance.manifest import Jobs

WHOLE_SECONDS = 300
"""A run whose jobs took less in all is repeated whole, unless a part is named."""

_UNTRAINED = ("random_init", "checkpoint")


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
            models = _models_of(manifest)
            raise InputError(
                f"PART={part}: neither a file of {run}/manifest.json nor a model; "
                f"{suggest(part, models)}"
            )
        files |= found
    return sorted(files), sorted(_behind(files, jobs))


def _models_of(manifest: Mapping[str, Any]) -> dict[str, Any]:
    """Return the models of a run by name, those that read sentences too."""
    config = manifest["config"]
    return {**config["models"], **(config.get("text") or {}).get("models", {})}


def seconds_of(names: Collection[str], times: Jobs) -> float | None:
    """Return what these jobs took in the run, one after the other; None if not all are known."""
    known = [times[name]["seconds"] for name in names if name in times]
    if len(known) < len(names) or None in known:
        return None
    return sum(known)


def is_data(path: str, manifest: Mapping[str, Any]) -> bool:
    """Return whether a file of the workflow is one of a dataset."""
    return path.startswith(f"{manifest['config']['results']}/data/")


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


def _first_training(model: str, manifest: Mapping[str, Any]) -> list[str]:
    """Return the name of the job that makes a model's first network."""
    seed = _models_of(manifest)[model]["seeds"][0]
    end = f"/models/{model}/seed{seed}/model.pt"
    jobs = manifest["jobs"].items()
    return [name for name, job in jobs if any(path.endswith(end) for path in job["outputs"])]


def _of_part(part: str, manifest: Mapping[str, Any], run: str) -> set[str]:
    results = {entry["path"] for entry in manifest["files"]}
    if not part:
        return results
    named = {path for path in (part, f"{run}/{part}") if path in results}
    if named or part not in _models_of(manifest):
        return named
    jobs: Jobs = manifest["jobs"]
    first = {path for name in _first_training(part, manifest) for path in jobs[name]["outputs"]}
    there = {path for name in _behind(first, jobs) for path in jobs[name]["outputs"]}
    # All that follows from these networks and the datasets alone.
    there |= {path for job in jobs.values() for path in job["outputs"] if is_data(path, manifest)}
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
