"""Weights from elsewhere: always verified, always the right network."""

from __future__ import annotations

import argparse
import json
import re
from types import SimpleNamespace

import pytest
import torch
import torchvision
from tiny_training import IMAGE, NETWORK, make_dataset

import import_checkpoint
import initialise_model
from kdlens.errors import InputError
from kdlens.files import sha256_of
from kdlens.training import weights
from kdlens.training.checkpoints import save_weights
from kdlens.training.networks import initialise_network
from kdlens.training.state_dicts import read_state


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return make_dataset(tmp_path_factory.mktemp("tiny"), train=1, val=2)


@pytest.fixture(scope="module")
def state():
    return initialise_network(NETWORK, 3, 7).state_dict()


@pytest.fixture(scope="module")
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("elsewhere") / "network.pth"
    save_weights(initialise_network(NETWORK, 3, 7), path)
    return path


def take(dataset, folder, source, network=NETWORK):
    import_checkpoint.main(
        dataset,
        folder / "model.pt",
        folder / "metrics.json",
        name="mine",
        seed=1,
        network=network,
        weights=source,
        image=IMAGE,
        downloads=folder / "weights",
        device="cpu",
        batch_size=4,
        threads=1,
    )
    return json.loads((folder / "metrics.json").read_text())


def test_weights_from_a_path_are_copied_and_evaluated(dataset, file, tmp_path):
    checksum = sha256_of(file)
    metrics = take(dataset, tmp_path, {"path": str(file), "sha256": checksum[:8].upper()})
    assert metrics["model_sha256"] == checksum == sha256_of(tmp_path / "model.pt")
    assert metrics["method"] == "checkpoint" and 0 <= metrics["top1"] <= 100
    assert metrics["threads"] == [1] and metrics["epochs"] == 0


def test_weights_from_an_address_are_kept_for_the_next_run(dataset, file, tmp_path):
    source = {"url": file.as_uri(), "sha256": sha256_of(file)}
    take(dataset, tmp_path, source)
    [kept] = (tmp_path / "weights").rglob("network.pth")
    before = kept.stat().st_mtime_ns
    take(dataset, tmp_path, source)
    assert kept.stat().st_mtime_ns == before


def test_a_wrong_checksum_is_an_error(dataset, file, tmp_path):
    for source in ({"path": str(file)}, {"url": file.as_uri()}):
        with pytest.raises(InputError, match="sha256"):
            take(dataset, tmp_path, {**source, "sha256": "0" * 64})
        with pytest.raises(InputError, match=r"weights\.sha256: is missing"):
            take(dataset, tmp_path, source)
    with pytest.raises(InputError, match=rf"write {sha256_of(file)} as weights\.sha256"):
        take(dataset, tmp_path, {"path": str(file), "sha256": "0" * 8})
    assert not (tmp_path / "model.pt").exists()


@pytest.mark.parametrize("source", [{}, {"path": "a", "url": "b"}])
def test_exactly_one_source_must_be_given(tmp_path, source):
    with pytest.raises(InputError, match="give exactly one of torchvision, path, url"):
        weights.obtain_weights({**source, "sha256": "0" * 8}, tmp_path)


def test_missing_truncated_and_foreign_files_are_errors(dataset, file, tmp_path):
    with pytest.raises(InputError, match=r"absent\.pth: no such file"):
        take(dataset, tmp_path, {"path": str(tmp_path / "absent.pth"), "sha256": "0" * 8})
    short = tmp_path / "short.pth"
    short.write_bytes(file.read_bytes()[:5000])
    with pytest.raises(InputError, match=r"short\.pth: not readable as plain weights"):
        take(dataset, tmp_path, {"path": str(short), "sha256": sha256_of(short)})
    source = {"path": str(file), "sha256": sha256_of(file)}
    with pytest.raises(InputError, match="the weights are of another network"):
        take(dataset, tmp_path, source, {**NETWORK, "architecture": "resnet34"})
    assert not (tmp_path / "model.pt").exists()


def test_other_classes_than_the_datasets_are_allowed_but_not_evaluated(dataset, tmp_path):
    path = tmp_path / "five.pth"
    save_weights(initialise_network(NETWORK, 5, 1), path)
    source = {"path": str(path), "sha256": sha256_of(path)}
    metrics = take(dataset, tmp_path, source, {**NETWORK, "classes": 5})
    assert metrics["top1"] is None and metrics["loss"] is None and metrics["classes"] == 5
    with pytest.raises(InputError, match=r"correct the network's entry .*classes"):
        take(dataset, tmp_path, source)


def test_without_training_data_the_file_says_how_many_classes(file, tmp_path):
    source = {"path": str(file), "sha256": sha256_of(file)}
    metrics = take(None, tmp_path, source)
    assert metrics["classes"] == 3 and metrics["dataset_digest"] is None
    assert metrics["top1"] is None and metrics["top5"] is None and metrics["loss"] is None
    assert sha256_of(tmp_path / "model.pt") == sha256_of(file)
    shapes = r"network\.pth: .*fc\.weight has shape \(3, 32\), not \(5, 32\)"
    with pytest.raises(InputError, match=shapes):
        take(None, tmp_path, source, {**NETWORK, "classes": 5})


def test_without_training_data_a_null_is_like_the_checkpoint(file, tmp_path):
    take(None, tmp_path, {"path": str(file), "sha256": sha256_of(file)})
    files = {"model": tmp_path / "null.pt", "metrics": tmp_path / "null.json"}
    arguments = {"name": "null", "seed": 7, "image": IMAGE, "device": "cpu"}
    like = tmp_path / "metrics.json"
    initialise_model.main(None, **files, **arguments, network=NETWORK, like=like)
    assert sha256_of(tmp_path / "null.pt") == sha256_of(file)  # It has random weights of seed 7.
    assert json.loads(files["metrics"].read_text())["top1"] is None
    initialise_model.main(None, **files, **arguments, network={**NETWORK, "classes": 5})
    assert read_state(tmp_path / "null.pt")["fc.weight"].shape == (5, 32)
    with pytest.raises(InputError, match="write classes in its entry of networks"):
        initialise_model.main(None, **files, **arguments, network=NETWORK)


@pytest.mark.parametrize(
    "wrap",
    [
        lambda state: {f"_orig_mod.module.{k}": v for k, v in state.items()},
        lambda state: {"state_dict": {f"module.{k}": v for k, v in state.items()}, "epoch": 3},
        lambda state: {"model": state, "args": argparse.Namespace(lr=0.1), "best_value": 1.0},
    ],
)
def test_training_checkpoints_of_other_programs_are_understood(state, tmp_path, wrap):
    torch.save(wrap(state), tmp_path / "wrapped.pth")
    found = weights.read_weights(tmp_path / "wrapped.pth")
    assert set(found) == set(state)
    assert torch.equal(found["fc.weight"], state["fc.weight"])


def test_old_names_of_a_densenets_layers_are_understood(tmp_path):
    """torchvision's weights of 2017 have them, and renames them when it loads them itself."""
    with torch.device("meta"):
        expected = list(torchvision.models.densenet121().state_dict())
    old = [re.sub(r"(denselayer\d+\.(?:norm|conv))([12])", r"\1.\2", name) for name in expected]
    assert old != expected
    torch.save({name: torch.zeros(1) for name in old}, tmp_path / "old.pth")
    assert list(weights.read_weights(tmp_path / "old.pth")) == expected


def test_torchvisions_own_checksum_is_checked_too(monkeypatch, file, tmp_path):
    name, digest = "ResNet34_Weights.IMAGENET1K_V1", sha256_of(file)
    fetched = []
    monkeypatch.setattr(weights, "download", lambda urls, *_: fetched.extend(urls) or file)
    with pytest.raises(InputError, match="expected b627a593"):
        weights.obtain_weights({"torchvision": name, "sha256": digest}, tmp_path)
    assert fetched == ["https://download.pytorch.org/models/resnet34-b627a593.pth"]
    address = SimpleNamespace(url=f"https://example.org/resnet34-{digest[:8]}.pth")
    monkeypatch.setattr(weights.torchvision.models, "get_weight", lambda name: address)
    assert weights.obtain_weights({"torchvision": name, "sha256": digest}, tmp_path) == file


@pytest.mark.parametrize("name", ["ResNet34_Weights.IMAGENET1K_V9", "ResNet34_Weight.DEFAULT", "x"])
def test_an_unknown_torchvision_name_is_an_error(name, tmp_path):
    with pytest.raises(InputError, match=r"is not known; .*ResNet34_Weights\.IMAGENET1K_V1"):
        weights.obtain_weights({"torchvision": name, "sha256": "b627a593"}, tmp_path)


def test_saved_weights_are_float32_tensors_without_ties(file):
    assert {v.dtype for v in read_state(file).values()} == {torch.float32, torch.int64}
