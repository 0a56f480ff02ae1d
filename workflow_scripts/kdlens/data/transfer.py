"""Receive a file from one address, or the rest of one that arrived in part.

What has arrived is kept as ``<file>.part``; ``<file>.part.json`` says which address and version the
part came from, so that the halves of two different files are never joined: without a sha256, only a
server that names the version of its file (a strong ETag, or Last-Modified) is asked for the rest. A
server that ignores the request sends all of it again.
"""

from __future__ import annotations

import contextlib
import http.client
import logging
import os
import re
import ssl
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

from kdlens.data.work import Progress
from kdlens.disk import MB, require_space
from kdlens.errors import InputError
from kdlens.files import read_json, write_json

_log = logging.getLogger(__name__)

_BLOCK = 1 << 16
_TRY_AGAIN = (408, 425, 429, 500, 502, 503, 504)  # HTTP statuses that may be gone in a moment


@dataclass(frozen=True)
class Source:
    """An address, and what is asked of the file there."""

    url: str
    sha256: str | None
    objection: Callable[[Path], str | None] | None
    timeout: float


class Failed(Exception):
    """An address did not deliver; ``again`` if it might on the next try."""

    def __init__(self, message: str, *, again: bool) -> None:
        super().__init__(message)
        self.again = again


@dataclass(frozen=True)
class _Version:
    """Which version of which file a part belongs to."""

    url: str
    validator: str | None  # strong ETag, or Last-Modified
    total: int | None  # bytes of the whole file


class Part:
    """The file while it arrives, and the note on where it comes from."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f"{target.name}.part")
        self._note = target.with_name(f"{target.name}.part.json")

    def size(self) -> int:
        """Return how many bytes have arrived."""
        return self.path.stat().st_size if self.path.exists() else 0

    def version(self) -> _Version | None:
        """Return what the part is of, if the note says so."""
        with contextlib.suppress(InputError, TypeError):  # missing, damaged or of another version
            return _Version(**read_json(self._note))
        return None

    def begin(self, version: _Version) -> None:
        """Start over, with nothing of another version."""
        self.path.unlink(missing_ok=True)
        write_json(self._note, vars(version))

    def discard(self) -> None:
        """Throw the part away."""
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def finish(self) -> None:
        """Give the whole file its name."""
        with open(self.path, "rb") as handle:
            os.fsync(handle.fileno())
        self.path.replace(self.target)
        self._note.unlink(missing_ok=True)


def transfer(source: Source, part: Part) -> bool:
    """Receive what is missing of ``part``; return whether an older part was continued.

    Raises:
        Failed: if the address does not deliver it.
        InputError: if the disk has no room for it.
    """
    url, version = source.url, part.version()
    validator = version.validator if version is not None and version.url == url else None
    # Halves of two versions, or of two mirrors' files, may only be joined if it can be told.
    joinable = version is not None and (source.sha256 or validator)
    have = part.size() if joinable else 0
    headers = {"User-Agent": "kdlens", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if validator:
            headers["If-Range"] = validator
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=source.timeout
        ) as response:
            return _receive(response, url, part, have)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:  # nothing is left to send, or the file has become shorter
            if _total(error.headers) == have:
                return True
            part.discard()
            raise Failed("the file has changed there", again=True) from error
        raise Failed(f"HTTP {error.code} {error.reason}", again=error.code in _TRY_AGAIN) from error
    except urllib.error.URLError as error:
        gone = isinstance(error.reason, FileNotFoundError)  # a file: address
        raise Failed(f"{error.reason}", again=not gone) from error
    except (TimeoutError, ConnectionError, ssl.SSLError, http.client.HTTPException) as error:
        raise Failed(str(error) or type(error).__name__, again=True) from error


def _receive(response: http.client.HTTPResponse, url: str, part: Part, have: int) -> bool:
    continued = response.status == 206  # None for a file: address
    length = response.headers.get("Content-Length")
    if continued and not have:
        raise Failed("it sends a part of the file, and the whole was asked for", again=True)
    if continued:
        total, version = _total(response.headers), part.version()
        same = version is not None and total is not None and total == version.total
        validator = _validator(response.headers)
        if version is not None and url == version.url and version.validator and validator:
            # Some servers ignore If-Range and send the rest of a newer file.
            same &= validator == version.validator
        if _first_byte(response.headers) != have or not same:
            part.discard()
            raise Failed("the file there is not the one of the part", again=True)
    else:
        if have:
            _log.info("%s: does not continue a broken download; starting over", url)
        have, total = 0, int(length) if length is not None else None
        part.begin(_Version(url, _validator(response.headers), total))
    if total is not None:
        require_space(part.path.parent, total - have, f"the download of {part.target.name}")
    what = f"download of {part.target.name}"
    if have:
        what = f"{what}, from {have / MB:,.1f} MB on"
    progress = Progress(_log, what, (total - have) / MB, "MB") if total is not None else None
    size = have
    with open(part.path, "ab") as output:
        while block := response.read(_BLOCK):
            output.write(block)
            size += len(block)
            if progress:
                progress.update((size - have) / MB)
    if total is not None and size != total:
        raise Failed(f"ended after {size:,} of {total:,} bytes", again=True)
    _log.info("%s: complete, %.1f MB", what, size / MB)
    return continued


def _validator(headers: Message) -> str | None:
    """Return what names this version of the file, for the server to compare."""
    etag = headers.get("ETag")
    if etag and not etag.startswith("W/"):  # a weak one is no promise that all bytes are the same
        return etag
    return headers.get("Last-Modified")


def _total(headers: Message) -> int | None:
    match = re.search(r"/(\d+)$", headers.get("Content-Range", ""))
    return int(match[1]) if match else None


def _first_byte(headers: Message) -> int | None:
    match = re.match(r"bytes (\d+)-", headers.get("Content-Range", ""))
    return int(match[1]) if match else None
