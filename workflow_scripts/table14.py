"""Table 14, classes by category, as csv (tidy, for programs), md and html (for readers) and tex."""

from pathlib import Path

from kdlens.data.categories import read_categories
from kdlens.paper.table14 import count, read_sizes, write


def main(
    categories: str | Path,
    reference: str | Path,
    csv: str | Path,
    md: str | Path,
    tex: str | Path,
    html: str | Path,
    *,
    dataset: str,
    source: str,
) -> None:
    """Write the table four times.

    Args:
        categories: ``categories.csv`` of the dataset.
        reference: csv file of the published Table 14.
        csv, md, tex, html: the files to write.
        dataset: the dataset's name.
        source: of the categories; only those of ``imagenet`` are compared with the paper's.
    """
    published = read_sizes(reference) if source == "imagenet" else None
    lines = count(read_categories(categories), published)
    write(lines, dataset, csv=csv, md=md, html=html, tex=tex)


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            categories=snakemake.input.categories,
            reference=snakemake.input.reference,
            **snakemake.output,
            **snakemake.params.table,
        )
