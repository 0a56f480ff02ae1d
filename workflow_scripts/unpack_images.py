"""Unpack training images from an archive, local or downloaded, into a folder of their own."""

import logging
from collections.abc import Sequence
from pathlib import Path

from kdlens.data.archives import unpack
from kdlens.data.download import obtain

logger = logging.getLogger("kdlens")


def main(
    output: str | Path,
    *,
    path: str | None = None,
    urls: Sequence[str] = (),
    sha256: str | None = None,
    subfolder: str | None = None,
    downloads: str | Path | None = None,
) -> None:
    """Make the folder ``output`` from an archive.

    Args:
        path: a local archive.
        urls: addresses to fetch it from, in order, if ``path`` is not given or not there.
        sha256: the archive's checksum, or its first eight or more digits.
        subfolder: the folder of the archive whose content is wanted; see ``archives.unpack``.
        downloads: where a download is kept; by default in ``download/`` beside ``output``.
    """
    output = Path(output)
    archive = obtain(path, urls, sha256, Path(downloads or output.parent / "download"))
    logger.info("unpacking %s into %s", archive, output)
    unpack(archive, output, subfolder)


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(output=snakemake.output.tree, **snakemake.params.source)
