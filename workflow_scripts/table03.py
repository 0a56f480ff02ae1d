"""Table 3, five-band scores, as csv (tidy, for programs), md and html (for readers) and tex."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kdlens.paper import table03


def main(
    measures: Sequence[str | Path],
    yardsticks: str | Path,
    reference: str | Path,
    csv: str | Path,
    md: str | Path,
    html: str | Path,
    tex: str | Path,
    **table: Any,
) -> None:
    """Write the table four times.

    Args:
        measures: the networks' five-band scores.
        yardsticks: those of maps that no network made.
        reference: csv file of the published Table 3.
        csv, md, html, tex: the files to write.
        table: what :func:`kdlens.paper.table03.write` takes beside these.
    """
    outputs = {"csv": csv, "md": md, "html": html, "tex": tex}
    table03.write(measures, yardsticks, reference, outputs, **table)


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            measures=list(snakemake.input.measures),
            yardsticks=snakemake.input.yardsticks,
            reference=snakemake.input.reference,
            **snakemake.output,
            **snakemake.params.table,
        )
