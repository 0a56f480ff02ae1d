"""Download a file from the first of several addresses that delivers it.

``download`` goes through the addresses (http, https or file) in their order. What has arrived is
kept, and the next attempt, also of another run, asks the server for the rest only
(:mod:`kdlens.data.transfer`). Only a file that is complete by the server's own count gets its name,
and only one with the right sha256, if one is given, is used.

A file that is there already is used if it has the sha256. Without one, it must be as it was when it
was fetched, and that from one of the addresses: ``<file>.origin.json`` remembers both.

Several jobs may want the same file at the same time: ``<file>.lock`` lets the first one fetch it,
while the others wait and then find it.
"""

from __future__ import annotations

import contextlib
import errno
import fcntl
import logging
import time
import urllib.parse
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

from kdlens.data.transfer import Failed, Part, Source, transfer
from kdlens.disk import MB, disk_errors
from kdlens.errors import InputError
from kdlens.files import read_json, sha256_of, verify_sha256, write_json

_log = logging.getLogger(__name__)

_SCHEMES = ("http", "https", "file")
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
                _log.info("%s: fetching it again (%s)", target, doubt)
            part = Part(target)
            answers = []
            for url in urls:
                try:
                    source = Source(url, sha256, objection, timeout)
                    _fetch(source, part, attempts=attempts, pause=pause)
                except Failed as failure:
                    answers.append(f"{url}: {failure}")
                    _log.info("%s", answers[-1])
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
            _log.info("%s: another job is fetching it; waiting", target)
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError as error:
            if error.errno not in _NO_LOCKS:
                raise
            _log.warning("%s: this disk has no locks (%s)", target.parent, error.strerror)
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


def _fetch(source: Source, part: Part, *, attempts: int, pause: float) -> None:
    """Complete ``part`` from one address, trying again where that makes sense."""
    tries, best = 0, part.size()
    joined = restarted = False
    while True:
        tries += 1
        try:
            joined |= transfer(source, part)
        except Failed as failure:
            # Not "has grown": a server that starts over each time can break ever so often later
            # than it did the time before.
            if part.size() > best:
                tries, best = 0, part.size()
            if not failure.again or tries >= attempts:
                raise
            _log.info("%s: %s; trying again", source.url, failure)
            time.sleep(pause)
            continue
        if source.objection and (reason := source.objection(part.path)):
            part.discard()
            raise Failed(reason, again=False)
        part.finish()
        try:
            found = part.target
            sha256 = verify_sha256(found, source.sha256) if source.sha256 else sha256_of(found)
        except InputError as error:
            # The file stays for a user who finds that the config's sha256 is what was wrong.
            # If it was put together from several transfers, that may be to blame: once more.
            if restarted or not joined:
                raise Failed(str(error), again=False) from error
            part.target.unlink()
            tries, best, restarted = 0, 0, True
        else:
            write_json(_origin_note(found), {"url": source.url, "sha256": sha256})
            return
