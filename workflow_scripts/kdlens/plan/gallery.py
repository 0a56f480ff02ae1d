"""The gallery: one page for every layer of a network, and their index."""

from __future__ import annotations

from typing import Any

from kdlens.plan import dissections, paper, paths
from kdlens.plan.paths import Config


def page(
    config: Config, model: str = "{model}", seed: int | str = "{seed}", layer: str = "{layer}"
) -> str:
    """Return the path of a page, or the pattern of all."""
    return f"{paths.run(config)}/gallery/{model}/seed{seed}/{layer}.html"


def entries(config: Config) -> list[dict[str, Any]]:
    """Return the pages of the gallery: every layer of its models, by their first seed or all."""
    shown, models = config["paper"]["gallery"], config["models"]
    return [
        {"label": models[name]["label"], "model": name, "seed": seed, "layer": layer}
        for name in shown["models"]
        for seed in models[name]["seeds"][: 1 if shown["seeds"] == "first" else None]
        for layer in dissections.layers(config, name)
    ]


def tallies(config: Config) -> list[str]:
    """Return the tallies of every page, in the order of the entries."""
    return [dissections.tallies(config, e["model"], e["seed"], e["layer"]) for e in entries(config)]


def pages(config: Config) -> list[str]:
    """Return every page, in the order of the entries."""
    return [page(config, e["model"], e["seed"], e["layer"]) for e in entries(config)]


def page_params(config: Config, name: str, seed: int, layer: str) -> dict[str, Any]:
    """Return what the job of a page is told."""
    shown = config["paper"]["gallery"]
    return {
        **paper.measured_in_all_layers(config),
        **{key: shown[key] for key in ("images", "thumbnail")},
        "label": config["models"][name]["label"],
        "model": name,
        "seed": seed,
        "layer": layer,
        "categories": config["concept_data"].get("categories"),
    }


def index_params(config: Config) -> dict[str, Any]:
    """Return what the index is told."""
    return {
        **paper.measured_in_all_layers(config),
        "title": config["title"],
        "dataset": config["concept_data"]["name"],
        "entries": entries(config),
    }
