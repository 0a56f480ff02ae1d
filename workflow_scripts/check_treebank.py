"""Check sentences with sentiment trees, every one of them, and describe them in dataset.json."""

from collections.abc import Mapping
from pathlib import Path

from kdlens.data.treebank_check import check_treebank
from kdlens.files import write_json


def main(
    root: str | Path,
    output: str | Path,
    *,
    name: str,
    splits: Mapping[str, str],
    repeated: str = "remove",
) -> None:
    """Write ``output`` (dataset.json); see ``kdlens.data.treebank_check``.

    Args:
        root: the folder that holds the files of trees.
        name: the dataset's name in the config.
        splits: {"train", "dev", "test"} -> file.
        repeated: what to do about training sentences that stand in another split.
    """
    write_json(output, {"name": name, **check_treebank(root, splits, repeated)})


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            root=snakemake.params.root,
            output=snakemake.output.summary,
            **snakemake.params.checks,
        )
