"""Unpack an archive that somebody else made, safely and wholly or not at all.

``unpack`` takes a zip, a tar, or a tar compressed by gzip, bzip2 or xz, told apart by their bytes
and not by their names. Entries are written beside the target, and the folder is renamed when the
last one is there, so an interrupted or failed extraction never looks like a whole one.

Refused, with an :class:`~kdlens.errors.InputError` that names the archive and the entry: absolute
paths, ``..``, backslashes and drive letters, symbolic and hard links, devices and pipes, two
entries of the same name (on a disk that ignores case, also ``a`` and ``A``), a file where another
entry needs a folder, names longer than the disk allows, encrypted entries. A damaged or truncated
archive is an InputError too: zip and gzip, bzip2 and xz carry checksums, and a plain tar must end
in its end mark.

Permissions, owners and times are not restored: files get the user's defaults. What macOS adds
(``__MACOSX/``, ``.DS_Store``) is left out.
"""

from __future__ import annotations

import contextlib
import errno
import logging
import lzma
import shutil
import stat
import tarfile
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path, PureWindowsPath
from typing import IO

from kdlens.data.archive_kinds import Tail, decompressed, is_zip
from kdlens.data.work import Progress
from kdlens.disk import MB, disk_errors, require_space
from kdlens.errors import InputError

_log = logging.getLogger(__name__)

_BLOCK = 1 << 20
_DAMAGE = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, tarfile.TarError, EOFError)
_LISTED_FOLDERS = 20
_SHOWN = 60  # characters of a name that is too long


def unpack(archive: Path, tree: Path, subfolder: str | None = None) -> Path:
    """Unpack ``archive`` into the folder ``tree``, replacing it, and return ``tree``.

    Args:
        subfolder: only what lies below this folder of the archive lands in ``tree``, without the
            folder's own name. ``"."`` takes the archive as it is. None takes it as it is too,
            unless all of it lies in one top folder: then that folder's content.

    Raises:
        InputError: for an archive that is missing, unsafe, damaged, of an unknown kind or without
            ``subfolder`` (the error lists the folders that are there), and for a full disk.
    """
    archive, zipped = Path(archive), is_zip(archive)
    tree = Path(tree)
    temporary = tree.with_name(f".{tree.name}.tmp")
    prefix = _prefix(subfolder)
    advice = "nothing was kept of the extraction. Free some space and start again"
    with disk_errors(tree, advice), contextlib.ExitStack() as cleanup:
        # A killed run leaves its folder behind; only one job makes this tree, so it is ours.
        shutil.rmtree(temporary, ignore_errors=True)
        temporary.mkdir(parents=True)
        cleanup.callback(shutil.rmtree, temporary, ignore_errors=True)
        writer = _Writer(archive, temporary, prefix)
        with _archive_errors(archive):
            (_unpack_zip if zipped else _unpack_tar)(archive, writer)
        if not writer.written:
            raise InputError(_nothing_found(archive, subfolder, writer.top_names))
        source = temporary
        if subfolder is None and len(entries := list(temporary.iterdir())) == 1:
            (only,) = entries
            if only.is_dir():
                _log.info("%s holds one folder, '%s': taking its content", archive, only.name)
                source = only
        if tree.is_dir():
            shutil.rmtree(tree)
        source.rename(tree)
    return tree


class _Writer:
    """Writes the entries below ``prefix`` into ``folder``, and remembers what it met."""

    def __init__(self, archive: Path, folder: Path, prefix: tuple[str, ...]) -> None:
        self._archive = archive
        self.root = folder
        self._prefix = prefix
        self.top_names: set[str] = set()
        self.written = 0

    def target(self, name: str) -> Path | None:
        """Return where an entry goes, or None if it is not wanted; an unsafe name is an error."""
        parts = _safe_parts(self._archive, name)
        if not parts or parts[0] == "__MACOSX" or parts[-1] == ".DS_Store":
            return None
        self.top_names.add(parts[0])
        depth = len(self._prefix)
        if parts[:depth] != self._prefix or len(parts) == depth:
            return None
        return self.root.joinpath(*parts[depth:])

    def folder(self, target: Path, name: str) -> None:
        with self._collisions(name):
            target.mkdir(parents=True, exist_ok=True)

    def file(self, target: Path, name: str, source: IO[bytes]) -> None:
        with self._collisions(name):
            target.parent.mkdir(parents=True, exist_ok=True)
            output = open(target, "xb")  # noqa: SIM115 - only the opening may report a collision
        with output:
            shutil.copyfileobj(source, output, _BLOCK)
        self.written += 1

    @contextlib.contextmanager
    def _collisions(self, name: str) -> Iterator[None]:
        try:
            yield
        except (FileExistsError, NotADirectoryError) as error:
            raise InputError(
                f"{self._archive}: two entries would become the same file, '{name}' is one of "
                "them; make the archive again without the duplicate"
            ) from error
        except OSError as error:
            if error.errno != errno.ENAMETOOLONG:
                raise
            raise InputError(
                f"{self._archive}: the name '{name[:_SHOWN]}...' is longer than the disk of "
                f"{self.root.parent} allows; make the archive again with shorter names"
            ) from error


def _unpack_zip(archive: Path, writer: _Writer) -> None:
    with zipfile.ZipFile(archive) as zipped:
        size = 0
        for entry in zipped.infolist():
            # Zips made on Unix keep the kind of file in the upper half; others leave it zero.
            mode = stat.S_IFMT(entry.external_attr >> 16)
            if mode not in (0, stat.S_IFREG, stat.S_IFDIR):
                raise InputError(_not_a_file(archive, entry.filename))
            if entry.flag_bits & 1:
                raise InputError(f"{archive}: '{entry.filename}' is encrypted; decrypt it first")
            if writer.target(entry.orig_filename) is not None:
                size += entry.file_size
        require_space(writer.root, size, f"unpacking {archive.name}")
        progress = Progress(_log, f"unpacking {archive.name}", size / MB, "MB")
        done = 0
        for entry in zipped.infolist():
            # Computed once more, since a million of them would take half a gigabyte.
            if (target := writer.target(entry.orig_filename)) is None:
                continue
            if entry.is_dir():
                writer.folder(target, entry.filename)
                continue
            with zipped.open(entry) as source:
                writer.file(target, entry.filename, source)
            done += entry.file_size
            progress.update(done / MB)
        progress.update(size / MB, final=True)


def _unpack_tar(archive: Path, writer: _Writer) -> None:
    # Read as a stream, once: seeking back in a compressed tar would decompress it again.
    with open(archive, "rb") as raw, decompressed(raw) as stream:
        size = archive.stat().st_size
        progress = Progress(_log, f"unpacking {archive.name}", size / MB, "MB")
        tail = Tail(stream)
        # A file is asked for, but a stream is only read.
        with tarfile.open(fileobj=tail, mode="r|", bufsize=_BLOCK) as tar:  # type: ignore[call-overload]
            while (entry := tar.next()) is not None:
                tar.members.clear()  # it keeps all of them, for links that are refused here
                if not (entry.isreg() or entry.isdir()):
                    raise InputError(_not_a_file(archive, entry.name))
                if (target := writer.target(entry.name)) is None:
                    continue
                if entry.isdir():
                    writer.folder(target, entry.name)
                else:
                    writer.file(target, entry.name, tar.extractfile(entry))
                progress.update(raw.tell() / MB)
        if not tail.ends_in_zeros():
            raise tarfile.ReadError("its end mark is missing")
        progress.update(size / MB, final=True)


def _safe_parts(archive: Path, name: str) -> tuple[str, ...]:
    """Split an entry's name into folders and file; InputError if it could leave its folder."""
    if (parts := _inner_parts(name)) is None:
        raise InputError(
            f"{archive}: the name '{name}' is unsafe (absolute, '..', a drive or a backslash); "
            "nothing was unpacked. Use an archive from a source that you trust"
        )
    return parts


def _prefix(subfolder: str | None) -> tuple[str, ...]:
    if (parts := _inner_parts(subfolder or "")) is None:
        raise InputError(
            f"subfolder: '{subfolder}' is not a folder inside the archive; write it relative to "
            "the archive's top, with '/' and without '..', such as 'data/images'"
        )
    return parts


def _inner_parts(name: str) -> tuple[str, ...] | None:
    """Split a name at its slashes; None if it could lead out of the folder it is put in."""
    parts = tuple(part for part in name.split("/") if part not in ("", "."))
    outside = name.startswith("/") or ".." in parts or PureWindowsPath(name).drive
    return None if outside or "\\" in name or "\0" in name else parts


@contextlib.contextmanager
def _archive_errors(archive: Path) -> Iterator[None]:
    try:
        yield
    except NotImplementedError as error:
        raise InputError(f"{archive}: cannot be unpacked ({error}); repack it as a zip") from error
    except (*_DAMAGE, OSError) as error:
        # bzip2 and gzip report bad data as an OSError without a number; those with one are real.
        if isinstance(error, OSError) and error.errno is not None:
            raise
        raise InputError(
            f"{archive}: damaged or truncated ({error or type(error).__name__}); delete it and "
            "fetch it again"
        ) from error


def _not_a_file(archive: Path, name: str) -> str:
    return (
        f"{archive}: '{name}' is a link or a device, which could reach outside of the archive; "
        "nothing was unpacked. Make the archive again with plain files and folders only"
    )


def _nothing_found(archive: Path, subfolder: str | None, top_names: set[str]) -> str:
    if subfolder is None or not top_names:
        return f"{archive}: the archive holds no file"
    listed = ", ".join(sorted(top_names)[:_LISTED_FOLDERS])
    more = ", ..." if len(top_names) > _LISTED_FOLDERS else ""
    return (
        f"{archive}: holds no file below the folder '{subfolder}'; at its top are: {listed}{more}. "
        "Correct `subfolder` in the config"
    )
