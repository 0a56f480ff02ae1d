"""Check a dataset of training images, every file of it, and describe it in dataset.json."""

from collections.abc import Mapping
from pathlib import Path

from kdlens.data.image_folder import check_image_folder
from kdlens.files import write_json


def main(
    root: str | Path,
    output: str | Path,
    *,
    name: str,
    splits: Mapping[str, str],
    num_classes: int | None = None,
    workers: int = 1,
) -> None:
    """Write ``output`` (dataset.json); see ``kdlens.data.image_folder.check_image_folder``.

    Args:
        root: the folder that holds the folders of the splits.
        name: the dataset's name in the config.
        splits: {"train": folder, "val": folder}.
        num_classes: how many class folders there must be; None for any number.
        workers: threads.
    """
    dataset = check_image_folder(root, splits, num_classes, workers)
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
