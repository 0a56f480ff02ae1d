"""Fetch Broden, or another concept dataset in its format, and unpack it.

The published address is http://netdissect.csail.mit.edu/data/broden1_224.zip. A broken download
is continued by the next run; see ``kdlens.data.download``.
"""

import logging
from collections.abc import Sequence
from pathlib import Path

from kdlens.data.archives import unpack
from kdlens.data.download import obtain

logger = logging.getLogger("kdlens")


def main(
    output: str | Path,
    downloads: str | Path,
    *,
    path: str | None = None,
    urls: Sequence[str] = (),
    sha256: str | None = None,
    subfolder: str | None = None,
) -> None:
    """Make the folder ``output``, with index.csv at its top, from an archive.

    Args:
        downloads: where the downloaded archive, or the part that has arrived, is kept.
        path: a local archive.
        urls: addresses to fetch it from, in order, if ``path`` is not given or not there.
        sha256: the archive's checksum, or its first eight or more digits.
        subfolder: the folder of the archive that holds index.csv; None if it is its only one.
    """
    archive = obtain(path, urls, sha256, Path(downloads))
    logger.info("unpacking %s into %s", archive, output)
    unpack(archive, Path(output), subfolder)


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            output=snakemake.output.tree,
            downloads=snakemake.params.downloads,
            **snakemake.params.source,
        )
