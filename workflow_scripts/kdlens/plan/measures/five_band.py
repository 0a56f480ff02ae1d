"""Five-band scores on drawn cells: the measure, Table 3, Figures 6, 7 and 11."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kdlens.config_data import image_roles, section_of
from kdlens.plan import datasets, figures, models, paper, paths, tables
from kdlens.plan.jobs import Job, job
from kdlens.plan.paths import Config

_NAME = "five_band"


def results(config: Config) -> list[str]:
    """Return the scores and maps of every network, and the yardsticks."""
    found = [paths.measure(config, _NAME, *pair) for pair in _pairs(config)]
    files = [f"{stem}.{ending}" for stem in found for ending in ("json", "npz")]
    made = [yardsticks(config)] if shown(config) else []
    return [*files, *made]


def paper_files(config: Config) -> list[str]:
    """Return Table 3 and Figures 6, 7 and 11; without models, Figure 11 alone."""
    if not _role(config):
        return []
    files = figures.files(config, "figure11")
    if shown(config):
        files = [
            *tables.files(config, "table03"),
            *figures.files(config, "figure06", "csv"),
            *figures.files(config, "figure07"),
            *files,
        ]
    return files


def jobs(config: Config) -> Iterator[Job]:
    """Yield the jobs of networks and yardsticks."""
    for pair in _pairs(config):
        stem = paths.measure(config, _NAME, *pair)
        yield job("measure_five_band", stem, f"{stem}.json")
    if shown(config):
        yield job("measure_five_band_yardsticks", paths.measures(config, _NAME))


def shown(config: Config) -> list[str]:
    """Return the models that are measured: none where the run has no drawn cells."""
    return _settings(config)["models"]


def yardsticks(config: Config) -> str:
    """Return the scores of maps that no network made."""
    return f"{paths.measures(config, _NAME)}/yardsticks.json"


def files(config: Config) -> list[str]:
    """Return the scores of every network, in the order of the table's rows."""
    return [f"{paths.measure(config, _NAME, *pair)}.json" for pair in _pairs(config)]


def figure06_files(config: Config) -> list[str]:
    """Return the scores of the networks of Figure 6."""
    pairs = models.pairs(config, _figure_models(config, "figure06"))
    return [f"{paths.measure(config, _NAME, *pair)}.json" for pair in pairs]


def figure07_maps(config: Config) -> list[str]:
    """Return the maps of the models of Figure 7, of the first seed each."""
    return [
        f"{paths.measure(config, _NAME, run['model'], run['seed'])}.npz"
        for run in _figure07_runs(config)
    ]


def dataset(config: Config) -> str | list[str]:
    """Return the summary of the drawn cells, or nothing if there are none."""
    role = _role(config)
    return datasets.summary(config, role) if role else []


def tree(config: Config) -> list[str]:
    """Return the folder of the drawn cells."""
    role = _role(config)
    return datasets.tree(config, role) if role else []


def params(config: Config, name: str, seed: int) -> dict[str, Any]:
    """Return what the measure of a network is told."""
    settings = _settings(config)
    return {
        "network": models.network(config, name),
        "image": models.image(config, name),
        "label": {"model": name, "seed": seed},
        "thresholds": settings["thresholds"],
        "clamp": settings.get("clamp"),
        "only_correct": settings["only_correct"],
        "samples": settings["figure07"]["classes"],
        "batch_size": settings["batch_size"],
        "device": config["device"],
    }


def yardsticks_params(config: Config) -> dict[str, Any]:
    """Return what the measure of the yardsticks is told."""
    return {"thresholds": _settings(config)["thresholds"]}


def table03_params(config: Config) -> dict[str, Any]:
    """Return what Table 3 and its caption are told."""
    settings = _settings(config)
    runs = [
        {**run, "reference": settings["references"].get(run["model"])}
        for run in paper.runs(config, shown(config))
    ]
    return {
        "runs": runs,
        "empty_class": settings["empty_class"],
        "thresholds": settings["thresholds"],
        "clamp": settings.get("clamp"),
        "only_correct": settings["only_correct"],
        **_about(config),
    }


def figure06_params(config: Config) -> dict[str, Any]:
    """Return what Figure 6 and its caption are told."""
    return {
        "runs": paper.runs(config, _figure_models(config, "figure06")),
        "thresholds": _settings(config)["thresholds"],
        **_about(config),
    }


def figure07_params(config: Config) -> dict[str, Any]:
    """Return what Figure 7 and its caption are told."""
    return {"runs": _figure07_runs(config), **_about(config)}


def figure11_params(config: Config) -> dict[str, Any]:
    """Return what Figure 11 and its caption are told."""
    return _about(config)


def _figure07_runs(config: Config) -> list[dict[str, Any]]:
    names = _figure_models(config, "figure07")
    first = {name: config["models"][name]["seeds"][0] for name in names}
    return [run for run in paper.runs(config, names) if run["seed"] == first[run["model"]]]


def _figure_models(config: Config, figure: str) -> list[str]:
    return _settings(config)[figure].get("models", [])


def _about(config: Config) -> dict[str, Any]:
    role = _role(config)
    data = section_of(config, role) if role else {}
    return {"dataset": data.get("name"), "image_size": data.get("image_size")}


def _role(config: Config) -> str | None:
    """Return the role of the drawn cells: that of the models, or else the first there is."""
    if shown(config):
        return models.role(config, shown(config)[0])
    roles = (role for role in image_roles(config) if section_of(config, role)["source"] == "cells")
    return next(roles, None)


def _pairs(config: Config) -> list[tuple[str, int]]:
    return models.pairs(config, shown(config))


def _settings(config: Config) -> dict[str, Any]:
    return config["measures"][_NAME]
