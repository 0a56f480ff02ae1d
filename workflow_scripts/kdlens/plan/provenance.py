"""What the manifest says of a job: its name, and the seed that it was drawn from."""

from __future__ import annotations

from collections.abc import Mapping

from kdlens.config_data import CONCEPTS, image_roles, section_of
from kdlens.plan.paths import Config


def job_name(rule: str, wildcards: Mapping[str, object]) -> str:
    """Return the name of a job in the manifest: ``train_model model=kd seed=1``."""
    return " ".join([rule, *(f"{key}={wildcards[key]}" for key in sorted(wildcards))])


def seed_of(config: Config, rule: str, wildcards: Mapping[str, str]) -> int | None:
    """Return the seed of the network that a job is about, or of the dataset that it draws.

    None is returned for a job of several networks, and one that has no seed.
    """
    if "seed" in wildcards:
        return int(wildcards["seed"])
    if not rule.startswith("render_"):
        return None
    datasets = [section_of(config, role) for role in (*image_roles(config), CONCEPTS)]
    datasets.append((config.get("text") or {}).get("data"))
    for dataset in datasets:
        if dataset and dataset["name"] == wildcards.get("dataset"):
            return dataset.get("seed")
    return None
