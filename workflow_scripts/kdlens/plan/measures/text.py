"""The attributions of words: Tables 5 and 13, and some sentences (text_attributions)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from kdlens.config_text import layers_of, teachers_of
from kdlens.plan import figures, paths, tables, text
from kdlens.plan.jobs import Job, job
from kdlens.plan.paths import Config

MEASURE = "text"
# In the order of the links in reports.
_ENDINGS = ("csv", "md", "html", "tex")
_WORDS = "_words.csv"


def file(config: Config, name: str, seed: int, ending: str = ".json") -> str:
    """Return what was found of a network."""
    return f"{paths.measure(config, MEASURE, name, seed)}{ending}"


def results(config: Config) -> list[str]:
    """Return the agreement and the words of every network."""
    return [file(config, *pair, end) for pair in text.pairs(config) for end in (".json", _WORDS)]


def params(config: Config, name: str, seed: int) -> dict[str, Any]:
    """Return what the measurement of a network is told."""
    return {
        "name": name,
        "seed": seed,
        "network": text.network(config, name),
        "settings": dict(config["text"]["attribution"]),
        "lower_case": config["text"]["vocabulary"]["lower_case"],
        "device": config["device"],
    }


def jobs(config: Config) -> Iterator[Job]:
    """Yield the jobs of networks."""
    for pair in text.pairs(config):
        folder = paths.measure(config, MEASURE, *pair)
        yield job("measure_text_attribution", folder, f"{folder}.json")


def paper_files(config: Config) -> list[str]:
    """Return Tables 5 and 13, as far as they have rows, and the figure."""
    names = [name for name in ("table05", "table13") if rows(config, name)]
    found = [file for name in names for file in tables.files(config, name, _ENDINGS)]
    if text.models(config):
        found += figures.files(config, "text_attributions", "csv")
    return found


def rows(config: Config, table: str) -> list[dict[str, Any]]:
    """Return the rows of Table 5 or 13, by seed.

    Table 5 has the students of the fewest layers, Table 13 those of all numbers of layers, from few
    to many. What has as many layers as a student stands beside it, and the teachers below.
    """
    if not text.models(config):
        return []
    section = config["text"]
    models, teachers = section["models"], teachers_of(section)
    depths = sorted({layers_of(section, m) for m, model in models.items() if "teacher" in model})
    depths = depths or sorted({layers_of(section, name) for name in models})
    if table == "table05":
        depths = depths[:1]
    elif len(depths) < 2:
        return []
    names = [
        name
        for depth in depths
        for name in models
        if name not in teachers and layers_of(section, name) == depth
    ]
    return [_row(config, *pair) for pair in text.pairs(config, [*names, *teachers])]


def _row(config: Config, name: str, seed: int) -> dict[str, Any]:
    section = config["text"]
    model, layers = section["models"][name], layers_of(section, name)
    reference = model.get("reference")
    return {
        "model": name,
        "seed": seed,
        "layers": layers,
        "label": f"{model['label']}, {layers} layer{'s' if layers > 1 else ''}",
        "method": "teacher" if name in teachers_of(section) else model["method"],
        "reference": None if reference is None else f"{reference} {layers}",
    }


def table_params(config: Config, table: str) -> dict[str, Any]:
    """Return what Table 5 or 13 and its caption are told."""
    return {
        "number": int(table.removeprefix("table")),
        "runs": rows(config, table),
        **shown(config),
    }


def files(config: Config, runs: Iterable[dict[str, Any]], ending: str = ".json") -> list[str]:
    """Return what was found of these rows' networks."""
    return [file(config, run["model"], run["seed"], ending) for run in runs]


def shown(config: Config) -> dict[str, Any]:
    """Return what tables, figure and captions say of sentences and settings."""
    if "text" not in config:
        return {}
    section = config["text"]
    keys = ("layer", "target", "steps")
    return {
        "dataset": section["data"]["name"],
        "generated": section["data"]["source"] == "sentiment_world",
        "settings": {key: section["attribution"][key] for key in keys},
    }


def figure_rows(config: Config) -> list[dict[str, Any]]:
    """Return the networks whose words the figure shows."""
    section = config.get("text")
    if section is None:
        return []
    names = section["figure"]["models"]
    return [_row(config, name, section["models"][name]["seeds"][0]) for name in names]


def figure_params(config: Config) -> dict[str, Any]:
    """Return what the figure and its caption are told."""
    if "text" not in config:
        return {}
    sentences = config["text"]["figure"]["sentences"]
    return {"runs": figure_rows(config), "sentences": sentences, **shown(config)}


def figure_words(config: Config) -> list[str]:
    """Return the words of the networks that the figure shows."""
    return files(config, figure_rows(config), _WORDS)
