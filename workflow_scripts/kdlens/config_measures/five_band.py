"""What the schema cannot say of ``measures.five_band``: the models, and that thresholds fit."""

from __future__ import annotations

from typing import Any

from kdlens.config_data import image_roles, models_of, role_of, section_of
from kdlens.config_measures.choice import MEASURED, resolve_references
from kdlens.config_names import require_known
from kdlens.errors import InputError

_KEY = "measures.five_band"
_ROWS = ("scratch", "kd")
_MOST_ROWS = 6  # of Figure 7


def resolve(config: dict[str, Any]) -> None:
    """Complete and check the section, in place; without drawn cells no model is measured.

    Raises:
        InputError: for a model that is not there, or not of drawn cells, for models of several
            datasets, for thresholds that fall to zero.
    """
    settings = config["measures"]["five_band"]
    _check_thresholds(settings["thresholds"])
    drawn = [role for role in image_roles(config) if section_of(config, role)["source"] == "cells"]
    settings.setdefault("models", list(models_of(config, drawn[0])) if drawn else [])
    _check_models(config, settings["models"], drawn)
    resolve_references(config, "five_band", _ROWS, "Table 3")
    if settings["models"]:
        settings["figure06"].setdefault("models", list(settings["models"]))
        settings["figure07"].setdefault("models", settings["models"][:_MOST_ROWS])
    for figure in ("figure06", "figure07"):
        key = f"{_KEY}.{figure}.models"
        require_known(settings[figure].get("models", []), settings["models"], key, MEASURED)


def _check_thresholds(thresholds: dict[str, Any]) -> None:
    inner, outer = thresholds["start"]
    if inner > outer:
        raise InputError(
            f"config key {_KEY}.thresholds.start: the inner threshold {inner:g} is more than "
            f"the outer {outer:g}; write the smaller one first"
        )
    steps, delta = thresholds["steps"], thresholds["delta"]
    last = round(inner - delta * (steps - 1), 12)
    if last <= 0:
        raise InputError(
            f"config key {_KEY}.thresholds: after {steps} steps of {delta:g} the inner threshold "
            f"is {last:g}; it must stay above 0: write fewer or smaller steps"
        )


def _check_models(config: dict[str, Any], names: list[str], drawn: list[str]) -> None:
    require_known(names, config["models"], f"{_KEY}.models", "an entry of models")
    roles = {}
    for name in names:
        roles[role_of(config["models"][name])] = name
        if role_of(config["models"][name]) not in drawn:
            raise InputError(
                f"config key {_KEY}.models: {name} is not of drawn cells, and no other dataset "
                "has a truth to compare maps with; leave it out, or write in its entry the data: "
                "of a dataset whose source is cells"
            )
    if len(roles) > 1:
        raise InputError(
            f"config key {_KEY}.models: {' and '.join(roles.values())} are of different datasets, "
            "and scores of different images cannot be compared; keep the models of one"
        )
