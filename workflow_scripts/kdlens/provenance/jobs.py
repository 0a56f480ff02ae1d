"""When each job of a run ran: ``jobs.json``, what two runs of the same do not share.

The manifest says what made what, and is the same for every run of the same code and config. Times
are not, so they have a file of their own beside it. It holds, by the manifest's names of the jobs,

- ``started`` and ``ended`` (UTC), from the record that Snakemake keeps of a job's outputs;
- ``seconds`` and ``memory_mib``, from its benchmark file;
- ``record``: "agrees" if that record names the rule and inputs of the workflow as it is now,
  "differs" if others (of an older version, say), "none" where there is none: of results that were
  copied without ``.snakemake``, or made with ``--drop-metadata``.

What is not known is null. A job without a record keeps what was written of it before.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from kdlens.errors import InputError
from kdlens.files import read_json, write_json
from kdlens.paper.benchmarks import read_benchmark

_UNKNOWN = {"started": None, "ended": None, "seconds": None, "memory_mib": None, "record": "none"}


@dataclass(frozen=True)
class Times:
    """What is at hand of one job.

    Attributes:
        rule, inputs: as the workflow has them now.
        benchmark: its benchmark file, if it has one.
        record: Snakemake's own of the job's first output; None if there is none.
    """

    rule: str
    inputs: Sequence[str]
    benchmark: str | Path | None
    record: Mapping[str, Any] | None


def times_of(job: Times) -> dict[str, Any]:
    """Return what is written of a job: see the head of this module."""
    measured = read_benchmark(job.benchmark) if job.benchmark else None
    found: dict[str, Any] = dict(_UNKNOWN)
    if measured is not None:
        found |= {"seconds": measured.seconds, "memory_mib": measured.memory}
    record = job.record
    if record:
        same = record.get("rule") == job.rule and sorted(record.get("input") or []) == sorted(
            job.inputs
        )
        found |= {
            "started": _utc(record.get("starttime")),
            "ended": _utc(record.get("endtime")),
            "record": "agrees" if same else "differs",
        }
    return found


def read_times(path: str | Path) -> dict[str, dict[str, Any]]:
    """Return the jobs of a ``jobs.json``; none if the file is not there.

    Raises:
        InputError: for a damaged file.
    """
    if not Path(path).exists():
        return {}
    read = read_json(path)
    jobs = read.get("jobs") if isinstance(read, dict) else None
    if not isinstance(jobs, dict) or not all(isinstance(job, dict) for job in jobs.values()):
        raise InputError(f"{path}: not a record of jobs; delete it and run the workflow again")
    return {name: {**_UNKNOWN, **job} for name, job in jobs.items()}


def update_times(path: str | Path, jobs: Mapping[str, Times]) -> None:
    """Write what is known of ``jobs`` into the file; other jobs in it stay.

    Raises:
        InputError: if the disk is full.
    """
    try:
        known = read_times(path)
    except InputError:
        known = {}  # damaged: Snakemake's records say it all once more
    for name, job in jobs.items():
        found = times_of(job)
        if job.record or name not in known:
            known[name] = found
    write_json(path, {"jobs": known})


def _utc(seconds: float | None) -> str | None:
    if seconds is None:
        return None
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
