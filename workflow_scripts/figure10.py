"""Figure 10: concept detectors of each model against the IoU threshold; and its numbers as csv."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.paper.curve_files import write_curves
from kdlens.paper.curves import IOU_THRESHOLD
from kdlens.paper.table01 import Settings


def main(
    tallies: Sequence[str | Path],
    svg: str | Path,
    pdf: str | Path,
    png: str | Path,
    csv: str | Path,
    *,
    runs: Sequence[Mapping[str, Any]],
    iou_thresholds: Sequence[float],
    quantile: float,
    denominator: str,
    layer: str,
    dataset: Mapping[str, Any],
) -> None:
    """Count the detectors of every network at every IoU threshold.

    Args:
        tallies: one npz file of tallies a network.
        svg, pdf, png: the figure's files to write.
        csv: every number of the figure, beside it since it belongs to it; see `table01_csv`.
        runs: the networks in the same order, as for Table 1.
        iou_thresholds: what to count at.
        quantile, denominator, layer: how detectors are counted.
        dataset: names of the datasets, ``{"training" (None if there is none), "concepts"}``.
    """
    settings = [
        Settings(layer, quantile, threshold, denominator, **dataset)
        for threshold in sorted(iou_thresholds)
    ]
    figure = {"svg": svg, "pdf": pdf, "png": png}
    write_curves(IOU_THRESHOLD, settings, runs, tallies, csv, figure)


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            tallies=list(snakemake.input.tallies),
            **snakemake.output,
            **snakemake.params.figure,
        )
