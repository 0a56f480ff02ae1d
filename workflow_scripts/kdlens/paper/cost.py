"""What a run cost, by rule: jobs, seconds, memory and the device that computed.

The numbers are those that Snakemake measured (see :mod:`kdlens.paper.benchmarks`). A job of which
nothing was measured counts as a job, is in no sum, and is named below the table.
"""

from __future__ import annotations

import json
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from kdlens.files import read_json
from kdlens.npz import opened
from kdlens.paper.benchmarks import read_benchmark
from kdlens.paper.formats import MISSING, counted, markdown_table

COLUMNS: tuple[str, ...] = ("rule", "jobs", "measured", "seconds_sum", "seconds_median")
COLUMNS += ("seconds_max", "max_rss_mib", "device")

UNKNOWN = "unknown"
"""Device of a result that does not say where it was computed: one of an older version."""

_NAMED = 5
"""How many benchmark files are named where several are missing."""

_HOW_TO_READ = (
    "Seconds are those of a job from its start to its end, the start of Python among them. Jobs "
    "run side by side, so their sum is not the time that the run took.",
    "Memory is the largest that Snakemake saw one job of the rule hold at a time, with all its "
    "processes. It looks every half second at first and every 30 seconds after that, so a job of a "
    "second is seen too early, or never, and a short peak of a long one may be missed.",
    "Counted is each job's last start: a training that was broken off and went on counts from "
    "where it went on.",
    "Datasets are shared by runs: one that was there already was made by an earlier run, and what "
    "that took is shown.",
    "The device is the one that the results name: cpu, or cuda for a GPU. Jobs without torch use "
    "the cpu.",
)


@dataclass
class Cost:
    """What the jobs of a rule took."""

    rule: str
    jobs: int = 0
    seconds: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    """MiB, of the jobs of which it was measured."""
    devices: set[str] = field(default_factory=set)
    lost: list[str] = field(default_factory=list)
    """Benchmark files that are missing or hold no measurement."""

    def row(self) -> dict[str, Any]:
        """Return the values of :data:`COLUMNS`, None for what is not known."""
        return {
            "rule": self.rule,
            "jobs": self.jobs,
            "measured": len(self.seconds),
            "seconds_sum": sum(self.seconds) if self.seconds else None,
            "seconds_median": statistics.median(self.seconds) if self.seconds else None,
            "seconds_max": max(self.seconds, default=None),
            "max_rss_mib": max(self.memory, default=None),
            "device": " and ".join(sorted(self.devices)),
        }


def gather(jobs: Iterable[Mapping[str, Any]]) -> list[Cost]:
    """Return what each rule took, in the order in which the rules come first.

    Args:
        jobs: for each ``{"rule", "benchmark", "device"}``, see :func:`kdlens.plan.cost.jobs`.

    Raises:
        InputError: for a result that is missing or damaged.
    """
    costs: dict[str, Cost] = {}
    for job in jobs:
        cost = costs.setdefault(job["rule"], Cost(job["rule"]))
        cost.jobs += 1
        cost.devices.add(device_of(job["device"]) if job["device"] else "cpu")
        measured = read_benchmark(job["benchmark"])
        if measured is None:
            cost.lost.append(job["benchmark"])
            continue
        cost.seconds.append(measured.seconds)
        if measured.memory is not None:
            cost.memory.append(measured.memory)
    return list(costs.values())


def total(costs: Sequence[Cost]) -> Cost:
    """Return the costs of all rules as those of one."""
    return Cost(
        "total",
        sum(cost.jobs for cost in costs),
        [seconds for cost in costs for seconds in cost.seconds],
        [memory for cost in costs for memory in cost.memory],
        {device for cost in costs for device in cost.devices},
        [path for cost in costs for path in cost.lost],
    )


def device_of(path: str | Path) -> str:
    """Return the device that a result says it was computed on, "unknown" if it does not say.

    Args:
        path: a ``metrics.json``, or an ``.npz`` file with a ``meta``.

    Raises:
        InputError: if it is missing or damaged.
    """
    if Path(path).suffix == ".json":
        said = read_json(path)
    else:
        with opened(path, "results") as file:
            said = json.loads(str(file["meta"]))
    return str(said.get("device", UNKNOWN)) if isinstance(said, dict) else UNKNOWN


def to_markdown(costs: Sequence[Cost]) -> str:
    """Return the table as a page for people."""
    header = ["Rule", "Jobs", "Sum (s)", "Median (s)", "Max (s)", "Max memory (MiB)", "Device"]
    rows = [_cells(cost.row(), f"`{cost.rule}`") for cost in costs]
    rows.append([f"**{cell}**" for cell in _cells(total(costs).row(), "All")])
    return "\n".join(
        [
            "# Cost by rule\n",
            markdown_table(header, rows),
            *_what_is_lost(costs),
            "## How to read it\n",
            *(f"- {sentence}" for sentence in _HOW_TO_READ),
            "",
        ]
    )


def _cells(row: Mapping[str, Any], name: str) -> list[str]:
    jobs = f"{row['jobs']:,}"
    if row["measured"] < row["jobs"]:
        jobs += f" ({row['measured']:,} measured)"
    seconds = [_seconds(row[f"seconds_{key}"]) for key in ("sum", "median", "max")]
    memory = MISSING if row["max_rss_mib"] is None else f"{row['max_rss_mib']:,.0f}"
    return [name, jobs, *seconds, memory, row["device"]]


def _seconds(value: float | None) -> str:
    """Return seconds as people read them: tenths matter to a short job alone."""
    if value is None:
        return MISSING
    return f"{value:,.0f}" if value >= 1000 else f"{value:,.1f}"


def _what_is_lost(costs: Sequence[Cost]) -> list[str]:
    lines = []
    for cost in costs:
        if cost.lost:
            named = ", ".join(f"`{path}`" for path in cost.lost[:_NAMED])
            more = f" and {len(cost.lost) - _NAMED} more" if len(cost.lost) > _NAMED else ""
            jobs = counted(len(cost.lost), "job")
            lines.append(f"- No measurement of {jobs} of `{cost.rule}`: {named}{more}")
    return ["## Not in the sums\n", *lines, ""] if lines else []
