"""train_text_model: its files, its determinism, going on after an interruption, its methods."""

from __future__ import annotations

import csv
import json
from contextlib import contextmanager

import pytest
import torch
from text_data import small_world

import text_vocabulary
import train_text_model
from kdlens.errors import InputError
from kdlens.files import sha256_of
from kdlens.training.text import trainer

DEEP = {"layers": 2, "hidden": 16, "heads": 2, "intermediate": 32, "positions": 40, "dropout": 0.1}
FLAT = {**DEEP, "layers": 1}
TRAINING = {
    "epochs": 3,
    "batch_size": 16,
    "learning_rate": 0.01,
    "weight_decay": 0.01,
    "warmup": 0.1,
    "clip": 1.0,
    "precision": "float32",
}
PLAIN = {"name": "cross_entropy"}
KD = {"name": "kd", "alpha": 0.5, "temperature": 4}


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """Sentences, their vocabulary, and a function that trains on them."""
    folder = tmp_path_factory.mktemp("text")
    summary = small_world(folder, train=240)
    vocabulary = folder / "vocabulary.txt"
    text_vocabulary.main(summary, vocabulary, source="learned", size=250)

    def train(to, network=FLAT, method=PLAIN, training=TRAINING, **options):
        to.mkdir(exist_ok=True)
        files = [to / name for name in ("model.pt", "metrics.json", "history.csv")]
        options = {"name": "m", "seed": 1, "device": "cpu", **options}
        train_text_model.main(
            summary,
            vocabulary,
            *files,
            network=network,
            method=method,
            training=training,
            **options,
        )
        return files

    return train


@pytest.fixture(scope="module")
def teacher(data, tmp_path_factory):
    return data(tmp_path_factory.mktemp("teacher"), DEEP, name="teacher")[0]


def rows_of(history):
    with open(history, newline="") as handle:
        return list(csv.DictReader(handle))


def test_a_training_learns_and_says_what_it_did(data, tmp_path):
    model, metrics, history = data(tmp_path, training={**TRAINING, "epochs": 10})
    told, rows = json.loads(metrics.read_text()), rows_of(history)
    assert [row["epoch"] for row in rows] == [str(n) for n in range(1, 11)]
    assert float(rows[-1]["train_loss"]) < 0.8 * float(rows[0]["train_loss"])
    assert told["accuracy_dev"] > told["majority_dev"] + 0.1
    assert float(rows[-1]["dev_accuracy"]) == pytest.approx(told["accuracy_dev"])
    assert told["model_sha256"] == sha256_of(model)
    expected = {"model": "m", "seed": 1, "method": "cross_entropy", "device": "cpu", "epochs": 10}
    assert expected.items() <= told.items()
    state = torch.load(model, weights_only=True)
    assert "classifier.weight" in state
    assert told["parameters"] == sum(v.numel() for v in state.values())


def test_the_same_seed_gives_the_same_bytes_and_another_one_others(data, tmp_path):
    first, again, other = (
        data(tmp_path / name, seed=seed) for name, seed in (("a", 1), ("b", 1), ("c", 2))
    )
    assert [f.read_bytes() for f in first] == [f.read_bytes() for f in again]
    assert first[0].read_bytes() != other[0].read_bytes()


@contextmanager
def interrupted_in(epoch):
    """Break the training off at the start of an epoch, counted from 0."""
    plain = trainer.TextTrainer._epoch

    def broken(self, number):
        if number == epoch:
            raise KeyboardInterrupt
        return plain(self, number)

    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(trainer.TextTrainer, "_epoch", broken)
        yield


def test_an_interrupted_training_ends_with_the_same_bytes(data, tmp_path, caplog):
    caplog.set_level("INFO")
    whole = data(tmp_path / "whole")
    with interrupted_in(2):
        data(tmp_path / "broken")
    assert not (tmp_path / "broken/model.pt").exists()
    caplog.clear()
    resumed = data(tmp_path / "broken")
    assert "going on after epoch 2 of 3" in caplog.text
    assert [f.read_bytes() for f in resumed] == [f.read_bytes() for f in whole]


def test_a_training_goes_on_with_another_number_of_threads(data, tmp_path, caplog):
    with interrupted_in(1):
        data(tmp_path, threads=2)
    metrics = data(tmp_path, threads=1)[1]
    assert json.loads(metrics.read_text())["threads"] == [2, 1]
    assert "1 CPU threads from here on, 2 before" in caplog.text


def test_a_checkpoint_of_other_settings_is_not_used(data, tmp_path, caplog):
    data(tmp_path)
    data(tmp_path, training={**TRAINING, "learning_rate": 0.02})
    assert "belongs to a training with other data, settings or code" in caplog.text


def test_a_student_learns_from_its_teacher(data, teacher, tmp_path):
    taught = {"method": KD, "teacher": teacher, "teacher_network": DEEP}
    model, metrics, _ = data(tmp_path / "kd", **taught)
    told = json.loads(metrics.read_text())
    assert told["teacher_sha256"] == sha256_of(teacher) and told["method"] == "kd"
    assert model.read_bytes() != data(tmp_path / "scratch")[0].read_bytes()
    # Without a soft term it is its twin from scratch, so both start from the same weights.
    hard = data(tmp_path / "hard", **{**taught, "method": {**KD, "alpha": 0}})[0]
    twin, plain = (torch.load(f, weights_only=True) for f in (hard, tmp_path / "scratch/model.pt"))
    for name, value in twin.items():
        torch.testing.assert_close(value, plain[name], atol=1e-4, rtol=1e-4)


def test_a_student_of_the_teachers_shape_is_not_its_twin(data, teacher, tmp_path):
    nothing = {**TRAINING, "learning_rate": 1e-12, "epochs": 1}
    taught = {"method": KD, "teacher": teacher, "teacher_network": DEEP, "training": nothing}
    twin = torch.load(data(tmp_path, DEEP, **taught)[0], weights_only=True)
    own = torch.load(data(tmp_path / "own", DEEP, training=nothing)[0], weights_only=True)
    assert not torch.equal(twin["classifier.weight"], own["classifier.weight"])


def test_layers_of_the_teacher_start_a_student(data, teacher, tmp_path):
    nothing = {**TRAINING, "learning_rate": 1e-12, "epochs": 1}
    taught = {"method": KD, "teacher": teacher, "teacher_network": DEEP, "training": nothing}
    model, metrics, _ = data(tmp_path, init="teacher_layers", **taught)
    assert json.loads(metrics.read_text())["layers_taken"] == [2]
    own, deep = (torch.load(file, weights_only=True) for file in (model, teacher))
    name = "bert.encoder.layer.{}.output.dense.weight"
    torch.testing.assert_close(own[name.format(0)], deep[name.format(1)])


def test_label_smoothing_and_random_weights(data, tmp_path):
    smooth = data(tmp_path / "smooth", method={"name": "label_smoothing", "alpha": 0.1})
    assert json.loads(smooth[1].read_text())["method"] == "label_smoothing"
    _, metrics, history = data(tmp_path / "random", method={"name": "random_init"}, training=None)
    told = json.loads(metrics.read_text())
    assert (told["method"], told["epochs"], rows_of(history)) == ("random_init", 0, [])


def test_what_is_wrong_is_told(data, tmp_path):
    with pytest.raises(InputError, match=r"text\.networks of m\.positions: 5 is too few"):
        data(tmp_path, {**FLAT, "positions": 5})
    with pytest.raises(InputError, match=r"not finite.*lower text\.training\.learning_rate"):
        data(tmp_path, training={**TRAINING, "learning_rate": 1e30})
