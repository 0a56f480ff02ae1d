"""Check a concept dataset in Broden's format, every file of it, and describe it in dataset.json."""

from collections.abc import Sequence
from pathlib import Path

from kdlens.data.broden_check import check_broden
from kdlens.files import write_json


def main(
    root: str | Path,
    output: str | Path,
    *,
    name: str,
    categories: Sequence[str] | None = None,
    workers: int = 1,
) -> None:
    """Write ``output`` (dataset.json); see ``kdlens.data.broden_check.check_broden``.

    Args:
        root: the folder that holds index.csv.
        name: the dataset's name in the config.
        categories: those to use; None for all of category.csv.
        workers: threads.
    """
    dataset = check_broden(root, categories, workers)
    write_json(output, {"name": name, **dataset})


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            root=snakemake.params.root,
            output=snakemake.output.summary,
            workers=snakemake.threads,
            **snakemake.params.checks,
        )
