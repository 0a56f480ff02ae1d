"""Figure 9: concept detectors of each model against the quantile; and its numbers as csv."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.paper.curve_files import write_curves
from kdlens.paper.curves import QUANTILE
from kdlens.paper.table01 import Settings


def main(
    tallies: Sequence[str | Path],
    svg: str | Path,
    pdf: str | Path,
    png: str | Path,
    csv: str | Path,
    *,
    runs: Sequence[Mapping[str, Any]],
    quantiles: Sequence[float],
    iou_threshold: float,
    denominator: str,
    layer: str,
    dataset: Mapping[str, Any],
) -> None:
    """Count the detectors of every network at every quantile.

    Args:
        tallies: one npz file of tallies a network.
        svg, pdf, png: the figure's files to write.
        csv: every number of the figure, beside it since it belongs to it; see `table01_csv`.
        runs: the networks in the same order, as for Table 1.
        quantiles: what to count at; all of them were dissected.
        iou_threshold, denominator, layer: how detectors are counted.
        dataset: names of the datasets, ``{"training" (None if there is none), "concepts"}``.
    """
    settings = [
        Settings(layer, quantile, iou_threshold, denominator, **dataset)
        for quantile in sorted(quantiles)
    ]
    figure = {"svg": svg, "pdf": pdf, "png": png}
    write_curves(QUANTILE, settings, runs, tallies, csv, figure)


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            tallies=list(snakemake.input.tallies),
            **snakemake.output,
            **snakemake.params.figure,
        )
