"""The config: every shipped file is valid, and every mistake is a line that says what to write."""

from __future__ import annotations

import pytest
from config_data import (
    CONFIGS,
    DEMO,
    PUBLISHED,
    SCHEMA,
    as_written,
    changed,
    no_variables_fixture,  # noqa: F401
)

from kdlens.config import resolve
from kdlens.errors import InputError
from kdlens.schema import require_unique_keys
from kdlens.variables import expand_path

pytestmark = pytest.mark.usefixtures("no_variables")


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_shipped_configs_resolve(path):
    config = resolve(as_written(path.stem), SCHEMA, PUBLISHED)
    for name, model in config["models"].items():
        assert model["label"], name
        if "training" in model:
            assert model["training"]["optimizer"] in ("sgd", "adam")
    assert config["run"] == {"config": "demo"}.get(path.stem, path.stem)


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("modles", {}, "config key modles is not known; did you mean 'models'?"),
        ("models", ..., "the key models is missing"),
        ("models", None, "config key models: null is empty; write a mapping"),
        (
            "run",
            "My Run",
            "run: 'My Run' is not of the right form; write lower-case letters",
        ),
        ("device", "gpu", "write one of: auto, cpu, cuda"),
        (
            "dissection.memory_gib",
            16,
            "jobs.dissection.mem_mb: 8000 is too little for dissection.memory_gib (16) and the "
            "network; write 18384 or more",
        ),
        ("training.epochs", 0, "config key training.epochs: 0 is out of range"),
        (
            "training.epochs",
            "six",
            "config key training.epochs: six is a text; write a whole number",
        ),
        (
            "training.schedule",
            {"name": "multistep"},
            "training.schedule: the key milestones is missing",
        ),
        ("training.schedule", {"name": "steps"}, "training.schedule.name: 'steps' is not known"),
        ("training_data.source", "imagefolder", "did you mean 'image_folder'?"),
        ("training_data.resize", 56, "training_data.resize: 56 is less than image_size (64)"),
        ("training_data.std", [0.2, 0.2, 0], "training_data.std: every entry must be more than 0"),
        (
            "training_data.name",
            "world_concepts",
            "concept_data.name: 'world_concepts' is the name of training_data too",
        ),
        (
            "concept_data.mask_size",
            81,
            "concept_data.mask_size: 81 does not divide image_size (64)",
        ),
        ("run", "data", "config key run: results/data is used for something else"),
        ("training_data.name", "weights", "training_data.name: 'weights' is the folder of"),
        ("training_data.image_size", 24, "cannot be drawn at 24 pixels; write at least 32"),
        ("training_data.images.val", 40, "images.val: 40 images cannot show 48 classes"),
        ("training.momentum", 0, "training.nesterov: needs a momentum of more than 0"),
        ("networks.resnet18_w16.classes", 10, "only a checkpoint may have other classes"),
        (
            "networks.vgg",
            {"architecture": "vgg16", "width": 8},
            "networks.vgg.width: only a ResNet",
        ),
        ("dissection.layers", ["layer5"], "resnet34 has no layer 'layer5'; did you mean 'layer4'?"),
        ("models.random_init", ..., "a network with random weights must stand beside the others"),
        ("concept_data.path", "x.zip", "config key concept_data.path is not known"),
        ("networks.resnet18_w16.architecture", "resnet19", "resnet19 is not among the choices"),
        (
            "models.kd.alpha",
            1.5,
            "models.kd.alpha: 1.5 is out of range; write a number of at most 1",
        ),
        ("models.kd.alpha", True, "models.kd.alpha: true is true or false; write a number"),
        (
            "models.kd.temprature",
            4,
            "models.kd.temprature is not known; did you mean 'temperature'?",
        ),
        ("models.kd.method", "distill", "models.kd.method: 'distill' is not known"),
        (
            "models.kd.teacher",
            "teachr",
            "models.kd.teacher: 'teachr' is not an entry of models; did",
        ),
        ("models.kd.teacher", "kd", "models.kd.teacher: the model teaches itself"),
        ("models.kd.teacher", ..., "models.kd: the key teacher is missing"),
        ("models.kd.teacher_seed", 7, "models.kd.teacher_seed: teacher has no seed 7; it has 1"),
        (
            "models.kd.network",
            "resnet18",
            "models.kd.network: 'resnet18' is not an entry of networks",
        ),
        ("models.kd.reference", "vanilla", "'vanilla' is not a row of the published Table 1"),
        ("models.scratch.seeds", [], "models.scratch.seeds: is empty"),
        ("models.scratch.seeds", [1, 1], "names something twice"),
        (
            "models.scratch.training",
            {"epoch": 3},
            "training.epoch is not known; did you mean 'epochs'?",
        ),
        ("models.a b", {"network": "x", "method": "kd"}, "the name 'a b' has other characters"),
        (
            "models.own",
            {"network": "resnet18_w16", "method": "checkpoint"},
            "the key weights is missing",
        ),
        ("paper.models", ["scratch", "kdd"], "paper.models: 'kdd' is not an entry of models"),
        ("paper.shuffled", "kdd", "paper.shuffled: 'kdd' is not an entry of models"),
        ("dissection.denominator", "pixel", "write one of: image, mask"),
        ("dissection.quantiles", [1.0], "dissection.quantiles.0: 1.0 is out of range"),
    ],
)
def test_mistake_is_named(path, value, message):
    with pytest.raises(InputError) as caught:
        resolve(changed(path, value), SCHEMA, PUBLISHED)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)


def test_images_that_are_cropped_at_random_are_not_held():
    config = changed("training.augmentation", "imagenet")
    config["training"]["in_memory"] = True
    with pytest.raises(InputError, match=r"training\.in_memory: augmentation imagenet"):
        resolve(config, SCHEMA, PUBLISHED)


def test_defaults_follow_the_rows_that_are_shown():
    config = resolve(changed("paper.models", ["kd", "random_init"]), SCHEMA, PUBLISHED)
    assert config["paper"]["shuffled"] == "kd"
    assert config["paper"]["figure02"]["models"] == ["kd", "random_init"]
    assert config["paper"]["figure03"]["models"] == ["kd"]


def test_a_model_that_teaches_its_own_kind_is_no_teacher():
    own = {"network": "resnet18_w16", "method": "self_kd", "teacher": "scratch"}
    paper = resolve(changed("models.own", own), SCHEMA, PUBLISHED)["paper"]
    assert paper["figure02"]["models"][:1] == paper["figure03"]["models"][:1] == ["scratch"]
    assert paper["shuffled"] == "scratch"


def test_weights_by_name_have_torchvisions_form():
    weights = {"torchvision": "resnet34", "sha256": "b627a593"}
    own = {"network": "resnet18_w16", "method": "checkpoint", "weights": weights}
    with pytest.raises(InputError, match=r"models\.own\.weights\.torchvision: 'resnet34' is not"):
        resolve(changed("models.own", own), SCHEMA, PUBLISHED)


def test_teachers_in_a_circle():
    config = changed("models.teacher", {**DEMO["models"]["kd"], "teacher": "kd"})
    with pytest.raises(InputError, match=r"teacher <- kd <- teacher; name another"):
        resolve(config, SCHEMA, PUBLISHED)


def test_checkpoint_needs_one_source_and_a_checksum():
    own = {"network": "resnet18_w16", "method": "checkpoint"}
    with pytest.raises(InputError, match="the key sha256 is missing"):
        resolve(changed("models.own", {**own, "weights": {"path": "x.pt"}}), SCHEMA, PUBLISHED)
    both = {"path": "x.pt", "url": "https://example.org/x.pt", "sha256": "0" * 64}
    with pytest.raises(InputError, match="exactly one of torchvision, path and url"):
        resolve(changed("models.own", {**own, "weights": both}), SCHEMA, PUBLISHED)


def test_defaults_and_overrides():
    config = resolve(DEMO, SCHEMA, PUBLISHED)
    teacher, kd = config["models"]["teacher"], config["models"]["kd"]
    assert teacher["training"]["epochs"] == DEMO["models"]["teacher"]["training"]["epochs"]
    assert kd["training"]["epochs"] == DEMO["training"]["epochs"]
    assert kd["training"]["momentum"] == 0.9
    assert kd["teacher_seed"] == 1
    assert config["dissection"]["image_size"] == DEMO["training_data"]["image_size"]
    assert config["paper"]["shuffled"] == "scratch"
    assert config["paper"]["figure03"]["models"] == ["scratch", "kd", "label_smoothing"]
    assert "teacher" not in config["paper"]["figure02"]["models"]


def test_a_resolved_config_is_a_config_and_makes_the_same_run():
    config = resolve(DEMO, SCHEMA, PUBLISHED)
    assert resolve(config, SCHEMA, PUBLISHED) == config


def test_a_key_that_is_there_twice(tmp_path):
    path = tmp_path / "config.yaml"
    path.write_text("run: a\nmodels:\n  kd: {alpha: 1}\n  kd: {alpha: 2}\n")
    with pytest.raises(InputError, match=r"config\.yaml, line 4: the key kd is there twice"):
        require_unique_keys(path)
    for shipped in CONFIGS:
        require_unique_keys(shipped)


def test_environment_variables(monkeypatch):
    monkeypatch.setenv("KDLENS_TEST", "/data")
    assert expand_path("${KDLENS_TEST}/x.zip", "k") == "/data/x.zip"
    monkeypatch.delenv("KDLENS_TEST")
    assert expand_path("${KDLENS_TEST:-../here}/x", "k") == "../here/x"
    monkeypatch.setenv("HOME", "/home/anna")
    assert expand_path("~/x", "k") == "/home/anna/x"
    with pytest.raises(InputError, match="variable KDLENS_TEST is not set"):
        expand_path("${KDLENS_TEST}/x", "k")


def undescribed(node: dict, path: str = "") -> list[str]:
    """The paths of the schema's keys that say nothing of what they mean."""
    node = {**SCHEMA["$defs"][node["$ref"].split("/")[-1]], **node} if "$ref" in node else node
    silent = []
    children = dict(node.get("properties", {}))
    for variant in node.get("x-variants", {}).values():
        children |= variant.get("properties", {})
    for key, child in children.items():
        where = f"{path}.{key}"
        if "description" not in child and where.split(".")[-1] != "training":
            silent.append(where)
        silent += undescribed(child, where)
    if isinstance(node.get("additionalProperties"), dict):
        silent += undescribed(node["additionalProperties"], f"{path}.*")
    elif children and node.get("additionalProperties") is not False:
        silent.append(f"{path}: takes unknown keys")
    return silent


def test_every_key_is_described_and_nothing_else_is_taken():
    assert undescribed(SCHEMA) == []
