"""Leases of GPUs: a process takes some for itself, all that it needs or none, until it ends.

Whoever takes GPUs holds the gate meanwhile, so that two who need several never wait for each other.
A GPU has places, each a lock. By default a process takes them all and has the GPU for itself. With
``KDLENS_JOBS_PER_GPU=3`` it takes one of the first three, on the GPU with the most left.

Who waits is not queued: a process that needs several GPUs gets them when as many are free at once.
"""

from __future__ import annotations

import contextlib
import logging
import os
import re
import time
from collections.abc import Iterable

from kdlens.errors import InputError
from kdlens.gpus import locks
from kdlens.gpus.devices import PRETEND, listed_gpus, visible_gpus

SHARE = "KDLENS_JOBS_PER_GPU"
"""Environment variable: how many jobs may share a GPU, 1 unless it says otherwise."""

_PLACES = 8  # the most jobs on a GPU
_POLL = 1.0  # seconds, as the next two
_PATIENCE = 10.0
_SAY_AGAIN = 600.0
_log = logging.getLogger(__name__)
# Files of the locks that this process holds, kept open as long as it lives.
_held: dict[str, int] = {}
_expected: list[str] = []


def lease(count: int, key: str, holder: str) -> list[str]:
    """Take ``count`` of the GPUs that this process may use, and let it see no others.

    Waits until as many are free. Where there is no GPU nothing is done. Slurm assigns GPUs itself:
    in its jobs their number is checked and nothing else. Call it before CUDA starts.

    Args:
        key: of the config that asks for so many, for the message.
        holder: what others read who wait for them.

    Returns:
        The UUIDs of the GPUs taken; none in a job of Slurm, or where there is no GPU.

    Raises:
        InputError: if there are fewer; if the locks cannot be used.
    """
    if os.environ.get("SLURM_JOB_ID"):
        listed = listed_gpus() or []
        _require(count, listed, key)
        if not listed:
            _log.warning(
                "Slurm assigned no GPU to this job: unless device says cuda, it computes on the CPU"
            )
        _expect(listed)
        return []
    names = visible_gpus()
    _require(count, names, key)
    if not names:
        return []
    share = _jobs_per_gpu()
    start, said = time.monotonic(), None
    while True:
        taken, holders = _try(names, count, share, f"pid {os.getpid()}, {holder}")
        if taken:
            break
        now = time.monotonic()
        # The gate is taken for a moment only, unless who holds it has been stopped.
        if (holders or now > start + _PATIENCE) and (said is None or now > said + _SAY_AGAIN):
            whom = "; ".join(holders) or "somebody is just taking some"
            _log.info("waits for %s: %s", "a GPU" if count == 1 else f"{count} GPUs", whom)
            said = now
        time.sleep(_POLL if holders else _POLL / 20)
    os.environ["CUDA_VISIBLE_DEVICES"] = ",".join(taken)
    _expect(taken)
    _log.info("computes on %s", ", ".join(taken))
    return taken


def expected_gpus() -> list[str]:
    """Return the GPUs that this process was given, and that torch must therefore see."""
    return list(_expected)


def _expect(names: list[str]) -> None:
    if PRETEND not in os.environ:
        _expected[:] = names


def held_locks() -> list[str]:
    """Return the paths of the locks that this process holds, for :func:`hold_too`."""
    return list(_held)


def hold_too(paths: Iterable[str]) -> None:
    """Hold these locks, of the process that started this one, as long as this one lives."""
    for path in paths:
        if (file := locks.hold_too(path)) is not None:
            _held[path] = file


def _require(count: int, names: list[str], key: str) -> None:
    if 0 < len(names) < count:
        listed = os.environ.get("CUDA_VISIBLE_DEVICES")
        why = "" if listed is None else f" (CUDA_VISIBLE_DEVICES is {listed})"
        raise InputError(
            f"{key}: {count} GPUs were asked for, but {len(names)} can be used here{why}; write at "
            f"most {len(names)}, or run where there are {count}"
        )


def _jobs_per_gpu() -> int:
    text = os.environ.get(SHARE) or "1"
    if not text.isdecimal() or not 1 <= int(text) <= _PLACES:
        raise InputError(
            f"{SHARE}: {text} is no number from 1 to {_PLACES}; write one, or unset it"
        )
    return int(text)


def _try(
    names: list[str], count: int, share: int, holder: str
) -> tuple[list[str] | None, list[str]]:
    """Take the GPUs now; or none, and say who holds those that are not free.

    Nobody is named where somebody else is just taking GPUs.
    """
    alone = share == 1
    with locks.opened_folder() as folder, contextlib.ExitStack() as closing:
        gate = locks.open_lock(folder, "gate")
        closing.callback(os.close, gate)
        if not locks.try_lock(gate):
            return None, []
        free: dict[str, dict[str, int]] = {name: {} for name in names}
        holders = []
        for name in names:
            for place in range(_PLACES if alone else share):
                lock = f"{re.sub(r'[^A-Za-z0-9.-]', '_', name)}.{place}"
                file = locks.open_lock(folder, lock)
                if locks.try_lock(file):
                    free[name][str(locks.lock_folder() / lock)] = file
                else:
                    holders.append(f"{name} is with {locks.read_holder(file)}")
                    os.close(file)
        taken = _choose(free, count, _PLACES if alone else 1)
        for name in taken:
            for path in list(free[name])[: _PLACES if alone else 1]:
                file = _held[path] = free[name].pop(path)
                locks.write_holder(file, holder)
                locks.let_others_hold(file)
        for places in free.values():
            for file in places.values():
                os.close(file)
        return taken or None, list(dict.fromkeys(holders))


def _choose(free: dict[str, dict[str, int]], count: int, places: int) -> list[str]:
    """Return ``count`` GPUs with so many free places, those with most first; or none."""
    fit = [name for name in free if len(free[name]) >= places]
    # The order of those with as many is kept.
    fit.sort(key=lambda name: -len(free[name]))
    return fit[:count] if len(fit) >= count else []
