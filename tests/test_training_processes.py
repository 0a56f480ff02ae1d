"""One training in two processes does what one process would do, and ends in an orderly way."""

from __future__ import annotations

import csv
import json
import logging
import signal
import time

import pytest
import torch
from tiny_training import (
    CROSS_ENTROPY,
    Killed,
    die_after,
    make_dataset,
    results,
    start_training,
    train_arguments,
)

import train_model
from kdlens.errors import InputError
from kdlens.training import launch
from kdlens.training.processes import Processes, ShareSampler
from kdlens.training.state_dicts import read_pickle, read_state

TRAINING = {"epochs": 2, "learning_rate": 0.02}


@pytest.fixture(scope="module")
def uneven(tmp_path_factory):
    """21 images: the last of three batches has five, two for one process, three for the other."""
    return make_dataset(tmp_path_factory.mktemp("tiny"), train=7)


def rows_of(folder):
    with open(folder / "history.csv", newline="") as handle:
        return [{k: float(v or "nan") for k, v in row.items()} for row in csv.DictReader(handle)]


def assert_alike(one, two):
    """The same but for the rounding of sums, which a few steps of training make larger."""
    assert set(results(one)) == set(results(two))
    for alone, together in zip(rows_of(one), rows_of(two), strict=True):
        assert together == pytest.approx(alone, rel=1e-4, abs=1e-5, nan_ok=True)
    alone, together = (read_state(folder / "model.pt") for folder in (one, two))
    assert list(alone) == list(together)
    for name, value in alone.items():
        assert torch.allclose(value, together[name], rtol=1e-3, atol=1e-4), name


def test_two_processes_learn_what_one_learns_by_cross_entropy(uneven, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    given = {"method": CROSS_ENTROPY, "training": TRAINING}
    train_model.main(**train_arguments(uneven, one, **given))
    train_model.main(**train_arguments(uneven, two, **given, gpus=2, threads=2))
    assert_alike(one, two)
    assert json.loads((two / "metrics.json").read_text())["processes"] == [2]


def test_two_processes_go_on_with_the_kd_of_one(uneven, kd, tmp_path):
    one, two = tmp_path / "one", tmp_path / "two"
    # Streamed: each process has decoding processes of its own.
    given = {**kd, "training": {**TRAINING, "in_memory": False, "workers": 1}}
    train_model.main(**train_arguments(uneven, one, **given))
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        die_after(patch, writes=2)
        train_model.main(**train_arguments(uneven, two, **given))
    train_model.main(**train_arguments(uneven, two, **given, gpus=2, threads=2))
    assert_alike(one, two)
    assert json.loads((two / "metrics.json").read_text())["processes"] == [1, 2]


def test_a_kill_ends_all_processes_and_one_alone_goes_on(uneven, tmp_path, caplog):
    caplog.set_level(logging.INFO)
    arguments = train_arguments(uneven, tmp_path, training={"epochs": 150, "evaluate_every": 150})
    process = start_training({**arguments, "gpus": 2})
    process.send_signal(signal.SIGKILL)
    process.wait()
    time.sleep(2)
    checkpoint = tmp_path / "checkpoint.pt"
    epoch = read_pickle(checkpoint)["epoch"]
    time.sleep(0.5)
    assert read_pickle(checkpoint)["epoch"] == epoch < 150  # nobody is at work any more
    train_model.main(**arguments)
    assert f"continuing after epoch {epoch} of 150" in caplog.text
    assert "1 processes from here on, 2 before" in caplog.text
    assert json.loads((tmp_path / "metrics.json").read_text())["processes"] == [2, 1]


def test_a_failing_process_ends_the_training_with_its_message(tmp_path):
    dataset = make_dataset(tmp_path, train=2, val=1)
    # An image of which only one process learns, at the latest in the second epoch.
    (tmp_path / "tree/train/green/000.png").write_bytes(b"no image")
    change = {"in_memory": False, "workers": 0, "batch_size": 6}
    with pytest.raises(InputError, match=r"green/000\.png: cannot be decoded") as caught:
        train_model.main(**train_arguments(dataset, tmp_path / "out", training=change, gpus=2))
    assert "\n" not in str(caught.value)
    assert not (tmp_path / "out/model.pt").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"gpus": 3}, "models.tiny.gpus: 3 does not divide the batch size 8"),
        ({"gpus": 2, "method": {"name": "sskd"}}, "the loss of sskd is no mean over images"),
    ],
)
def test_what_cannot_be_shared_is_one_line(dataset, tmp_path, change, message):
    with pytest.raises(InputError, match=message):
        train_model.main(**train_arguments(dataset, tmp_path, **change))


def test_more_gpus_than_there_are_is_one_line(dataset, tmp_path, monkeypatch):
    monkeypatch.setattr(launch, "resolve_device", lambda name: torch.device("cuda"))
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    with pytest.raises(InputError, match=r"tiny\.gpus: 2 GPUs were asked for, but torch sees 1"):
        train_model.main(**train_arguments(dataset, tmp_path, gpus=2))


def test_shares_make_up_the_batches_of_one_process():
    images = torch.utils.data.TensorDataset(torch.zeros(22))
    for length, size in ((22, 4), (21, 4), (22, 2), (16, 1)):
        shares = []
        for rank in range(size):
            sampler = ShareSampler(images, 1, Processes(rank, size), 8, length)
            keys = list(sampler)
            assert len(keys) == len(sampler)
            shares.append([keys[i : i + 8 // size] for i in range(0, len(keys), 8 // size)])
        order = list(ShareSampler(images, 1, Processes(), 8, length))
        batches = [order[i : i + 8] for i in range(0, length, 8)]
        joined = [[key for part in parts for key in part] for parts in zip(*shares, strict=True)]
        assert joined == batches
    found = [Processes(rank, 2).whole_batches(11, 3) for rank in range(2)]
    assert found == [[0, 1, 2, 6, 7, 8], [3, 4, 5, 9, 10]]


def test_a_last_batch_too_small_to_share_is_one_line():
    section = {
        "train_data_loader": {"kwargs": {"batch_size": 8, "drop_last": False}, "sampler": {}}
    }
    with pytest.raises(InputError, match="the last 2 images cannot be shared among 4 GPUs"):
        Processes(0, 4).section_for(section, 18)
    loader = Processes(0, 4).section_for(section, 20)["train_data_loader"]
    assert loader["kwargs"] == {"batch_size": 2, "drop_last": False}
