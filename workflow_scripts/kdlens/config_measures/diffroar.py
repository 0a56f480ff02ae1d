"""Checks of ``measures.diffroar``, and what it takes from the rest of the config."""

from __future__ import annotations

from typing import Any

from kdlens.config_data import entry, role_of
from kdlens.config_models import check_training
from kdlens.config_names import require_known
from kdlens.errors import InputError

_KEY = "measures.diffroar"


def resolve(config: dict[str, Any]) -> None:
    """Check the section, and give every measured dataset its whole settings, in place.

    Its ``datasets`` then has an entry for each dataset of a measured model, with ``rankings``,
    ``fill``, ``retraining`` and, if one is known, ``published``.

    Raises:
        InputError: at the first thing that is wrong.
    """
    section = config["measures"]["diffroar"]
    section["fractions"] = sorted(section["fractions"])
    measured: dict[str, Any] = {}
    require_known(section["models"], config["models"], f"{_KEY}.models", "an entry of models")
    for name in section["models"]:
        data = entry(config, role_of(config["models"][name]))
        if data is None:
            raise InputError(
                f"config key {_KEY}.models: '{name}' has no images to be measured on; give the run "
                "training_data, or the model data"
            )
        measured[data["name"]] = data
    overrides = section["datasets"]
    if section["models"]:
        require_known(overrides, measured, f"{_KEY}.datasets", "a dataset of a measured model")
    section["datasets"] = {
        name: _settings(section, overrides.get(name, {}), data) for name, data in measured.items()
    }
    for name, settings in section["datasets"].items():
        retraining, override = settings["retraining"], overrides.get(name, {}).get("retraining", {})
        own, key = f"{_KEY}.datasets.{name}.retraining", f"{_KEY}.retraining"
        if "network" in retraining:
            where = f"{own if 'network' in override else key}.network"
            require_known(
                [retraining["network"]], config["networks"], where, "an entry of networks"
            )
        # Of a dataset with keys of its own: there is the place to mend what does not go together.
        check_training(retraining, f"config key {own if override else key}")


def _settings(
    section: dict[str, Any], override: dict[str, Any], data: dict[str, Any]
) -> dict[str, Any]:
    settings = {
        "rankings": override.get("rankings", section["rankings"]),
        "fill": override.get("fill", section["fill"]),
        "retraining": {**section["retraining"], **override.get("retraining", {})},
    }
    published = override.get("published", data.get("dataset"))
    return settings | ({"published": published} if published else {})
