"""From a model's entry in the config to the recipe that torchdistill is given.

The recipe is written as ``torchdistill.yaml`` beside the model and read back from there, so that
what the file says is what was trained. torchdistill uses its ``train`` section; ``given`` says with
which networks and data, on which device. A method of several stages has a section ``stage1``,
``stage2``, ... for each below ``train``, as torchdistill's boxes of several stages have.

Conventions of the sections, where they are not torchdistill's own:

- batches come from :class:`kdlens.training.datasets.ImageDataset`, whole and with a supplementary
  dictionary already (so ``requires_supp`` is false);
- ``forward_proc`` hands on the network's output in float32, so that a loss is computed in full
  precision under mixed precision too;
- schedules by step have ``scheduling_step`` 1, those by epoch 0;
- a part beside a network that says ``trained_in: stage1`` is handed over from that stage.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from torchdistill.common.yaml_util import load_yaml_file

from kdlens.errors import InputError
from kdlens.files import write_text
from kdlens.training.methods.base import Method, Stage

_HEADER = (
    "# The recipe that torchdistill was given; generated, so edit the config instead.\n"
    "# torchdistill reads the section 'train'; 'given' says what it was used with.\n"
)


def build_recipe(
    method: Method,
    training: Mapping[str, Any],
    *,
    images: int,
    seed: int,
    loader: Mapping[str, Any],
    given: Mapping[str, Any],
    known_logits: bool = False,
) -> dict[str, Any]:
    """Return the recipe.

    Args:
        method: what is minimised.
        training: the training spec of the config.
        images: number of training images.
        seed: of their order.
        loader: arguments of torch's DataLoader that depend on how images are held.
        given: what the recipe is used with, for the reader.
        known_logits: whether the teacher is a :class:`~kdlens.training.known_logits.KnownLogits`.

    Raises:
        InputError: for an unknown optimiser or schedule.
    """
    sections = [
        _section(stage, {**training, **stage.training}, images=images, seed=seed, loader=loader)
        for stage in method.stages
    ]
    if known_logits:
        for section in sections:
            section["teacher"]["forward_proc"] = "look_up_logits"
    if len(sections) == 1:
        return {"given": dict(given), "train": sections[0]}
    train = {f"stage{number}": section for number, section in enumerate(sections, start=1)}
    return {"given": dict(given), "train": train}


def stages_of(train: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    """Return the sections of a recipe's ``train``, by the names of the stages, in order."""
    if "num_epochs" in train:
        return {"stage1": dict(train)}
    return dict(train)


def _section(
    stage: Stage,
    training: Mapping[str, Any],
    *,
    images: int,
    seed: int,
    loader: Mapping[str, Any],
) -> dict[str, Any]:
    batch_size = training["batch_size"]
    drop_last = drops_last(images, batch_size)
    steps = images // batch_size + (0 if drop_last or images % batch_size == 0 else 1)
    network: dict[str, Any] = {
        "forward_proc": "forward_batch_in_float32",
        "sequential": [],
        "wrapper": None,
        "requires_grad": True,
        "frozen_modules": [],
    }
    section: dict[str, Any] = {
        "num_epochs": training["epochs"],
        "train_data_loader": {
            "dataset_id": "train",
            "requires_supp": False,
            "sampler": {
                "class_or_func": _ImportGet("kdlens.training.datasets.EpochSampler"),
                "kwargs": {"seed": seed},
            },
            "collate_fn": "whole_batch",
            "kwargs": {"batch_size": batch_size, "drop_last": drop_last, **loader},
        },
    }
    if stage.dataset_wrapper is not None:
        section["train_data_loader"]["dataset_wrapper"] = stage.dataset_wrapper
    if stage.teacher is not None:
        section["teacher"] = {**network, "requires_grad": False, **stage.teacher}
        section["student"] = {**network, **stage.student}
    else:
        section["model"] = {**network, **stage.student}
    section["optimizer"] = optimizer_of(training)
    scheduler = scheduler_of(training, steps)
    if scheduler:
        section["scheduler"] = scheduler
    section["criterion"] = {"key": "WeightedSumLoss", "kwargs": {"sub_terms": stage.terms}}
    return section


def drops_last(images: int, batch_size: int) -> bool:
    """Return whether an epoch leaves out its last batch, of a single image.

    Batch norm cannot normalise it.
    """
    return images > batch_size and images % batch_size == 1


def write_recipe(recipe: Mapping[str, Any], path: str | Path) -> None:
    """Write the recipe as YAML, atomically; the same recipe gives the same bytes."""
    text = yaml.dump(recipe, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=100)
    write_text(path, _HEADER + text)


def read_recipe(path: str | Path) -> dict[str, Any]:
    """Read a recipe with torchdistill's own loader, which resolves ``!import_get``."""
    return load_yaml_file(str(path))


def optimizer_of(training: Mapping[str, Any]) -> dict[str, Any]:
    """Return the ``key`` (of ``torch.optim``) and ``kwargs`` of a training's optimiser.

    Raises:
        InputError: for an unknown one, or Nesterov's momentum without a momentum.
    """
    name = training.get("optimizer", "sgd")
    kwargs = {
        "lr": float(training["learning_rate"]),
        "weight_decay": float(training.get("weight_decay", 0.0)),
        # One kernel for all parameters: saves 4 % of the time of a small network on a CPU.
        "fused": True,
    }
    if name == "sgd":
        kwargs["momentum"] = float(training.get("momentum", 0.0))
        kwargs["nesterov"] = bool(training.get("nesterov", False))
        if kwargs["nesterov"] and not kwargs["momentum"]:
            raise InputError(
                "training.nesterov: needs a momentum above 0; set momentum: 0.9 or nesterov: false"
            )
    elif name != "adam":
        raise InputError(f"training.optimizer: '{name}' is not known; write sgd or adam")
    return {"key": {"sgd": "SGD", "adam": "Adam"}[name], "kwargs": kwargs}


def scheduler_of(training: Mapping[str, Any], steps: int) -> dict[str, Any] | None:
    """Return the ``key`` (of ``torch.optim.lr_scheduler``) and ``kwargs`` of the learning rate.

    Nothing for a constant one. ``scheduling_step`` is 1 for a step a batch, 0 for one an epoch.

    Args:
        steps: batches an epoch.

    Raises:
        InputError: for an unknown schedule.
    """
    schedule = training.get("schedule") or {"name": "constant"}
    total = training["epochs"] * steps
    match schedule["name"]:
        case "constant":
            return None
        case "multistep":
            kwargs = {
                "milestones": list(schedule["milestones"]),
                "gamma": float(schedule.get("gamma", 0.1)),
            }
            return {"key": "MultiStepLR", "kwargs": kwargs, "scheduling_step": 0}
        case "cosine":
            return {"key": "CosineAnnealingLR", "kwargs": {"T_max": total}, "scheduling_step": 1}
        case "one_cycle":
            warmup = float(schedule.get("warmup", 0.3))
            if math.isclose(warmup * total, 1):
                warmup *= 1.5  # a warm-up of exactly one step makes torch divide by zero
            kwargs = {
                "max_lr": float(training["learning_rate"]),
                "total_steps": total,
                "pct_start": warmup,
                "cycle_momentum": False,
            }
            return {"key": "OneCycleLR", "kwargs": kwargs, "scheduling_step": 1}
    raise InputError(
        f"training.schedule.name: '{schedule['name']}' is not known; "
        "write constant, multistep, cosine or one_cycle"
    )


class _ImportGet(str):
    """A dotted name that torchdistill's YAML loader replaces by the object itself."""


class _Dumper(yaml.SafeDumper):
    """Plain YAML without aliases, plus torchdistill's tag for imports."""

    def ignore_aliases(self, data: Any) -> bool:
        return True


# Snakemake hands over subclasses of dict and str.
_Dumper.add_multi_representer(dict, _Dumper.represent_dict)
_Dumper.add_multi_representer(str, _Dumper.represent_str)
_Dumper.add_representer(
    _ImportGet, lambda dumper, name: dumper.represent_mapping("!import_get", {"key": str(name)})
)
