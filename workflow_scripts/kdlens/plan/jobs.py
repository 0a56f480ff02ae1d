"""A job of a run as the table of costs knows it."""

from __future__ import annotations

Job = dict[str, str | None]


def job(rule: str, folder: object, device: str | None = None, script: str | None = None) -> Job:
    """Return one job, whose benchmark is ``<folder>/benchmarks/<script, or else rule>.tsv``.

    Args:
        device: the result that says on which device it was computed; None if no torch was used.
    """
    benchmark = f"{folder}/benchmarks/{script or rule}.tsv"
    return {"rule": rule, "benchmark": benchmark, "device": device}
