"""Is a folder a valid Provenance Run Crate? As rocrate-validator has it, without the network.

The validator brings the rules of all profiles, but fetches RO-Crate's vocabulary (its JSON-LD
context). Here it is given the one that comes with the rocrate package instead, that of RO-Crate
1.3, with the terms that version 1.1 spelled in another way as they were. Nothing is fetched.
"""

from __future__ import annotations

import json
import tempfile
from importlib import resources
from pathlib import Path
from typing import Any

from requests import Response
from rocrate_validator import services
from rocrate_validator.models import Severity
from rocrate_validator.utils.http import HttpRequester

PROFILE = "provenance-run-crate"
"""It asks for all that Workflow Run Crate, Process Run Crate and Workflow RO-Crate ask for."""

_CONTEXT = "https://w3id.org/ro/crate/1.1/context"
_BIOSCHEMAS = "https://bioschemas.org/"
_SPELLED_IN_1_1 = {
    "ComputationalWorkflow": f"{_BIOSCHEMAS}ComputationalWorkflow",
    "FormalParameter": f"{_BIOSCHEMAS}FormalParameter",
    "input": f"{_BIOSCHEMAS}ComputationalWorkflow#input",
    "output": f"{_BIOSCHEMAS}ComputationalWorkflow#output",
}


class _Packaged:
    """In place of the validator's HTTP session: knows the context, and nothing else."""

    def get(self, url: str, **_: Any) -> Response:
        answer = Response()
        answer.url, answer.status_code = url, 504
        if url == _CONTEXT:
            answer.status_code = 200
            answer.headers["Content-Type"] = "application/ld+json"
            answer._content = _context()
        return answer

    head = get


def validate(folder: Path, *, recommended: bool = False) -> list[str]:
    """Return a line for each requirement that the crate in ``folder`` does not meet.

    Args:
        recommended: those that a crate should meet are counted too.
    """
    with tempfile.TemporaryDirectory() as cache:
        settings = services.ValidationSettings(
            rocrate_uri=str(folder),
            profile_identifier=PROFILE,
            requirement_severity=Severity.RECOMMENDED if recommended else Severity.REQUIRED,
            offline=True,
            cache_path=Path(cache, "http"),
            skip_availability_check=True,
        )
        HttpRequester().session = _Packaged()
        result = services.validate(settings)
    return sorted(
        f"{issue.severity.name.lower()}, {issue.check.identifier}: {issue.message}"
        for issue in result.get_issues()
    )


def _context() -> bytes:
    packaged = resources.files("rocrate").joinpath("data/ro-crate.jsonld").read_text("utf-8")
    terms = {**json.loads(packaged)["@context"], **_SPELLED_IN_1_1}
    return json.dumps({"@context": terms}).encode()
