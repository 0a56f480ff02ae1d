"""What a job took, read from the benchmark file that Snakemake wrote of it.

A benchmark file is tab-separated: a header, and one row whose ``s`` are the seconds that the job
ran and ``max_rss`` the largest resident memory of its processes together, in MiB. A job that ends
before the first look at its processes has ``NA`` (in older files ``-``) for the memory.
"""

from __future__ import annotations

import csv
import math
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Benchmark:
    """Seconds and MiB of one job; None for a memory that was not measured."""

    seconds: float
    memory: float | None


def read_benchmark(path: str | Path) -> Benchmark | None:
    """Return what a job took, or None if the file is missing or holds no measurement.

    That is no error: a benchmark file is easily lost, and is no reason to run a job again.
    """
    try:
        with open(path, encoding="utf-8", newline="") as handle:
            rows = list(csv.DictReader(handle, delimiter="\t"))
    except (OSError, UnicodeDecodeError):
        return None
    seconds = _number(rows[-1].get("s")) if rows else None
    return None if seconds is None else Benchmark(seconds, _number(rows[-1].get("max_rss")))


def _number(text: str | None) -> float | None:
    try:
        value = float(text or "")
    except ValueError:
        return None
    return value if math.isfinite(value) else None
