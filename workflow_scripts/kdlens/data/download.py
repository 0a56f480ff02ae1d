"""Fetch an archive: from the disk, or from the first of several addresses that delivers it.

``obtain`` is what a rule needs: a local path, or addresses, in; a checked file out. ``download``
goes through the addresses (http, https or file) in their order. What has arrived is kept as
``<file>.part``, and the next attempt, also of another run, asks the server for the rest only;
``<file>.part.json`` says which address and version the part came from, so that the halves of two
different files are never joined. A server that ignores the request sends all of it again. Only a
file that is complete by the server's own count gets its name, and only one with the right sha256,
if one is given, is used.
"""

from __future__ import annotations

import contextlib
import http.client
import logging
import os
import re
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from kdlens.data.work import Progress
from kdlens.disk import MB, disk_errors, require_space
from kdlens.errors import InputError
from kdlens.files import read_json, verify_sha256, write_json

logger = logging.getLogger(__name__)

_BLOCK = 1 << 16
_SCHEMES = ("http", "https", "file")
_TRY_AGAIN = (408, 425, 429, 500, 502, 503, 504)  # HTTP statuses that may be gone in a moment


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
    if path is None or (urls and not Path(path).exists()):
        return download(urls, downloads, sha256)
    archive = Path(path)
    if not archive.exists():
        raise InputError(
            f"{archive}: no such archive (looked for {archive.absolute()}); correct the dataset's "
            "`path` in the config, or set the environment variable KDLENS_DATA to the folder that "
            "holds the data"
        )
    if archive.is_dir():
        raise InputError(
            f"{archive}: expected an archive, found a folder; a folder is used where it lies if "
            "the config gives no `urls` and its name does not end like an archive's"
        )
    if sha256:
        verify_sha256(archive, sha256)
    return archive


def download(
    urls: Sequence[str],
    folder: Path,
    sha256: str | None = None,
    *,
    timeout: float = 30.0,
    attempts: int = 3,
    pause: float = 2.0,
) -> Path:
    """Fetch one file into ``folder``, under the name that it has in the first address.

    A file that is there already is used, unless its checksum is wrong.

    Args:
        urls: addresses of the same file, tried in order.
        timeout: seconds without a byte after which a connection counts as dead.
        attempts: tries in a row at one address that bring nothing new; a broken connection is
            taken up where it broke.
        pause: seconds between two tries.

    Raises:
        InputError: if no address delivers the file with the right checksum (what has arrived is
            kept, and the message says what each address answered), or if the disk is full.
    """
    for url in urls:
        if urllib.parse.urlsplit(url).scheme not in _SCHEMES:
            raise InputError(f"'{url}': expected an address that starts with http, https or file")
    name = Path(urllib.parse.unquote(urllib.parse.urlsplit(urls[0]).path)).name
    if not name:
        raise InputError(f"'{urls[0]}': the address must end in a file name")
    target = Path(folder) / name
    if target.exists():
        try:
            if sha256:
                verify_sha256(target, sha256)
            return target
        except InputError as error:
            logger.info("%s: fetching it again (%s)", target, error)
            target.unlink()
    part = _Part(target)
    with disk_errors(target, "what has arrived is kept: free some space and run again"):
        target.parent.mkdir(parents=True, exist_ok=True)
        answers = []
        for url in urls:
            try:
                _fetch(url, part, sha256, timeout=timeout, attempts=attempts, pause=pause)
            except _Failed as failure:
                answers.append(f"{url}: {failure}")
                logger.info("%s", answers[-1])
            else:
                return target
    kept = part.size()
    again = f"{kept / MB:,.1f} MB are kept in {part.path}: run again to go on from there"
    raise InputError(
        f"{name}: could not be downloaded. {'; '.join(answers)}. {again if kept else 'Run again'}, "
        "add a mirror to `urls`, or give a local archive as `path` in the config"
    )


class _Failed(Exception):
    """An address did not deliver; ``again`` if it might on the next try."""

    def __init__(self, message: str, *, again: bool) -> None:
        super().__init__(message)
        self.again = again


@dataclass(frozen=True)
class _Origin:
    """Which version of which file a part belongs to."""

    url: str
    validator: str | None  # ETag or Last-Modified
    total: int | None  # bytes of the whole file


class _Part:
    """The file while it arrives, and the note on where it comes from."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f"{target.name}.part")
        self._note = target.with_name(f"{target.name}.part.json")

    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def origin(self) -> _Origin | None:
        with contextlib.suppress(InputError, TypeError):  # missing, damaged or of another version
            return _Origin(**read_json(self._note))
        return None

    def begin(self, origin: _Origin) -> None:
        self.path.unlink(missing_ok=True)
        write_json(self._note, vars(origin))

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def finish(self) -> None:
        with open(self.path, "rb") as handle:
            os.fsync(handle.fileno())
        self.path.replace(self.target)
        self._note.unlink(missing_ok=True)


def _fetch(
    url: str, part: _Part, sha256: str | None, *, timeout: float, attempts: int, pause: float
) -> None:
    """Complete ``part`` from one address, trying again where that makes sense."""
    tries = 0
    while True:
        tries += 1
        before = part.size()
        try:
            resumed = _transfer(url, part, joins_mirrors=bool(sha256), timeout=timeout)
        except _Failed as failure:
            if part.size() > before:
                tries = 0
            if not failure.again or tries >= attempts:
                raise
            logger.info("%s: %s; trying again", url, failure)
            time.sleep(pause)
            continue
        part.finish()
        if not sha256:
            return
        try:
            verify_sha256(part.target, sha256)
            return
        except InputError as error:
            # The file stays for a user who finds that the config's sha256 is what was wrong.
            # A part from elsewhere may be to blame if it was continued: once more, from the start.
            if not resumed:
                raise _Failed(str(error), again=False) from error
            part.target.unlink()


def _transfer(url: str, part: _Part, *, joins_mirrors: bool, timeout: float) -> bool:
    """Receive what is missing of ``part``; return whether an older part was continued."""
    origin = part.origin()
    have = part.size() if origin and (origin.url == url or joins_mirrors) else 0
    headers = {"User-Agent": "kdlens", "Accept-Encoding": "identity"}
    if have:
        headers["Range"] = f"bytes={have}-"
        if origin.url == url and origin.validator:
            headers["If-Range"] = origin.validator
    try:
        with urllib.request.urlopen(
            urllib.request.Request(url, headers=headers), timeout=timeout
        ) as response:
            return _receive(response, url, part, have)
    except urllib.error.HTTPError as error:
        if error.code == 416 and have:  # nothing is left to send, or the file has become shorter
            if _total(error.headers) == have:
                return True
            part.discard()
            raise _Failed("the file has changed there", again=True) from error
        raise _Failed(
            f"HTTP {error.code} {error.reason}", again=error.code in _TRY_AGAIN
        ) from error
    except urllib.error.URLError as error:
        gone = isinstance(error.reason, FileNotFoundError)  # a file: address
        raise _Failed(f"{error.reason}", again=not gone) from error
    except (TimeoutError, ConnectionError, ssl.SSLError, http.client.HTTPException) as error:
        raise _Failed(str(error) or type(error).__name__, again=True) from error


def _receive(response: http.client.HTTPResponse, url: str, part: _Part, have: int) -> bool:
    continued = response.status == 206  # None for a file: address
    length = response.headers.get("Content-Length")
    if continued:
        total, origin = _total(response.headers), part.origin()
        if _first_byte(response.headers) != have or total is None or total != origin.total:
            part.discard()
            raise _Failed("the file there is not the one of the part", again=True)
    else:
        if have:
            logger.info("%s: does not continue a broken download; starting over", url)
        have, total = 0, int(length) if length is not None else None
        validator = response.headers.get("ETag") or response.headers.get("Last-Modified")
        if validator and validator.startswith("W/"):  # too weak a promise to join two halves
            validator = None
        part.begin(_Origin(url, validator, total))
    if total is not None:
        require_space(part.path.parent, total - have, f"the download of {part.target.name}")
    what = f"download of {part.target.name}"
    if have:
        what = f"{what}, from {have / MB:,.1f} MB on"
    progress = Progress(logger, what, (total - have) / MB, "MB") if total is not None else None
    size = have
    with open(part.path, "ab") as output:
        while block := response.read(_BLOCK):
            output.write(block)
            size += len(block)
            if progress:
                progress.update((size - have) / MB)
    if total is not None and size != total:
        raise _Failed(f"ended after {size:,} of {total:,} bytes", again=True)
    logger.info("%s: complete, %.1f MB", what, size / MB)
    return continued


def _total(headers: http.client.HTTPMessage) -> int | None:
    match = re.search(r"/(\d+)$", headers.get("Content-Range", ""))
    return int(match[1]) if match else None


def _first_byte(headers: http.client.HTTPMessage) -> int | None:
    match = re.match(r"bytes (\d+)-", headers.get("Content-Range", ""))
    return int(match[1]) if match else None
