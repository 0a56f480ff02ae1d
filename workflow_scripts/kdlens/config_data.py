"""The datasets of a config: which there are, which one a model is about, and their checks.

Three sections speak of datasets. ``training_data`` is the one that most networks learn and that
the tables of concept detectors are about; ``datasets`` holds further ones, by name, for the
measures that need others; ``concept_data`` has the concept masks. A *role* names one of them:
``training_data``, ``concept_data`` or a name of ``datasets``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from kdlens.config_names import require_known
from kdlens.errors import InputError
from kdlens.variables import expand_path

TRAINING, CONCEPTS = "training_data", "concept_data"
# Below results/data/, but not datasets.
RESERVED = ("weights",)
_CLASSES = {"liveries": 48, "families": 6}
_PUBLISHED_CLASSES = {"mnist": 10, "cifar10": 10, "cifar100": 100}


def image_roles(config: Mapping[str, Any]) -> list[str]:
    """Return the roles of all datasets that networks learn."""
    main = [TRAINING] if TRAINING in config else []
    return [*main, *config.get("datasets", {})]


def entry(config: Mapping[str, Any], role: str) -> Mapping[str, Any] | None:
    """Return what the config says of the dataset in this role; None if there is none."""
    return section_of(config, role) if role != TRAINING or TRAINING in config else None


def section_of(config: Mapping[str, Any], role: str) -> dict[str, Any]:
    """Return the section on the dataset in this role, which the config must have."""
    return config[role] if role in (TRAINING, CONCEPTS) else config["datasets"][role]


def key_of(role: str) -> str:
    """Return the config key under which a dataset is described."""
    return role if role in (TRAINING, CONCEPTS) else f"datasets.{role}"


def role_of(model: Mapping[str, Any]) -> str:
    """Return the role of the dataset that a model is about."""
    return model.get("data", TRAINING)


def main_models(config: Mapping[str, Any]) -> dict[str, Any]:
    """Return the models of ``training_data``, which the tables of concept detectors are about."""
    return models_of(config, TRAINING)


def models_of(config: Mapping[str, Any], role: str) -> dict[str, Any]:
    """Return the models of one dataset, in the order of the config."""
    return {name: model for name, model in config["models"].items() if role_of(model) == role}


def require_main_model(config: Mapping[str, Any], name: str, key: str) -> None:
    """Raise an InputError unless ``name``, given under ``key``, is a model of training_data."""
    models = config["models"]
    require_known([name], models, key, "an entry of models")
    if role_of(models[name]) != TRAINING:
        raise InputError(
            f"config key {key}: {name} is about {key_of(role_of(models[name]))}, and this is shown "
            "of models of training_data alone; leave it out"
        )


def check_data(config: dict[str, Any]) -> None:
    """Check what is said of the datasets; fill in names and paths, in place.

    Raises:
        InputError: at the first thing that is wrong.
    """
    for name, data in config["datasets"].items():
        if name in (TRAINING, CONCEPTS):
            raise InputError(
                f"config key datasets.{name}: is the name of another section; choose another"
            )
        data["name"] = name
    roles = [*image_roles(config), CONCEPTS]
    _check_names(config, roles)
    for role in roles:
        data, key = section_of(config, role), key_of(role)
        if "path" in data:
            data["path"] = expand_path(data["path"], f"{key}.path")
        if data["source"] in ("image_folder", "broden") and not ("path" in data or "urls" in data):
            raise InputError(f"config key {key}: give path (on this machine) or urls (to fetch)")
    for role in image_roles(config):
        _check_images(section_of(config, role), key_of(role))
    concepts = config[CONCEPTS]
    if concepts["source"] == "concept_world" and concepts["image_size"] % concepts["mask_size"]:
        raise InputError(
            f"config key concept_data.mask_size: {concepts['mask_size']} does not divide "
            f"image_size ({concepts['image_size']}); write its half, as in Broden"
        )


def _check_names(config: Mapping[str, Any], roles: Iterable[str]) -> None:
    seen: dict[str, str] = {}
    for role in roles:
        name, key = section_of(config, role)["name"], key_of(role)
        own = key if key.startswith("datasets.") else f"{key}.name"
        if name in RESERVED:
            raise InputError(
                f"config key {own}: '{name}' is the folder of fetched weights; choose another name"
            )
        if name in seen:
            raise InputError(
                f"config key {own}: '{name}' is the name of {seen[name]} too; give every dataset "
                "a name of its own"
            )
        seen[name] = key


def _check_images(data: Mapping[str, Any], key: str) -> None:
    if data.get("resize", data["image_size"]) < data["image_size"]:
        raise InputError(
            f"config key {key}.resize: {data['resize']} is less than image_size "
            f"({data['image_size']}); write at least that, or leave it out"
        )
    if min(data["std"]) <= 0:
        raise InputError(f"config key {key}.std: every entry must be more than 0")
    if data["source"] == "cells" and "resize" in data:
        raise InputError(
            f"config key {key}.resize: cells are drawn in the size that a network sees, and their "
            "truth with them; leave it out"
        )
    if data["source"] == "concept_world":
        if data["image_size"] < 32:
            raise InputError(
                f"config key {key}.image_size: the concept world cannot be drawn at "
                f"{data['image_size']} pixels; write at least 32"
            )
        _check_counts(data["images"], _CLASSES[data["classes"]], key)
    if data["source"] == "torchvision":
        _check_counts(data["images"], _PUBLISHED_CLASSES[data["dataset"]], key)
        if "sha256" in data and not ("path" in data or "urls" in data):
            raise InputError(
                f"config key {key}.sha256: is of an archive, and none is given; add its path or "
                "urls, or leave it out: what is fetched is verified by its published md5"
            )


def _check_counts(images: Mapping[str, int], fewest: int, key: str) -> None:
    for split, count in images.items():
        if count < fewest:
            raise InputError(
                f"config key {key}.images.{split}: {count} images cannot show {fewest} classes; "
                f"write at least {fewest}"
            )
