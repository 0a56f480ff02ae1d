"""What the measures share in choosing their models."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from kdlens.config_data import entry, models_of
from kdlens.config_names import require_known

# What a model must be, for messages.
FOR_CLASSES = "a model for the classes of training_data"
MEASURED = "among the models that are measured"


def models_for_classes(config: Mapping[str, Any], role: str) -> list[str]:
    """Return the models of a dataset whose outputs are its classes, as far as is known.

    A checkpoint may tell other classes apart (``classes`` of its network).
    """
    known = (entry(config, role) or {}).get("num_classes")
    networks = config["networks"]
    return [
        name
        for name, model in models_of(config, role).items()
        if networks[model["network"]].get("classes") in (None, known)
    ]


def resolve_references(
    config: Mapping[str, Any], measure: str, rows: Collection[str], table: str
) -> None:
    """Complete and check which published row stands beside each model of a measure, in place.

    Args:
        measure: its key in ``measures``.
        rows: of the published table.
        table: what that is called.

    Raises:
        InputError: for a model that is not measured, and for a row that is not there.
    """
    settings, key = config["measures"][measure], f"measures.{measure}.references"
    own = {name: config["models"][name].get("reference") for name in settings["models"]}
    named = settings.setdefault("references", {m: row for m, row in own.items() if row in rows})
    require_known(named, settings["models"], key, MEASURED)
    for name, row in named.items():
        require_known([row], rows, f"{key}.{name}", f"a row of the published {table}")
