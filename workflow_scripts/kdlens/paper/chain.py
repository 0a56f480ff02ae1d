"""What went into each job, with hashes: the chain from a table back to the raw data.

An input's hash is, by what the input is,

- a result of the run: its sha256, as the manifest's list of files has it;
- a dataset's folder: ``dataset:<digest>``, the digest over all its images that its ``dataset.json``
  states and its check computed; nothing is read again;
- a packed dataset: ``pack:<sha256>`` of its index, which has the sha256 of each of its files;
- another file: its sha256, computed now, if it has at most :data:`READ_BYTES`; of a larger one
  (a user's archive) ``config:<sha256>`` if the config states it, which was checked when it was
  unpacked, and else None: the digest of what was unpacked then stands for it;
- a folder of the user's own: the digest of the dataset that lies there.

None is an input of which no hash is known: it is gone, say.

Errors: :class:`~kdlens.errors.InputError` for a ``dataset.json`` that is damaged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from kdlens.files import read_json, sha256_of

READ_BYTES = 64 * 2**20
"""Bytes of a file that is no result and yet read for its sha256."""

PACK_INDEX = "packed.json"
"""Of a packed dataset: the file that lists its files with their sha256."""


def hash_inputs(
    jobs: Mapping[str, Mapping[str, Any]], known: Mapping[str, str], config: Mapping[str, Any]
) -> dict[str, str | None]:
    """Return the hash of every input of these jobs, by path.

    Args:
        jobs: by name, each with its ``inputs`` and ``outputs``.
        known: the sha256 of the files that have been read already, by path.
        config: with its defaults filled in.
    """
    digests = dict(_digests(jobs))
    stated = dict(_stated(config))
    hashes: dict[str, str | None] = {}
    for path in sorted({path for job in jobs.values() for path in job["inputs"]}):
        hashes[path] = known.get(path) or _hash(Path(path), digests, stated)
    return hashes


def _hash(path: Path, digests: Mapping[str, str], stated: Mapping[str, str]) -> str | None:
    index = path / PACK_INDEX
    if path.is_dir():
        if index.is_file():
            return f"pack:{sha256_of(index)}"
        roots = [root for root in digests if path == Path(root) or Path(root) in path.parents]
        return f"dataset:{digests[roots[0]]}" if roots else None
    if not path.is_file():
        return None
    if path.stat().st_size <= READ_BYTES:
        return sha256_of(path)
    return f"config:{stated[str(path)].lower()}" if str(path) in stated else None


def _digests(jobs: Mapping[str, Mapping[str, Any]]) -> Iterator[tuple[str, str]]:
    """Yield the folder and the digest of each dataset."""
    for job in jobs.values():
        for output in job["outputs"]:
            if Path(output).name == "dataset.json" and Path(output).is_file():
                said = read_json(output)
                yield said["root"], said["digest"]


def _stated(config: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield each path of the config that has a sha256 beside it."""
    for value in config.values():
        if isinstance(value, Mapping):
            if value.get("path") and value.get("sha256"):
                yield str(value["path"]), str(value["sha256"])
            yield from _stated(value)
