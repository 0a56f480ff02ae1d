"""Table 11, other architectures, as csv (tidy, for programs), md and html (for readers) and tex."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.paper.table01 import Settings
from kdlens.paper.table11 import count_architectures, to_latex, to_markdown
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
    networks: Mapping[str, Mapping[str, str | None]],
    iou_threshold: float,
    quantile: float,
    denominator: str,
    layer: str,
    dataset: Mapping[str, Any],
) -> None:
    """Count the detectors of every network and write the table four times.

    Args:
        tallies, metrics: the networks' files, in the order of ``runs``.
        reference: csv file of the published Table 11.
        csv, md, tex, html: the files to write.
        runs: the networks, as for Table 1; ``reference`` is such as "resnet34 of resnet50".
        networks: by model, ``{"student", "teacher" (None if untaught)}``, names of networks.
        iou_threshold, quantile, denominator, layer: how detectors are counted.
        dataset: names of the datasets, ``{"training" (None if there is none), "concepts"}``.
    """
    settings = Settings(layer, quantile, iou_threshold, denominator, **dataset)
    table = count_architectures(runs, tallies, metrics, reference, settings)
    markdown, latex = to_markdown(table, networks), to_latex(table, networks)
    write_table([table], markdown, latex, csv=csv, md=md, html=html, tex=tex)


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
