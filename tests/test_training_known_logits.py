"""A teacher that runs once: its logits are those that it gives in every epoch."""

from __future__ import annotations

import csv

import numpy as np
import pytest
import torch
import yaml
from tiny_training import (
    IMAGE,
    TEACHER_NETWORK,
    Killed,
    die_after,
    results,
    train_arguments,
)

import train_model
from kdlens.training import known_logits
from kdlens.training.datasets import Preprocess
from kdlens.training.known_logits import KnownLogits, worth_knowing
from kdlens.training.networks import load_network
from kdlens.training.splits import open_split

CPU = torch.device("cpu")


def images_of(dataset, augmentation, held=True):
    settings = {"augmentation": augmentation, "seed": 3, "device": CPU, "threads": 1}
    return open_split(dataset, "train", IMAGE, held=held, **settings)


def arguments(dataset, kd, folder, **changes):
    folder.mkdir(exist_ok=True)
    training = {"augmentation": "flip", **changes}
    return train_arguments(dataset, folder, training=training, **kd)


@pytest.mark.parametrize("augmentation", ["none", "flip"])
def test_a_batch_finds_the_logits_of_its_images_as_they_are_shown(dataset, teacher, augmentation):
    images, preprocess = images_of(dataset, augmentation), Preprocess(IMAGE, CPU)
    network = load_network(TEACHER_NETWORK, 3, teacher, CPU)
    known = KnownLogits(network, images, preprocess, "float32")
    assert known.logits.shape == (len(images) * images.forms, 3)
    mirrored = set()
    for epoch in range(3):
        keys = epoch * len(images) + np.arange(len(images))
        batch, _, supplement = images.__getitems__(keys)
        mirrored |= set((supplement["form"] % images.forms).tolist())
        with torch.inference_mode():
            torch.testing.assert_close(known(supplement["form"]), network(preprocess(batch)))
    assert mirrored == set(range(images.forms))


def test_when_it_is_worth_it(dataset, monkeypatch):
    flipped = images_of(dataset, "flip")
    assert worth_knowing(flipped, classes=3, epochs=3)
    assert not worth_knowing(flipped, classes=3, epochs=2), "as many forms as epochs"
    assert not worth_knowing(images_of(dataset, "crop_flip"), classes=3, epochs=99)
    assert not worth_knowing(images_of(dataset, "flip", held=False), classes=3, epochs=99)
    monkeypatch.setattr(known_logits, "_MEMORY", 4 * len(flipped) * 2 * 3 - 1)
    assert not worth_knowing(flipped, classes=3, epochs=3)


def test_a_student_learns_the_same_from_known_logits(dataset, kd, tmp_path):
    losses = {}
    for held in (True, False):
        train_model.main(**arguments(dataset, kd, tmp_path / str(held), in_memory=held))
        rows = csv.DictReader((tmp_path / str(held) / "history.csv").read_text().splitlines())
        losses[held] = [float(row["train_loss"]) for row in rows]
        recipe = (tmp_path / str(held) / "torchdistill.yaml").read_text()
        proc = yaml.safe_load(recipe.replace("!import_get", ""))["train"]["teacher"]["forward_proc"]
        assert proc == ("look_up_logits" if held else "forward_batch_in_float32")
    assert losses[True] == pytest.approx(losses[False], rel=1e-4)


def test_a_killed_training_goes_on_to_the_same_bits(dataset, kd, tmp_path):
    train_model.main(**arguments(dataset, kd, tmp_path / "whole"))
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        die_after(patch, 2)  # the recipe, and the checkpoint of the first epoch
        train_model.main(**arguments(dataset, kd, tmp_path / "killed"))
    assert (tmp_path / "killed/checkpoint.pt").exists()
    train_model.main(**arguments(dataset, kd, tmp_path / "killed"))
    assert results(tmp_path / "killed") == results(tmp_path / "whole")
