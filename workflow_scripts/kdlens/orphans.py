"""Jobs end with the Snakemake that started them.

Killed without warning, Snakemake cannot end its jobs. They would go on beside the run that is
started next, make the same files as its jobs, touch them after others have read them, and hold the
GPU. So Snakemake leaves its number in the environment (:func:`announce`), which jobs inherit, and
a job looks now and then whether that process still lives (:func:`end_with_workflow`). All that a
job writes survives a kill, so it ends at once.

On a cluster each job has a Snakemake of its own on its machine, which announces itself in its turn:
there jobs go on when the one that submitted them has ended.
"""

from __future__ import annotations

import logging
import os
import threading
import time
from pathlib import Path

_VARIABLE = "KDLENS_SNAKEMAKE"
_INTERVAL = 0.5  # seconds
_STATUS = 143  # as of a process that was asked to end
_log = logging.getLogger(__name__)


def announce() -> None:
    """Make this process the one that the jobs it starts end with."""
    os.environ[_VARIABLE] = f"{os.getpid()} {_namespace()}"


def end_with_workflow() -> None:
    """End this process soon after the announced one; without one, do nothing."""
    number, _, namespace = os.environ.get(_VARIABLE, "").partition(" ")
    # In a container of its own kind a job does not see the processes outside, dead or alive.
    if number and namespace == _namespace():
        _end_unless_alive(int(number))
        threading.Thread(target=_watch, args=(int(number),), daemon=True).start()


def is_alive(process: int) -> bool:
    """Return whether there is a process of this number on this machine."""
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except (PermissionError, OverflowError):  # another user's; no number of a process
        pass
    return not _has_ended(process)


def _has_ended(process: int) -> bool:
    """Return whether a process is dead and only waits for its parent to take note of it."""
    try:
        status = Path(f"/proc/{process}/stat").read_text()
    except OSError:
        return False
    # The name, in brackets, may hold anything.
    return status.rpartition(")")[2].split()[0] in ("Z", "X")


def _watch(process: int) -> None:
    while True:
        time.sleep(_INTERVAL)
        _end_unless_alive(process)


def _end_unless_alive(process: int) -> None:
    if not is_alive(process):
        _log.error("ends, since the Snakemake that started it was killed; nothing is half written")
        os._exit(_STATUS)


def _namespace() -> str:
    """Return which processes this one sees, as a name; empty where a system has but one kind."""
    try:
        return str(Path("/proc/self/ns/pid").readlink())
    except OSError:
        return ""
