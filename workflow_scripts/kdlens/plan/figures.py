"""Figures 2, 3, 9 and 10 and those of single networks; the activation maps behind Figure 3."""

from __future__ import annotations

from typing import Any

from kdlens.plan import datasets, dissections, models, paper, paths
from kdlens.plan.paths import Config


def files(config: Config, name: str, *beside: str) -> list[str]:
    """Return the files of a figure; ``beside`` its picture, those of these endings."""
    endings = ("svg", "pdf", "png", *beside)
    return [f"{paths.run(config)}/figures/{name}.{ending}" for ending in endings]


def figure02_params(config: Config) -> dict[str, Any]:
    """Return what Figure 2 and its caption are told."""
    names = config["paper"]["figure02"]["models"]
    return {
        **paper.measured(config, names),
        "models": names,
        "dataset": paper.dataset_names(config),
        "seeds": sorted({seed for _, seed in models.pairs(config, names)}),
    }


def figure03_networks(config: Config) -> list[str]:
    """Return the weights of the networks of Figure 3, in the order of its columns."""
    return [models.file(config, e["model"], e["seed"]) for e in _figure03_columns(config)]


def figure03_tallies(config: Config) -> list[str]:
    """Return the tallies of the networks of Figure 3, in the order of its columns."""
    return [dissections.tallies(config, e["model"], e["seed"]) for e in _figure03_columns(config)]


def maps_params(config: Config) -> dict[str, Any]:
    """Return what the job that computes the maps of Figure 3 is told."""
    shown, size = config["paper"]["figure03"], config["dissection"]["image_size"]
    entries = [
        {
            **column,
            "method": paper.shown_as(config, column["model"]),
            "network": models.network(config, column["model"]),
            "image": models.image(config, column["model"], size),
            "layer": dissections.table_layer(config, column["model"]),
        }
        for column in _figure03_columns(config)
    ]
    return {
        **paper.measured_in_all_layers(config),
        **{key: shown[key] for key in ("category", "images")},
        "concept": shown.get("concept"),
        "entries": entries,
        "image_size": size,
        "categories": datasets.packing(config)["categories"],
        "device": config["device"],
    }


def figure03_params(config: Config) -> dict[str, Any]:
    """Return what the caption of Figure 3 says; all else stands with the maps."""
    shown = config["paper"]["figure03"]
    return {
        **paper.measured(config, shown["models"]),
        "category": shown["category"],
        "concept": shown.get("concept"),
        "entries": _figure03_columns(config),
    }


def _figure03_columns(config: Config) -> list[dict[str, Any]]:
    return [paper.first_seed(config, name) for name in config["paper"]["figure03"]["models"]]


def curve_tallies(config: Config, figure: str) -> list[str]:
    """Return the tallies of Figure 9 or 10, in the order of its rows."""
    return paper.tallies(config, _curve_rows(config, figure))


def curve_params(config: Config, figure: str) -> dict[str, Any]:
    """Return what Figure 9 or 10 holds fixed, and the values of the setting that varies."""
    varied, fixed = {
        "figure09": ("quantiles", "iou_threshold"),
        "figure10": ("iou_thresholds", "quantile"),
    }[figure]
    rows = _curve_rows(config, figure)
    settings = paper.measured(config, [row["model"] for row in rows])
    return {
        "layer": settings["layer"],
        "denominator": settings["denominator"],
        fixed: settings[fixed],
        varied: config["paper"][figure][varied],
        "runs": rows,
        "dataset": paper.dataset_names(config),
    }


def _curve_rows(config: Config, figure: str) -> list[dict[str, Any]]:
    """Return the lines of Figure 9 or 10 by seed: its models, then the shuffled-label null."""
    names = config["paper"][figure]["models"]
    rows = [row for row in paper.rows(config) if row["model"] in names]
    return sorted(rows, key=lambda row: (row["labels"] == "shuffled", names.index(row["model"])))


def unit_grid_params(config: Config) -> dict[str, Any]:
    """Return which units the unit grids show, and how many images of each."""
    grids = config["paper"]["unit_grids"]
    return {
        **{key: grids[key] for key in ("units_per_category", "images")},
        "categories": config["concept_data"].get("categories"),
    }
