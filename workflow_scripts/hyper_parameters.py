"""Tables 6 to 9: Table 1's columns for KD by temperature, and for label smoothing by alpha.

Each is written as csv (tidy, for programs), md and html (for readers) and tex (for a paper).
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.paper.reference import read_hyper_parameters, read_reference
from kdlens.paper.table01 import Settings
from kdlens.paper.table01_count import count_tables
from kdlens.paper.table01_render import Heading, to_latex, to_markdown
from kdlens.paper.table_files import write_table


def main(
    tallies: Sequence[str | Path],
    metrics: Sequence[str | Path],
    reference: str | Path,
    scratch: str | Path,
    csv: str | Path,
    md: str | Path,
    tex: str | Path,
    html: str | Path,
    *,
    number: int,
    subject: str,
    runs: Sequence[Mapping[str, Any]],
    iou_threshold: float,
    quantile: float,
    denominator: str,
    layer: str,
    dataset: Mapping[str, Any],
) -> None:
    """Count the detectors of every network and write the table four times.

    Args:
        tallies, metrics: the networks' files, in the order of ``runs``.
        reference: csv file of the published table.
        scratch: csv file of the published Table 1, for the model that stands beside.
        csv, md, tex, html: the files to write.
        number: of the table in the paper.
        subject: what it counts, to follow upon "concept detectors of".
        runs: the networks, as for Table 1; ``reference`` is such as "alpha 0.5, T 4".
        iou_threshold, quantile, denominator, layer: how detectors are counted.
        dataset: names of the datasets, ``{"training" (None if there is none), "concepts"}``.
    """
    settings = Settings(layer, quantile, iou_threshold, denominator, **dataset)
    published = read_reference(scratch) | read_hyper_parameters(reference)
    (table,) = count_tables(runs, tallies, [settings], metrics=metrics, published=published)
    heading = Heading(number, f"concept detectors of {subject}")
    markdown, latex = to_markdown(table, heading), to_latex(table, heading)
    write_table([table], markdown, latex, csv=csv, md=md, html=html, tex=tex)


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            tallies=list(snakemake.input.tallies),
            metrics=list(snakemake.input.metrics),
            reference=snakemake.input.reference,
            scratch=snakemake.input.scratch,
            **snakemake.output,
            **snakemake.params.table,
        )
