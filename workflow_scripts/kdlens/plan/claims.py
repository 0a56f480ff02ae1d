"""The claims ledger: which of a run's tables its claims need, and what is told of the models."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from kdlens.config_variants import ITEMS
from kdlens.plan import figures, paths, results, variants
from kdlens.plan import tables as tables_of_dissection
from kdlens.plan.measures import diffroar, entropy, five_band, loss_gradients, text
from kdlens.plan.paths import Config

_FACTS = ("alpha", "temperature")


def files(config: Config) -> list[str]:
    """Return the ledger; nothing where no model stands for one of the paper's."""
    if not any("reference" in model for model in config["models"].values()):
        return []
    return [f"{paths.run(config)}/claims.{ending}" for ending in ("json", "md", "html")]


def tables(config: Config, claims: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the csv files that the claims are about, as far as this run makes them."""
    named = {part["table"] for claim in claims.values() for part in claim["parts"]}
    found = [PurePosixPath(file) for file in results.paper_files(config)]
    return [str(file) for file in found if file.suffix == ".csv" and file.stem in named]


def rows(config: Config, table: str) -> list[dict[str, Any]]:
    """Return the networks that a table or figure of claims will show, one a row: model, method, ...

    Args:
        table: the stem of its csv file; the run must make it.
    """
    if table in ITEMS:
        return variants.rows(config, table)
    return list(_PARAMS[table](config)["runs"])


_PARAMS: dict[str, Callable[[Config], Mapping[str, Any]]] = {
    "table01": tables_of_dissection.table01_params,
    "table02": entropy.table_params,
    "table03": five_band.table03_params,
    "table04": diffroar.table_params,
    "table05": lambda config: text.table_params(config, "table05"),
    "table10": tables_of_dissection.table10_params,
    "table12": entropy.table_params,
    "table13": lambda config: text.table_params(config, "table13"),
    "figure06": five_band.figure06_params,
    "figure09": lambda config: figures.curve_params(config, "figure09"),
    "figure10": lambda config: figures.curve_params(config, "figure10"),
    "loss_gradients": loss_gradients.table_params,
}


def published(folder: str) -> list[str]:
    """Return the files of the published tables."""
    return sorted(map(str, Path(folder).glob("table*.csv")))


def params(config: Config) -> dict[str, Any]:
    """Return what the check of the claims is told: alphas and temperatures, and the level."""
    facts = {
        name: {key: model[key] for key in _FACTS if key in model}
        for name, model in config["models"].items()
    }
    return {
        "facts": {name: own for name, own in facts.items() if own},
        "level": config["paper"]["claims"]["level"],
    }
