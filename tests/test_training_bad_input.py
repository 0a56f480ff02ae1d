"""What cannot be trained ends in one line that says what to do."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch
from tiny_training import KD, NETWORK, TEACHER_NETWORK, make_dataset, train_arguments

import train_model
from kdlens.errors import InputError


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"method": KD}, "method kd needs a teacher"),
        ({"network": {**NETWORK, "classes": 4}}, "has 4 classes, the training images have 3"),
        ({"training": {"learning_rate": 1e30}}, "write a lower learning rate"),
        ({"training": {"optimizer": "sgdd"}}, "write sgd or adam"),
        ({"training": {"schedule": {"name": "stepwise"}}}, "schedule.name: 'stepwise'"),
        ({"training": {"momentum": 0.0}}, "needs a momentum above 0"),
        ({"training": {"precision": "half"}}, "write auto, float32 or bfloat16"),
        ({"device": "gpu"}, "write auto, cpu or cuda"),
    ],
)
def test_what_cannot_be_trained_is_one_line(dataset, tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        train_model.main(**train_arguments(dataset, tmp_path, **change))
    assert not (tmp_path / "model.pt").exists()


def test_a_teacher_that_does_not_fit_is_one_line(dataset, kd, tmp_path):
    def train(**change):
        train_model.main(**train_arguments(dataset, tmp_path, **{**kd, **change}))

    with pytest.raises(InputError, match=r"absent\.pt: no such file"):
        train(teacher=str(tmp_path / "absent.pt"))
    with pytest.raises(InputError, match="the weights are of another network"):
        train(teacher_network=NETWORK)
    with pytest.raises(InputError, match=r"the teacher of models\.tiny: its network has 9 classes"):
        train(teacher_network={**TEACHER_NETWORK, "classes": 9})
    # A dataset of two classes, and a teacher that knows three.
    summary = json.loads(dataset.read_text())
    summary["classes"].remove("blue")
    summary["images"] = {"train": 16, "val": 8}
    fewer = tmp_path / "dataset.json"
    fewer.write_text(json.dumps(summary))
    with pytest.raises(InputError, match=r"fc.weight has shape \(3, 64\), not \(2, 64\)"):
        train_model.main(**train_arguments(fewer, tmp_path, **kd))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU here")
def test_cuda_that_is_absent_is_one_line(dataset, tmp_path):
    with pytest.raises(InputError, match="cuda was asked for, but torch sees no GPU"):
        train_model.main(**train_arguments(dataset, tmp_path, device="cuda"))


def test_a_full_disk_is_one_line(dataset, tmp_path, monkeypatch):
    def full(self, content):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    with pytest.raises(InputError, match="the disk is full"):
        train_model.main(**train_arguments(dataset, tmp_path))


@pytest.mark.parametrize("split", ["train", "val"])
@pytest.mark.parametrize("workers", [0, 1])
def test_an_image_that_breaks_later_is_one_line(tmp_path, split, workers):
    dataset = make_dataset(tmp_path, train=2, val=1)
    (tmp_path / f"tree/{split}/green/000.png").write_bytes(b"no image")
    change = {"in_memory": False, "workers": workers, "evaluate_every": 1}
    with pytest.raises(InputError, match=r"green/000\.png: cannot be decoded") as caught:
        train_model.main(**train_arguments(dataset, tmp_path / "out", training=change))
    assert "\n" not in str(caught.value)
