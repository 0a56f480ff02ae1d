"""Check a concept dataset in Broden's format, every file of it, and describe it in dataset.json."""

from pathlib import Path

from kdlens.data.broden_check import check_broden
from kdlens.files import write_json


def main(root: str | Path, output: str | Path, *, name: str, workers: int = 1) -> None:
    """Write ``output`` (dataset.json); see ``kdlens.data.broden_check``.

    It describes the whole dataset, whatever a run chooses of it, since all runs share it.

    Args:
        root: the folder that holds index.csv.
        name: the dataset's name in the config.
        workers: threads.
    """
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
