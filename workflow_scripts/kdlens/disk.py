"""Writing large things to a disk that may be full or read-only.

Both become an :class:`~kdlens.errors.InputError` that says what to do, since they are the user's
to mend; every other ``OSError`` passes through.
"""

from __future__ import annotations

import contextlib
import errno
import shutil
from collections.abc import Iterator
from pathlib import Path

from kdlens.errors import InputError

MB = 1e6
FULL = (errno.ENOSPC, errno.EDQUOT)


@contextlib.contextmanager
def disk_errors(path: Path, advice: str) -> Iterator[None]:
    """Turn a full or read-only disk under ``path`` into an InputError that ends with ``advice``."""
    try:
        yield
    except OSError as error:
        reason = disk_trouble(error, advice)
        if reason is None:
            raise
        raise InputError(f"{path}: {reason}") from error


def disk_trouble(error: OSError, advice: str) -> str | None:
    """Return what is wrong with the disk and what to do; None for an error of another kind."""
    if error.errno in FULL:
        return f"the disk is full ({error.strerror}); {advice}"
    if error.errno == errno.EFBIG:
        return (
            f"is larger than a file may be here ({error.strerror}); raise the limit (ulimit -f), "
            "or choose another results folder"
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return (
            f"cannot be written ({error.strerror}); give write permission, or choose another "
            "results folder"
        )
    return None


def require_space(folder: Path, needed: int, what: str) -> None:
    """Raise an InputError if fewer than ``needed`` bytes are free on the disk of ``folder``."""
    free = shutil.disk_usage(folder).free
    if free < needed:
        raise InputError(
            f"{folder}: {what} needs {_size(needed)} and the disk has {_size(free)} left; free "
            "some space and start again"
        )


def _size(count: int) -> str:
    return f"{count / MB:,.1f} MB" if count >= MB / 10 else f"{count:,} bytes"
