"""DiffROAR from the accuracies of retrained networks.

The score at a fraction f (Shah et al. 2021; Han et al. 2023, section 5.2), in percentage points:

    score(f) = accuracy(bottom f removed) - accuracy(top f removed)

Above 0, what an attribution calls important tells classes apart better than what it calls
unimportant; a random one has about 0. The score of a network is the mean over all fractions and
initialisations. Pairing every bottom run with every top run, as the published program does, or only
those of the same initialisation, gives the same mean: it is the difference of two means. The spread
given is that of the initialisations: the standard deviation (n - 1) of their means over fractions.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence

Accuracies = Mapping[str, Mapping[str, Sequence[float]]]
"""Percent, by fraction (as text), then side (top, bottom): one value for each initialisation."""


def fraction_key(fraction: float) -> str:
    """Return a fraction as text, the key under which its accuracies are kept."""
    return f"{fraction:g}"


def scores(accuracies: Accuracies) -> dict[str, list[float]]:
    """Return the score of each initialisation, by fraction."""
    return {
        fraction: [bottom - top for bottom, top in zip(sides["bottom"], sides["top"], strict=True)]
        for fraction, sides in accuracies.items()
    }


def summary(accuracies: Accuracies) -> dict[str, float | None]:
    """Return the numbers that tables and figures show.

    Returns:
        ``diffroar``, its ``sd`` over initialisations (None for a single one), and for every
        fraction f ``f<f>``, ``f<f>_sd``, ``f<f>_top`` and ``f<f>_bottom`` (mean accuracies).
    """
    found = scores(accuracies)
    means = [statistics.fmean(values) for values in zip(*found.values(), strict=True)]
    values: dict[str, float | None] = {
        "diffroar": statistics.fmean(means),
        "sd": standard_deviation(means),
    }
    for fraction, of_fraction in found.items():
        values[f"f{fraction}"] = statistics.fmean(of_fraction)
        values[f"f{fraction}_sd"] = standard_deviation(of_fraction)
        for side in ("top", "bottom"):
            values[f"f{fraction}_{side}"] = statistics.fmean(accuracies[fraction][side])
    return values


def standard_deviation(values: Sequence[float]) -> float | None:
    """Return the standard deviation (n - 1); None for a single value."""
    return statistics.stdev(values) if len(values) > 1 else None
