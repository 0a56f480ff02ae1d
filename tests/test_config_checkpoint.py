"""The config of a run without training: checkpoints of the user's own."""

from __future__ import annotations

import copy
import hashlib

import pytest
from config_data import (
    CHECKPOINT,
    DEMO,
    IMAGENET,
    PUBLISHED,
    SCHEMA,
    changed,
    no_variables_fixture,  # noqa: F401
)

from kdlens.config import resolve
from kdlens.errors import InputError
from kdlens.plan import models

pytestmark = pytest.mark.usefixtures("no_variables")
SCRATCH = {"network": "mine", "method": "cross_entropy"}


def test_checkpoints_alone_need_no_training_data():
    config = resolve(CHECKPOINT, SCHEMA, PUBLISHED)
    assert "training_data" not in config and "training" not in config
    assert config["paper"]["models"] == ["mine", "random_init"]
    assert config["paper"]["shuffled"] == "mine"
    assert config["paper"]["figure03"]["models"] == ["mine"]
    assert config["models"]["mine"]["weights"] == {"path": "my_network.pt", "sha256": "00000000"}
    assert resolve(config, SCHEMA, PUBLISHED) == config


def test_a_checkpoints_path_and_checksum_come_from_the_environment(monkeypatch):
    monkeypatch.setenv("CHECKPOINT", "/data/best.pt")
    monkeypatch.setenv("CHECKPOINT_SHA256", "0123456789abcdef")
    config = resolve(CHECKPOINT, SCHEMA, PUBLISHED)
    weights = {"path": "/data/best.pt", "sha256": "0123456789abcdef"}
    assert config["models"]["mine"]["weights"] == weights
    monkeypatch.setenv("CHECKPOINT_SHA256", "best.pt")
    with pytest.raises(
        InputError, match=r"weights\.sha256: 'best\.pt' is no checksum; write the 64"
    ):
        resolve(CHECKPOINT, SCHEMA, PUBLISHED)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        (
            "models.scratch",
            SCRATCH,
            "config key training_data: is missing, but models.scratch (method cross_entropy) is "
            "trained here",
        ),
        (
            "networks.mine.normalisation",
            ...,
            "config key networks.mine.normalisation: is missing; without training_data, say how",
        ),
        ("networks.mine.normalisation.std", ..., "normalisation: the key std is missing"),
        ("networks.mine.normalisation.std", [0.2, 0, 0.2], "std: every entry must be more than 0"),
        ("dissection.image_size", ..., "config key dissection.image_size: is missing; without"),
        ("dissection.layers", ["layer9"], "resnet18 has no layer 'layer9'; did you mean 'layer4'?"),
        (
            "dissection.layers",
            ["layer4.2"],
            "resnet18 has no layer 'layer4.2'; did you mean 'layer4.1'?",
        ),
        (
            "networks.mine.architecture",
            "vgg16",
            "vgg16 has no layer 'layer4'; Known: features.0 to features.30. Correct them",
        ),
        (
            "models.random_init.network",
            "other",
            "config key networks.other.classes: is missing; there is neither training_data nor a "
            "checkpoint of this network to take models.random_init's number of classes from",
        ),
        ("models.random_init", ..., "a network with random weights must stand beside the others"),
    ],
)
def test_mistake_in_a_run_without_training_is_named(path, value, message):
    config = copy.deepcopy(CHECKPOINT)
    other = {"architecture": "resnet34", "normalisation": IMAGENET}
    config["networks"]["other"] = other
    with pytest.raises(InputError) as caught:
        resolve(changed(path, value, config), SCHEMA, PUBLISHED)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_null_of_another_network_says_how_many_classes():
    config = changed("models.random_init.network", "other", CHECKPOINT)
    config["networks"]["other"] = {
        "architecture": "resnet34",
        "normalisation": IMAGENET,
        "classes": 10,
    }
    assert resolve(config, SCHEMA, PUBLISHED)["networks"]["other"]["classes"] == 10


def test_training_data_without_how_to_train():
    with pytest.raises(InputError, match=r"config key training: is missing, but models\.teacher"):
        resolve(changed("training", ...), SCHEMA, PUBLISHED)


def test_normalisation_is_that_of_the_training_data_unless_a_checkpoint_has_its_own():
    own = {"network": "own", "method": "checkpoint", "weights": {"path": "x", "sha256": "0" * 8}}
    config = changed("models.own", own)
    config["networks"]["own"] = {"architecture": "resnet18", "normalisation": IMAGENET}
    resolved = resolve(config, SCHEMA, PUBLISHED)
    assert models.image(resolved, "own") == {"size": 64, **IMAGENET}
    data = {key: DEMO["training_data"][key] for key in ("mean", "std")}
    assert models.image(resolved, "kd") == {"size": 64, **data}
    config["models"]["kd"]["teacher"] = "own"
    with pytest.raises(InputError, match=r"networks\.own\.normalisation: models\.own teaches kd"):
        resolve(config, SCHEMA, PUBLISHED)
    trained = changed("networks.resnet18_w16.normalisation", IMAGENET)
    with pytest.raises(InputError, match=r"normalisation: models\.scratch is trained here"):
        resolve(trained, SCHEMA, PUBLISHED)


def test_training_data_may_be_given_for_the_accuracy_alone():
    config = copy.deepcopy(CHECKPOINT)
    config["training_data"] = DEMO["training_data"]
    del config["networks"]["mine"]["normalisation"], config["dissection"]["image_size"]
    resolved = resolve(config, SCHEMA, PUBLISHED)
    assert resolved["dissection"]["image_size"] == DEMO["training_data"]["image_size"]
    mine = next(name for name, m in resolved["models"].items() if m["network"] == "mine")
    assert models.image(resolved, mine)["mean"] == DEMO["training_data"]["mean"]


def test_a_missing_checksum_is_told(tmp_path):
    file = tmp_path / "best.pt"
    file.write_bytes(b"weights")
    config = changed("models.mine.weights", {"path": str(file)}, CHECKPOINT)
    with pytest.raises(InputError) as caught:
        resolve(config, SCHEMA, PUBLISHED)
    digest = hashlib.sha256(b"weights").hexdigest()
    assert f"best.pt is the file that you mean, write sha256: {digest}" in str(caught.value)
