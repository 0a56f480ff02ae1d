"""Figure 2: concept detectors of each model, as bars."""

from collections.abc import Sequence
from pathlib import Path

from kdlens.paper.figure02 import draw
from kdlens.paper.style import save
from kdlens.paper.table01_csv import read_csv


def main(
    table: str | Path, svg: str | Path, pdf: str | Path, png: str | Path, *, models: Sequence[str]
) -> None:
    """Draw the figure from Table 1.

    Args:
        table: table01.csv of the run.
        svg, pdf, png: the files to write.
        models: the models to show, from left to right.
    """
    ours = read_csv(table)
    save(
        draw(ours, models),
        {"svg": svg, "pdf": pdf, "png": png},
        title="Concept detectors of each model",
        description=ours.settings.described,
    )


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            table=snakemake.input.table,
            **snakemake.output,
            models=snakemake.params.figure["models"],
        )
