"""Make an image folder of MNIST, CIFAR-10 or CIFAR-100 from the files that torchvision uses."""

import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from kdlens.data.image_tree import balanced, write_tree
from kdlens.data.published_sets import folder_of_files, read_set

_log = logging.getLogger(__name__)


def main(
    output: str | Path,
    downloads: str | Path,
    *,
    dataset: str,
    path: str | None = None,
    urls: Sequence[str] = (),
    sha256: str | None = None,
    images: Mapping[str, int] | None = None,
    seed: int = 1,
    threads: int = 1,
) -> None:
    """Write the tree ``output``, with the splits ``train`` and ``val``.

    Args:
        downloads: folder in which what is fetched is kept.
        dataset: mnist, cifar10 or cifar100.
        path, urls, sha256: where the files are, as for
            :func:`kdlens.data.published_sets.folder_of_files`.
        images: how many of a split to take, as many of each class; of a split that is not named,
            all.
        seed: of that choice.
        threads: that write images.
    """
    where: dict[str, Any] = {"path": path, "urls": urls, "sha256": sha256}
    with folder_of_files(dataset, Path(downloads), **where) as folder:
        _log.info("reading %s from %s", dataset, folder)
        classes, splits = read_set(dataset, folder)
    chosen = {}
    for name, split in splits.items():
        positions = np.arange(len(split.labels))
        if count := (images or {}).get(name):
            positions = balanced(split.labels, count, len(classes), seed, f"images.{name}")
        chosen[name] = (split.images[positions], split.labels[positions], positions)
    write_tree(output, classes, chosen, workers=threads)


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            output=snakemake.output.tree,
            downloads=snakemake.params.downloads,
            threads=snakemake.threads,
            **snakemake.params.source,
        )
