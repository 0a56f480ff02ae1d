"""Where results come from: in which respects two runs were made alike.

On one kind of processor, the same torch with as many threads gives the same networks, to the bit.

Errors: :class:`~kdlens.errors.InputError` for a manifest, metrics or list that is damaged.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kdlens.config_differences import differences
from kdlens.files import read_json

_CPU_INFO = Path("/proc/cpuinfo")
_NUMBERS = {"family": "cpu family", "model": "model"}
_SAME = ("torch", "device", "precision", "threads", "processes")


def describe_machine() -> dict[str, Any]:
    """Return this machine in general words: processor, cores and system, and no name."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    return {
        "processor": _processor(),
        "cores": cores,
        "system": f"{platform.system()} on {platform.machine()}",
    }


def _processor() -> str:
    # A name such as "AMD EPYC" stands for several generations, whose arithmetic differs.
    facts: dict[str, str] = {}
    if _CPU_INFO.exists():
        for line in _CPU_INFO.read_text("utf-8", errors="replace").splitlines():
            key, _, value = line.partition(":")
            facts.setdefault(key.strip(), value.strip())
    if "model name" not in facts:
        return platform.processor() or platform.machine()
    numbers = [f"{key} {facts[name]}" for key, name in _NUMBERS.items() if name in facts]
    return f"{facts['model name']} ({', '.join(numbers)})" if numbers else facts["model name"]


def differing_origin(run: str | Path, shipped: str | Path) -> list[str]:
    """Return a line for each respect in which a run was not made as the shipped one.

    The run is taken to have been made on this machine. GPUs are not told apart, so two runs on GPUs
    never count as alike.
    """
    lines = []
    own, other = (read_json(Path(folder, "manifest.json"))["config"] for folder in (run, shipped))
    for key, value, others in differences(own, other):
        lines.append(f"config key {key}: {value}, shipped {others}")
    here, there = describe_machine(), read_json(Path(shipped, "shipped.json"))["machine"]
    if here["processor"] != there["processor"]:
        lines.append(f"processor: {here['processor']}, shipped {there['processor']}")
    ours, theirs = _computed(run), _computed(shipped)
    for key in _SAME:
        if ours[key] != theirs[key]:
            lines.append(f"{key}: {_text(ours[key])}, shipped {_text(theirs[key])}")
    if "cuda" in ours["device"]:
        lines.append("device: a GPU, of which kind is not known")
    return lines


def _computed(folder: str | Path) -> Mapping[str, set[str]]:
    """Return what the networks of a run say of how they were computed: all values of each key."""
    found: dict[str, set[str]] = {key: set() for key in _SAME}
    for path in sorted(Path(folder, "models").glob("*/seed*/metrics.json")):
        metrics = read_json(path)
        for key in _SAME:
            found[key].add(str(metrics.get(key)))
    return found


def _text(values: set[str]) -> str:
    return " and ".join(sorted(values)) or "nothing"
