"""The part of a config that speaks of Figures 9 and 10, Table 10 and the unit grids.

:func:`resolve_figures` fills in what the schema cannot (models, quantiles and layers that follow
other keys) and checks that what is to be shown is dissected. `kdlens.config` calls it
once Table 1's models are known.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kdlens.config_data import require_main_model
from kdlens.errors import InputError, suggest


def resolve_figures(config: dict[str, Any]) -> None:
    """Complete and check these items of ``paper``, in place.

    An item that the run has too little for is left with a list that is too short to draw: one
    quantile in ``figure09``, no layer in ``table10``; the rules then leave it out.

    Raises:
        InputError: at the first thing that is wrong.
    """
    paper, dissection = config["paper"], config["dissection"]
    quantiles = dissection["quantiles"]
    for name in ("figure09", "figure10"):
        paper[name].setdefault("models", paper["figure02"]["models"])
        require_rows(config, paper[name]["models"], f"paper.{name}.models")
    paper["figure09"].setdefault("quantiles", sorted(quantiles))
    if len(paper["figure09"]["quantiles"]) < min(2, len(quantiles)):
        raise InputError(
            "config key paper.figure09.quantiles: needs at least 2 of dissection.quantiles; add "
            "one, or leave it out"
        )
    for quantile in paper["figure09"]["quantiles"]:
        if quantile not in quantiles:
            raise InputError(
                f"config key paper.figure09.quantiles: {quantile:g} is not among "
                f"dissection.quantiles ({', '.join(f'{q:g}' for q in quantiles)}); add it there"
            )
    _resolve_table10(config)
    grids = paper["unit_grids"]
    grids.setdefault("models", paper["models"])
    require_rows(config, grids["models"], "paper.unit_grids.models")
    most = dissection.get("top_images", grids["images"])
    if grids["images"] > most:
        raise InputError(
            f"config key paper.unit_grids.images: {grids['images']} is more than "
            f"dissection.top_images ({most}); raise that, or write at most {most}"
        )


def _resolve_table10(config: dict[str, Any]) -> None:
    """Table 10 has the models that are dissected at all of its layers."""
    table, layers = config["paper"]["table10"], config["dissection"]["layers"]
    networks = {config["models"][name]["network"] for name in config["paper"]["models"]}
    dissected = [config["networks"][name]["layers"] for name in sorted(networks)]
    table.setdefault("layers", layers[:-1] if layers in dissected else [])
    known = list(dict.fromkeys(layer for each in dissected for layer in each))
    for layer in table["layers"]:
        if layer not in known:
            raise InputError(
                f"config key paper.table10.layers: '{layer}' is not among dissection.layers; add "
                f"it there, or: {suggest(layer, known)}"
            )
    if not any(set(table["layers"]) <= set(each) for each in dissected):
        raise InputError(
            "config key paper.table10.layers: no network has all of them; name layers of one "
            "architecture"
        )


def require_rows(config: Mapping[str, Any], names: Iterable[str], key: str) -> None:
    """Raise an InputError for the first of these models, given under ``key``, outside Table 1."""
    for name in names:
        require_main_model(config, name, key)
        if name not in config["paper"]["models"]:
            raise InputError(
                f"config key {key}: '{name}' is not among paper.models, so nobody dissects it; "
                "add it there"
            )
