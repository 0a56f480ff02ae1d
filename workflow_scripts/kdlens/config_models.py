"""The networks and models of a config: what the schema cannot say of them.

:func:`check_models` is a part of :func:`kdlens.config.resolve`.

A run in which no model is trained (methods ``checkpoint`` and ``random_init`` alone) needs neither
``training`` nor ``training_data``. What other runs take from the training data is then said
elsewhere: the side of images by ``dissection.image_size``, mean and standard deviation by each
network's ``normalisation``, and the number of classes by the checkpoint itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kdlens.architectures import (
    PUBLISHED,
    describe_network,
    require_layers,
    same_network,
    unknown_layer,
)
from kdlens.config_checkpoints import check_weights, checkpoint_of
from kdlens.config_data import entry, key_of, role_of, section_of
from kdlens.config_names import require_known, resolve_teacher
from kdlens.config_processes import check_processes
from kdlens.errors import InputError, suggest

# Keys of a model that are no hyper-parameters of its method.
_GENERAL: tuple[str, ...] = ("label", "network", "method", "seeds", "reference", "teacher")
_GENERAL += ("teacher_seed", "training", "weights", "gpus", "data")
_IMAGENET = "{mean: [0.485, 0.456, 0.406], std: [0.229, 0.224, 0.225]}"


def check_models(config: dict[str, Any]) -> None:
    """Check networks and models of a config that :func:`require_what_trainings_need` has passed.

    Fills in labels, trainings, teachers' seeds, normalisations and the networks' layers.

    Raises:
        InputError: at the first thing that is wrong.
    """
    models, networks = config["models"], config["networks"]
    for name, network in networks.items():
        _check_network(config, name, network)
    for name, model in models.items():
        key = f"config key models.{name}"
        model.setdefault("label", name)
        require_known(
            [model["network"]], networks, f"models.{name}.network", "an entry of networks"
        )
        if "training" in model:
            model["training"] = training_of(config, model)
            check_training(model["training"], f"{key}.training")
            check_processes(model["method"], model["training"], model["gpus"], f"{key}.gpus")
            _require_normalisation_of_training(config, name, model, "is trained here")
        _require_normalisation(config, model)
        _check_classes(config, name)
        if "teacher" in model:
            _check_teacher(config, name)
            taught_by = models[model["teacher"]]
            _require_normalisation_of_training(
                config, model["teacher"], taught_by, f"teaches {name} on the training data"
            )
            _check_method(config, name)
        if "weights" in model:
            check_weights(name, model["weights"])
            if len(model["seeds"]) != 1:
                raise InputError(f"{key}.seeds: a checkpoint is one network; give one seed")


def training_of(config: Mapping[str, Any], model: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model's whole training: its own keys, those of its dataset, those of the run."""
    of_data = (entry(config, role_of(model)) or {}).get("training", {})
    return {**config["training"], **of_data, **model["training"]}


def teachers_of(models: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """Return the models that are there to teach others.

    One that teaches its own kind alone (self_kd), or that stands for a published row, is not.
    """
    taught = [m for m in models.values() if "teacher" in m and m["method"] != "self_kd"]
    names = dict.fromkeys(model["teacher"] for model in taught)
    return [name for name in names if "reference" not in models[name]]


def method_of(model: Mapping[str, Any]) -> dict[str, Any]:
    """Return a model's method as trainings know it: its ``name`` and its hyper-parameters."""
    own = {key: value for key, value in model.items() if key not in _GENERAL}
    return {"name": model["method"], **own}


def require_what_trainings_need(config: Mapping[str, Any]) -> None:
    """Check that every model's dataset is there, and that trainings know how they are done."""
    for name, model in config["models"].items():
        if "data" in model and model["data"] not in config["datasets"]:
            raise InputError(
                f"config key models.{name}.data: '{model['data']}' is not an entry of datasets; "
                f"{suggest(model['data'], config['datasets'])} (left out, it is training_data)"
            )
        needed = ["training"] if "data" in model else ["training_data", "training"]
        for section in needed:
            if "training" in model and section not in config:
                raise InputError(
                    f"config key {section}: is missing, but models.{name} (method "
                    f"{model['method']}) is trained here; add {section}, or keep only models of "
                    "method checkpoint and random_init"
                )


def _check_network(config: Mapping[str, Any], name: str, network: dict[str, Any]) -> None:
    key, architecture = f"config key networks.{name}", network["architecture"]
    for option, value in PUBLISHED.items():
        if network[option] != value and not architecture.startswith("resnet"):
            raise InputError(
                f"{key}.{option}: only a ResNet can be changed in this way, and "
                f"{architecture} is none; leave it out"
            )
    if "layers" in network:
        problem = unknown_layer(architecture, network["layers"])
        if problem:
            raise InputError(f"{key}.layers: {problem}")
    else:
        network["layers"] = list(config["dissection"]["layers"])
        require_layers(architecture, network["layers"], name)
    if min(network.get("normalisation", {}).get("std", [1])) <= 0:
        raise InputError(f"{key}.normalisation.std: every entry must be more than 0")


def _require_normalisation(config: Mapping[str, Any], model: Mapping[str, Any]) -> None:
    if entry(config, role_of(model)) or "normalisation" in config["networks"][model["network"]]:
        return
    raise InputError(
        f"config key networks.{model['network']}.normalisation: is missing; without training_data, "
        f"say how images were normalised when the network was trained: {_IMAGENET} for "
        "torchvision's weights"
    )


def _require_normalisation_of_training(
    config: Mapping[str, Any], name: str, model: Mapping[str, Any], why: str
) -> None:
    data = section_of(config, role_of(model))
    own = config["networks"].get(model["network"], {}).get("normalisation")
    if own is not None and own != {"mean": data["mean"], "std": data["std"]}:
        raise InputError(
            f"config key networks.{model['network']}.normalisation: models.{name} {why}, whose "
            f"images are normalised by mean {data['mean']} and std {data['std']}; leave it out"
        )


def _check_classes(config: Mapping[str, Any], name: str) -> None:
    models, model = config["models"], config["models"][name]
    spec = config["networks"][model["network"]]
    if model["method"] == "checkpoint":
        return
    if entry(config, role_of(model)):
        if "classes" in spec:
            raise InputError(
                f"config key networks.{model['network']}.classes: only a checkpoint may have other "
                f"classes than the training data, and {name} is not one; leave it out, or give "
                f"{name} another network"
            )
    elif "classes" not in spec and checkpoint_of(models, model["network"]) is None:
        raise InputError(
            f"config key networks.{model['network']}.classes: is missing; there is neither "
            f"training_data nor a checkpoint of this network to take models.{name}'s number of "
            "classes from, so write it"
        )


def check_training(training: Mapping[str, Any], key: str) -> None:
    """Raise an InputError, which begins with ``key``, for settings that do not go together."""
    if training["nesterov"] and training["optimizer"] == "sgd" and not training["momentum"]:
        raise InputError(f"{key}.nesterov: needs a momentum of more than 0; write nesterov: false")
    if training.get("augmentation") == "imagenet" and training["in_memory"] is True:
        raise InputError(
            f"{key}.in_memory: augmentation imagenet crops images in their stored size, "
            "so they cannot be held as squares; write auto or false"
        )
    if training["schedule"]["name"] == "multistep":
        late = [m for m in training["schedule"]["milestones"] if m >= training["epochs"]]
        if late:
            raise InputError(
                f"{key}.schedule.milestones: {late[0]} is not before the last of "
                f"{training['epochs']} epochs; write earlier ones, or schedule: {{name: constant}}"
            )


def _check_method(config: Mapping[str, Any], name: str) -> None:
    """Check a taught model's hyper-parameters; ``teacher_layers``, left out, are ``layers``."""
    model = config["models"][name]
    teacher = config["models"][model["teacher"]]
    network, teachers = (config["networks"][m["network"]] for m in (model, teacher))
    key = f"config key models.{name}"
    if model["method"] == "self_kd" and not same_network(network, teachers):
        raise InputError(
            f"{key}.teacher: {model['teacher']} is a {describe_network(teachers)}, {name} a "
            f"{describe_network(network)}, and self_kd learns from a network of its own shape; "
            "name such a model, or write method: kd"
        )
    if "stage1" in model:
        check_training(model["stage1"], f"{key}.stage1")
    if "layers" in model:
        problem = unknown_layer(network["architecture"], model["layers"])
        if problem:
            raise InputError(f"{key}.layers: {problem}. Write which of the student's layers learn")
        problem = unknown_layer(
            teachers["architecture"], model.setdefault("teacher_layers", model["layers"])
        )
        if problem:
            raise InputError(
                f"{key}.teacher_layers: {problem}. Write which of the teacher's layers teach"
            )
        if len(model["layers"]) != len(model["teacher_layers"]):
            raise InputError(
                f"{key}.teacher_layers: {len(model['teacher_layers'])} layers for "
                f"{len(model['layers'])} in layers; write one for each"
            )
    images = section_of(config, role_of(model)).get("images", {}).get("train")
    if images is not None and model.get("negatives", 0) >= images:
        raise InputError(
            f"{key}.negatives: {model['negatives']} is too many; there are {images} training "
            "images, and negatives are those of other classes. Write a smaller number"
        )


def _check_teacher(config: Mapping[str, Any], name: str) -> None:
    models = config["models"]
    resolve_teacher(models, name, "models")
    model = models[name]
    teacher = models[model["teacher"]]
    if role_of(teacher) != role_of(model):
        raise InputError(
            f"config key models.{name}.teacher: {model['teacher']} is about "
            f"{key_of(role_of(teacher))}, {name} about {key_of(role_of(model))}; name a model of "
            "the same dataset"
        )
