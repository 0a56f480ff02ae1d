"""The manifest: which code, packages, config, jobs and files a run's results were made by.

:func:`build_manifest` returns a dict of

- ``git``: commit, whether the working tree differs from it (``dirty``) and in which files; None
  for each, and why, where the project is not a git checkout or git is not at hand;
- ``code``: the sha256 of each of the workflow's own files (Snakefile, rules, scripts and library),
  and ``source_sha256``, one over all of them, which identifies the code also without git;
- ``lock_sha256``: of ``uv.lock``, the exact packages that the project asks for;
- ``python``, ``platform``, ``packages``: of the process that writes the manifest (``packages`` has
  None for what its environment lacks);
- ``computed_on``: torch (with its CUDA), device, precision and threads that the networks name, and
  how many networks each;
- ``config``: with all its defaults filled in, and ``config_sha256``, that of ``config.yaml``;
- ``files``: path, size in bytes and sha256 of each result, and the ``job`` that made it, sorted by
  path;
- ``jobs``: by name, the rule, the seed (of the network or dataset that the job is about; None if it
  is about several or none), each input with its hash (see :mod:`kdlens.paper.chain`), the outputs
  and the log;
- ``rules``: the files of ``code`` on which the results of each rule hang: its script first, then
  the modules that it imports.

From a file one goes to its job, from there to its inputs, and so on to a dataset's digest.

No time stamp and no user or machine name: the same run gives the same manifest. When jobs ran and
how long is in ``jobs.json`` (:mod:`kdlens.provenance.jobs`).

Errors: :class:`~kdlens.errors.InputError` for a file that does not exist.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections import Counter
from collections.abc import Iterable, Mapping
from importlib import metadata
from pathlib import Path
from typing import Any

import yaml

from kdlens.errors import InputError
from kdlens.files import read_json, sha256_of
from kdlens.paper.chain import hash_inputs
from kdlens.paper.checkout import checksum_of, code_files, describe_git, project_root
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

COMPUTED_ON = ("torch", "device", "precision", "threads")
"""What of a network's ``metrics.json`` belongs to the environment."""


def build_manifest(
    files: Iterable[str | Path],
    config: Mapping[str, Any],
    jobs: Mapping[str, Mapping[str, Any]],
    root: Path | None = None,
) -> dict[str, Any]:
    """Gather the manifest of ``files`` (paths are kept as they are given).

    Args:
        jobs: the jobs that make the files and all that goes into them, by name, each with its
            ``rule``, ``seed``, ``inputs``, ``outputs``, ``log`` and ``code``.
        root: the folder that holds the workflow.
    """
    root = root or project_root()
    maker = {output: name for name, job in jobs.items() for output in job["outputs"]}
    described = [
        _describe_file(Path(path), maker) for path in sorted({str(path) for path in files})
    ]
    hashes = hash_inputs(jobs, {entry["path"]: entry["sha256"] for entry in described}, config)
    code = code_files(root)
    return {
        "git": describe_git(root),
        "source_sha256": checksum_of(code),
        "lock_sha256": sha256_of(lock) if (lock := root / "uv.lock").is_file() else None,
        "python": platform.python_version(),
        "platform": platform.platform(),
        "packages": {name: _version(name) for name in PACKAGES},
        "computed_on": _computed_on(entry["path"] for entry in described),
        "config": plain(config),
        "config_sha256": hashlib.sha256(config_as_yaml(config).encode("utf-8")).hexdigest(),
        "code": code,
        "rules": {job["rule"]: list(job["code"]) for job in jobs.values()},
        "jobs": {name: _describe_job(job, hashes) for name, job in jobs.items()},
        "files": described,
    }


def to_markdown(manifest: Mapping[str, Any]) -> str:
    """Return the manifest as a page for people."""
    git = manifest["git"]
    state = git["note"] or ("changed since: " + ", ".join(git["changed"]) if git["dirty"] else "")
    code = {
        "Git commit": f"{git['commit'] or 'unknown'}{f' ({state})' if state else ''}",
        "Checksum of the workflow's files": manifest["source_sha256"],
        "Checksum of uv.lock": manifest["lock_sha256"] or "not there",
        "Checksum of config.yaml": manifest["config_sha256"],
        "Python": manifest["python"],
        "Platform": manifest["platform"],
        **{name: version or "not here" for name, version in manifest["packages"].items()},
    }
    facts = [f"- {escape_markdown(key)}: `{value}`" for key, value in code.items()]
    for found in manifest["computed_on"]:
        said = escape_markdown(computed_with(found))
        facts.append(f"- Networks computed with {said}: {found['networks']}")
    files = [
        [
            f"`{entry['path']}`",
            f"{entry['bytes']:,}",
            f"`{entry['sha256'][:16]}`",
            escape_markdown(entry["job"] or "not by a rule"),
        ]
        for entry in manifest["files"]
    ]
    return "\n".join(
        [
            "# Provenance\n",
            "What made these results. The same in full, with each job's inputs and their hashes, "
            "for programs: `manifest.json` and `config.yaml`.\n",
            "## Code and packages\n",
            *facts,
            "\n## Config, with every default\n",
            f"```yaml\n{config_as_yaml(manifest['config'])}```\n",
            "## Results\n",
            markdown_table(["File", "Bytes", "sha256 (first digits)", "Made by"], files),
        ]
    )


def computed_with(found: Mapping[str, Any]) -> str:
    """Say in plain text what an entry of ``computed_on`` names: "torch 2.9, device cpu"."""
    return ", ".join(f"{key} {found[key]}" for key in COMPUTED_ON if found.get(key) is not None)


def config_as_yaml(config: Mapping[str, Any]) -> str:
    """Return the config as YAML, its keys in their own order."""
    return yaml.safe_dump(plain(config), sort_keys=False, allow_unicode=True, width=100)


def plain(value: Any) -> Any:
    """Return ``value`` in plain dicts, lists, strings and numbers; paths become strings."""
    return json.loads(json.dumps(value, default=str))


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _describe_file(path: Path, maker: Mapping[str, str]) -> dict[str, Any]:
    try:
        size, sha256 = path.stat().st_size, sha256_of(path)
    except (FileNotFoundError, IsADirectoryError) as error:
        raise InputError(
            f"{path}: {str(error.strerror).lower()}, but the manifest must list it as a file; run "
            "the workflow again"
        ) from error
    return {"path": str(path), "bytes": size, "sha256": sha256, "job": maker.get(str(path))}


def _describe_job(job: Mapping[str, Any], hashes: Mapping[str, str | None]) -> dict[str, Any]:
    return {
        "rule": job["rule"],
        "seed": job["seed"],
        "inputs": {path: hashes[path] for path in job["inputs"]},
        "outputs": sorted(job["outputs"]),
        "log": sorted(job["log"]),
    }


def _computed_on(paths: Iterable[str]) -> list[dict[str, Any]]:
    found: Counter[str] = Counter()
    for path in paths:
        if Path(path).name == "metrics.json":
            said = read_json(path)
            found[json.dumps({key: said.get(key) for key in COMPUTED_ON})] += 1
    return [{**json.loads(key), "networks": count} for key, count in sorted(found.items())]
