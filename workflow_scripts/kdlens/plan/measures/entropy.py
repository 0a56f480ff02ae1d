"""Entropy of the outputs: predictions, categories of the classes, and Tables 2, 12 and 14."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kdlens.config_data import TRAINING
from kdlens.plan import models, paper, paths, tables
from kdlens.plan.jobs import Job, job
from kdlens.plan.paths import Config

_COLUMNS = {"imagenet": {"class_column": "synset", "category_column": "categories"}}


def results(config: Config) -> list[str]:
    """Return the categories, the predictions and the measures."""
    if not shown(config):
        return []
    categorised = f"{_folder(config)}/categories.csv"
    return [categorised, *predictions(config, shown(config)), *files(config)]


def paper_files(config: Config) -> list[str]:
    """Return Tables 2 and 14, and Table 12 where there are pairs of classes."""
    if not shown(config):
        return []
    names = ["table02", *(["table12"] if _settings(config)["pairs"] else []), "table14"]
    return [file for name in names for file in tables.files(config, name)]


def jobs(config: Config) -> Iterator[Job]:
    """Yield the jobs of categories, predictions and measures."""
    if not shown(config):
        return
    yield job("make_categories", _folder(config))
    for pair in models.pairs(config, shown(config)):
        folder = paths.measure(config, "logits", *pair)
        yield job("predict", folder, f"{folder}.npz")
    for pair in models.pairs(config, shown(config)):
        yield job("measure_entropy", paths.measure(config, "entropy", *pair))


def shown(config: Config) -> list[str]:
    """Return the models that are measured: none where the run has too little for the measure."""
    return _settings(config)["models"]


def files(config: Config) -> list[str]:
    """Return the measure of every network, in the order of the tables' rows."""
    pairs = models.pairs(config, shown(config))
    return [f"{paths.measure(config, 'entropy', *pair)}.json" for pair in pairs]


def predictions(config: Config, names: Iterable[str]) -> list[str]:
    """Return the predictions of every network of these models."""
    pairs = models.pairs(config, names)
    return [f"{paths.measure(config, 'logits', *pair)}.npz" for pair in pairs]


def compared(config: Config) -> list[str]:
    """Return the predictions of the networks that must all classify an image right."""
    return predictions(config, _settings(config)["correct"])


def categories(config: Config) -> str | list[str]:
    """Return the categories of the dataset's classes, or nothing if the measure is left out."""
    return f"{_folder(config)}/categories.csv" if shown(config) else []


def table_of_categories(config: Config) -> list[str]:
    """Return the user's own csv file, as far as it exists (a dry run needs no data)."""
    path = _settings(config).get("categories", {}).get("path")
    return [path] if path and Path(path).is_file() else []


def categories_params(config: Config) -> dict[str, Any]:
    """Return what the rule that makes the categories is told."""
    if not shown(config):
        return {}
    source, told = _source(config)
    return {
        "source": source if source == "concept_world" else "csv",
        **_COLUMNS.get(source, {}),
        **told,
        "downloads": f"{_folder(config)}/download",
    }


def predict_params(config: Config, name: str, seed: int) -> dict[str, Any]:
    """Return what the rule that stores a network's predictions is told."""
    return {
        "network": models.network(config, name),
        "image": models.image(config, name),
        "label": {"model": name, "seed": seed},
        "device": config["device"],
    }


def params(config: Config, name: str, seed: int) -> dict[str, Any]:
    """Return what the measure of a network is told; for all images, their number is None."""
    asked = _measured(config)
    label = {"model": name, "seed": seed}
    return {"label": label, **asked, "images": asked["images"] or None}


def table_params(config: Config) -> dict[str, Any]:
    """Return what the tables and their captions are told."""
    if not shown(config):
        return {}
    rows = [
        {**run, "reference": _settings(config)["references"].get(run["model"])}
        for run in paper.runs(config, shown(config))
    ]
    labels = [config["models"][name]["label"] for name in _settings(config)["correct"]]
    return {
        "runs": rows,
        "dataset": config[TRAINING]["name"],
        "source": _source(config)[0],
        **_measured(config),
        "correct_labels": labels,
    }


def sizes_params(config: Config) -> dict[str, Any]:
    """Return what Table 14 and its caption are told."""
    if not shown(config):
        return {}
    return {"dataset": config[TRAINING]["name"], "source": _source(config)[0]}


def _settings(config: Config) -> dict[str, Any]:
    return config["measures"]["entropy"]


def _measured(config: Config) -> dict[str, Any]:
    keys = ("correct", "images", "seed", "singletons", "pairs")
    return {key: _settings(config)[key] for key in keys}


def _source(config: Config) -> tuple[str, dict[str, Any]]:
    told = dict(_settings(config)["categories"])
    return told.pop("source"), told


def _folder(config: Config) -> str:
    return f"{paths.data(config)}/{config[TRAINING]['name']}"
