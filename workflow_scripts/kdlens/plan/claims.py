"""The claims ledger: which of a run's tables its claims need, and what is told of the models."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path, PurePosixPath
from typing import Any

from kdlens.plan import paths, results
from kdlens.plan.paths import Config

_FACTS = ("alpha", "temperature")


def files(config: Config) -> list[str]:
    """Return the ledger; nothing where no model stands for one of the paper's."""
    if not any("reference" in model for model in config["models"].values()):
        return []
    return [f"{paths.run(config)}/claims.{ending}" for ending in ("json", "md", "html")]


def tables(config: Config, claims: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the csv files that the claims are about, as far as this run makes them."""
    named = {part["table"] for claim in claims.values() for part in claim["parts"]}
    found = [PurePosixPath(file) for file in results.paper_files(config)]
    return [str(file) for file in found if file.suffix == ".csv" and file.stem in named]


def published(folder: str) -> list[str]:
    """Return the files of the published tables."""
    return sorted(map(str, Path(folder).glob("table*.csv")))


def params(config: Config) -> dict[str, Any]:
    facts = {
        name: {key: model[key] for key in _FACTS if key in model}
        for name, model in config["models"].items()
    }
    return {
        "facts": {name: own for name, own in facts.items() if own},
        "level": config["paper"]["claims"]["level"],
    }
