"""The workflow's own files: the commit they are from, what was changed since, their checksums."""

from __future__ import annotations

import hashlib
import os
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import kdlens
from kdlens.files import sha256_of

_SOURCES: tuple[str, ...] = ("Snakefile", "rules/*.smk", "workflow_scripts/*.py")
_SOURCES += tuple(f"workflow_scripts/kdlens/**/*.{kind}" for kind in ("py", "html", "css", "js"))

_GIT_SECONDS = 60


def project_root() -> Path:
    """Return the folder that holds the workflow."""
    return Path(kdlens.__file__).resolve().parents[2]


def describe_git(root: Path) -> dict[str, Any]:
    """Return ``{"commit", "dirty", "changed", "note"}``; never fails.

    Only a repository whose top is the project itself counts: a copy of the project inside another
    repository must not claim that one's commit.
    """
    unknown: dict[str, Any] = {"commit": None, "dirty": None, "changed": None}
    if not (root / ".git").exists():
        return {**unknown, "note": "not a git checkout"}
    try:
        commit = _git(root, "rev-parse", "HEAD").strip()
        # What a run makes, and results that are shipped, are no code.
        status = _git(root, "status", "--porcelain", "-z", "--", ".", ":(exclude)results")
    except (OSError, subprocess.SubprocessError) as error:
        reason = getattr(error, "stderr", None) or str(error)
        return {**unknown, "note": f"git failed: {reason.strip().splitlines()[0]}"}
    changed = sorted(entry for entry in status.split("\0") if entry)
    return {"commit": commit, "dirty": bool(changed), "changed": changed, "note": ""}


def _git(root: Path, *arguments: str) -> str:
    # Inherited GIT_* variables (of a hook, say) could point to another repository; and a status
    # must not rewrite the index of a checkout that somebody else is using.
    environment = {k: v for k, v in os.environ.items() if not k.startswith("GIT_")}
    return subprocess.run(
        ["git", "-C", str(root), *arguments],
        env={**environment, "GIT_OPTIONAL_LOCKS": "0", "LC_ALL": "C"},
        capture_output=True,
        text=True,
        check=True,
        timeout=_GIT_SECONDS,
    ).stdout


def code_files(root: Path) -> dict[str, str]:
    """Return the sha256 of each of the workflow's own files, by its path in the project, sorted."""
    paths = {path for pattern in _SOURCES for path in root.glob(pattern) if path.is_file()}
    named = sorted((path.relative_to(root).as_posix(), path) for path in paths)
    return {name: sha256_of(path) for name, path in named}


def checksum_of(code: Mapping[str, str]) -> str:
    """Return one sha256 over the paths and contents of these files."""
    lines = "".join(f"{sha256}  {name}\n" for name, sha256 in sorted(code.items()))
    return hashlib.sha256(lines.encode()).hexdigest()
