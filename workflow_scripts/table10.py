"""Table 10, the lower layers, as csv (tidy, for programs), md and html (for readers) and tex."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.paper.table01 import Settings
from kdlens.paper.table10 import count_layers, to_latex, to_markdown
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
    layers: Sequence[str],
    iou_threshold: float,
    quantile: float,
    denominator: str,
    dataset: Mapping[str, Any],
) -> None:
    """Count the detectors of every layer of every network and write the table four times.

    Args:
        tallies: npz files of tallies, those of the first layer in the order of ``runs``, then the
            second's, ...
        metrics: the networks' metrics.json, in the order of ``runs``.
        reference: csv file of the published Table 10.
        csv, md, tex, html: the files to write.
        runs: the networks, as for Table 1.
        layers: the layers, in the order of the columns.
        iou_threshold, quantile, denominator: how detectors are counted.
        dataset: names of the datasets, ``{"training" (None if there is none), "concepts"}``.
    """
    settings = Settings(layers[0], quantile, iou_threshold, denominator, **dataset)
    tables = count_layers(runs, tallies, metrics, reference, layers, settings)
    write_table(tables, to_markdown(tables), to_latex(tables), csv=csv, md=md, html=html, tex=tex)


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
