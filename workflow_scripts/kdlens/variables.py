"""Environment variables in the texts of a config: ``${NAME}`` and ``${NAME:-default}``."""

from __future__ import annotations

import os
import re
from pathlib import Path

from kdlens.errors import InputError

_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def expand(text: str, key: str) -> str:
    """Replace environment variables by their values.

    Args:
        key: of the config, for the message.

    Raises:
        InputError: if a variable without default is not set.
    """

    def value(match: re.Match[str]) -> str:
        name, default = match.groups()
        found = os.environ.get(name) or default
        if found is None:
            raise InputError(
                f"config key {key}: the environment variable {name} is not set; "
                f"set it, or write the value itself"
            )
        return found

    return _VARIABLE.sub(value, text)


def expand_path(text: str, key: str) -> str:
    """Replace environment variables, and a leading ``~``; errors as :func:`expand`."""
    return str(Path(expand(text, key)).expanduser())
