"""What the schema cannot say of ``measures.five_band``: the models, and that thresholds fit."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from kdlens.config_data import image_roles, models_of, role_of, section_of
from kdlens.errors import InputError, suggest

_KEY = "config key measures.five_band"
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
    of_models = {m: config["models"][m].get("reference") for m in settings["models"]}
    settings.setdefault("references", {m: row for m, row in of_models.items() if row in _ROWS})
    for name, row in settings["references"].items():
        _require(name, settings["models"], f"{_KEY}.references")
        if row not in _ROWS:
            raise InputError(
                f"{_KEY}.references.{name}: the published Table 3 has no row '{row}'; "
                f"{suggest(row, _ROWS)}"
            )
    if settings["models"]:
        settings["figure06"].setdefault("models", list(settings["models"]))
        settings["figure07"].setdefault("models", settings["models"][:_MOST_ROWS])
    for figure in ("figure06", "figure07"):
        for name in settings[figure].get("models", []):
            _require(name, settings["models"], f"{_KEY}.{figure}.models")


def _check_thresholds(thresholds: dict[str, Any]) -> None:
    inner, outer = thresholds["start"]
    if inner > outer:
        raise InputError(
            f"{_KEY}.thresholds.start: the inner threshold {inner:g} is more than the outer "
            f"{outer:g}; write the smaller one first"
        )
    steps, delta = thresholds["steps"], thresholds["delta"]
    last = round(inner - delta * (steps - 1), 12)
    if last <= 0:
        raise InputError(
            f"{_KEY}.thresholds: after {steps} steps of {delta:g} the inner threshold is {last:g}; "
            "it must stay above 0: write fewer or smaller steps"
        )


def _check_models(config: dict[str, Any], names: list[str], drawn: list[str]) -> None:
    roles = {}
    for name in names:
        _require(name, config["models"], f"{_KEY}.models")
        roles[role_of(config["models"][name])] = name
        if role_of(config["models"][name]) not in drawn:
            raise InputError(
                f"{_KEY}.models: {name} is not of drawn cells, and no other dataset has a truth to "
                "compare maps with; leave it out, or write in its entry the data: of a dataset "
                "whose source is cells"
            )
    if len(roles) > 1:
        raise InputError(
            f"{_KEY}.models: {' and '.join(roles.values())} are of different datasets, and scores "
            "of different images cannot be compared; keep the models of one"
        )


def _require(name: str, known: Collection[str], key: str) -> None:
    if name not in known:
        raise InputError(
            f"{key}: '{name}' is not a model that is there and measured; {suggest(name, known)}"
        )
