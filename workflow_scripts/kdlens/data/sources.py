"""What kind of thing a dataset's path is, told by its name alone, before it exists."""

from __future__ import annotations

ARCHIVE_SUFFIXES = (".zip", ".tar", ".tar.gz", ".tgz", ".tar.bz2", ".tbz2", ".tar.xz", ".txz")


def is_archive(path: str) -> bool:
    """Whether ``path`` names an archive (else it is a folder)."""
    return path.lower().endswith(ARCHIVE_SUFFIXES)
