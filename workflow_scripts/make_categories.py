"""Say which coarse category each class of a dataset belongs to."""

from collections.abc import Sequence
from pathlib import Path

from kdlens.data.categories import (
    categorise,
    obtain_table,
    read_table,
    world_table,
    write_categories,
)
from kdlens.data.image_folder import read_dataset


def main(
    dataset: str | Path,
    output: str | Path,
    *,
    source: str,
    path: str | None = None,
    urls: Sequence[str] = (),
    sha256: str | None = None,
    class_column: str = "class",
    category_column: str = "category",
    dropped: Sequence[str] = (),
    downloads: str | Path = ".",
) -> None:
    """Write ``categories.csv``, see ``kdlens.data.categories``.

    Args:
        dataset: the dataset's ``dataset.json``.
        source: ``concept_world``, or ``csv`` for a file.
        path, urls, sha256: where that file lies on this machine, or else is fetched from.
        class_column, category_column: its columns.
        dropped: categories that do not count.
        downloads: folder of what is fetched.
    """
    classes = read_dataset(dataset)["classes"]
    if source == "concept_world":
        table, told = world_table(classes), "the concept world"
    else:
        file = obtain_table(path, urls, sha256, downloads)
        table, told = read_table(file, class_column, category_column), str(file)
    write_categories(output, categorise(classes, table, dropped, told))


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            dataset=snakemake.input.dataset,
            output=snakemake.output.categories,
            **snakemake.params.categories,
        )
