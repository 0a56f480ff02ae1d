"""The changes against scratch, in this run and in the paper, side by side."""

from pathlib import Path

from kdlens.paper.page import write_page
from kdlens.paper.reference import read_reference
from kdlens.paper.table01_comparison import compare, write_csv
from kdlens.paper.table01_comparison_render import to_markdown
from kdlens.paper.table01_csv import read_csv


def main(
    table: str | Path, reference: str | Path, csv: str | Path, md: str | Path, html: str | Path
) -> None:
    """Compare every trained model that has a published row with scratch.

    Args:
        table: table01.csv of the run.
        reference: csv file of the published numbers.
        csv, md, html: the files to write.
    """
    ours = read_csv(table)
    comparisons = compare(ours, read_reference(reference))
    write_csv(csv, comparisons)
    write_page(to_markdown(ours, comparisons), md, html)


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            table=snakemake.input.table,
            reference=snakemake.input.reference,
            **snakemake.output,
        )
