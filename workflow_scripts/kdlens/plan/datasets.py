"""The datasets, by role: how they come about, where they lie.

A role is ``training_data``, ``concept_data`` or a name of ``datasets`` (`kdlens.config_data`). A
run that trains nothing may have no training data; what is said of it is then empty.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from kdlens.config_data import CONCEPTS, entry, image_roles, section_of
from kdlens.data.sources import is_archive
from kdlens.plan import paths
from kdlens.plan.paths import Config

_MADE = {
    "concept_world": "rendered",
    "cells": "drawn",
    "torchvision": "torchvision",
    "sentiment_world": "written",
}


def origin(config: Config, role: str) -> str | None:
    """Return how a dataset comes about.

    It is rendered (the concept world), drawn (cells), unpacked (from an archive), torchvision (from
    the files that it uses), or the user's folder. Nothing is returned for a dataset that the run
    does not have.
    """
    dataset = entry(config, role)
    return None if dataset is None else origin_of(dataset)


def origin_of(dataset: Config) -> str:
    """Return how a dataset with this section of a config comes about; sentences may be written."""
    lies = "folder" if "path" in dataset and not is_archive(dataset["path"]) else "unpacked"
    return _MADE.get(dataset["source"], lies)


def names(config: Config, role: str, *origins: str) -> list[str]:
    """Return the name of this dataset, if it comes about in one of these ways."""
    return [section_of(config, role)["name"]] if origin(config, role) in origins else []


def image_names(config: Config, *origins: str) -> list[str]:
    """Return the names of the networks' datasets; of those that come about in ``origins`` alone."""
    return [
        section_of(config, role)["name"]
        for role in image_roles(config)
        if not origins or origin(config, role) in origins
    ]


def role_named(config: Config, name: str) -> str:
    """Return the role of the dataset for networks that lies in the folder ``name``."""
    return next(role for role in image_roles(config) if section_of(config, role)["name"] == name)


def tree(config: Config, role: str) -> list[str]:
    """Return the folder of a dataset that a rule makes, or nothing if there is none."""
    made = names(config, role, "rendered", "drawn", "unpacked", "torchvision")
    return [f"{paths.data(config)}/{name}/tree" for name in made]


def root(config: Config, role: str) -> str:
    """Return the folder that holds a dataset's files."""
    return root_of(section_of(config, role), tree(config, role))


def root_of(dataset: Config, made: Sequence[str]) -> str:
    """Return the folder of a dataset with this section of a config; ``made`` if a rule makes it."""
    return made[0] if made else str(Path(dataset["path"], dataset.get("subfolder", "")))


def summary(config: Config, role: str) -> str | list[str]:
    """Return the summary of a dataset, or nothing if the run has no such dataset."""
    dataset = entry(config, role)
    return f"{paths.data(config)}/{dataset['name']}/dataset.json" if dataset else []


def archive(config: Config, role: str) -> list[str]:
    """Return the archive as an input, so that a new one is unpacked again."""
    return archive_of(entry(config, role) or {}, tree(config, role))


def archive_of(dataset: Config, made: Iterable[str]) -> list[str]:
    """Return the archive of a dataset with this section of a config; a rule makes ``made`` of it.

    An archive that is not there is left out (a dry run needs no data, and it may be fetched), but
    not once it has been unpacked: then a changed list of inputs would unpack it again in vain.
    """
    path = dataset.get("path")
    if not path or not is_archive(path):
        return []
    unpacked = "urls" not in dataset and any(Path(folder).is_dir() for folder in made)
    return [path] if unpacked or Path(path).is_file() else []


def own_files(config: Config, role: str) -> list[str]:
    """Return what to watch of a dataset that is used where it lies, as far as it exists."""
    if origin(config, role) != "folder":
        return []
    folder = Path(root(config, role))
    watched: Iterable[str] = ("index.csv", "label.csv", "category.csv")
    if role != CONCEPTS:
        watched = splits(config, role).values()
    return [str(folder / name) for name in watched if (folder / name).exists()]


def summaries(config: Config) -> list[str | list[str]]:
    """Return the summary of every dataset, that of the concepts last."""
    return [summary(config, role) for role in (*image_roles(config), CONCEPTS)]


def splits(config: Config, role: str) -> dict[str, str]:
    """Return the splits of a dataset for networks, each with its folder."""
    return section_of(config, role).get("splits", {"train": "train", "val": "val"})


def image_checks(config: Config, role: str) -> dict[str, Any]:
    """Return what the check of a dataset for networks is told."""
    dataset = section_of(config, role)
    return {
        "name": dataset["name"],
        "splits": splits(config, role),
        "num_classes": dataset.get("num_classes"),
    }


def world(config: Config, role: str) -> dict[str, Any]:
    """Return what the rules that render a world are told."""
    keys = ("image_size", "mask_size", "classes", "images", "seed")
    dataset = entry(config, role) or {}
    return {key: dataset[key] for key in keys if key in dataset}


def cells(config: Config, role: str) -> dict[str, Any]:
    """Return what the rule that draws cells is told."""
    keys = ("image_size", "images", "classes", "seed")
    return {key: section_of(config, role)[key] for key in keys}


def source(config: Config, role: str) -> dict[str, Any]:
    """Return what the rule that fetches or unpacks a dataset is told."""
    return source_of(entry(config, role) or {})


def source_of(dataset: Config) -> dict[str, Any]:
    """Return the same for a dataset with this section of a config."""
    return {
        "path": dataset.get("path"),
        "urls": dataset.get("urls", []),
        "sha256": dataset.get("sha256"),
        "subfolder": dataset.get("subfolder"),
    }


def torchvision_source(config: Config, role: str) -> dict[str, Any]:
    """Return what the rule that makes a tree of torchvision's files is told."""
    dataset = section_of(config, role)
    told = {key: value for key, value in source(config, role).items() if key != "subfolder"}
    return {**told, **{key: dataset[key] for key in ("dataset", "images", "seed")}}


def packing(config: Config) -> dict[str, Any]:
    """Return what the rule that packs the concept dataset is told; no categories stands for all."""
    categories = sorted(config["concept_data"].get("categories", []))
    return {
        "image_size": config["dissection"]["image_size"],
        "categories": categories or None,
    }


def packed(config: Config) -> str:
    """Return the folder of the packed concept dataset: one for each choice, since runs share it."""
    choice = packing(config)
    text = json.dumps(choice, sort_keys=True)
    digest = hashlib.sha256(text.encode("utf-8")).hexdigest()[:8]
    folder = f"packed_{choice['image_size']}_{digest}"
    return f"{paths.data(config)}/{config['concept_data']['name']}/{folder}"
