"""The shipped configs, and configs with one mistake, for the tests of the config."""

from __future__ import annotations

import copy
from pathlib import Path

import yaml

from kdlens.config import published_rows
from kdlens.schema import load_schema

ROOT = Path(__file__).resolve().parent.parent
# What the paper says and shows, as data, and not runs.
_LISTS = {ROOT / "config/claims.yaml", ROOT / "config/items.yaml"}
CONFIGS = sorted(set(ROOT.glob("config/*.yaml")) - _LISTS)
SCHEMA = load_schema(ROOT / "config/schemas/config.schema.yaml")
PUBLISHED = published_rows(ROOT / "config/reference/han2023/table01.csv")
CHECKPOINT = yaml.safe_load((ROOT / "config/checkpoint.yaml").read_text("utf-8"))
DEMO = yaml.safe_load((ROOT / "config/config.yaml").read_text("utf-8"))
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


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
