"""Errors that a user can act on.

Every error that stems from input (a config, a file, a download, a checkpoint) is an
:class:`InputError`: its one-line message names the file or key, says what was expected, and what
to do. Anything else that is raised is a bug of ours and keeps its traceback.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence

_LISTED = 10  # names or problems that a message gives


class InputError(Exception):
    """Something that the user gave, or that lies on the disk, is not as it must be."""


def suggest(name: str, known: Iterable[str]) -> str:
    """Return ``"did you mean 'x'? Known: a, b, x"`` for a name that is not among ``known``."""
    known = sorted(known)
    close = difflib.get_close_matches(name, known, n=1)
    hint = f"did you mean '{close[0]}'? " if close else ""
    return f"{hint}Known: {', '.join(known) if known else '(none)'}"


def listed(problems: Sequence[str]) -> str:
    """Return the first ten problems in one line, and how many more there are."""
    more = f"; and {len(problems) - _LISTED} more" if len(problems) > _LISTED else ""
    return "; ".join(problems[:_LISTED]) + more
