"""The folders of a run; without a model and seed, the patterns that rules are written in.

A run writes to one folder, :func:`run`. With ``from_reference`` only the paper stage runs, and
reads what the other stages found from another one, that of the shipped results.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

Config = Mapping[str, Any]


def run(config: Config) -> str:
    """Return the folder that the paper stage writes to, and every other stage that runs."""
    middle = "/from_reference" if config["from_reference"] else ""
    return f"{config['results']}{middle}/{config['run']}"


def shipped(config: Config) -> str:
    """Return the folder of the run's shipped results."""
    return f"{config['results']}/reference/{config['run']}"


def found(config: Config) -> str:
    """Return the folder in which the paper stage finds what the stages before it wrote."""
    return shipped(config) if config["from_reference"] else run(config)


def data(config: Config) -> str:
    """Return the folder of all datasets, which runs share; shipped, a run has its own."""
    return f"{shipped(config) if config['from_reference'] else config['results']}/data"


def model(config: Config, name: str = "{model}", seed: int | str = "{seed}") -> str:
    """Return the folder of a network."""
    return f"{found(config)}/models/{name}/seed{seed}"


def dissection(config: Config, name: str = "{model}", seed: int | str = "{seed}") -> str:
    """Return the folder of a network's dissection."""
    return f"{found(config)}/dissection/{name}/seed{seed}"


def activation_maps(config: Config) -> str:
    """Return the file of the activation maps of Figure 3."""
    return f"{found(config)}/dissection/activation_maps.npz"


def measures(config: Config, measure: str) -> str:
    """Return the folder of what a measure found."""
    return f"{found(config)}/measures/{measure}"


def measure(config: Config, measure: str, name: str = "{model}", seed: int | str = "{seed}") -> str:
    """Return what a measure found of a network: ``<this>.json``, and files of other endings."""
    return f"{measures(config, measure)}/{name}/seed{seed}"
