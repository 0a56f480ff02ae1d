"""Table 1 as csv (tidy, for programs), md and html (for readers) and tex (for a paper)."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.paper.table01 import Settings
from kdlens.paper.table01_count import count_detectors
from kdlens.paper.table01_render import to_latex, to_markdown
from kdlens.paper.table_files import write_table


def main(
    tallies: Sequence[str | Path],
    metrics: Sequence[str | Path],
    reference: str | Path,
    csv: str | Path,
    md: str | Path,
    tex: str | Path,
    html: str | Path,
    *,
    runs: Sequence[Mapping[str, Any]],
    iou_threshold: float,
    quantile: float,
    denominator: str,
    layer: str,
    dataset: Mapping[str, Any],
) -> None:
    """Count the detectors of every network and write the table four times.

    Args:
        tallies: one npz file of tallies a network.
        metrics: the same networks' metrics.json, in the same order.
        reference: csv file of the published numbers.
        csv, md, tex, html: the files to write.
        runs: the networks in the same order: ``{"model", "seed", "label", "method", "reference"
            (the published row's name or None), "labels" ("true" or "shuffled"), "layer" (the one
            that is counted)}``.
        iou_threshold, quantile, denominator, layer: how detectors are counted.
        dataset: names of the datasets, ``{"training" (None if there is none), "concepts"}``.
    """
    settings = Settings(layer, quantile, iou_threshold, denominator, **dataset)
    table = count_detectors(runs, tallies, metrics, reference, settings)
    write_table([table], to_markdown(table), to_latex(table), csv=csv, md=md, html=html, tex=tex)


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            tallies=list(snakemake.input.tallies),
            metrics=list(snakemake.input.metrics),
            reference=snakemake.input.reference,
            **snakemake.output,
            **snakemake.params.table,
        )
