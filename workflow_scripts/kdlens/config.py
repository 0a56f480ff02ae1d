"""From the config file to a complete, consistent description of a run.

:func:`resolve` checks a config against the schema (``config/schemas/config.schema.yaml``), fills in
the schema's defaults, expands environment variables in paths, and checks what a schema cannot say:
that every name refers to something, that nobody teaches itself, that numbers fit together. The
first violation is raised as an :class:`~kdlens.errors.InputError`: one line with the key and what
to write instead.
"""

from __future__ import annotations

import copy
import csv
import os
from collections.abc import Collection, Mapping
from typing import Any

from kdlens.config_data import TRAINING, check_data, main_models, require_main_model
from kdlens.config_figures import require_rows, resolve_figures
from kdlens.config_measures import resolve_measures
from kdlens.config_models import check_models, require_what_trainings_need, teachers_of
from kdlens.config_names import require_known
from kdlens.config_sweeps import Origin, expand_sweeps, merge_equal, naming_entries
from kdlens.config_variants import ITEMS, resolve_variants, shown
from kdlens.errors import InputError
from kdlens.schema import validate, with_defaults

# Folders below `results` that are not a run's.
_RESERVED_RUNS = ("data", "from_reference", "reference")
# MiB that a dissection takes beside what it keeps: torch, the network, a batch.
_BESIDE_KEPT = 2000
# Of Figure 3, where a run has no student to show.
_MOST_COLUMNS = 4


def published_rows(table: str | os.PathLike[str]) -> list[str]:
    """Return the names of a published table's rows (its ``model`` column)."""
    with open(table, newline="", encoding="utf-8") as handle:
        return [row["model"] for row in csv.DictReader(handle)]


def resolve(
    config: Mapping[str, Any], schema: Mapping[str, Any], published: Collection[str]
) -> dict[str, Any]:
    """Return ``config`` checked, with all defaults and references filled in.

    Beside the schema's keys, every model gets ``label``, its whole ``training`` and, if it is
    taught, ``teacher_seed``; every network its ``layers``; ``paper`` its lists of models.

    Args:
        config: as read from the file.
        schema: as returned by :func:`kdlens.schema.load_schema`.
        published: the rows of the published Table 1 that a model's ``reference`` may name.

    Raises:
        InputError: at the first thing that is wrong.
    """
    own = copy.deepcopy(dict(config))
    origins = expand_sweeps(own, schema)
    with naming_entries(origins):
        return _resolve(own, schema, published, origins)


def _resolve(
    config: dict[str, Any],
    schema: Mapping[str, Any],
    published: Collection[str],
    origins: Mapping[str, Origin],
) -> dict[str, Any]:
    _read_switches(config, schema)
    validate(config, schema)
    config = with_defaults(config, schema, schema)
    swept = merge_equal(config, origins)
    if config["run"] in _RESERVED_RUNS:
        raise InputError(
            f"config key run: results/{config['run']} is used for something else; "
            "choose another name"
        )
    require_what_trainings_need(config)
    check_data(config)
    _check_image_size(config)
    check_models(config)
    _check_references(config, published)
    resolve_variants(config)
    _check_paper(config, swept)
    resolve_figures(config)
    resolve_measures(config)
    _check_memory(config)
    return config


def _read_switches(config: dict[str, Any], schema: Mapping[str, Any]) -> None:
    """Read true and false as YAML does: of ``--config key=true``, Snakemake makes a text."""
    for key, value in config.items():
        if schema["properties"].get(key, {}).get("type") == "boolean":
            config[key] = {"true": True, "false": False}.get(value, value)


def _check_memory(config: Mapping[str, Any]) -> None:
    kept, asked = config["dissection"]["memory_gib"], config["jobs"]["dissection"]["mem_mb"]
    needed = round(1024 * kept) + _BESIDE_KEPT
    if asked < needed:
        raise InputError(
            f"config key jobs.dissection.mem_mb: {asked} is too little for dissection.memory_gib "
            f"({kept:g}) and the network; write {needed} or more, or a smaller memory_gib"
        )


def _check_image_size(config: dict[str, Any]) -> None:
    settings = config["dissection"]
    if TRAINING in config:
        settings.setdefault("image_size", config[TRAINING]["image_size"])
    elif "image_size" not in settings:
        raise InputError(
            "config key dissection.image_size: is missing; without training_data, write the side "
            "in pixels that images are brought to, such as 224"
        )


def _check_references(config: Mapping[str, Any], published: Collection[str]) -> None:
    for name, model in config["models"].items():
        if "reference" in model:
            key, what = f"models.{name}.reference", "a row of the published Table 1"
            require_known([model["reference"]], published, key, what)


def _check_paper(config: dict[str, Any], swept: Collection[str]) -> None:
    models, paper = main_models(config), config["paper"]
    teachers = teachers_of(models)
    # What a sweep made stands in Table 1 only if no other table or figure shows it.
    elsewhere = {name for item in ITEMS for name in shown(config, item)} & set(swept)
    rows = paper.setdefault("models", [name for name in models if name not in elsewhere])
    for name in rows:
        require_main_model(config, name, "paper.models")
    students = [m for m in rows if m not in teachers]
    nulls = [m for m in rows if models[m]["method"] == "random_init"]
    if not nulls:
        raise InputError(
            "config key paper.models: a network with random weights must stand beside the others, "
            "to show what chance gives; add to models: "
            "random_init: {network: <as the students'>, method: random_init}"
        )
    trained = [m for m in students if models[m]["method"] == "cross_entropy"]
    others = [m for m in rows if m not in nulls]
    paper.setdefault("shuffled", (trained or others or nulls)[0])
    paper["figure02"].setdefault("models", [m for m in paper["models"] if m in students])
    first: dict[str, str] = {}
    for name in students:
        first.setdefault(models[name]["method"], name)
    columns = [first[m] for m in ("cross_entropy", "kd", "label_smoothing") if m in first]
    paper["figure03"].setdefault("models", columns or others[:_MOST_COLUMNS] or nulls[:1])
    paper["gallery"].setdefault("models", list(rows))
    named = {
        "paper.figure02.models": paper["figure02"]["models"],
        "paper.figure03.models": paper["figure03"]["models"],
        "paper.gallery.models": paper["gallery"]["models"],
        "paper.shuffled": [paper["shuffled"]],
    }
    for key, names in named.items():
        require_rows(config, names, key)
    categories = config["concept_data"].get("categories")
    if categories:
        key, category = "paper.figure03.category", paper["figure03"]["category"]
        require_known([category], categories, key, "among concept_data.categories")
