"""The dissections: their tallies, and what the rule that makes them is told."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from kdlens.config_data import main_models
from kdlens.config_variants import dissected
from kdlens.plan import datasets, models, paths
from kdlens.plan.paths import Config


def layers(config: Config, name: str) -> list[str]:
    """Return the layers at which a model is dissected: those of its network."""
    return config["networks"][config["models"][name]["network"]]["layers"]


def table_layer(config: Config, name: str) -> str:
    """Return the layer of a model that tables and figures are about, if they do not say another."""
    return layers(config, name)[-1]


def table_layers(config: Config, names: Iterable[str]) -> str:
    """Return the names of these models' layers as a text: one, but for a mix of architectures."""
    return ", ".join(dict.fromkeys(table_layer(config, name) for name in names))


def all_layers(config: Config) -> list[str]:
    """Return every layer at which some model is dissected."""
    return list(
        dict.fromkeys(layer for name in main_models(config) for layer in layers(config, name))
    )


def groups(config: Config) -> list[dict[str, Any]]:
    """Return the models by their layers, since all jobs of a rule have the same files.

    The rule is called ``dissect`` for the first layers, and after the first network that has them
    for any others.
    """
    found: dict[tuple[str, ...], dict[str, Any]] = {}
    for name, model in main_models(config).items():
        own = tuple(layers(config, name))
        rule = f"dissect_{re.sub('[^A-Za-z0-9_]', '_', model['network'])}" if found else "dissect"
        group = found.setdefault(own, {"rule": rule, "layers": list(own), "models": []})
        group["models"].append(name)
    return list(found.values())


def tallies(
    config: Config, name: str, seed: int, layer: str | None = None, labels: str = "true"
) -> str:
    """Return a layer's tallies, the table's layer by default, with true or shuffled labels."""
    layer = layer or table_layer(config, name)
    suffix = "_shuffled" if labels == "shuffled" else ""
    return f"{paths.dissection(config, name, seed)}/{layer}{suffix}.npz"


def all_tallies(config: Config) -> list[str]:
    """Return the tallies of every network that is dissected, with true labels."""
    return [
        tallies(config, name, seed, layer)
        for name, seed in models.pairs(config, dissected(config))
        for layer in layers(config, name)
    ]


def params(config: Config, name: str, seed: int) -> dict[str, Any]:
    """Return what the dissection of a network is told."""
    keys: tuple[str, ...] = ("quantiles", "iou_threshold", "denominator", "shuffle_seed")
    keys += ("top_images", "precision")
    settings = config["dissection"]
    return {
        "layers": layers(config, name),
        **{key: settings[key] for key in keys},
        "batch_size": settings.get("batch_size"),
        "network": models.network(config, name),
        "image": models.image(config, name, settings["image_size"]),
        "categories": datasets.packing(config)["categories"],
        "device": config["device"],
        "label": {"model": name, "seed": seed},
    }


def resources(config: Config) -> dict[str, int]:
    """Return what a dissection may use of the machine: nothing that changes its results.

    They are resources and no params, so that a change of them dissects nothing again.
    """
    settings = config["dissection"]
    return {
        "keep_mib": round(1024 * settings["memory_gib"]),
        "device_keep_mib": round(1024 * settings["device_memory_gib"]),
        "decoders": settings["workers"],
    }
