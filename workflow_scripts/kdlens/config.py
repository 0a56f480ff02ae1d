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
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from kdlens.config_figures import resolve_figures
from kdlens.errors import InputError, suggest
from kdlens.schema import validate, with_defaults

# Folders below `results` that are not a run's, and one below results/data that is not a dataset's.
_RESERVED_RUNS = ("data", "reference")
_RESERVED_DATASETS = ("weights",)
_CLASSES = {"liveries": 48, "families": 6}
_RESNET_LAYERS = ("conv1", "bn1", "relu", "maxpool", "layer1", "layer2", "layer3", "layer4")
_RESNET_LAYERS += ("avgpool", "fc")
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def published_rows(table: str | os.PathLike[str]) -> list[str]:
    """Return the names of a published table's rows (its ``model`` column)."""
    with open(table, newline="", encoding="utf-8") as handle:
        return [row["model"] for row in csv.DictReader(handle)]


def resolve(
    config: Mapping[str, Any], schema: Mapping[str, Any], published: Collection[str]
) -> dict[str, Any]:
    """Return ``config`` checked, with all defaults and references filled in.

    Beside the schema's keys, every model gets ``label``, its whole ``training`` and, if it is
    taught, ``teacher_seed``; ``paper`` gets its lists of models.

    Args:
        config: as read from the file.
        schema: as returned by :func:`kdlens.schema.load_schema`.
        published: the rows of the published Table 1 that a model's ``reference`` may name.

    Raises:
        InputError: at the first thing that is wrong.
    """
    config = copy.deepcopy(dict(config))
    validate(config, schema)
    config = with_defaults(config, schema, schema)
    if config["run"] in _RESERVED_RUNS:
        raise InputError(
            f"config key run: results/{config['run']} is used for something else; "
            "choose another name"
        )
    for section in ("training_data", "concept_data"):
        if "path" in config[section]:
            config[section]["path"] = expand_path(config[section]["path"], f"{section}.path")
    _check_data(config)
    _check_models(config)
    _check_references(config, published)
    _check_paper(config)
    resolve_figures(config)
    return config


def expand_path(text: str, key: str) -> str:
    """Replace ``${NAME}`` and ``${NAME:-default}`` by environment variables, and a leading ``~``.

    Raises:
        InputError: if a variable without default is not set.
    """

    def value(match: re.Match[str]) -> str:
        name, default = match.groups()
        found = os.environ.get(name) or default
        if found is None:
            raise InputError(
                f"config key {key}: the environment variable {name} is not set; "
                f"set it, or write the path itself"
            )
        return found

    return str(Path(_VARIABLE.sub(value, text)).expanduser())


def _check_data(config: dict[str, Any]) -> None:
    training, concepts = config["training_data"], config["concept_data"]
    if training["name"] == concepts["name"]:
        raise InputError(
            f"config key concept_data.name: '{concepts['name']}' is the training data's name too; "
            "give the two datasets different names"
        )
    if training.get("resize", training["image_size"]) < training["image_size"]:
        raise InputError(
            f"config key training_data.resize: {training['resize']} is less than image_size "
            f"({training['image_size']}); write at least that, or leave it out"
        )
    if min(training["std"]) <= 0:
        raise InputError("config key training_data.std: every entry must be more than 0")
    for section in ("training_data", "concept_data"):
        data = config[section]
        if data["name"] in _RESERVED_DATASETS:
            raise InputError(
                f"config key {section}.name: '{data['name']}' is the folder of fetched weights; "
                "choose another name"
            )
        if data["source"] != "concept_world" and not ("path" in data or "urls" in data):
            raise InputError(
                f"config key {section}: give path (on this machine) or urls (to fetch)"
            )
    if training["source"] == "concept_world":
        if training["image_size"] < 32:
            raise InputError(
                f"config key training_data.image_size: the concept world cannot be drawn at "
                f"{training['image_size']} pixels; write at least 32"
            )
        fewest = _CLASSES[training["classes"]]
        for split, images in training["images"].items():
            if images < fewest:
                raise InputError(
                    f"config key training_data.images.{split}: {images} images cannot show "
                    f"{fewest} classes; write at least {fewest}"
                )
    if concepts["source"] == "concept_world" and concepts["image_size"] % concepts["mask_size"]:
        raise InputError(
            f"config key concept_data.mask_size: {concepts['mask_size']} does not divide "
            f"image_size ({concepts['image_size']}); write its half, as in Broden"
        )
    config["dissection"].setdefault("image_size", training["image_size"])


def _check_models(config: dict[str, Any]) -> None:
    models, networks = config["models"], config["networks"]
    for name, network in networks.items():
        _check_network(network, f"config key networks.{name}", config["dissection"]["layers"])
    for name, model in models.items():
        key = f"config key models.{name}"
        model.setdefault("label", name)
        if model["network"] not in networks:
            raise InputError(
                f"{key}.network: '{model['network']}' is not an entry of networks; "
                f"{suggest(model['network'], networks)}"
            )
        spec = networks[model["network"]]
        if "training" in model:
            model["training"] = {**config["training"], **model["training"]}
            _check_training(model["training"], key)
        if "classes" in spec and model["method"] != "checkpoint":
            raise InputError(
                f"config key networks.{model['network']}.classes: only a checkpoint may have other "
                f"classes than the training data, and {name} is not one; leave it out, or give "
                f"{name} another network"
            )
        if "teacher" in model:
            _check_teacher(config, name)
        if "weights" in model:
            weights = model["weights"]
            sources = [k for k in ("torchvision", "path", "url") if k in weights]
            if len(sources) != 1:
                raise InputError(
                    f"{key}.weights: give exactly one of torchvision, path and url, "
                    f"not {' and '.join(sources) or 'none'}"
                )
            if "path" in weights:
                weights["path"] = expand_path(weights["path"], f"models.{name}.weights.path")
            if len(model["seeds"]) != 1:
                raise InputError(f"{key}.seeds: a checkpoint is one network; give one seed")


def _check_network(network: Mapping[str, Any], key: str, layers: Collection[str]) -> None:
    if network["architecture"].startswith("resnet"):
        for layer in layers:
            if layer.split(".")[0] not in _RESNET_LAYERS:
                raise InputError(
                    f"config key dissection.layers: {network['architecture']} has no layer "
                    f"'{layer}'; {suggest(layer, _RESNET_LAYERS)}"
                )
        return
    published = {"width": 64, "stem": "imagenet", "last_stride": 2}
    for option, value in published.items():
        if network[option] != value:
            raise InputError(
                f"{key}.{option}: only a ResNet can be changed in this way, and "
                f"{network['architecture']} is none; leave it out"
            )


def _check_references(config: Mapping[str, Any], published: Collection[str]) -> None:
    for name, model in config["models"].items():
        row = model.get("reference")
        if row is not None and row not in published:
            raise InputError(
                f"config key models.{name}.reference: the published Table 1 has no row '{row}'; "
                f"{suggest(row, published)}"
            )


def _check_training(training: Mapping[str, Any], key: str) -> None:
    if training["nesterov"] and training["optimizer"] == "sgd" and not training["momentum"]:
        raise InputError(
            f"{key}.training.nesterov: needs a momentum of more than 0; write nesterov: false"
        )
    if training["augmentation"] == "imagenet" and training["in_memory"] is True:
        raise InputError(
            f"{key}.training.in_memory: augmentation imagenet crops images in their stored size, "
            "so they cannot be held as squares; write auto or false"
        )
    if training["schedule"]["name"] == "multistep":
        late = [m for m in training["schedule"]["milestones"] if m >= training["epochs"]]
        if late:
            raise InputError(
                f"{key}.training.schedule.milestones: {late[0]} is not before the last of "
                f"{training['epochs']} epochs"
            )


def _check_teacher(config: dict[str, Any], name: str) -> None:
    models = config["models"]
    chain = [name]
    while "teacher" in models[chain[-1]]:
        teacher = models[chain[-1]]["teacher"]
        if teacher not in models:
            raise InputError(
                f"config key models.{chain[-1]}.teacher: '{teacher}' is not an entry of models; "
                f"{suggest(teacher, [m for m in models if m != chain[-1]])}"
            )
        if teacher in chain:
            how = (
                "itself" if teacher == name and len(chain) == 1 else " <- ".join([*chain, teacher])
            )
            raise InputError(
                f"config key models.{name}.teacher: the model teaches {how}; "
                "name another model as its teacher"
            )
        chain.append(teacher)
    model = models[name]
    teacher = models[model["teacher"]]
    seed = model.setdefault("teacher_seed", teacher["seeds"][0])
    if seed not in teacher["seeds"]:
        raise InputError(
            f"config key models.{name}.teacher_seed: {model['teacher']} has no seed {seed}; "
            f"it has {', '.join(map(str, teacher['seeds']))}"
        )


def _check_paper(config: dict[str, Any]) -> None:
    models, paper = config["models"], config["paper"]
    teachers = {model["teacher"] for model in models.values() if "teacher" in model}
    rows = paper.setdefault("models", list(models))
    for name in rows:
        _require_model(name, "paper.models", models)
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
    first = {}
    for name in students:
        first.setdefault(models[name]["method"], name)
    columns = [first[m] for m in ("cross_entropy", "kd", "label_smoothing") if m in first]
    paper["figure03"].setdefault("models", columns or others[:1] or nulls[:1])
    paper["gallery"].setdefault("models", list(rows))
    named = {
        "paper.figure02.models": paper["figure02"]["models"],
        "paper.figure03.models": paper["figure03"]["models"],
        "paper.gallery.models": paper["gallery"]["models"],
        "paper.shuffled": [paper["shuffled"]],
    }
    for key, names in named.items():
        for name in names:
            _require_model(name, key, models)
            if name not in paper["models"]:
                raise InputError(
                    f"config key {key}: '{name}' is not among paper.models, so nobody dissects it; "
                    "add it there"
                )
    categories = config["concept_data"].get("categories")
    if categories and paper["figure03"]["category"] not in categories:
        raise InputError(
            f"config key paper.figure03.category: '{paper['figure03']['category']}' is not among "
            f"concept_data.categories; {suggest(paper['figure03']['category'], categories)}"
        )


def _require_model(name: str, key: str, models: Collection[str]) -> None:
    if name not in models:
        raise InputError(
            f"config key {key}: '{name}' is not an entry of models; {suggest(name, models)}"
        )
