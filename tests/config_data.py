"""The shipped configs, and configs with one mistake, for the tests of the config."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import yaml
from project import ROOT

from kdlens.config import published_rows, resolve
from kdlens.errors import InputError
from kdlens.schema import load_schema

# What the paper says and shows, as data, and not runs.
_LISTS = {ROOT / "config/claims.yaml", ROOT / "config/items.yaml"}
CONFIGS = sorted(set(ROOT.glob("config/*.yaml")) - _LISTS)
SCHEMA = load_schema(ROOT / "config/schemas/config.schema.yaml")
PUBLISHED = published_rows(ROOT / "config/reference/han2023/table01.csv")


def as_written(name: str) -> dict:
    """Return a shipped config as its file says it."""
    return yaml.safe_load((ROOT / f"config/{name}.yaml").read_text("utf-8"))


CHECKPOINT, DEMO = as_written("checkpoint"), as_written("config")
# Datasets that are drawn in a second.
FEW_IMAGES = {
    "source": "concept_world",
    "image_size": 32,
    "classes": "families",
    "images": {"train": 48, "val": 24},
    "mean": [0.45] * 3,
    "std": [0.25] * 3,
}
FEW_CONCEPTS = {
    "name": "few_concepts",
    "source": "concept_world",
    "image_size": 32,
    "mask_size": 16,
    "images": 170,
}
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


@pytest.fixture(name="no_variables")
def no_variables_fixture(monkeypatch):
    """Those of config/checkpoint.yaml are not set, whatever the tests are run with."""
    for name in ("CHECKPOINT", "CHECKPOINT_SHA256", "CONCEPTS"):
        monkeypatch.delenv(name, raising=False)


def of_measure(measure: str) -> tuple[Callable[..., dict], Callable[..., None]]:
    """Return two functions for configs with other keys of ``measures.<measure>``.

    The one resolves such a config, the other checks that it is refused with these words.
    """

    def resolved(base: dict = DEMO, **settings: object) -> dict:
        for key, value in settings.items():
            base = changed(f"measures.{measure}.{key}", value, base)
        return resolve(base, SCHEMA, PUBLISHED)

    def refused(words: str, base: dict = DEMO, **settings: object) -> None:
        with pytest.raises(InputError, match=words):
            resolved(base, **settings)

    return resolved, refused


def changed(path: str, value: object, base: dict = DEMO) -> dict:
    """A config with one key (dotted path) set, or removed if ``value`` is ``...``."""
    config = copy.deepcopy(base)
    *parents, last = path.split(".")
    node = config
    for key in parents:
        node = node.setdefault(key, {})
    if value is ...:
        del node[last]
    else:
        node[last] = value
    return config
