"""What the schema cannot say of ``measures.loss_gradients``: masks and models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kdlens.config_data import CONCEPTS, TRAINING, main_models
from kdlens.config_measures.choice import FOR_CLASSES, models_for_classes
from kdlens.config_names import require_known
from kdlens.errors import InputError

MOST_COLUMNS = 6
"""Of a figure, if the config does not say which."""
_KEY = "measures.loss_gradients"


def resolve(config: dict[str, Any]) -> None:
    """Complete and check the section, in place.

    Raises:
        InputError: for masks that there cannot be, and for a model that is not there.
    """
    settings, data = config["measures"]["loss_gradients"], config.get(TRAINING)
    drawn = data is not None and data["source"] == "concept_world"
    masks = settings.setdefault("masks", "validation" if drawn else "none")
    if masks == "validation" and not drawn:
        raise InputError(
            f"config key {_KEY}.masks: training_data is not of the concept world, so where its "
            "objects are is not known; write concepts or none"
        )
    categories = config[CONCEPTS].get("categories", ["object"])
    if masks == "concepts" and "object" not in categories:
        raise InputError(
            f"config key {_KEY}.masks: concept_data.categories leaves out object; add it there, or "
            "write none"
        )
    if "objects" in settings and masks != "concepts":
        raise InputError(f"config key {_KEY}.objects: is for masks: concepts; leave it out")
    labelled = models_for_classes(config, TRAINING)
    shown = config["paper"]["figure02"]["models"]
    measured = list(main_models(config)) if masks == "concepts" else labelled
    default = [name for name in shown if name in measured] if masks != "none" else []
    settings.setdefault("models", default)
    what = "a model of training_data" if masks == "concepts" else FOR_CLASSES
    require_known(settings["models"], measured, f"{_KEY}.models", what)
    if settings["models"] and masks == "none":
        raise InputError(f"config key {_KEY}.models: without masks there are no numbers; write []")
    columns = [name for name in shown if name in labelled] if data else []
    settings.setdefault("figure_models", few(config, columns))
    seen = labelled if data else []
    require_known(settings["figure_models"], seen, f"{_KEY}.figure_models", FOR_CLASSES)


def figures(config: Mapping[str, Any]) -> dict[str, list[str]]:
    """Return the models of each dataset's figure, by the dataset's role.

    A further dataset with no models but nulls has none.
    """
    found = {TRAINING: config["measures"]["loss_gradients"]["figure_models"]}
    for role in config["datasets"]:
        names = models_for_classes(config, role)
        if any(config["models"][name]["method"] != "random_init" for name in names):
            found[role] = few(config, names)
    return {role: names for role, names in found.items() if names}


def few(config: Mapping[str, Any], names: Sequence[str]) -> list[str]:
    """Return up to :data:`MOST_COLUMNS` of these models, the last a null if there is one."""
    nulls = [name for name in names if config["models"][name]["method"] == "random_init"][:1]
    others = [name for name in names if config["models"][name]["method"] != "random_init"]
    return [*others[: MOST_COLUMNS - len(nulls)], *nulls]
