"""Files of arrays (``.npz``): written atomically, the same content giving the same bytes, and read.

A file may hold a dataclass (:class:`Record`): its arrays, and ``meta``, what they belong to, as
JSON.
"""

from __future__ import annotations

import contextlib
import dataclasses
import io
import json
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from kdlens.errors import InputError
from kdlens.files import write_bytes

_DAMAGE = (OSError, EOFError, KeyError, TypeError, ValueError, zipfile.BadZipFile, zlib.error)
"""What reading a damaged file, or one of something else, raises."""


def save_arrays(path: str | Path, **arrays: Any) -> None:
    """Write arrays by name as a compressed file, atomically; the same bytes each time.

    Raises:
        InputError: if the disk is full or the folder cannot be written to.
    """
    buffer = io.BytesIO()
    np.savez_compressed(buffer, **arrays)
    write_bytes(path, buffer.getbuffer())


@contextlib.contextmanager
def opened(path: str | Path, what: str) -> Iterator[Mapping[str, np.ndarray]]:
    """Open a file for the ``with`` block, in which its arrays are read by name.

    Args:
        what: is in the file, for an error ("tallies").

    Raises:
        InputError: if it is missing or damaged, or what the block reads is not there.
    """
    try:
        with np.load(path, allow_pickle=False) as file:
            yield file
    except FileNotFoundError as error:
        raise InputError(f"{path}: no such file; run the workflow again") from error
    except _DAMAGE as error:
        raise InputError(
            f"{path}: not a whole file of {what} ({error}); delete it and run the workflow again"
        ) from error


@dataclasses.dataclass(frozen=True, eq=False)
class Record:
    """What a dataclass inherits whose fields are arrays and, last, ``meta``, a dict.

    Attributes:
        WHAT: what a file of it holds, for an error.
    """

    WHAT: ClassVar[str]

    def save(self, path: str | Path) -> None:
        """Write the file; errors as :func:`save_arrays`."""
        fields = {field.name: getattr(self, field.name) for field in dataclasses.fields(self)}
        meta = np.array(json.dumps(fields.pop("meta"), sort_keys=True))
        save_arrays(path, **fields, meta=meta)

    @classmethod
    def load(cls, path: str | Path) -> Self:
        """Read a file that :meth:`save` wrote.

        Raises:
            InputError: if it is missing, damaged or something else.
        """
        build: Callable[..., Self] = cls
        with opened(path, cls.WHAT) as file:
            arrays = {field.name: file[field.name] for field in dataclasses.fields(cls)}
            return build(**arrays | {"meta": json.loads(str(arrays["meta"]))})
