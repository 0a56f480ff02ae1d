"""The GPUs of this machine, by names that every process knows them by.

``nvidia-smi -L`` is asked: it comes with the driver, answers without torch, starts no CUDA in this
process, knows the parts of divided GPUs (MIG), and, being a process of its own, can be given up on
when the driver hangs. Where it is missing (in some containers) the driver's folder below ``/proc``
is read. No driver means no GPUs, and so do GPUs of other makers.

GPUs are named by their UUIDs, which do not depend on what a process is shown. Numbers in
``CUDA_VISIBLE_DEVICES`` are taken as those of ``nvidia-smi``.
"""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from kdlens.errors import InputError

PRETEND = "KDLENS_PRETEND_GPUS"
"""For tests only: as many GPUs as this variable says are pretended to be there."""

_DRIVER = Path("/proc/driver/nvidia/gpus")
_PATIENCE = 60
_GPU = re.compile(r"GPU (\d+):.*\(UUID: ([^)]+)\)")
_PART = re.compile(r"\s+MIG .*\(UUID: ([^)]+)\)")


@dataclass(frozen=True)
class Gpu:
    """One GPU of the machine: its number, its UUID, and those of its parts if it is divided."""

    number: int
    uuid: str
    parts: tuple[str, ...] = ()

    def leasable(self) -> tuple[str, ...]:
        """Return the UUIDs of what a job may take: the parts, or the whole GPU."""
        return self.parts or (self.uuid,)


def installed_gpus() -> list[Gpu]:
    """Return the GPUs of this machine, whatever ``CUDA_VISIBLE_DEVICES`` hides.

    Raises:
        InputError: if the driver does not answer, or does not say which GPU is which.
    """
    if PRETEND in os.environ:
        return [Gpu(n, f"GPU-pretended-{n}") for n in range(int(os.environ[PRETEND]))]
    try:
        told = subprocess.run(
            ["nvidia-smi", "-L"],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
            text=True,
            timeout=_PATIENCE,
        )
    except OSError:
        return _told_by_driver()
    except subprocess.TimeoutExpired:
        raise InputError(
            f"nvidia-smi -L did not answer within {_PATIENCE} seconds; repair the driver, or write "
            "device: cpu in the config"
        ) from None
    return parse_listing(told.stdout)


def parse_listing(text: str) -> list[Gpu]:
    """Return what ``nvidia-smi -L`` lists; lines that name no GPU are passed over."""
    gpus: list[Gpu] = []
    for line in text.splitlines():
        if found := _GPU.match(line):
            gpus.append(Gpu(int(found[1]), found[2]))
        elif gpus and (found := _PART.match(line)):
            last = gpus[-1]
            gpus[-1] = Gpu(last.number, last.uuid, (*last.parts, found[1]))
    return gpus


def visible_gpus() -> list[str]:
    """Return the UUIDs of the GPUs, or parts of GPUs, that this process may use.

    These are all of the machine, or those that ``CUDA_VISIBLE_DEVICES`` lists, in its order.

    Raises:
        InputError: if it lists what is not there; and as :func:`installed_gpus`.
    """
    listed = listed_gpus()
    if listed == []:
        return []
    gpus = installed_gpus()
    if listed is None:
        return [name for gpu in gpus for name in gpu.leasable()]
    # A machine without GPUs has none, whatever is listed.
    named = [name for entry in listed if gpus for name in _named(entry, gpus)]
    return list(dict.fromkeys(named))


def listed_gpus() -> list[str] | None:
    """Return the entries of ``CUDA_VISIBLE_DEVICES``, or None if it is not set.

    As CUDA does, it stops at an entry that can be no GPU: none at all, or a negative number.
    """
    if "CUDA_VISIBLE_DEVICES" not in os.environ:
        return None
    entries: list[str] = []
    for entry in os.environ["CUDA_VISIBLE_DEVICES"].split(","):
        entry = entry.strip()
        if not entry or entry.startswith("-") or entry == "NoDevFiles":
            break
        entries.append(entry)
    return entries


def _named(entry: str, gpus: list[Gpu]) -> tuple[str, ...]:
    if entry.startswith("MIG-"):
        return (entry,)
    for gpu in gpus:
        if entry == str(gpu.number):
            return gpu.leasable()
    # CUDA takes the beginning of a UUID too, if there is but one such GPU.
    found = [gpu for gpu in gpus if entry.startswith("GPU-") and gpu.uuid.startswith(entry)]
    if len(found) == 1:
        return found[0].leasable()
    known = ", ".join(f"{gpu.number} ({gpu.uuid})" for gpu in gpus)
    raise InputError(
        f"CUDA_VISIBLE_DEVICES: '{entry}' is no GPU of this machine; it has {known}: write "
        "their numbers or UUIDs, or unset the variable"
    )


def _told_by_driver() -> list[Gpu]:
    gpus = []
    for number, path in enumerate(sorted(_DRIVER.glob("*/information"))):
        found = re.search(r"^GPU UUID:\s*(GPU-[0-9a-f-]+)\s*$", path.read_text(), re.MULTILINE)
        if not found:
            raise InputError(
                f"{path} does not say which GPU it is; install nvidia-smi, or write device: cpu "
                "in the config"
            )
        gpus.append(Gpu(number, found[1]))
    return gpus
