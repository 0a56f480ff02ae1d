"""Tables 6 to 9 and 11 and Figures 4 and 5: their rows, tallies, and what their jobs are told."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kdlens.config_variants import TABLES_OF_KD, beside, shown
from kdlens.plan import paper
from kdlens.plan.paths import Config


def hyper_parameter_tables(config: Config) -> list[str]:
    """Return which of Tables 6 to 9 the run has, by number."""
    return [f"{n}" for n in range(6, 10) if shown(config, f"table0{n}")]


def rows(config: Config, item: str) -> list[dict[str, Any]]:
    """Return the rows by seed: scratch, the item's models, and the nulls.

    A row of Tables 6 to 9 is called after its hyper-parameters, by which the published one is
    found; in Table 11 that is found by the architectures.
    """
    others, own = beside(config, item), shown(config, item)
    names = [name for name in others if config["models"][name]["method"] == "cross_entropy"] + own
    found = paper.rows(config, [*names, *(name for name in others if name not in names)])
    for row in found:
        if row["model"] in own and row["labels"] == "true":
            row |= _called(config, item, row["model"])
    return found


def _called(config: Config, item: str, name: str) -> dict[str, Any]:
    model = config["models"][name]
    if item in TABLES_OF_KD:
        temperature = f"T {model['temperature']:g}"
        return {"label": temperature, "reference": f"alpha {model['alpha']:g}, {temperature}"}
    if item == "table09":
        return dict.fromkeys(("label", "reference"), f"alpha {model['alpha']:g}")
    if item == "table11":
        teacher = model.get("teacher")
        pair = [_network(config, each) for each in (name, teacher) if each is not None]
        return {"reference": " of ".join(network["architecture"] for network in pair)}
    return {}


def _network(config: Config, name: str) -> Mapping[str, Any]:
    return config["networks"][config["models"][name]["network"]]


def tallies(config: Config, item: str) -> list[str]:
    """Return the tallies of an item, in the order of its rows."""
    return paper.tallies(config, rows(config, item))


def metrics(config: Config, item: str) -> list[str]:
    """Return the metrics of an item's networks, in the order of its rows."""
    return paper.metrics(config, rows(config, item))


def params(config: Config, item: str) -> dict[str, Any]:
    """Return what an item and its caption are told."""
    found = rows(config, item)
    return {
        **paper.measured(config, [row["model"] for row in found]),
        "runs": found,
        "dataset": paper.dataset_names(config),
    }


def published(folder: str, number: str) -> str:
    """Return the csv file of one of the published Tables 6 to 9."""
    return f"{folder}/{'table09' if number == '9' else 'table06_07_08'}.csv"


def hyper_parameters_params(config: Config, number: str) -> dict[str, Any]:
    """Return what one of Tables 6 to 9 is told, with its number and its subject."""
    item, subject = f"table0{number}", "label smoothing at each alpha"
    if item in TABLES_OF_KD:
        subject = f"KD with alpha {config['paper'][item]['alpha']:g} at each temperature T"
    return {**params(config, item), "number": int(number), "subject": subject}


def table11_params(config: Config) -> dict[str, Any]:
    """Return what Table 11 is told, with the networks of each model and of its teacher."""
    models = config["models"]
    told = params(config, "table11")
    networks = {}
    for name in dict.fromkeys(row["model"] for row in told["runs"]):
        teacher = models[name].get("teacher")
        networks[name] = {
            "student": models[name]["network"],
            "teacher": models[teacher]["network"] if teacher else None,
        }
    return {**told, "networks": networks}


def figure04_params(config: Config) -> dict[str, Any]:
    """Return what Figure 4 is told, with each point's temperature and the name of the line."""
    models, names = config["models"], shown(config, "figure04")
    teachers = dict.fromkeys(models[models[name]["teacher"]]["label"] for name in names)
    return {
        **params(config, "figure04"),
        "temperatures": {name: models[name]["temperature"] for name in names},
        "label": f"KD from {' and '.join(teachers)}",
    }


def figure04_caption(config: Config) -> dict[str, Any]:
    """Return what the caption of Figure 4 says beside: the alphas of students and teachers."""
    models, names = config["models"], shown(config, "figure04")
    teachers = dict.fromkeys(models[name]["teacher"] for name in names)
    return {
        "students": sorted({models[name]["alpha"] for name in names}),
        "teachers": {models[name]["label"]: models[name].get("alpha") for name in teachers},
    }


def figure05_params(config: Config) -> dict[str, Any]:
    """Return what Figure 5 is told, with its pairs of models."""
    return {**params(config, "figure05"), "pairs": config["paper"]["figure05"]["pairs"]}


def figure05_caption(config: Config) -> dict[str, Any]:
    """Return what the caption of Figure 5 says beside: how logits are distilled."""
    models = config["models"]
    return {
        models[both]["label"]: {key: models[both].get(key) for key in ("alpha", "temperature")}
        for _, both in config["paper"]["figure05"]["pairs"]
    }
