"""Files that all users of a machine lock in one folder: safe though anybody may write there.

A lock is the kernel's (``flock``): it ends with the last process that holds it, so nothing is left
locked after a kill, and a file that lies there means nothing by itself. Files are never removed,
since a process might lock the old file while another locks the new one.

A link or a device that somebody put there under a file's name is never followed, written to or
waited for: it is an error.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import os
import stat
import tempfile
from collections.abc import Iterator
from pathlib import Path

from kdlens.errors import InputError

FOLDER = "KDLENS_GPU_LOCKS"
"""Environment variable with another folder than the usual one."""

_SHORT = 300


def lock_folder() -> Path:
    """Return the folder of the locks, which need not be there.

    It is the same for all users, and whatever ``TMPDIR`` is: Snakemake and clusters change it.
    """
    if FOLDER in os.environ:
        return Path(os.environ[FOLDER])
    system = Path("/tmp")
    return (system if system.is_dir() else Path(tempfile.gettempdir())) / "kdlens-gpus"


@contextlib.contextmanager
def opened_folder() -> Iterator[int]:
    """Open the folder of the locks, made if need be, for :func:`open_lock`.

    Raises:
        InputError: if it is a link, or may not be made or opened.
    """
    path = lock_folder()
    try:
        # Everybody may make files, and nobody remove those of others.
        with _no_mask(), contextlib.suppress(FileExistsError):
            path.mkdir(mode=0o1777)
        folder = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
    except OSError as error:
        raise _unusable(path, error) from None
    try:
        yield folder
    finally:
        os.close(folder)


def open_lock(folder: int, name: str) -> int:
    """Open the file to lock of this name, made if need be; it is closed in programs started later.

    Raises:
        InputError: if what is there is not such a file, or may not be opened.
    """
    flags = os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    try:
        try:
            # Without O_CREAT, with which Linux refuses files of others in such a folder.
            file = os.open(name, flags, dir_fd=folder)
        except FileNotFoundError:
            try:
                with _no_mask():
                    file = os.open(name, flags | os.O_CREAT | os.O_EXCL, 0o666, dir_fd=folder)
            except FileExistsError:
                file = os.open(name, flags, dir_fd=folder)
    except OSError as error:
        raise _unusable(lock_folder() / name, error) from None
    found = os.fstat(file)
    if not stat.S_ISREG(found.st_mode) or found.st_nlink != 1:
        os.close(file)
        raise _unusable(lock_folder() / name, "it is no plain file with one name")
    return file


def try_lock(file: int) -> bool:
    """Lock a file for this process alone; False if any other holds it."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def let_others_hold(file: int) -> None:
    """Keep a lock, and let :func:`hold_too` succeed.

    The kernel may do so by freeing the lock for a moment: nobody else may try to take it then.
    """
    fcntl.flock(file, fcntl.LOCK_SH)


def hold_too(path: str | Path) -> int | None:
    """Hold a lock that another process lets others hold, as long as this process lives."""
    with contextlib.suppress(OSError):
        file = os.open(path, os.O_RDWR | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        with contextlib.suppress(BlockingIOError):
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            return file
        os.close(file)
    return None


def write_holder(file: int, text: str) -> None:
    """Say in the file who holds it, for humans."""
    os.ftruncate(file, 0)
    os.pwrite(file, f"{text}\n".encode()[:_SHORT], 0)


def read_holder(file: int) -> str:
    """Return what :func:`write_holder` wrote; anybody could, so it is no more than a short line."""
    text = os.pread(file, _SHORT, 0).decode(errors="replace")
    return "".join(c for c in text.strip() if c.isprintable()) or "somebody who gives no name"


@contextlib.contextmanager
def _no_mask() -> Iterator[None]:
    # Rights given afterwards would come too late for who opens the file in between.
    mask = os.umask(0)
    try:
        yield
    finally:
        os.umask(mask)


def _unusable(path: Path, why: OSError | str) -> InputError:
    if isinstance(why, OSError):
        link = why.errno in (errno.ELOOP, errno.ENOTDIR)
        why = "it is a link" if link and path.is_symlink() else str(why.strerror)
    return InputError(
        f"{path}: cannot be used to share GPUs among jobs ({why}); have it removed by its owner, "
        f"or set {FOLDER} to another folder, the same for all who use these GPUs"
    )
