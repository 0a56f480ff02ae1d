"""Checks of ``measures.diffroar``, and what it takes from the rest of the config."""

from __future__ import annotations

from typing import Any

from kdlens.config_data import entry, role_of
from kdlens.errors import InputError, suggest


def resolve(config: dict[str, Any]) -> None:
    """Check the section, and give every measured dataset its whole settings, in place.

    Its ``datasets`` then has an entry for each dataset of a measured model, with ``rankings``,
    ``fill``, ``retraining`` and, if one is known, ``published``.

    Raises:
        InputError: at the first thing that is wrong.
    """
    section = config["measures"]["diffroar"]
    key = "config key measures.diffroar"
    section["fractions"] = sorted(section["fractions"])
    measured: dict[str, Any] = {}
    for name in section["models"]:
        if name not in config["models"]:
            raise InputError(f"{key}.models: no model '{name}'; {suggest(name, config['models'])}")
        data = entry(config, role_of(config["models"][name]))
        if data is None:
            raise InputError(
                f"{key}.models: '{name}' has no images to be measured on; give the run "
                "training_data, or the model data"
            )
        measured[data["name"]] = data
    overrides = section["datasets"]
    for name in overrides:
        if section["models"] and name not in measured:
            raise InputError(
                f"{key}.datasets: no measured model is of a dataset '{name}'; "
                f"{suggest(name, measured)}"
            )
    section["datasets"] = {
        name: _settings(section, overrides.get(name, {}), data) for name, data in measured.items()
    }
    for name, settings in section["datasets"].items():
        network = settings["retraining"].get("network")
        if network is not None and network not in config["networks"]:
            raise InputError(
                f"{key}: retraining.network of {name}: no network '{network}'; "
                f"{suggest(network, config['networks'])}"
            )


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
