"""DiffROAR: one job a network, one a dataset for the random rankings; Table 4 and its curves."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kdlens.config_data import models_of, section_of
from kdlens.plan import datasets, figures, models, paper, paths, tables
from kdlens.plan.jobs import Job, job
from kdlens.plan.paths import Config

RANDOM = "random_rankings"
_RULES = ("measure_diffroar", "measure_diffroar_random")


def measured(config: Config) -> list[str]:
    """Return the models that are measured."""
    return config["measures"]["diffroar"]["models"]


def random(config: Config) -> list[str]:
    """Return the datasets for which random rankings are measured."""
    section = config["measures"]["diffroar"]
    return list(section["datasets"]) if section["random_rankings"] else []


def random_path(config: Config, dataset: str = "{dataset}") -> str:
    """Return what was found of a dataset's random rankings: ``<this>.json``, and other endings."""
    return f"{paths.measures(config, 'diffroar')}/{RANDOM}/{dataset}"


def results(config: Config) -> list[str]:
    """Return what was found of every network, and of random rankings."""
    return [row["file"] for row in _rows(config)]


def paper_files(config: Config) -> list[str]:
    """Return Table 4 and its curves."""
    if not measured(config):
        return []
    curves = figures.files(config, "diffroar_curves", "csv")
    return [*tables.files(config, "table04"), *curves]


def jobs(config: Config) -> Iterator[Job]:
    """Yield the jobs of networks and of random rankings."""
    for name, seed in models.pairs(config, measured(config)):
        folder = paths.measure(config, "diffroar", name, seed)
        yield job(_RULES[0], folder, f"{folder}.json")
    for dataset in random(config):
        folder = random_path(config, dataset)
        yield job(_RULES[1], folder, f"{folder}.json")


def network_params(config: Config, name: str, seed: int) -> dict[str, Any]:
    """Return what the job that measures a network is told."""
    dataset = section_of(config, models.role(config, name))["name"]
    return {"name": name, "seed": seed, **_params(config, name, dataset)}


def random_params(config: Config, dataset: str) -> dict[str, Any]:
    """Return what the job of a dataset's random rankings is told: as of its first network."""
    seed = config["measures"]["diffroar"]["seed"]
    return {"name": RANDOM, "seed": seed, **_params(config, _first(config, dataset), dataset)}


def random_dataset(config: Config, dataset: str) -> str | list[str]:
    """Return the summary of a dataset whose random rankings are measured."""
    return models.dataset(config, _first(config, dataset))


def random_tree(config: Config, dataset: str) -> list[str]:
    """Return the folder of such a dataset, if a rule makes it."""
    return models.dataset_tree(config, _first(config, dataset))


def _first(config: Config, dataset: str) -> str:
    of_dataset = models_of(config, datasets.role_named(config, dataset))
    return next(name for name in measured(config) if name in of_dataset)


def _params(config: Config, name: str, dataset: str) -> dict[str, Any]:
    section = config["measures"]["diffroar"]
    settings = section["datasets"][dataset]
    retraining = {k: v for k, v in settings["retraining"].items() if k != "network"}
    shape = settings["retraining"].get("network", config["models"][name]["network"])
    return {
        "network": models.network(config, name),
        "image": models.image(config, name),
        "retraining": retraining,
        "retrained": models.network_named(config, shape),
        "rankings": settings["rankings"],
        "fill": settings["fill"],
        "label": section["label"],
        "fractions": section["fractions"],
        "initialisations": section["initialisations"],
        "tie_seed": section["seed"],
        "device": config["device"],
    }


def table_params(config: Config) -> dict[str, Any]:
    """Return what Table 4, the curves and their captions say and show."""
    section = config["measures"]["diffroar"]
    return {
        "runs": [{k: v for k, v in row.items() if k != "file"} for row in _rows(config)],
        "datasets": {
            name: {
                **{key: settings.get(key) for key in ("rankings", "fill", "published")},
                "epochs": settings["retraining"]["epochs"],
            }
            for name, settings in section["datasets"].items()
        },
        **{key: section[key] for key in ("label", "fractions", "initialisations")},
    }


def _rows(config: Config) -> list[dict[str, Any]]:
    """Return one entry for each result: dataset by dataset, the random rankings last."""
    found = []
    for dataset in config["measures"]["diffroar"]["datasets"]:
        of_dataset = models_of(config, datasets.role_named(config, dataset))
        names = [name for name in measured(config) if name in of_dataset]
        found += [
            {
                **run,
                "reference": config["models"][run["model"]].get("reference"),
                "dataset": dataset,
                "file": f"{paths.measure(config, 'diffroar', run['model'], run['seed'])}.json",
            }
            for run in paper.runs(config, names)
        ]
        if dataset in random(config):
            found.append(
                {
                    "model": RANDOM,
                    "seed": config["measures"]["diffroar"]["seed"],
                    "label": "random rankings",
                    "method": "null",
                    "reference": None,
                    "dataset": dataset,
                    "file": f"{random_path(config, dataset)}.json",
                }
            )
    return found
