"""The files of Figures 9 and 10: what `curves` draws from tallies, and its numbers as csv.

Errors: as in :mod:`~kdlens.paper.curves` and :mod:`~kdlens.paper.table01_count`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.paper.curves import IOU_THRESHOLD, QUANTILE, draw
from kdlens.paper.style import save
from kdlens.paper.table01 import Settings
from kdlens.paper.table01_count import count_tables
from kdlens.paper.table01_csv import write_csv

_NAMES = {QUANTILE: "quantile", IOU_THRESHOLD: "IoU threshold"}


def write_curves(
    setting: str,
    settings: Sequence[Settings],
    runs: Sequence[Mapping[str, Any]],
    tallies: Sequence[str | Path],
    csv: str | Path,
    figure: Mapping[str, str | Path],
) -> None:
    """Count the detectors of every network in every way, and write the figure and its numbers.

    Args:
        setting: the one of ``settings`` that varies.
        settings: the ways to count, in the order of its rising values.
        runs, tallies: one entry and one file a network, as for Table 1.
        csv: every number of the figure, beside it since it belongs to it; see `table01_csv`.
        figure: the figure's files, {"svg": …, "pdf": …, "png": …}.
    """
    tables = count_tables(runs, tallies, settings)
    write_csv(csv, *tables)
    first = settings[0]
    fixed = {
        QUANTILE: f"with an IoU of at least {first.iou_threshold:g} (",
        IOU_THRESHOLD: f"that detect a concept (quantile {first.quantile:g}, ",
    }
    save(
        draw(tables, setting),
        figure,
        title=f"Concept detectors of each model against the {_NAMES[setting]}",
        description=(
            f"Units of {first.layer} {fixed[setting]}{first.denominator}-level denominator); "
            f"networks {first.trained}, concepts of {first.concepts}."
        ),
    )
