"""What tables, figures and captions share: how was measured, the rows, who stands for a model."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kdlens.config_models import teachers_of
from kdlens.plan import dissections, models, paths
from kdlens.plan.paths import Config

Row = Mapping[str, Any]


def measured(config: Config, names: Iterable[str]) -> dict[str, Any]:
    """Return what tables and captions that show these models say of the measurement."""
    layer = dissections.table_layers(config, names)
    return {"layer": layer, **measured_in_all_layers(config)}


def measured_in_all_layers(config: Config) -> dict[str, Any]:
    """Return the same for what names its layers itself."""
    settings = config["dissection"]
    return {
        "quantile": settings["quantiles"][0],
        "iou_threshold": settings["iou_threshold"],
        "denominator": settings["denominator"],
    }


def dataset_names(config: Config) -> dict[str, str | None]:
    """Return the names of the datasets; None for one that the run does not have."""
    roles = {"training": "training_data", "concepts": "concept_data"}
    return {key: config.get(role, {}).get("name") for key, role in roles.items()}


def shown_as(config: Config, name: str) -> str:
    """Return what colours a model in figures: its method, or that it is a teacher."""
    models = config["models"]
    return "teacher" if name in teachers_of(models) else models[name]["method"]


def rows(config: Config, names: Iterable[str] | None = None) -> list[dict[str, Any]]:
    """Return rows by seed: these models (left out, those of Table 1), then the shuffled null."""
    paper = config["paper"]
    found = [
        {
            **run,
            "reference": config["models"][run["model"]].get("reference"),
            "labels": "true",
            "layer": dissections.table_layer(config, run["model"]),
        }
        for run in runs(config, paper["models"] if names is None else names)
    ]
    shuffled = [row for row in found if row["model"] == paper["shuffled"]]
    for row in shuffled:
        label = f"{row['label']}, shuffled labels"
        found.append({**row, "label": label, "reference": None, "labels": "shuffled"})
    return found


def runs(config: Config, names: Iterable[str]) -> list[dict[str, Any]]:
    """Return one entry for each seed of these models: model, seed, label, method (its colour)."""
    return [
        {
            "model": name,
            "seed": seed,
            "label": config["models"][name]["label"],
            "method": shown_as(config, name),
        }
        for name, seed in models.pairs(config, names)
    ]


def tallies(config: Config, rows: Iterable[Row], layer: str | None = None) -> list[str]:
    """Return the tallies of these rows, each in its network's layer by default."""
    return [
        dissections.tallies(config, row["model"], row["seed"], layer, row["labels"]) for row in rows
    ]


def metrics(config: Config, rows: Iterable[Row]) -> list[str]:
    """Return the metrics of these rows' networks."""
    return [models.file(config, row["model"], row["seed"], "metrics.json") for row in rows]


def first_seed(config: Config, name: str) -> dict[str, Any]:
    """Return the network that stands for a model where one is shown."""
    model = config["models"][name]
    return {"model": name, "seed": model["seeds"][0], "label": model["label"]}


def first_seed_file(config: Config, name: str, suffix: str) -> str:
    """Return a file of that network's dissection: the one of its layer in tables."""
    folder = paths.dissection(config, name, config["models"][name]["seeds"][0])
    return f"{folder}/{dissections.table_layer(config, name)}{suffix}"
