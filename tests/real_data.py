"""Real datasets, for the tests that read them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from project import ROOT


def real_file(name: str) -> Path:
    """Return the path of a file in the folder of real data, or skip the test."""
    path = Path(os.environ.get("KDLENS_DATA") or ROOT / "data", name)
    if not path.is_file():
        pytest.skip(f"{path} is not there; set KDLENS_DATA to the folder that has it")
    return path
