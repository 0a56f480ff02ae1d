"""The claims as data: ``config/claims.yaml`` against its schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from kdlens.errors import InputError
from kdlens.schema import read_checked

_KINDS = ("order", "above", "rises_with", "falls_with")


def read_claims(path: str | Path, schema: str | Path) -> dict[str, Any]:
    """Return ``{"claims": {id: claim}, "inconsistencies": [...]}``.

    Raises:
        InputError: for a key that is wrong, missing or there twice, and for two primary claims.
    """
    found = read_checked(path, schema)
    for name, claim in found["claims"].items():
        for part in claim["parts"]:
            kinds = [kind for kind in _KINDS if kind in part]
            if len(kinds) != 1:
                raise InputError(
                    f"{path}: a part of the claim {name} has {' and '.join(kinds) or 'none'} of "
                    f"{', '.join(_KINDS)}; write exactly one"
                )
    primary = [name for name, claim in found["claims"].items() if claim.get("primary")]
    if len(primary) > 1:
        raise InputError(
            f"{path}: {' and '.join(primary)} are primary; one claim at most is tested unadjusted"
        )
    return {"inconsistencies": [], **found}
