"""Check a concept dataset in Broden's format, every file of it, and describe it in dataset.json."""

from collections.abc import Sequence
from pathlib import Path

from kdlens.data.broden_check import check_broden, check_choices
from kdlens.files import write_json


def main(
    root: str | Path,
    output: str | Path,
    *,
    name: str,
    categories: Sequence[str] | None = None,
    category: str | None = None,
    concept: str | None = None,
    workers: int = 1,
) -> None:
    """Write ``output`` (dataset.json); see ``kdlens.data.broden_check``.

    It describes the whole dataset; the choices are only checked, and change nothing in it.

    Args:
        root: the folder that holds index.csv.
        name: the dataset's name in the config.
        categories: those that will be measured; None for all of category.csv.
        category: the category that Figure 3 will show; None if not asked.
        concept: the label of ``category`` that it will show; None if not asked.
        workers: threads.
    """
    check_choices(root, categories, category, concept)
    write_json(output, {"name": name, **check_broden(root, workers)})


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            root=snakemake.params.root,
            output=snakemake.output.summary,
            workers=snakemake.threads,
            **snakemake.params.checks,
        )
