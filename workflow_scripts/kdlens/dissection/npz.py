"""Dataclasses of arrays, and ``meta``, a description, as files: what a dissection writes."""

from __future__ import annotations

import dataclasses
import io
import json
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Protocol, TypeVar

import numpy as np

from kdlens.errors import InputError
from kdlens.files import write_bytes

DAMAGE = (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile, zlib.error)
"""What reading a damaged npz file, or one of something else, raises."""


class _Dataclass(Protocol):
    __dataclass_fields__: ClassVar[dict[str, Any]]


Record = TypeVar("Record", bound=_Dataclass)


def save_arrays(path: str | Path, **arrays: Any) -> None:
    """Write arrays by name as a compressed npz file, atomically; the same bytes each time."""
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write_bytes(path, buffer.getbuffer())


def save_record(path: str | Path, record: Any) -> None:
    """Write a dataclass as a compressed ``.npz`` file, atomically, ``meta`` as JSON in it.

    The same content gives the same bytes.
    """
    names = [field.name for field in dataclasses.fields(record) if field.name != "meta"]
    save_arrays(
        path,
        **{name: getattr(record, name) for name in names},
        meta=np.array(json.dumps(record.meta, sort_keys=True)),
    )


def load_record(path: str | Path, kind: type[Record], what: str) -> Record:
    """Read a dataclass of this kind from a file that :func:`save_record` wrote.

    Args:
        what: what the file should be, for an error.

    Raises:
        InputError: if it is missing, damaged or something else.
    """
    names = [field.name for field in dataclasses.fields(kind)]
    build: Callable[..., Record] = kind
    try:
        with np.load(path, allow_pickle=False) as file:
            arrays = {name: file[name] for name in names}
        meta = json.loads(str(arrays.pop("meta")))
        return build(**arrays, meta=meta)
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; run the workflow again") from error
    except DAMAGE as error:
        raise InputError(
            f"{path}: not a whole {what} file ({error}); delete it and run the workflow again"
        ) from error
