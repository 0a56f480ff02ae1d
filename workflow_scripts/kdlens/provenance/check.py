"""Are the files of a run still those of its manifest?

:func:`check_run` reads every file that the manifest lists once more, and says which are missing,
changed or not in it. Datasets are read again only if asked for (:func:`check_data`): they may be
hundreds of GB.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

from kdlens.data.broden_check import check_broden
from kdlens.data.image_folder import check_image_folder
from kdlens.data.treebank_check import check_treebank
from kdlens.files import read_json, sha256_of
from kdlens.paper.chain import PACK_INDEX
from kdlens.provenance.manifest import SAID_BY_JOBS, changed_code, hashes_of_inputs

BESIDE: tuple[str, ...] = ("manifest.json", "config.yaml", "provenance.html", "jobs.json")
BESIDE += ("report.html", "workflow.html")
BESIDE += ("cost.csv", "cost.md", "cost.html", "models/concepts_known", "ro-crate-metadata.json")
"""Files of a run that its manifest does not list: itself, and what comes after it or varies.

Nor are those of the folders :data:`~kdlens.provenance.manifest.SAID_BY_JOBS`.
"""

OF_CRATE = {"workflow", "datasets"}
"""Folders that ``make crate`` adds to a run."""


@dataclass
class Found:
    """What a check found; each list has the lines to be said."""

    checked: int = 0
    bytes: int = 0
    missing: list[str] = field(default_factory=list)
    changed: list[str] = field(default_factory=list)
    extra: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def lines(self) -> list[str]:
        """Return all that is to be said."""
        return [*self.missing, *self.changed, *self.extra, *self.notes]

    @property
    def good(self) -> bool:
        """Whether everything that the manifest vouches for is there, unchanged.

        A file that is not in the manifest is said, and changes nothing: it may be a figure of an
        earlier config, or one of the user's own.
        """
        return not self.missing and not self.changed


def check_run(manifest: Mapping[str, Any], run: Path, project: Path) -> Found:
    """Read the files of a run again.

    Args:
        run: the run's folder, as the manifest's paths have it (``results/demo``).
        project: the folder that holds the workflow; the manifest's paths are relative to it.
    """
    found = Found()
    for entry in manifest["files"]:
        path = project / entry["path"]
        maker = f" (made by: {entry['job']})" if entry["job"] else ""
        if not path.is_file():
            found.missing.append(f"missing: {entry['path']}{maker}")
            continue
        found.checked += 1
        found.bytes += path.stat().st_size
        if sha256_of(path) != entry["sha256"]:
            found.changed.append(f"changed: {entry['path']}{maker}")
    listed = {entry["path"] for entry in manifest["files"]}
    found.extra += [f"not in the manifest: {path}" for path in _others(run, project, listed)]
    _check_config(found, manifest, run, project)
    _check_inputs(found, manifest, project)
    found.notes += _notes(manifest, project)
    return found


def check_data(manifest: Mapping[str, Any], project: Path) -> Iterator[str]:
    """Read every image of the run's datasets again; yield a line for what is no longer the same.

    Raises:
        InputError: if a file of a dataset is missing or damaged.
    """
    for path, given in sorted(hashes_of_inputs(manifest).items()):
        if Path(path).name == "dataset.json":
            said = read_json(project / path)
            digest = _digest(project / said["root"], said)
            if digest is None:
                yield f"note: {path}: no check is known of a dataset of kind '{said['kind']}'"
            elif digest != said["digest"]:
                yield f"changed: {said['root']}: its images are not those of {path}"
        elif (given or "").startswith("pack:"):
            for name, file in read_json(project / path / PACK_INDEX)["files"].items():
                if sha256_of(project / path / name) != file["sha256"]:
                    yield f"changed: {path}/{name}"


def _digest(root: Path, said: Mapping[str, Any]) -> str | None:
    if said["kind"] == "broden":
        return check_broden(root)["digest"]
    if said["kind"] == "image_folder":
        return check_image_folder(root, said["splits"])["digest"]
    if said["kind"] == "treebank":
        return check_treebank(root, said["splits"], said["repeated"]["choice"])["digest"]
    return None


def _others(run: Path, project: Path, listed: set[str]) -> Iterator[str]:
    for path in sorted((project / run).rglob("*")):
        inside = path.relative_to(project / run)
        named = path.relative_to(project).as_posix()
        apart = inside.as_posix() in BESIDE or inside.parts[0] in OF_CRATE
        apart = apart or not SAID_BY_JOBS.isdisjoint(inside.parts)
        if path.is_file() and not apart and named not in listed:
            yield named


def _check_config(found: Found, manifest: Mapping[str, Any], run: Path, project: Path) -> None:
    path = project / run / "config.yaml"
    if not path.is_file():
        found.missing.append(f"missing: {run / 'config.yaml'}")
    elif sha256_of(path) != manifest["config_sha256"]:
        found.changed.append(f"changed: {run / 'config.yaml'}")
    elif yaml.safe_load(path.read_text("utf-8")) != manifest["config"]:
        found.changed.append(f"changed: {run / 'manifest.json'}: its config is not config.yaml")


def _check_inputs(found: Found, manifest: Mapping[str, Any], project: Path) -> None:
    """Compare what went into the jobs and is no result, as far as that is a file of its own."""
    results = {entry["path"]: entry["sha256"] for entry in manifest["files"]}
    for path, hash_ in sorted(hashes_of_inputs(manifest).items()):
        if path in results:
            if hash_ != results[path]:
                found.changed.append(f"changed: manifest: two checksums of {path}")
            continue
        kind, _, value = (hash_ or "").rpartition(":")
        file = project / path / PACK_INDEX if kind == "pack" else project / path
        if hash_ is None or kind in ("dataset", "config"):
            continue
        if not file.is_file():
            found.notes.append(f"note: {path}: an input that is no longer there")
        elif sha256_of(file) != value:
            found.changed.append(f"changed: {path} (an input)")


def _notes(manifest: Mapping[str, Any], project: Path) -> Iterator[str]:
    git = manifest["git"]
    if not git["commit"]:
        yield f"note: the run names no commit ({git['note']})"
    elif git["dirty"]:
        yield f"note: the run's code was commit {git['commit'][:12]} with changes"
    if other := changed_code(manifest, project):
        named = ", ".join(other[:3]) + (f" and {len(other) - 3} more" if len(other) > 3 else "")
        yield f"note: the code here is not the run's: {named}"
    lock = project / "uv.lock"
    if manifest["lock_sha256"] and lock.is_file() and sha256_of(lock) != manifest["lock_sha256"]:
        yield "note: uv.lock here is not the run's"
