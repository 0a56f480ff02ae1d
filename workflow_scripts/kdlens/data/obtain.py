"""Get a dataset's archive, from the disk or from an address, and unpack it."""

from __future__ import annotations

import logging
import os
from collections.abc import Sequence
from pathlib import Path

from kdlens.data.archive_kinds import not_an_archive
from kdlens.data.archives import unpack
from kdlens.data.download import download
from kdlens.errors import InputError
from kdlens.files import verify_sha256

_log = logging.getLogger(__name__)


def obtain_tree(
    output: str | os.PathLike[str],
    downloads: str | os.PathLike[str],
    *,
    path: str | None = None,
    urls: Sequence[str] = (),
    sha256: str | None = None,
    subfolder: str | None = None,
) -> None:
    """Make the folder ``output`` from an archive.

    Args:
        output: the folder; it appears only when it is whole.
        downloads: folder in which a downloaded archive, or the part that has arrived, is kept.
        path: a local archive.
        urls: addresses to fetch it from, in order, if ``path`` is not given or not there.
        sha256: the archive's checksum, or its first eight or more digits.
        subfolder: the folder of the archive whose content is wanted; see ``archives.unpack``.

    Raises:
        InputError: if there is no archive, its checksum differs, or it cannot be unpacked.
    """
    archive = obtain(path, urls, sha256, Path(downloads))
    _log.info("unpacking %s into %s", archive, output)
    unpack(archive, Path(output), subfolder)


def obtain(
    path: str | os.PathLike[str] | None,
    urls: Sequence[str],
    sha256: str | None,
    downloads: Path,
) -> Path:
    """Return an archive that has the checksum ``sha256``, if one is given.

    It is the local ``path``, if one is given and is there or there are no ``urls``; otherwise the
    file that is fetched from the ``urls`` into the folder ``downloads``.

    Raises:
        InputError: if there is none, or its checksum differs.
    """
    if path is None and not urls:
        raise InputError("dataset: neither `path` nor `urls` is given; the config must have one")
    if path is None:
        return download(urls, downloads, sha256, objection=not_an_archive)
    archive = Path(path)
    if not archive.exists():
        if urls:
            _log.warning("%s: not there; fetching it from `urls` instead", archive.absolute())
            return download(urls, downloads, sha256, objection=not_an_archive)
        raise InputError(
            f"{archive}: no such archive (looked for {archive.absolute()}); correct the dataset's "
            "`path` in the config, or set the environment variable that it names (such as "
            "KDLENS_DATA)"
        )
    if archive.is_dir():
        raise InputError(
            f"{archive}: expected an archive, found a folder; a folder is used where it lies if "
            "the config gives no `urls` and its name does not end like an archive's"
        )
    if sha256:
        verify_sha256(archive, sha256)
    return archive
