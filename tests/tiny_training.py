"""A dataset and settings so small that a training takes a fraction of a second."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from config_data import SCHEMA
from PIL import Image
from project import with_scripts

from kdlens.config_models import method_of
from kdlens.data.image_folder import check_image_folder
from kdlens.files import write_json
from kdlens.schema import with_defaults

_MODEL = SCHEMA["properties"]["models"]["additionalProperties"]

CLASSES = ("blue", "green", "red")
IMAGE = {"size": 32, "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.25, 0.3]}
NETWORK = {"architecture": "resnet18", "width": 4, "stem": "small", "last_stride": 1}
TEACHER_NETWORK = {"architecture": "resnet18", "width": 8, "stem": "small", "last_stride": 1}
TRAINING = {
    "epochs": 3,
    "batch_size": 8,
    "optimizer": "sgd",
    "learning_rate": 0.05,
    "momentum": 0.9,
    "nesterov": True,
    "weight_decay": 0.0005,
    "schedule": {"name": "one_cycle", "warmup": 0.3},
    "augmentation": "crop_flip",
    "precision": "float32",
    "in_memory": "auto",
    "workers": 0,
    "evaluate_every": 2,
}
CROSS_ENTROPY = {"name": "cross_entropy"}
KD = {"name": "kd", "alpha": 0.5, "temperature": 4.0}


def make_dataset(folder: Path, train: int = 8, val: int = 4, side: int = 32) -> Path:
    """Write images of noise, each class brighter in one channel; return ``dataset.json``."""
    random = np.random.default_rng(0)
    for split, count in (("train", train), ("val", val)):
        for label, name in enumerate(CLASSES):
            place = folder / "tree" / split / name
            place.mkdir(parents=True)
            for number in range(count):
                pixels = random.integers(0, 180, (side, side, 3), dtype=np.uint8)
                pixels[..., label] += 60
                Image.fromarray(pixels).save(place / f"{number:03d}.png")
    summary = check_image_folder(folder / "tree", {"train": "train", "val": "val"})
    write_json(folder / "dataset.json", {"name": "tiny", **summary})
    return folder / "dataset.json"


def make_teacher(dataset: Path, folder: Path) -> Path:
    """Write a network with random weights and its metrics; return ``model.pt``."""
    import initialise_model  # takes seconds to import, which few tests need

    initialise_model.main(
        dataset,
        folder / "model.pt",
        folder / "metrics.json",
        name="teacher",
        seed=1,
        network=TEACHER_NETWORK,
        image=IMAGE,
        device="cpu",
    )
    return folder / "model.pt"


@pytest.fixture(scope="session")
def dataset(tmp_path_factory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("tiny"))


@pytest.fixture(scope="session")
def teacher(tmp_path_factory, dataset) -> Path:
    return make_teacher(dataset, tmp_path_factory.mktemp("teacher"))


@pytest.fixture(scope="session")
def kd(teacher) -> dict[str, Any]:
    """The arguments of train_model.main that make a training one by KD."""
    return {"method": KD, "teacher": str(teacher), "teacher_network": TEACHER_NETWORK}


def train_arguments(dataset: Path, folder: Path, **changes: Any) -> dict[str, Any]:
    """Return the arguments of train_model.main; ``training`` is merged into the defaults."""
    training = {**TRAINING, **changes.pop("training", {})}
    return {
        "dataset": str(dataset),
        "model": str(folder / "model.pt"),
        "metrics": str(folder / "metrics.json"),
        "history": str(folder / "history.csv"),
        "recipe": str(folder / "torchdistill.yaml"),
        "name": "tiny",
        "seed": 1,
        "network": NETWORK,
        "method": CROSS_ENTROPY,
        "training": training,
        "image": IMAGE,
        "device": "cpu",
        "threads": 1,
        **changes,
    }


def start_training(arguments: dict[str, Any]) -> subprocess.Popen:
    """Start a training in a process of its own; return once its first checkpoint is there."""
    code = "import json, sys, train_model; train_model.main(**json.loads(sys.argv[1]))"
    command = [sys.executable, "-c", code, json.dumps(arguments)]
    process = subprocess.Popen(command, env=with_scripts())
    checkpoint = Path(arguments["model"]).with_name("checkpoint.pt")
    deadline = time.monotonic() + 120
    while not checkpoint.exists() and process.poll() is None and time.monotonic() < deadline:
        time.sleep(0.002)
    return process


def results(folder: Path) -> dict[str, bytes]:
    """Return the bytes of every file that a training leaves in its folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def method_spec(name: str, **hyper_parameters: Any) -> dict[str, Any]:
    """Return a taught method as a job gets it: what is not given has the schema's default."""
    model = {"method": name, "network": "x", "teacher": "y", **hyper_parameters}
    spec = method_of(with_defaults(model, _MODEL, SCHEMA))
    return {"teacher_layers": spec["layers"], **spec} if "layers" in spec else spec


class Killed(BaseException):
    """Stands for a kill: nothing in the program may catch it and go on."""


def die_after(patch: pytest.MonkeyPatch, writes: int) -> None:
    """Make the process 'die' right after its n-th file has got its name."""
    count = 0
    plain = Path.replace

    def replace(self, target):
        nonlocal count
        done = plain(self, target)
        count += 1
        if count == writes:
            raise Killed
        return done

    patch.setattr(Path, "replace", replace)
