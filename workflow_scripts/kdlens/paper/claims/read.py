"""The claims as data: ``config/claims.yaml`` against its schema."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

from kdlens.errors import InputError
from kdlens.schema import load_schema, require_unique_keys, validate

_KINDS = ("order", "above", "rises_with", "falls_with")


def read_claims(path: str | Path, schema: str | Path) -> dict[str, Any]:
    """Return ``{"claims": {id: claim}, "inconsistencies": [...]}``.

    Raises:
        InputError: for a key that is wrong, missing or there twice, and for two primary claims.
    """
    require_unique_keys(path)
    found = yaml.safe_load(Path(path).read_text("utf-8"))
    if not isinstance(found, dict):
        raise InputError(f"{path}: expected a mapping with the key claims")
    try:
        validate(found, load_schema(schema))
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
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
