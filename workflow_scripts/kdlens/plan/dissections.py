"""The dissections: their tallies, and what the rule that makes them is told."""

from __future__ import annotations

from typing import Any

from kdlens.plan import datasets, models, paths
from kdlens.plan.paths import Config


def table_layer(config: Config) -> str:
    """Return the layer that tables and figures are about, if they do not say another."""
    return config["dissection"]["layers"][-1]


def tallies(
    config: Config, name: str, seed: int, layer: str | None = None, labels: str = "true"
) -> str:
    """Return a layer's tallies, the table's layer by default, with true or shuffled labels."""
    suffix = "_shuffled" if labels == "shuffled" else ""
    return f"{paths.dissection(config, name, seed)}/{layer or table_layer(config)}{suffix}.npz"


def all_tallies(config: Config) -> list[str]:
    return [
        tallies(config, name, seed, layer)
        for name, seed in models.pairs(config, config["paper"]["models"])
        for layer in config["dissection"]["layers"]
    ]


def params(config: Config, name: str, seed: int) -> dict[str, Any]:
    keys = ("layers", "quantiles", "iou_threshold", "denominator", "shuffle_seed")
    keys += ("top_images", "precision")
    settings = config["dissection"]
    return {
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
