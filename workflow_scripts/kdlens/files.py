"""Files and folders that are whole or absent: atomic writes, checksums, JSON.

A reader must never meet a half-written file, so every write goes to a temporary name in the same
folder and is renamed when it is complete; a failure (a full disk, a kill, an exception) leaves the
old file, or none.

A temporary name carries the number of its process, so that two processes never share one. What a
killed process left is swept away by the next to write the same file or folder.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from kdlens.disk import disk_errors
from kdlens.errors import InputError
from kdlens.orphans import is_alive


@contextlib.contextmanager
def atomic_path(path: str | os.PathLike[str]) -> Iterator[Path]:
    """Yield a temporary path beside ``path``; on success it is flushed to disk and renamed.

    The temporary name keeps the suffix (``model.pt`` is written as ``.model.<pid>.tmp.pt``), since
    some writers choose their format by it.

    Raises:
        InputError: if the disk is full or the folder cannot be written to.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.stem}.{os.getpid()}.tmp{path.suffix}")
    _sweep(path.parent, f".{path.stem}.", f".tmp{path.suffix}")
    with disk_errors(path, "nothing was changed. Free some space and start again"):
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            yield temporary
            with open(temporary, "rb") as handle:
                os.fsync(handle.fileno())
            temporary.replace(path)
        finally:
            with contextlib.suppress(OSError):
                temporary.unlink()


@contextlib.contextmanager
def atomic_folder(path: str | os.PathLike[str], advice: str) -> Iterator[Path]:
    """Yield an empty folder beside ``path`` that becomes ``path`` when the block ends well.

    A folder already at ``path`` is replaced, but only once its successor is whole.

    Args:
        advice: what to do about a full disk, the end of the error's line.

    Raises:
        InputError: if the disk is full or the folder cannot be written to.
    """
    path = Path(path)
    temporary = path.with_name(f".{path.name}.{os.getpid()}.unfinished")
    try:
        with disk_errors(path, advice):
            _sweep(path.parent, f".{path.name}.", ".unfinished")
            shutil.rmtree(temporary, ignore_errors=True)
            temporary.mkdir(parents=True)
            yield temporary
            if path.exists():
                shutil.rmtree(path)
            temporary.replace(path)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _sweep(folder: Path, prefix: str, suffix: str) -> None:
    """Remove what processes that are gone left in ``folder`` under such names."""
    try:
        names = os.listdir(folder)
    except OSError:
        return
    for name in names:
        owner = name[len(prefix) : -len(suffix)]
        if name == f"{prefix}{owner}{suffix}" and owner.isdecimal() and not is_alive(int(owner)):
            left = folder / name
            if left.is_dir():
                shutil.rmtree(left, ignore_errors=True)
            else:
                with contextlib.suppress(OSError):
                    left.unlink()


def write_bytes(path: str | os.PathLike[str], content: bytes | memoryview) -> None:
    """Write ``content`` atomically; errors as :func:`atomic_path`, here and below.

    For what a package writes too: given a path, torch, numpy and matplotlib may turn a full disk
    into an error of another kind, without a reason; so they write into memory.
    """
    with atomic_path(path) as temporary:
        temporary.write_bytes(content)


def write_text(path: str | os.PathLike[str], text: str) -> None:
    """Write ``text`` (UTF-8, newlines as given) atomically."""
    write_bytes(path, text.encode("utf-8"))


def write_json(path: str | os.PathLike[str], value: Any) -> None:
    """Write ``value`` as indented JSON with sorted keys, atomically: same value, same bytes."""
    write_text(path, json.dumps(value, indent=2, sort_keys=True, ensure_ascii=False) + "\n")


def read_json(path: str | os.PathLike[str]) -> Any:
    """Read a JSON file.

    Raises:
        InputError: if the file is missing or is not JSON.
    """
    try:
        return json.loads(Path(path).read_text("utf-8"))
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file") from error
    except ValueError as error:
        raise InputError(
            f"{path}: not valid JSON ({error}); delete it and run the workflow again"
        ) from error


def sha256_of(path: str | os.PathLike[str]) -> str:
    """Return the hexadecimal sha256 of a file's bytes."""
    with open(path, "rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def verify_sha256(path: str | os.PathLike[str], expected: str) -> str:
    """Check a file against ``expected``, the whole sha256 or its first eight or more digits.

    (torchvision publishes the first eight digits, as part of its weight files' names.)

    Returns:
        The file's whole sha256.

    Raises:
        InputError: if the checksum differs, or if ``expected`` is too short to prove anything.
    """
    expected = expected.lower()
    if len(expected) < 8:
        raise InputError(f"{path}: sha256 '{expected}' is too short; give at least 8 hex digits")
    actual = sha256_of(path)
    if not actual.startswith(expected):
        raise InputError(
            f"{path}: sha256 is {actual}, expected {expected}; the file is damaged or not the one "
            "meant. Delete it and fetch it again, or correct the sha256 in the config."
        )
    return actual
