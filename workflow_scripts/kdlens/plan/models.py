"""The networks: their names and seeds, their files, and what the rules that make them are told."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kdlens import config_data
from kdlens.config_checkpoints import checkpoint_of
from kdlens.config_models import method_of
from kdlens.plan import datasets, paths
from kdlens.plan.paths import Config

MARK = "concepts_known"
"""Beside the models of a run: its concept dataset was found whole before they were trained."""


def missing_mark(config: Config) -> list[str]:
    """Return :data:`MARK` as long as it has to be made."""
    return [] if Path(paths.run(config), "models", MARK).exists() else [MARK]


def mark(config: Config, name: str) -> list[str]:
    """Return the file of :data:`MARK` if a model's training waits for it.

    One that learns from another dataset than ``training_data`` is never dissected, so what is shown
    of it can be made where the concepts cannot be had.
    """
    return [f"{paths.run(config)}/models/{MARK}"] if role(config, name) == "training_data" else []


def trained(config: Config) -> list[str]:
    """Return the models that are trained here."""
    return [name for name, model in config["models"].items() if "training" in model]


def by_method(config: Config, method: str) -> list[str]:
    """Return the models of a method."""
    return [name for name, model in config["models"].items() if model["method"] == method]


def seeds(config: Config) -> list[int]:
    """Return the seeds of all models."""
    return sorted({seed for model in config["models"].values() for seed in model["seeds"]})


def pairs(config: Config, names: Iterable[str]) -> list[tuple[str, int]]:
    """Return (model, seed) for every seed of the models named."""
    return [(name, seed) for name in names for seed in config["models"][name]["seeds"]]


def file(config: Config, name: str, seed: int, part: str = "model.pt") -> str:
    """Return a file of a network, by default its weights."""
    return f"{paths.model(config, name, seed)}/{part}"


def files(config: Config, part: str) -> list[str]:
    """Return this file of every network."""
    return [file(config, *pair, part) for pair in pairs(config, config["models"])]


def urgency(config: Config, name: str) -> int:
    """Return the priority of a model's training: teachers first, since others wait for them.

    Every training comes before all else: what is short is left for the end, when no training is
    there any more to fill the other cores.
    """
    return 1 + generations(config["models"], name)


def generations(models: Mapping[str, Mapping[str, Any]], name: str) -> int:
    """Return how many generations of students wait for one of these models."""
    students = [student for student, model in models.items() if model.get("teacher") == name]
    return max((1 + generations(models, student) for student in students), default=0)


def teacher_file(config: Config, name: str) -> str | list[str]:
    """Return the weights of a model's teacher, or nothing if it has none."""
    model = config["models"][name]
    return file(config, model["teacher"], model["teacher_seed"]) if "teacher" in model else []


def gpus(config: Config, name: str) -> int:
    """Return how many GPUs (on a CPU, processes) train a model."""
    return config["models"][name]["gpus"]


def metrics_of_same_network(config: Config, name: str) -> str | list[str]:
    """Return the metrics of a checkpoint from which a null takes its number of classes.

    Nothing, if the training data or the config say it.
    """
    network = config["models"][name]["network"]
    if data(config, name) or "classes" in config["networks"][network]:
        return []
    like = checkpoint_of(config["models"], network)
    assert like, "the checks of the config ask for one"
    return file(config, like, config["models"][like]["seeds"][0], "metrics.json")


def data(config: Config, name: str) -> Mapping[str, Any] | None:
    """Return what the config says of a model's dataset; None if there is none."""
    return config_data.entry(config, role(config, name))


def role(config: Config, name: str) -> str:
    """Return the role of a model's dataset: ``training_data``, or a name of ``datasets``."""
    return config_data.role_of(config["models"][name])


def dataset(config: Config, name: str) -> str | list[str]:
    """Return the summary of a model's dataset, or nothing if there is none."""
    return datasets.summary(config, role(config, name))


def dataset_tree(config: Config, name: str) -> list[str]:
    """Return the folder of a model's dataset, if a rule makes it."""
    return datasets.tree(config, role(config, name))


def network(config: Config, name: str) -> dict[str, Any]:
    """Return the shape of a model's network."""
    return network_named(config, config["models"][name]["network"])


def network_named(config: Config, entry: str) -> dict[str, Any]:
    """Return the shape that an entry of ``networks`` describes."""
    shape = config["networks"][entry]
    return {k: value for k, value in shape.items() if k not in ("normalisation", "layers")}


def image(config: Config, name: str, size: int | None = None) -> dict[str, Any]:
    """Return how images are brought to a model's network: for training, or else at another size."""
    own = config["networks"][config["models"][name]["network"]].get("normalisation")
    shown = data(config, name) or {}
    normalised = own or {key: shown[key] for key in ("mean", "std")}
    if size or not shown:
        size = size or config["dissection"]["image_size"]
        return {"size": size, **normalised}
    resize = {"resize": shown["resize"]} if "resize" in shown else {}
    return {"size": shown["image_size"], **resize, **normalised}


def decoders(config: Config, name: str) -> int:
    """Return how many processes decode a model's training images."""
    return config["models"][name]["training"]["workers"]


def params(config: Config, name: str, seed: int) -> dict[str, Any]:
    """Return what the scripts that make a model need to know of its entry."""
    model = config["models"][name]
    told = {
        "name": name,
        "seed": seed,
        "network": network(config, name),
        "image": image(config, name),
        "device": config["device"],
    }
    if "training" in model:
        # The decoding processes change nothing of what is trained, and are a resource.
        training = {key: value for key, value in model["training"].items() if key != "workers"}
        told |= {"method": method_of(model), "training": training}
        teacher = model.get("teacher")
        told["teacher_network"] = network(config, teacher) if teacher else None
    if "weights" in model:
        told |= {"weights": model["weights"], "downloads": f"{paths.data(config)}/weights"}
    return told
