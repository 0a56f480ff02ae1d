"""What a config chooses of a concept dataset, checked against the dataset as soon as it is there.

This is read with every call of the workflow, so it looks at the small tables only, with nothing but
the standard library; that the tables are right is what the check of the whole tree is for.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kdlens.errors import InputError, suggest


def check_choices(config: Mapping[str, Any], root: Path) -> None:
    """Check the categories and the concept that a resolved config names.

    Args:
        root: the folder of the dataset, which has category.csv and a c_<category>.csv each.

    Raises:
        InputError: that names the key, and what is there.
    """
    known = _names(root / "category.csv")
    shown = config["paper"]["figure03"]
    chosen = {"concept_data.categories": config["concept_data"].get("categories", [])}
    chosen["paper.figure03.category"] = [shown["category"]]
    for key, names in chosen.items():
        for name in names:
            if name not in known:
                raise InputError(
                    f"config key {key}: {root} has no category '{name}'; {suggest(name, known)}"
                )
    concept = shown.get("concept")
    if concept is None:
        return
    labels = _names(root / f"c_{shown['category']}.csv")
    if concept not in labels:
        raise InputError(
            f"config key paper.figure03.concept: {root} has no {shown['category']} '{concept}'; "
            f"{suggest(concept, labels)}"
        )


def _names(path: Path) -> list[str]:
    with open(path, encoding="utf-8", newline="") as handle:
        return [row["name"] for row in csv.DictReader(handle)]
