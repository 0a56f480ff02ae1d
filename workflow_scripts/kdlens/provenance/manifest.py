"""The manifest of a finished run, read again: its inputs, and whether the code is still the run's.

:mod:`kdlens.paper.manifest` writes it and says what is in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kdlens.errors import InputError
from kdlens.files import read_json
from kdlens.paper.checkout import code_files

Jobs = Mapping[str, Mapping[str, Any]]
"""Jobs by name: as the manifest has them, or as :func:`kdlens.provenance.jobs.read_times` does."""

SAID_BY_JOBS = {"logs", "benchmarks"}
"""Folders of a run with what its jobs said and took: never twice the same, and not listed."""

_KEYS = ("files", "jobs", "rules", "code", "config", "config_sha256", "git", "lock_sha256")


def read_manifest(path: str | Path) -> dict[str, Any]:
    """Read a manifest.

    Raises:
        InputError: if it is not there, damaged, or of a version that named no jobs.
    """
    if not Path(path).exists():
        raise InputError(f"{path}: no such file; run the workflow to its end first")
    manifest = read_json(path)
    lacking = [key for key in _KEYS if not isinstance(manifest, dict) or key not in manifest]
    whole = not lacking and all(
        isinstance(entry, dict) and {"path", "bytes", "sha256", "job"} <= set(entry)
        for entry in manifest["files"]
    )
    if not whole:
        why = f"has no {', '.join(lacking)}" if lacking else "has damaged entries"
        raise InputError(f"{path}: {why}; delete it and run the workflow again")
    return manifest


def hashes_of_inputs(manifest: Mapping[str, Any]) -> dict[str, str | None]:
    """Return the hash of all that went into the jobs, by path, as :mod:`kdlens.paper.chain` has it.

    None where no hash is known.
    """
    jobs = manifest["jobs"].values()
    return {path: hash_ for job in jobs for path, hash_ in job["inputs"].items()}


def changed_code(manifest: Mapping[str, Any], project: Path) -> list[str]:
    """Return the paths, sorted, of the workflow's own files that are not as the run had them."""
    then, now = manifest["code"], code_files(project)
    return sorted(path for path in {*then, *now} if then.get(path) != now.get(path))
