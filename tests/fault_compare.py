"""Are the files of a disturbed run those of an undisturbed one, to the byte?"""

from __future__ import annotations

import hashlib
import os
from pathlib import Path

# What jobs say of themselves has times in it, and what a run cost consists of them; the report
# shows both, and otherwise what is in other files. Of these files it matters that they are there.
# All else must be the same.
TOLD = {"logs", "benchmarks"}
TIMES = {"cost.csv", "cost.md", "cost.html", "jobs.json", "report.html"}


def fingerprints(folder: Path) -> dict[str, str]:
    """Return the sha256 of every file below ``folder``, hidden and temporary ones included."""
    found = {}
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if name not in TOLD]
        for name in files:
            path = Path(place, name)
            content = b"" if name in TIMES else path.read_bytes()
            found[path.relative_to(folder).as_posix()] = hashlib.sha256(content).hexdigest()
        if not files and not folders:
            found[f"{Path(place).relative_to(folder).as_posix()}/"] = "an empty folder"
    return found


def differences(expected: dict[str, str], found: dict[str, str]) -> list[str]:
    """Return a line for each file that is missing, too many, or not the same."""
    lines = [f"missing: {name}" for name in sorted(expected.keys() - found.keys())]
    lines += [f"left behind: {name}" for name in sorted(found.keys() - expected.keys())]
    both = sorted(expected.keys() & found.keys())
    return lines + [f"differs: {name}" for name in both if expected[name] != found[name]]
