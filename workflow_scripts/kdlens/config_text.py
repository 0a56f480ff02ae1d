"""The section ``text`` of a config: what the schema cannot say.

:func:`resolve_text` is a part of :func:`kdlens.config.resolve`. No name is an entry of ``models``
and of ``text.models`` too, since both have their files in ``results/<run>/models/``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kdlens.config_data import RESERVED, image_roles
from kdlens.config_data import section_of as dataset_of
from kdlens.config_names import require_known, resolve_teacher
from kdlens.errors import InputError
from kdlens.variables import expand_path

_PUBLISHED = {("teacher", 12), ("scratch", 3), ("kd", 3), ("scratch", 6), ("kd", 6)}


def resolve_text(config: dict[str, Any]) -> None:
    """Complete and check ``text``, in place, if the config has it.

    Every model gets its ``label`` and ``method``'s whole ``training``, a taught one its
    ``teacher_seed``; networks their ``intermediate``; ``figure`` its models.

    Raises:
        InputError: at the first thing that is wrong.
    """
    text = config.get("text")
    if text is None:
        return
    _check_data(config, text["data"])
    _check_pretrained(text)
    for name, network in text["networks"].items():
        network.setdefault("intermediate", 4 * network["hidden"])
        if network["hidden"] % network["heads"]:
            raise InputError(
                f"config key text.networks.{name}.heads: {network['heads']} does not divide hidden "
                f"({network['hidden']}); write a number that does"
            )
    for name, model in text["models"].items():
        _check_model(config, name, model)
    for name in text["models"]:
        resolve_teacher(text["models"], name, "text.models")
        _check_init(text, name)
    _check_figure(text)


def teachers_of(text: Mapping[str, Any]) -> list[str]:
    """Return the models that teach others."""
    taught = (model.get("teacher") for model in text["models"].values())
    return list(dict.fromkeys(name for name in taught if name is not None))


def layers_of(text: Mapping[str, Any], name: str) -> int:
    """Return how many layers a model's network has."""
    return text["networks"][text["models"][name]["network"]]["layers"]


def _check_data(config: Mapping[str, Any], data: dict[str, Any]) -> None:
    key = "config key text.data"
    others = {dataset_of(config, role)["name"] for role in (*image_roles(config), "concept_data")}
    if data["name"] in others or data["name"] in RESERVED:
        raise InputError(
            f"{key}.name: '{data['name']}' is the name of another dataset or folder; choose another"
        )
    if "path" in data:
        data["path"] = expand_path(data["path"], "text.data.path")
    if data["source"] == "treebank" and not ("path" in data or "urls" in data):
        raise InputError(f"{key}: give path (on this machine) or urls (to fetch)")


def _check_pretrained(text: dict[str, Any]) -> None:
    given = text.get("pretrained")
    key = "config key text.pretrained"
    if given is not None:
        if "path" in given:
            given["path"] = expand_path(given["path"], "text.pretrained.path")
        elif "revision" not in given:
            raise InputError(f"{key}: give revision (a commit of the hub) or path (a folder)")
    source = text["vocabulary"].setdefault("source", "pretrained" if given else "learned")
    asking = [
        f"text.models.{name}.init"
        for name, model in text["models"].items()
        if model.get("init") == "pretrained"
    ]
    if source == "pretrained":
        asking.append("text.vocabulary.source")
    if asking and given is None:
        raise InputError(f"{key}: is missing, but {asking[0]} is pretrained; add it")
    if asking and source != "pretrained":
        raise InputError(
            f"config key text.vocabulary.source: is learned, but {asking[0]} is pretrained, whose "
            "embeddings belong to its own vocabulary; write pretrained"
        )


def _check_model(config: Mapping[str, Any], name: str, model: dict[str, Any]) -> None:
    text, key = config["text"], f"config key text.models.{name}"
    model.setdefault("label", name)
    if name in config["models"]:
        raise InputError(f"{key}: '{name}' is an entry of models too; choose another name")
    own = f"text.models.{name}.network"
    require_known([model["network"]], text["networks"], own, "an entry of text.networks")
    if "training" in model:
        model["training"] = {**text["training"], **model["training"]}
    layers = layers_of(text, name)
    if "reference" in model and (model["reference"], layers) not in _PUBLISHED:
        raise InputError(
            f"{key}.reference: nothing was published of {model['reference']} with {layers} layers; "
            "leave it out"
        )


def _check_init(text: Mapping[str, Any], name: str) -> None:
    models = text["models"]
    if models[name].get("init") == "teacher_layers":
        pair = (name, models[name]["teacher"])
        own, others = (text["networks"][models[m]["network"]] for m in pair)
        sizes = ("hidden", "heads", "intermediate")
        if any(own[size] != others[size] for size in sizes) or own["layers"] > others["layers"]:
            raise InputError(
                f"config key text.models.{name}.init: teacher_layers needs a teacher of the same "
                f"{', '.join(sizes)} and of as many layers or more; write random"
            )


def _check_figure(text: dict[str, Any]) -> None:
    models, figure = text["models"], text["figure"]
    if "models" not in figure:
        figure["models"] = _pair(text) or list(models)[:1]
    require_known(figure["models"], models, "text.figure.models", "an entry of text.models")


def _pair(text: Mapping[str, Any]) -> list[str] | None:
    """Return the first model from scratch and the first of kd with equally many layers."""
    models = text["models"]
    for student, model in models.items():
        if model["method"] != "kd":
            continue
        for name, other in models.items():
            alike = layers_of(text, name) == layers_of(text, student)
            if other["method"] == "cross_entropy" and alike and name not in teachers_of(text):
                return [name, student]
    return None
