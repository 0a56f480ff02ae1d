"""The folders of a run; without a model and seed, the patterns that rules are written in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Config = Mapping[str, Any]


def data(config: Config) -> str:
    """Return the folder of all datasets, which runs share."""
    return f"{config['results']}/data"


def run(config: Config) -> str:
    return f"{config['results']}/{config['run']}"


def model(config: Config, name: str = "{model}", seed: int | str = "{seed}") -> str:
    return f"{run(config)}/models/{name}/seed{seed}"


def dissection(config: Config, name: str = "{model}", seed: int | str = "{seed}") -> str:
    return f"{run(config)}/dissection/{name}/seed{seed}"


def measure(config: Config, measure: str, name: str = "{model}", seed: int | str = "{seed}") -> str:
    """Return what a measure found of a network: ``<this>.json``, and files of other endings."""
    return f"{run(config)}/measures/{measure}/{name}/seed{seed}"
