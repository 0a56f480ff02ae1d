"""Figure 4: students of a teacher with label smoothing, by temperature; and its numbers as csv."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.paper.figure04 import draw
from kdlens.paper.style import save
from kdlens.paper.table01 import Settings
from kdlens.paper.table01_count import count_tables
from kdlens.paper.table01_csv import write_csv


def main(
    tallies: Sequence[str | Path],
    metrics: Sequence[str | Path],
    svg: str | Path,
    pdf: str | Path,
    png: str | Path,
    csv: str | Path,
    *,
    runs: Sequence[Mapping[str, Any]],
    temperatures: Mapping[str, float],
    label: str,
    iou_threshold: float,
    quantile: float,
    denominator: str,
    layer: str,
    dataset: Mapping[str, Any],
) -> None:
    """Count the detectors of every network and draw.

    Args:
        tallies, metrics: the networks' files, in the order of ``runs``.
        svg, pdf, png: the figure's files to write.
        csv: every number of the figure, beside it since it belongs to it; see `table01_csv`.
        runs: the networks, as for Table 1.
        temperatures: those of the students by model.
        label: what the students are called.
        iou_threshold, quantile, denominator, layer: how detectors are counted.
        dataset: names of the datasets, ``{"training" (None if there is none), "concepts"}``.
    """
    settings = Settings(layer, quantile, iou_threshold, denominator, **dataset)
    (table,) = count_tables(runs, tallies, [settings], metrics=metrics)
    write_csv(csv, table)
    save(
        draw(table, temperatures, label),
        {"svg": svg, "pdf": pdf, "png": png},
        title="Students of a teacher with label smoothing by temperature",
        description=settings.described,
    )


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            tallies=list(snakemake.input.tallies),
            metrics=list(snakemake.input.metrics),
            **snakemake.output,
            **snakemake.params.figure,
        )
