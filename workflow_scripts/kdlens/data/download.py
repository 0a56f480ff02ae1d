"""Download a file from the first of several addresses that delivers it.

``download`` goes through the addresses (http, https or file) in their order. What has arrived is
kept as ``<file>.part``, and the next attempt, also of another run, asks the server for the rest
only; ``<file>.part.json`` says which address and version the part came from, so that the halves of
two different files are never joined: without a sha256, only a server that names the version of its
file (a strong ETag, or Last-Modified) is asked for the rest. A server that ignores the request
sends all of it again. Only a file that is complete by the server's own count gets its name, and
only one with the right sha256, if one is given, is used.

A file that is there already is used if it has the sha256. Without one, it must be as it was when it
was fetched, and that from one of the addresses: ``<file>.origin.json`` remembers both.

Several jobs may want the same file at the same time: ``<file>.lock`` lets the first one fetch it,
while the others wait and then find it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import http.client
import logging
import os
import re
import ssl
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from email.message import Message
from pathlib import Path

from kdlens.data.work import Progress
from kdlens.disk import MB, disk_errors, require_space
from kdlens.errors import InputError
from kdlens.files import read_json, sha256_of, verify_sha256, write_json

logger = logging.getLogger(__name__)

_BLOCK = 1 << 16
_SCHEMES = ("http", "https", "file")
_TRY_AGAIN = (408, 425, 429, 500, 502, 503, 504)  # HTTP statuses that may be gone in a moment
_NO_LOCKS = (errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP)  # some network disks know no locks


def download(
    urls: Sequence[str],
    folder: Path,
    sha256: str | None = None,
    *,
    objection: Callable[[Path], str | None] | None = None,
    timeout: float = 30.0,
    attempts: int = 3,
    pause: float = 2.0,
) -> Path:
    """Fetch one file into ``folder``, under the name that it has in the first address.

    Args:
        urls: addresses of the same file, tried in order.
        folder: made if it is not there.
        sha256: the file's checksum, or its first eight or more digits.
        objection: looks at what was fetched and says why it cannot be the file that is meant (a
            login page instead of an archive), or None; such a file is thrown away.
        timeout: seconds without a byte after which a connection counts as dead.
        attempts: tries in a row at one address that bring nothing new; a broken connection is
            taken up where it broke.
        pause: seconds between two tries.

    Returns:
        The file's path.

    Raises:
        InputError: for an address of another kind or without a file's name, if no address delivers
            the file with the right checksum (what has arrived is kept, and the message says what
            each address answered), or if the disk is full.
    """
    for url in urls:
        if urllib.parse.urlsplit(url).scheme not in _SCHEMES:
            raise InputError(f"'{url}': expected an address that starts with http, https or file")
    name = Path(urllib.parse.unquote(urllib.parse.urlsplit(urls[0]).path)).name
    if not name:
        raise InputError(f"'{urls[0]}': the address must end in a file name")
    target = Path(folder) / name
    # Without the lock, since the folder of a finished download may be one to read only.
    if target.exists() and _doubt(target, urls, sha256) is None:
        return target
    with disk_errors(target, "what has arrived is kept: free some space and run again"):
        target.parent.mkdir(parents=True, exist_ok=True)
        with _alone(target):
            if target.exists():
                if (doubt := _doubt(target, urls, sha256)) is None:
                    return target
                logger.info("%s: fetching it again (%s)", target, doubt)
            part = _Part(target)
            answers = []
            for url in urls:
                try:
                    source = _Source(url, sha256, objection, timeout)
                    _fetch(source, part, attempts=attempts, pause=pause)
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


@contextlib.contextmanager
def _alone(target: Path) -> Iterator[None]:
    """Wait until no other job, nor thread, fetches ``target``."""
    # The lock file stays: who removed it would let a third job lock a new one of the same name.
    with open(target.with_name(f"{target.name}.lock"), "wb") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            logger.info("%s: another job is fetching it; waiting", target)
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            logger.warning("%s: this disk has no locks (%s)", target.parent, error.strerror)
        yield  # closing the file unlocks it


def _doubt(target: Path, urls: Sequence[str], sha256: str | None) -> str | None:
    """Say why a file that is there already cannot be used, or None if it can."""
    try:
        if sha256:
            verify_sha256(target, sha256)
            return None
        if not _origin_note(target).exists():
            return "without a sha256 it is not known what it is"
        origin = read_json(_origin_note(target))
        if origin["url"] not in urls:
            return f"it came from {origin['url']}"
        verify_sha256(target, origin["sha256"])
    except InputError as error:
        return str(error)
    except (KeyError, TypeError, AttributeError):
        return f"{_origin_note(target)} does not say where it came from"
    return None


def _origin_note(target: Path) -> Path:
    return target.with_name(f"{target.name}.origin.json")


@dataclass(frozen=True)
class _Source:
    """An address, and what is asked of the file there."""

    url: str
    sha256: str | None
    objection: Callable[[Path], str | None] | None
    timeout: float


class _Failed(Exception):
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


class _Part:
    """The file while it arrives, and the note on where it comes from."""

    def __init__(self, target: Path) -> None:
        self.target = target
        self.path = target.with_name(f"{target.name}.part")
        self._note = target.with_name(f"{target.name}.part.json")

    def size(self) -> int:
        return self.path.stat().st_size if self.path.exists() else 0

    def version(self) -> _Version | None:
        with contextlib.suppress(InputError, TypeError):  # missing, damaged or of another version
            return _Version(**read_json(self._note))
        return None

    def begin(self, version: _Version) -> None:
        self.path.unlink(missing_ok=True)
        write_json(self._note, vars(version))

    def discard(self) -> None:
        self.path.unlink(missing_ok=True)
        self._note.unlink(missing_ok=True)

    def finish(self) -> None:
        with open(self.path, "rb") as handle:
            os.fsync(handle.fileno())
        self.path.replace(self.target)
        self._note.unlink(missing_ok=True)


def _fetch(source: _Source, part: _Part, *, attempts: int, pause: float) -> None:
    """Complete ``part`` from one address, trying again where that makes sense."""
    tries, best = 0, part.size()
    joined = restarted = False
    while True:
        tries += 1
        try:
            joined |= _transfer(source, part)
        except _Failed as failure:
            # Not "has grown": a server that starts over each time can break ever so often later
            # than it did the time before.
            if part.size() > best:
                tries, best = 0, part.size()
            if not failure.again or tries >= attempts:
                raise
            logger.info("%s: %s; trying again", source.url, failure)
            time.sleep(pause)
            continue
        if source.objection and (reason := source.objection(part.path)):
            part.discard()
            raise _Failed(reason, again=False)
        part.finish()
        try:
            found = part.target
            sha256 = verify_sha256(found, source.sha256) if source.sha256 else sha256_of(found)
        except InputError as error:
            # The file stays for a user who finds that the config's sha256 is what was wrong.
            # If it was put together from several transfers, that may be to blame: once more.
            if restarted or not joined:
                raise _Failed(str(error), again=False) from error
            part.target.unlink()
            tries, best, restarted = 0, 0, True
        else:
            write_json(_origin_note(found), {"url": source.url, "sha256": sha256})
            return


def _transfer(source: _Source, part: _Part) -> bool:
    """Receive what is missing of ``part``; return whether an older part was continued."""
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
    if continued and not have:
        raise _Failed("it sends a part of the file, and the whole was asked for", again=True)
    if continued:
        total, version = _total(response.headers), part.version()
        same = version is not None and total is not None and total == version.total
        validator = _validator(response.headers)
        if version is not None and url == version.url and version.validator and validator:
            # Some servers ignore If-Range and send the rest of a newer file.
            same &= validator == version.validator
        if _first_byte(response.headers) != have or not same:
            part.discard()
            raise _Failed("the file there is not the one of the part", again=True)
    else:
        if have:
            logger.info("%s: does not continue a broken download; starting over", url)
        have, total = 0, int(length) if length is not None else None
        part.begin(_Version(url, _validator(response.headers), total))
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
