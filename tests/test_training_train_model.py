"""Whole trainings: reproducible, resumable, by torchdistill's recipe."""

from __future__ import annotations

import csv
import json
import logging
import shutil
import signal
import time

import pytest
import torch
import yaml
from project import ROOT, SCRIPTS
from tiny_training import (
    CROSS_ENTROPY,
    IMAGE,
    NETWORK,
    Killed,
    die_after,
    results,
    start_training,
    train_arguments,
)
from torchdistill.core.distillation import DistillationBox

import initialise_model
import train_model
from kdlens import files
from kdlens.training import checkpoints, trainer
from kdlens.training.evaluation import evaluate_on_validation
from kdlens.training.networks import load_network
from kdlens.training.state_dicts import read_pickle, read_state


@pytest.fixture(scope="module", autouse=True)
def slurm():
    """Run as inside a Slurm job: torchdistill's launcher would go distributed there."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("SLURM_PROCID", "1")
        yield


@pytest.fixture(scope="module")
def trained(tmp_path_factory, dataset, kd):
    """One KD training that was never interrupted."""
    folder = tmp_path_factory.mktemp("trained")
    train_model.main(**train_arguments(dataset, folder, **kd))
    return folder


def test_outputs(trained, teacher, dataset):
    written = {"history.csv", "metrics.json", "model.pt", "torchdistill.yaml"}
    # The workflow removes the checkpoint, once the results are accepted.
    assert set(results(trained)) == written | {"checkpoint.pt"}
    metrics = json.loads((trained / "metrics.json").read_text())
    assert metrics["method"] == "kd" and metrics["epochs"] == 3 and metrics["classes"] == 3
    assert metrics["model_sha256"] == files.sha256_of(trained / "model.pt")
    assert metrics["teacher_sha256"] == files.sha256_of(teacher)
    assert metrics["dataset_digest"] == json.loads(dataset.read_text())["digest"]
    assert metrics["top5"] == 100  # of three classes, five are always right
    with open(trained / "history.csv", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert [row["epoch"] for row in rows] == ["1", "2", "3"]
    # Evaluated every second epoch, and after the last.
    assert [bool(row["val_top1"]) for row in rows] == [False, True, True]
    assert float(rows[-1]["val_top1"]) == pytest.approx(metrics["top1"], abs=1e-5)
    state = read_state(trained / "model.pt")
    assert all(value.is_contiguous() for value in state.values())


def test_metrics_belong_to_the_saved_weights(trained, dataset):
    metrics = json.loads((trained / "metrics.json").read_text())
    network = load_network(NETWORK, 3, trained / "model.pt", "cpu")
    again = evaluate_on_validation(
        network, dataset, IMAGE, device=torch.device("cpu"), batch_size=5, threads=1
    )
    assert again.top1 == pytest.approx(metrics["top1"], abs=1e-6)
    assert again.loss == pytest.approx(metrics["loss"], abs=1e-5)


class Recipe(yaml.SafeLoader):
    """Reads a recipe without importing what it names."""


Recipe.add_constructor("!import_get", lambda loader, node: node.value[0][1].value)


def test_the_recipe_is_torchdistills_and_says_what_it_was_used_with(trained):
    text = (trained / "torchdistill.yaml").read_text()
    recipe = yaml.load(text, Recipe)
    train = recipe["train"]
    assert train["num_epochs"] == 3
    assert train["train_data_loader"]["sampler"]["class_or_func"].endswith(".EpochSampler")
    assert train["teacher"]["requires_grad"] is False and train["student"]["requires_grad"] is True
    terms = train["criterion"]["kwargs"]["sub_terms"]
    assert terms["hard"]["weight"] == terms["soft"]["weight"] == 0.5
    assert train["optimizer"]["kwargs"]["nesterov"] is True
    assert recipe["given"]["network"] == NETWORK
    assert str(ROOT) not in text


def test_the_same_seed_gives_the_same_bytes(trained, dataset, kd, tmp_path):
    train_model.main(**train_arguments(dataset, tmp_path, **kd))
    assert results(tmp_path) == results(trained)


def test_another_seed_and_streaming(trained, dataset, kd, tmp_path):
    """Streamed images train to the same bits as held ones; another seed to others."""
    streamed, other = tmp_path / "streamed", tmp_path / "other"
    change = {"training": {"in_memory": False, "workers": 0}}
    train_model.main(**train_arguments(dataset, streamed, **kd, **change))
    assert (streamed / "model.pt").read_bytes() == (trained / "model.pt").read_bytes()
    train_model.main(**train_arguments(dataset, other, **kd, seed=2))
    assert (other / "model.pt").read_bytes() != (trained / "model.pt").read_bytes()


def test_the_student_learns_and_the_teacher_stays_as_it_is(dataset, kd, teacher, tmp_path):
    teachers = []
    plain = train_model.load_network
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            train_model, "load_network", lambda *a: teachers.append(plain(*a)) or teachers[-1]
        )
        change = {"epochs": 12, "evaluate_every": 12}
        train_model.main(**train_arguments(dataset, tmp_path, **kd, training=change))
    rows = (tmp_path / "history.csv").read_text().splitlines()
    assert float(rows[-1].split(",")[3]) > 60  # of three classes, by colour
    before = read_state(teacher)
    after = teachers[0].state_dict()
    assert all(torch.equal(before[name], value) for name, value in after.items())
    assert not any(module.training for module in teachers[0].modules())


@pytest.mark.parametrize("optimizer", ["sgd", "adam"])
@pytest.mark.parametrize(
    "schedule",
    [
        {"name": "constant"},
        {"name": "cosine"},
        {"name": "multistep", "milestones": [1, 2], "gamma": 0.1},
        {"name": "one_cycle", "warmup": 1 / 9},  # a warm-up of exactly one of nine steps
    ],
)
def test_every_schedule_goes_on_where_it_was_interrupted(
    dataset, tmp_path, monkeypatch, schedule, optimizer
):
    change = {"training": {"schedule": schedule, "optimizer": optimizer, "learning_rate": 0.01}}
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train_model.main(**train_arguments(dataset, whole, **change))
    with monkeypatch.context() as patch:
        die_after(patch, writes=2)  # the recipe, and the checkpoint of the first epoch
        with pytest.raises(Killed):
            train_model.main(**train_arguments(dataset, parts, **change))
    train_model.main(**train_arguments(dataset, parts, **change))
    assert results(parts) == results(whole)
    rates = [float(row.split(",")[1]) for row in (whole / "history.csv").read_text().split()[1:]]
    if schedule["name"] == "multistep":
        assert rates == pytest.approx([0.01, 0.001, 0.0001])
    elif schedule["name"] == "constant":
        assert rates == [0.01] * 3
    else:
        assert rates[0] > rates[1] > rates[2]


def test_a_death_after_any_write_is_harmless(trained, dataset, kd, tmp_path, caplog):
    """Recipe, three checkpoints, model, history, metrics: die after each, start again."""
    caplog.set_level(logging.INFO)
    for writes in range(1, 8):
        folder = tmp_path / str(writes)
        with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
            die_after(patch, writes)
            train_model.main(**train_arguments(dataset, folder, **kd))
        assert (folder / "checkpoint.pt").exists() == (writes > 1)
        caplog.clear()
        train_model.main(**train_arguments(dataset, folder, **kd))
        assert (f"continuing after epoch {min(writes - 1, 3)} of 3" in caplog.text) == (writes > 1)
        assert results(folder) == results(trained)


def test_results_that_snakemake_threw_away_are_written_again(
    trained, dataset, kd, tmp_path, caplog
):
    """As after a time limit that came when the job had ended and was not yet accepted."""
    caplog.set_level(logging.INFO)
    shutil.copy(trained / "checkpoint.pt", tmp_path)
    train_model.main(**train_arguments(dataset, tmp_path, **kd))
    assert "continuing after epoch 3 of 3" in caplog.text
    assert results(tmp_path) == results(trained)


def test_killed_process_goes_on_to_the_same_bits(dataset, kd, tmp_path):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    change = {"training": {"epochs": 24, "evaluate_every": 12}}
    arguments = train_arguments(dataset, parts, **kd, **change)
    process = start_training(arguments)
    time.sleep(0.05)  # into the middle of some epoch
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    assert not (parts / "model.pt").exists()
    assert 1 <= read_pickle(parts / "checkpoint.pt")["epoch"] < 24

    train_model.main(**arguments)
    train_model.main(**train_arguments(dataset, whole, **kd, **change))
    assert results(parts) == results(whole)


@pytest.mark.parametrize("damage", ["truncated", "foreign", "other settings"])
def test_a_useless_checkpoint_is_ignored_and_the_log_says_so(
    trained, dataset, kd, tmp_path, monkeypatch, caplog, damage
):
    change = {"training": {"learning_rate": 0.01}} if damage == "other settings" else {}
    with monkeypatch.context() as patch, pytest.raises(Killed):
        die_after(patch, writes=2)
        train_model.main(**train_arguments(dataset, tmp_path, **kd, **change))
    checkpoint = tmp_path / "checkpoint.pt"
    if damage == "truncated":
        checkpoint.write_bytes(checkpoint.read_bytes()[:1000])
    elif damage == "foreign":
        torch.save({"some": "thing"}, checkpoint)
    leftover = tmp_path / ".checkpoint.123.tmp.pt"
    leftover.write_bytes(b"half of a checkpoint")
    train_model.main(**train_arguments(dataset, tmp_path, **kd))
    reason = {
        "truncated": "is not continued",
        "foreign": "not a checkpoint of this program",
        "other settings": "other data, settings or code",
    }[damage]
    assert reason in caplog.text
    assert results(tmp_path) == results(trained)


@pytest.fixture
def stopped(dataset, kd, tmp_path):
    """The folder of a training, like ``trained``, that died after its first epoch."""
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        die_after(patch, writes=2)
        train_model.main(**train_arguments(dataset, tmp_path, **kd, training={"in_memory": True}))
    return tmp_path


def test_how_images_are_held_may_change(trained, stopped, dataset, kd, caplog):
    caplog.set_level(logging.INFO)
    change = {"in_memory": False, "workers": 1}
    train_model.main(**train_arguments(dataset, stopped, **kd, training=change))
    assert "continuing after epoch 1 of 3" in caplog.text
    found, expected = results(stopped), results(trained)
    assert b"num_workers: 1" in found.pop("torchdistill.yaml")  # it was streamed
    assert b"num_workers: 0" in expected.pop("torchdistill.yaml")
    assert found == expected


def test_another_number_of_threads_goes_on_and_says_so(trained, stopped, dataset, kd, caplog):
    caplog.set_level(logging.INFO)
    try:
        train_model.main(**train_arguments(dataset, stopped, **kd, threads=2))
    finally:
        torch.set_num_threads(1)
    assert "continuing after epoch 1 of 3" in caplog.text
    assert "2 CPU threads from here on, 1 before" in caplog.text
    assert json.loads((stopped / "metrics.json").read_text())["threads"] == [1, 2]
    assert json.loads((trained / "metrics.json").read_text())["threads"] == [1]
    assert (stopped / "history.csv").read_text().count("\n") == 4


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU here")
def test_cpu_threads_leave_no_trace_on_a_gpu(dataset, kd, tmp_path):
    given = {**kd, "device": "cuda"}
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    train_model.main(**train_arguments(dataset, whole, **given))
    with pytest.MonkeyPatch.context() as patch, pytest.raises(Killed):
        die_after(patch, writes=2)
        train_model.main(**train_arguments(dataset, parts, **given))
    try:
        train_model.main(**train_arguments(dataset, parts, **given, threads=2))
    finally:
        torch.set_num_threads(1)
    assert results(parts) == results(whole)


def test_the_code_is_in_the_fingerprint_as_far_as_it_is_used(tmp_path):
    scripts = tmp_path / "workflow_scripts"
    shutil.copytree(SCRIPTS, scripts)
    script, facts = scripts / "train_model.py", {"seed": 1}

    def digest():
        return checkpoints.fingerprint_of(facts, script)

    before = digest()
    assert before == checkpoints.fingerprint_of(facts, SCRIPTS / "train_model.py")
    assert before != checkpoints.fingerprint_of({"seed": 2}, script)
    (scripts / "kdlens/paper/figure02.py").write_text("# not used by a training")
    (scripts / "dissect.py").write_text("# another script")
    assert digest() == before
    used = ("kdlens/data/image_folder.py", "kdlens/training/methods/kd.py", "train_model.py")
    for name in used:
        with open(scripts / name, "a") as handle:
            handle.write("# edited")
        assert digest() != before
        before = digest()


def test_an_edit_of_the_decoding_starts_anew(trained, stopped, dataset, kd, tmp_path, caplog):
    scripts = tmp_path / "scripts"
    shutil.copytree(SCRIPTS, scripts)
    with open(scripts / "kdlens/data/image_folder.py", "a") as handle:
        handle.write("# edited")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(train_model, "__file__", str(scripts / "train_model.py"))
        train_model.main(**train_arguments(dataset, stopped, **kd))
    assert "other data, settings or code" in caplog.text
    shutil.rmtree(scripts)
    found, expected = results(stopped), results(trained)
    # Its fingerprint is that of the edited code.
    assert found.pop("checkpoint.pt") != expected.pop("checkpoint.pt")
    assert found == expected


def test_losses_are_computed_in_float32_under_mixed_precision(dataset, kd, tmp_path, monkeypatch):
    outputs, inside = [], []
    plain = DistillationBox.forward_process

    def forward_process(self, *arguments):
        inside.append(torch.is_autocast_enabled("cpu"))
        self.student_model.fc.register_forward_hook(lambda *a: outputs.append(a[2].dtype))
        loss = plain(self, *arguments)
        assert loss.dtype == torch.float32
        return loss

    monkeypatch.setattr(DistillationBox, "forward_process", forward_process)
    change = {"training": {"epochs": 1, "precision": "bfloat16"}}
    train_model.main(**train_arguments(dataset, tmp_path, **kd, **change))
    assert all(inside) and torch.bfloat16 in outputs
    assert json.loads((tmp_path / "metrics.json").read_text())["precision"] == "bfloat16"
    state = read_state(tmp_path / "model.pt")
    assert state["conv1.weight"].dtype == torch.float32


def test_a_random_network_is_the_start_of_the_trained_one(dataset, tmp_path):
    initialise_model.main(
        dataset,
        tmp_path / "model.pt",
        tmp_path / "metrics.json",
        name="random",
        seed=1,
        network=NETWORK,
        image=IMAGE,
        device="cpu",
    )
    metrics = json.loads((tmp_path / "metrics.json").read_text())
    assert metrics["epochs"] == 0 and 0 <= metrics["top1"] <= 100
    starts = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(
            trainer.Trainer, "fit", lambda self, *_: starts.append(self._student) or 1 / 0
        )
        with pytest.raises(ZeroDivisionError):
            train_model.main(**train_arguments(dataset, tmp_path, method=CROSS_ENTROPY))
    saved = read_state(tmp_path / "model.pt")
    assert all(torch.equal(saved[name], v) for name, v in starts[0].state_dict().items())


def test_a_student_of_its_own_kind_is_not_its_teachers_twin(dataset, tmp_path):
    plain, taught = tmp_path / "plain", tmp_path / "taught"
    for folder in (plain, taught):
        folder.mkdir()
    train_model.main(**train_arguments(dataset, plain))
    # Without a soft term a twin would become the teacher, seed for seed.
    train_model.main(
        **train_arguments(
            dataset,
            taught,
            method={"name": "self_kd", "alpha": 0.0, "temperature": 4.0},
            teacher=str(plain / "model.pt"),
            teacher_network=NETWORK,
        )
    )
    name = "conv1.weight"
    first, second = (read_state(folder / "model.pt")[name] for folder in (plain, taught))
    assert (first - second).abs().mean() > 0.1 * first.abs().mean()
    assert json.loads((taught / "metrics.json").read_text())["seed"] == 1
