"""Trainings by every taught method: what moves, what goes on after a kill, what is refused."""

from __future__ import annotations

import copy
import json
import logging

import numpy as np
import pytest
import torch
from tiny_training import (
    NETWORK,
    TEACHER_NETWORK,
    Killed,
    die_after,
    method_spec,
    results,
    train_arguments,
)

import train_model
from kdlens.errors import InputError
from kdlens.training import contrastive, trainer
from kdlens.training.datasets import EpochSampler, HeldImages
from kdlens.training.methods import TAUGHT, Setting, build_method
from kdlens.training.networks import build_network
from kdlens.training.probe import Probe
from kdlens.training.state_dicts import read_state

STAGE1 = {"epochs": 2, "learning_rate": 0.05, "schedule": {"name": "constant"}}
SPECS = {
    "kd": method_spec("kd", alpha=0.5, temperature=4),
    "self_kd": method_spec("self_kd"),
    "at": method_spec("at"),
    "at+kd": method_spec("at+kd"),
    "ft": method_spec("ft", stage1=STAGE1),
    "ft+kd": method_spec("ft+kd", stage1=STAGE1),
    "crd": method_spec("crd", negatives=10, dim=8),
    "crd+kd": method_spec("crd+kd", negatives=10, dim=8),
    "sskd": method_spec("sskd", stage1=STAGE1),
}
ONE_OF_EACH = ("at", "ft", "crd", "sskd")


@pytest.fixture(scope="module")
def arguments(dataset, teacher):
    def make(name, folder, **changes):
        training = {"epochs": 2, "learning_rate": 0.01, **changes.pop("training", {})}
        given = {"method": SPECS[name], "teacher": str(teacher), "training": training}
        network = TEACHER_NETWORK if name == "self_kd" else NETWORK
        given |= {"teacher_network": TEACHER_NETWORK, "network": network, **changes}
        return train_arguments(dataset, folder, **given)

    return make


@pytest.fixture(scope="module")
def whole(tmp_path_factory, arguments):
    """The folder of a training by each method that was never interrupted."""
    folders = {}

    def train(name):
        if name not in folders:
            folders[name] = tmp_path_factory.mktemp("whole")
            train_model.main(**arguments(name, folders[name]))
        return folders[name]

    return train


def test_every_taught_method_is_tried_here():
    assert set(SPECS) == set(TAUGHT)


@pytest.mark.parametrize("name", SPECS)
def test_the_student_moves_and_the_teacher_does_not(name, arguments, teacher, tmp_path):
    teachers, starts, parts, read = [], [], [], []
    with pytest.MonkeyPatch.context() as patch:
        load, fit = train_model.load_network, trainer.Trainer.fit
        close, torch_load = trainer.Trainer._close_stage, torch.load

        def closing(self):
            parts.append((copy.deepcopy(self._parts()), copy.deepcopy(self._student.state_dict())))
            assert not any(module.training for module in self._teacher.modules())
            close(self)

        def fitting(self, *others):
            starts.append(copy.deepcopy(self._student.state_dict()))
            return fit(self, *others)

        patch.setattr(
            train_model, "load_network", lambda *a: teachers.append(load(*a)) or teachers[-1]
        )
        patch.setattr(trainer.Trainer, "fit", fitting)
        patch.setattr(trainer.Trainer, "_close_stage", closing)
        patch.setattr(
            torch, "load", lambda path, **k: read.append(str(path)) or torch_load(path, **k)
        )
        train_model.main(**arguments(name, tmp_path))

    assert read == [str(teacher)]  # and no part from any other file
    before, after = read_state(teacher), teachers[0].state_dict()
    assert all(torch.equal(before[key], value) for key, value in after.items())
    student = read_state(tmp_path / "model.pt")
    network = TEACHER_NETWORK if name == "self_kd" else NETWORK
    assert list(student) == list(build_network(network, 3).state_dict())
    assert not torch.equal(student["conv1.weight"], starts[0]["conv1.weight"])
    assert not torch.equal(student["bn1.running_mean"], starts[0]["bn1.running_mean"])

    rows = [row.split(",") for row in (tmp_path / "history.csv").read_text().split()[1:]]
    if "stage1" not in SPECS[name]:
        assert [row[-1] for row in rows] == ["1", "1"]
        return
    assert [row[-1] for row in rows] == ["1", "1", "2", "2"]
    assert [bool(row[3]) for row in rows] == [False, False, False, True]
    assert float(rows[1][2]) < float(rows[0][2])  # the part learns
    (first, untouched), (second, _) = parts
    assert all(torch.equal(untouched[key], value) for key, value in starts[0].items())
    assert "student" not in first
    # What the second stage is taught by is what the first one trained, to the bit.
    assert all(torch.equal(first["teacher"][k], v) for k, v in second["teacher"].items())


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_training_killed_after_any_epoch_of_any_stage_ends_the_same(
    name, arguments, whole, tmp_path, caplog
):
    caplog.set_level(logging.INFO)
    stages = 2 if "stage1" in SPECS[name] else 1
    for epoch in range(2 * stages):
        folder = tmp_path / str(epoch)
        with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
            die_after(patch, writes=2 + epoch)  # the recipe, and a checkpoint each epoch
            train_model.main(**arguments(name, folder))
        caplog.clear()
        train_model.main(**arguments(name, folder))
        of_stage = f" of stage {1 + epoch // 2}/2" if stages == 2 else ""
        assert f"continuing after epoch {1 + epoch % 2} of 2{of_stage}" in caplog.text
        assert results(folder) == results(whole(name))


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_training_killed_within_an_epoch_ends_the_same(name, arguments, whole, tmp_path):
    steps = iter(range(100))
    killed_at = 10 if "stage1" in SPECS[name] else 4  # of three steps an epoch
    forward = trainer.DistillationBox.forward_process

    def dying(self, *others):
        if next(steps) == killed_at:
            raise Killed
        return forward(self, *others)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        patch.setattr(trainer.DistillationBox, "forward_process", dying)
        train_model.main(**arguments(name, tmp_path))
    train_model.main(**arguments(name, tmp_path))
    assert results(tmp_path) == results(whole(name))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_a_training_killed_on_a_gpu_ends_the_same(name, arguments, tmp_path):
    on_gpu, folders = {"device": "cuda"}, (tmp_path / "whole", tmp_path / "parts")
    train_model.main(**arguments(name, folders[0], **on_gpu))
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        die_after(patch, writes=4 if "stage1" in SPECS[name] else 2)
        train_model.main(**arguments(name, folders[1], **on_gpu))
    train_model.main(**arguments(name, folders[1], **on_gpu))
    assert results(folders[0]) == results(folders[1])


@pytest.mark.parametrize("name", ["ft", "sskd"])
@pytest.mark.parametrize("change", ["seed", "stage1"])
def test_a_part_of_another_training_is_never_taken(
    name, change, arguments, whole, tmp_path, caplog, monkeypatch
):
    """A checkpoint whose part is trained lies there, of another seed or with other settings."""
    monkeypatch.chdir(tmp_path)
    other = {"seed": 2} if change == "seed" else {}
    if change == "stage1":
        other = {
            "method": {**SPECS[name], "stage1": {**SPECS[name]["stage1"], "weight_decay": 0.1}}
        }
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        die_after(patch, writes=4)
        train_model.main(**arguments(name, tmp_path, **other))
    assert torch.load(tmp_path / "checkpoint.pt")["parts"]["teacher"]
    train_model.main(**arguments(name, tmp_path))
    assert "other data, settings or code" in caplog.text
    assert results(tmp_path) == results(whole(name))


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_streamed_images_and_the_same_seed_give_the_same_bits(name, arguments, whole, tmp_path):
    change = {"in_memory": False, "workers": 1 if name == "crd" else 0}
    train_model.main(**arguments(name, tmp_path, training=change))
    for file in ("model.pt", "history.csv"):
        assert (tmp_path / file).read_bytes() == (whole(name) / file).read_bytes()


@pytest.mark.parametrize("name", ONE_OF_EACH)
def test_features_enter_losses_in_float32_under_mixed_precision(
    name, arguments, tmp_path, monkeypatch
):
    features, plain = [], trainer.losses.InFloat32.forward

    def forward(self, student, teacher, targets=None):
        features.extend(v for io in teacher.values() for v in io.values())
        loss = plain(self, student, teacher, targets)
        assert loss.dtype == torch.float32
        return loss

    monkeypatch.setattr(trainer.losses.InFloat32, "forward", forward)
    change = {"training": {"epochs": 1, "precision": "bfloat16"}}
    train_model.main(**arguments(name, tmp_path, **change))
    dtypes = {feature.dtype for feature in features}
    assert torch.bfloat16 in dtypes or name == "crd"  # whose embeddings are float32 already
    assert json.loads((tmp_path / "metrics.json").read_text())["precision"] == "bfloat16"
    rows = (tmp_path / "history.csv").read_text().split()[1:]
    assert all(np.isfinite(float(row.split(",")[2])) for row in rows)


def probes(student, teacher):
    return tuple(Probe(build_network(spec, 3), spec, 64) for spec in (student, teacher))


def method_for(name, student, teacher, **changes):
    spec = method_spec(name, **changes)
    networks = probes({"architecture": student}, {"architecture": teacher})
    return build_method(spec, Setting("tiny", 1, *networks, class_sizes=[8, 8, 8]))


def test_shapes_are_read_from_the_networks():
    def part(stage, side):
        return getattr(stage, side)["auxiliary_model_wrapper"]["kwargs"]["part"]["kwargs"]

    _, student = method_for("ft", "resnet18", "resnet50", rate=0.25).stages
    assert part(student, "teacher") == {"decodes": False, "channels": 2048, "factors": 512}
    assert part(student, "student") == {"channels": 512, "factors": 512}
    layers = {"layers": ["features.8"], "teacher_layers": ["features.18"]}
    _, student = method_for("ft", "efficientnet_b0", "mobilenet_v2", **layers).stages
    assert part(student, "teacher")["channels"] == part(student, "student")["channels"] == 1280
    layers = {"layers": ["features.13", "features.18"], "teacher_layers": ["layer3", "layer4"]}
    [stage] = method_for("at", "mobilenet_v2", "resnet34", **layers).stages
    pairs = stage.terms["attention"]["criterion"]["kwargs"]["at_pairs"]
    assert pairs["pair2"]["student"]["path"] == "features.18"
    [stage] = method_for("crd", "mobilenet_v2", "resnet50", negatives=16).stages
    assert part(stage, "student") == {"features": 1280, "dim": 128}
    assert part(stage, "teacher") == {"features": 2048, "dim": 128}


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        (
            "at",
            {"layers": ["layer3", "layer5"]},
            "models.tiny.layers: resnet18 has no layer 'layer5'; did you",
        ),
        (
            "at",
            {"teacher_layers": ["layer4"]},
            "teacher_layers: 1 layers for 2 in layers; write one",
        ),
        (
            "at",
            {"teacher_layers": ["layer2", "layer4"]},
            "layers: the student's layer3 has maps of 8x8, the teacher's layer2 of 16x16",
        ),
        ("ft", {"layers": ["fc"], "teacher_layers": ["fc"]}, "layers: the output of resnet18's fc"),
        ("ft", {"rate": 0.001}, "rate: 0.001 of the teacher's 64 channels is less than one; write"),
        ("crd", {"negatives": 17}, r"negatives: 17 are more than .* \(16 for .* write at most 16"),
        ("self_kd", {}, r"teacher: is a resnet18 \(width 8, .*or write method: kd"),
        ("crd", {"tau": ...}, "method crd: the hyper-parameter 'tau' is missing"),
    ],
)
def test_what_does_not_fit_is_one_line(name, change, message, arguments, tmp_path):
    spec = {**SPECS[name], **change}
    spec = {key: value for key, value in spec.items() if value is not ...}
    with pytest.raises(InputError, match=message) as caught:
        train_model.main(**arguments(name, tmp_path, method=spec, network=NETWORK))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "torchdistill.yaml").exists()


def test_a_first_stage_that_diverges_names_its_own_learning_rate(arguments, tmp_path):
    spec = {**SPECS["ft"], "stage1": {**SPECS["ft"]["stage1"], "learning_rate": 1e30}}
    with pytest.raises(InputError, match=r"^stage1\.learning_rate: .* write a lower"):
        train_model.main(**arguments("ft", tmp_path, method=spec))


@pytest.fixture
def contrasted():
    """40 images of three classes of unequal size, in random order."""
    labels = np.random.default_rng(1).permutation(np.repeat([0, 1, 2], [7, 20, 13]))
    images = np.zeros((40, 2, 2, 3), np.uint8)
    options = {"augmentation": "none", "seed": 1, "device": torch.device("cpu")}
    held = HeldImages(images, labels, **options)
    return contrastive.ContrastiveImages(held, negatives=20, seed=1), labels


def test_an_image_is_contrasted_with_different_images_of_other_classes(contrasted):
    images, labels = contrasted
    counts = np.zeros((40, 40), int)
    sampler = EpochSampler(images, seed=1)
    for epoch in range(200):
        sampler.set_epoch(epoch)
        keys = list(sampler)
        _, _, supplement = images.__getitems__(keys)
        own, contrast = supplement["pos_idx"].numpy(), supplement["contrast_idx"].numpy()
        assert (own == np.array(keys) % 40).all()
        assert contrast.shape == (40, 21) and (contrast[:, 0] == own).all()
        assert all(len(set(row)) == 21 for row in contrast)
        assert (labels[contrast[:, 1:]] != labels[own][:, None]).all()
        np.add.at(counts, (own[:, None], contrast[:, 1:]), 1)
    # Each of an image's candidates equally often: 200 binomial draws, within five deviations.
    for image, row in enumerate(counts):
        candidates = row[labels != labels[image]]
        share = 20 / len(candidates)
        deviation = np.sqrt(200 * share * (1 - share))
        assert (np.abs(candidates - 200 * share) <= 5 * deviation + 1e-9).all()


def test_what_an_image_is_contrasted_with_depends_on_seed_epoch_and_image_alone(contrasted):
    images, _ = contrasted

    def drawn(keys, of=images):
        return of.__getitems__(keys)[2]["contrast_idx"]

    both = drawn([3, 45])
    assert torch.equal(drawn([45, 17, 3])[[2, 0]], both)
    assert not torch.equal(drawn([43])[0], both[0])  # image 3 again, an epoch later
    other = contrastive.ContrastiveImages(images._images, negatives=20, seed=2)
    assert not torch.equal(drawn([3], other)[0], both[0])
