"""Table 1, the comparison with the published one, and Table 10."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from kdlens.plan import dissections, paper, paths
from kdlens.plan.paths import Config

ENDINGS = ("csv", "md", "tex", "html")


def files(config: Config, name: str, endings: Iterable[str] = ENDINGS) -> list[str]:
    """Return the files of a table, one for each ending."""
    return [f"{paths.run(config)}/tables/{name}.{ending}" for ending in endings]


def table01_tallies(config: Config) -> list[str]:
    """Return the tallies of Table 1, in the order of its rows."""
    return paper.tallies(config, paper.rows(config))


def metrics(config: Config) -> list[str]:
    """Return the metrics of the tables' networks, in the order of the rows of Table 1."""
    return paper.metrics(config, paper.rows(config))


def table01_params(config: Config) -> dict[str, Any]:
    """Return what Table 1, the comparison and their captions are told."""
    return {
        **paper.measured(config, config["paper"]["models"]),
        "runs": paper.rows(config),
        "dataset": paper.dataset_names(config),
    }


def table10_rows(config: Config) -> list[dict[str, Any]]:
    """Return the rows of the models that have all layers of Table 10."""
    layers = set(config["paper"]["table10"]["layers"])
    return [
        row for row in paper.rows(config) if layers <= set(dissections.layers(config, row["model"]))
    ]


def table10_tallies(config: Config) -> list[str]:
    """Return the files of the first layer in the order of the rows, then the second's, ..."""
    rows = table10_rows(config)
    layers = config["paper"]["table10"]["layers"]
    return [file for layer in layers for file in paper.tallies(config, rows, layer)]


def table10_params(config: Config) -> dict[str, Any]:
    """Return what Table 10 and its caption are told."""
    return {
        **paper.measured_in_all_layers(config),
        "layers": config["paper"]["table10"]["layers"],
        "runs": table10_rows(config),
        "dataset": paper.dataset_names(config),
    }
