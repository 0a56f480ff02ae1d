"""The manifest: which code, packages, config and files a run's results were made by.

:func:`build_manifest` returns a dict of

- ``git``: commit, whether the working tree differs from it (``dirty``) and in which files; None
  for each, and why, where the project is not a git checkout or git is not at hand;
- ``source_sha256``: one checksum over the workflow's own files (Snakefile, rules, scripts and
  library), which identifies the code also without git;
- ``lock_sha256``: of ``uv.lock``, the exact packages that the project asks for;
- ``python``, ``platform``, ``packages``: of the process that writes the manifest (``packages`` has
  None for what its environment lacks; each model's ``metrics.json`` has the torch that trained it);
- ``files``: path, size in bytes and sha256 of each result, sorted by path;
- ``config``: the config with all its defaults filled in.

No time stamp and no user or machine name: the same run gives the same manifest.

Errors: :class:`~kdlens.errors.InputError` for a file that does not exist.
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import subprocess
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

import kdlens
from kdlens.errors import InputError
from kdlens.files import sha256_of
from kdlens.paper.formats import escape_markdown, markdown_table

PACKAGES = (
    "snakemake",
    "torch",
    "torchvision",
    "torchdistill",
    "numpy",
    "pandas",
    "matplotlib",
    "pillow",
    "pyyaml",
    "jsonschema",
)

_SOURCES: tuple[str, ...] = ("Snakefile", "rules/*.smk", "workflow_scripts/*.py")
_SOURCES += tuple(f"workflow_scripts/kdlens/**/*.{kind}" for kind in ("py", "html", "css", "js"))

_GIT_SECONDS = 60


def project_root() -> Path:
    """Return the folder that holds the workflow."""
    return Path(kdlens.__file__).resolve().parents[2]


def build_manifest(
    files: Iterable[str | Path], config: Mapping[str, Any], root: Path | None = None
) -> dict[str, Any]:
    """Gather the manifest of ``files`` (paths are kept as they are given)."""
    root = root or project_root()
    return {
        "git": describe_git(root),
        "source_sha256": source_checksum(root),
        "lock_sha256": sha256_of(lock) if (lock := root / "uv.lock").is_file() else None,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in PACKAGES},
        "files": [_describe_file(Path(path)) for path in sorted({str(path) for path in files})],
        "config": plain(config),
    }


def to_markdown(manifest: Mapping[str, Any]) -> str:
    """Return the manifest as a page for people."""
    git = manifest["git"]
    state = git["note"] or ("changed since: " + ", ".join(git["changed"]) if git["dirty"] else "")
    code = {
        "Git commit": f"{git['commit'] or 'unknown'}{f' ({state})' if state else ''}",
        "Checksum of the workflow's files": manifest["source_sha256"],
        "Checksum of uv.lock": manifest["lock_sha256"] or "not there",
        "Python": manifest["python"],
        "Platform": manifest["platform"],
        **{name: version or "not here" for name, version in manifest["packages"].items()},
    }
    facts = [f"- {escape_markdown(key)}: `{value}`" for key, value in code.items()]
    files = [
        [f"`{entry['path']}`", f"{entry['bytes']:,}", f"`{entry['sha256'][:16]}`"]
        for entry in manifest["files"]
    ]
    return "\n".join(
        [
            "# Provenance\n",
            "What made these results. The same in full, for programs: `manifest.json` and "
            "`config.yaml`.\n",
            "## Code and packages\n",
            *facts,
            "\n## Config, with every default\n",
            f"```yaml\n{config_as_yaml(manifest['config'])}```\n",
            "## Results\n",
            markdown_table(["File", "Bytes", "sha256 (first digits)"], files),
        ]
    )


def config_as_yaml(config: Mapping[str, Any]) -> str:
    """Return the config as YAML, its keys in their own order."""
    return yaml.safe_dump(plain(config), sort_keys=False, allow_unicode=True, width=100)


def plain(value: Any) -> Any:
    """Return ``value`` in plain dicts, lists, strings and numbers; paths become strings."""
    return json.loads(json.dumps(value, default=str))


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
        status = _git(root, "status", "--porcelain", "-z")
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


def source_checksum(root: Path) -> str:
    """Return a sha256 over the paths and contents of the workflow's own files."""
    digest = hashlib.sha256()
    paths = {path for pattern in _SOURCES for path in root.glob(pattern) if path.is_file()}
    for path in sorted(paths, key=lambda path: path.relative_to(root).as_posix()):
        digest.update(f"{sha256_of(path)}  {path.relative_to(root).as_posix()}\n".encode())
    return digest.hexdigest()


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _describe_file(path: Path) -> dict[str, Any]:
    try:
        return {"path": str(path), "bytes": path.stat().st_size, "sha256": sha256_of(path)}
    except (FileNotFoundError, IsADirectoryError) as error:
        raise InputError(
            f"{path}: {str(error.strerror).lower()}, but the manifest must list it as a file; run "
            "the workflow again"
        ) from error
