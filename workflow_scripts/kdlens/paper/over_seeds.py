"""What a model's numbers over its seeds come to, in every table and figure."""

from __future__ import annotations

import statistics
from collections.abc import Mapping


class OverSeeds:
    """What a dataclass inherits whose ``values[key]`` hold a number for each of its seeds."""

    values: Mapping[str, tuple[float | None, ...]]

    def measured(self, key: str) -> tuple[float, ...] | None:
        """Return the values of all seeds; None unless every seed has the value."""
        values = tuple(value for value in self.values[key] if value is not None)
        return values if len(values) == len(self.values[key]) else None

    def mean(self, key: str) -> float | None:
        """Return the mean over the seeds; None unless every seed has the value."""
        values = self.measured(key)
        return None if values is None else statistics.fmean(values)

    def sd(self, key: str) -> float | None:
        """Return the sample standard deviation over the seeds; None with fewer than two."""
        values = self.measured(key)
        return None if values is None or len(values) < 2 else statistics.stdev(values)
