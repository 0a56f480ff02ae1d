"""What the schema cannot say of ``measures.entropy``: models, categories and pairs of classes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kdlens.config_data import TRAINING
from kdlens.config_measures.choice import (
    FOR_CLASSES,
    MEASURED,
    models_for_classes,
    resolve_references,
)
from kdlens.config_names import require_known
from kdlens.errors import InputError
from kdlens.variables import expand_path

_KEY = "measures.entropy"
_ROWS = ("scratch", "kd", "label_smoothing")
_PAIRS = {
    "imagenet": ["n02105505", "n02105641"],  # komondor, Old English sheepdog
    "liveries": ["car_plain", "van_plain"],
    "families": ["animal", "bird"],
}


def resolve(config: dict[str, Any]) -> None:
    """Complete and check the section, in place.

    Raises:
        InputError: for a model that is not there or has other classes than the dataset, and for
            models where the categories of their classes are not known.
    """
    settings, data = config["measures"]["entropy"], config.get(TRAINING)
    if data and data["source"] == "concept_world":
        settings.setdefault("categories", {"source": "concept_world"})
    known = settings.get("categories")
    if known:
        _check_categories(known, data)
    own = models_for_classes(config, TRAINING)
    rows = [name for name in config["paper"]["models"] if name in own]
    settings.setdefault("models", rows if known and data else [])
    require_known(settings["models"], own, f"{_KEY}.models", FOR_CLASSES)
    if settings["models"] and not known:
        raise InputError(
            f"config key {_KEY}.categories: is missing, and without it no entropy within a "
            "category can be measured; write the source of the categories, or models: []"
        )
    trained = [m for m in settings["models"] if config["models"][m]["method"] != "random_init"]
    settings.setdefault("correct", trained or settings["models"])
    require_known(settings["correct"], settings["models"], f"{_KEY}.correct", MEASURED)
    if settings["models"] and not settings["correct"]:
        raise InputError(
            f"config key {_KEY}.correct: is empty; name at least one model, or leave it out"
        )
    resolve_references(config, "entropy", _ROWS, "Table 2")
    settings.setdefault("pairs", _pairs(known, data) if data and settings["models"] else [])


def _check_categories(known: dict[str, Any], data: Mapping[str, Any] | None) -> None:
    if known["source"] == "concept_world":
        if not data or data["source"] != "concept_world":
            raise InputError(
                f"config key {_KEY}.categories.source: training_data is not of the concept world; "
                "write imagenet, or csv and a path"
            )
        return
    if "path" in known:
        known["path"] = expand_path(known["path"], f"{_KEY}.categories.path")
    elif "urls" not in known:
        raise InputError(
            f"config key {_KEY}.categories: give path (on this machine) or urls (to fetch)"
        )


def _pairs(known: Mapping[str, Any] | None, data: Mapping[str, Any]) -> list[list[str]]:
    source = known and known["source"]
    if source == "concept_world":
        return [_PAIRS[data["classes"]]]
    whole = source == "imagenet" and data.get("num_classes") == 1000
    return [_PAIRS["imagenet"]] if whole else []
