"""What kind of archive a file is, told by its bytes; and a tar as a stream, decompressed."""

from __future__ import annotations

import bz2
import gzip
import lzma
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, BinaryIO

from kdlens.errors import InputError

_BLOCK = 1 << 20
_TAR_BLOCK = 512  # tar headers, and the zeros that end a tar, come in blocks of this many bytes
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")  # the second is an empty one
_COMPRESSED: dict[bytes, Callable[[BinaryIO], Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\0": lzma.open,
}


def not_an_archive(path: Path) -> str | None:
    """Say why a file is no archive that ``unpack`` takes, by its first bytes; None if it is one.

    Raises:
        InputError: if it is missing or cannot be read.
    """
    start = _start(path)
    if start.startswith((*_ZIP, *_COMPRESSED)):
        return None
    try:  # the header's own checksum, since the tars of old have no magic number
        tarfile.TarInfo.frombuf(start, "utf-8", "surrogateescape")
    except tarfile.HeaderError:
        web_page = start.lstrip().lower().startswith((b"<!doctype", b"<html"))
        found = "a web page" if web_page else f"a file that starts with {start[:8]!r}"
        return f"expected a zip, tar, tar.gz, tar.bz2 or tar.xz archive, found {found}"
    return None


def is_zip(archive: Path) -> bool:
    """Tell a zip (True) from a tar (False).

    Raises:
        InputError: for a file that is missing, or no archive.
    """
    if reason := not_an_archive(archive):
        raise InputError(
            f"{archive}: {reason}; delete it and fetch it again, or give another archive"
        )
    return _start(archive).startswith(_ZIP)


def _start(archive: Path) -> bytes:
    try:
        with open(archive, "rb") as handle:
            return handle.read(_TAR_BLOCK)
    except FileNotFoundError as error:
        raise InputError(f"{archive}: no such archive") from error
    except OSError as error:
        raise InputError(f"{archive}: cannot be read ({error.strerror})") from error


def decompressed(raw: BinaryIO) -> BinaryIO:
    """Return a stream of what ``raw`` holds: a tar, compressed by gzip, bzip2, xz or not at all."""
    magic = raw.read(_TAR_BLOCK)
    raw.seek(0)
    for start, opener in _COMPRESSED.items():
        if magic.startswith(start):
            return opener(raw)
    return raw


class Tail:
    """A stream that remembers its last bytes: tarfile takes a tar cut between two entries as whole.

    Reading on to the end also has gzip, bzip2 and xz check their sums.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self._last = b""

    def read(self, size: int) -> bytes:
        """Return the next ``size`` bytes, fewer at the end."""
        data = self._stream.read(size)
        self._last = (self._last + data[-_TAR_BLOCK:])[-_TAR_BLOCK:]
        return data

    def ends_in_zeros(self) -> bool:
        """Read what is left; does the stream end in the block of zeros that ends a tar?"""
        while self.read(_BLOCK):
            pass
        return self._last == bytes(_TAR_BLOCK)
