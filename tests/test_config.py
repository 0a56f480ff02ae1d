"""The config: every shipped file is valid, and every mistake is a line that says what to write."""

from __future__ import annotations

import copy
import hashlib
from pathlib import Path

import pytest
import yaml

from kdlens.config import expand_path, published_rows, resolve
from kdlens.config_models import method_of
from kdlens.errors import InputError
from kdlens.schema import load_schema, require_unique_keys
from kdlens.training.methods import METHODS

ROOT = Path(__file__).resolve().parent.parent
CONFIGS = sorted(ROOT.glob("config/*.yaml"))
SCHEMA = load_schema(ROOT / "config/schemas/config.schema.yaml")
PUBLISHED = published_rows(ROOT / "config/reference/han2023/table01.csv")
DEMO = yaml.safe_load((ROOT / "config/config.yaml").read_text("utf-8"))


def changed(path: str, value: object, base: dict = DEMO) -> dict:
    """A config with one key (dotted path) set, or removed if ``value`` is ``...``."""
    config = copy.deepcopy(base)
    *parents, last = path.split(".")
    node = config
    for key in parents:
        node = node.setdefault(key, {})
    if value is ...:
        del node[last]
    else:
        node[last] = value
    return config


@pytest.fixture(autouse=True)
def no_variables(monkeypatch):
    for name in ("CHECKPOINT", "CHECKPOINT_SHA256", "CONCEPTS"):
        monkeypatch.delenv(name, raising=False)


@pytest.mark.parametrize("path", CONFIGS, ids=lambda path: path.name)
def test_shipped_configs_resolve(path):
    config = resolve(yaml.safe_load(path.read_text("utf-8")), SCHEMA, PUBLISHED)
    for name, model in config["models"].items():
        assert model["label"], name
        if "training" in model:
            assert model["training"]["optimizer"] == "sgd"
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
            "concept_data.name: 'world_concepts' is the training",
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
        ("models.kd.reference", "vanilla", "the published Table 1 has no row 'vanilla'"),
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


CHECKPOINT = yaml.safe_load((ROOT / "config/checkpoint.yaml").read_text("utf-8"))
SCRATCH = {"network": "mine", "method": "cross_entropy"}
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}


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
    resolved = resolve(config, SCHEMA, PUBLISHED)["networks"]
    assert resolved["own"]["normalisation"] == IMAGENET
    data = {key: DEMO["training_data"][key] for key in ("mean", "std")}
    assert resolved["resnet18_w16"]["normalisation"] == data
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
    assert resolved["networks"]["mine"]["normalisation"]["mean"] == DEMO["training_data"]["mean"]


def test_a_missing_checksum_is_told(tmp_path):
    file = tmp_path / "best.pt"
    file.write_bytes(b"weights")
    config = changed("models.mine.weights", {"path": str(file)}, CHECKPOINT)
    with pytest.raises(InputError) as caught:
        resolve(config, SCHEMA, PUBLISHED)
    digest = hashlib.sha256(b"weights").hexdigest()
    assert f"best.pt is the file that you mean, write sha256: {digest}" in str(caught.value)


def test_environment_variables(monkeypatch):
    monkeypatch.setenv("KDLENS_TEST", "/data")
    assert expand_path("${KDLENS_TEST}/x.zip", "k") == "/data/x.zip"
    monkeypatch.delenv("KDLENS_TEST")
    assert expand_path("${KDLENS_TEST:-../here}/x", "k") == "../here/x"
    monkeypatch.setenv("HOME", "/home/anna")
    assert expand_path("~/x", "k") == "/home/anna/x"
    with pytest.raises(InputError, match="variable KDLENS_TEST is not set"):
        expand_path("${KDLENS_TEST}/x", "k")


def described(node: dict, path: str = "") -> list[str]:
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
        silent += described(child, where)
    if isinstance(node.get("additionalProperties"), dict):
        silent += described(node["additionalProperties"], f"{path}.*")
    elif children and node.get("additionalProperties") is not False:
        silent.append(f"{path}: takes unknown keys")
    return silent


def test_every_key_is_described_and_nothing_else_is_taken():
    assert described(SCHEMA) == []


AT = {"network": "resnet18_w16", "method": "at", "teacher": "teacher"}
FT, CRD, SSKD = ({**AT, "method": name} for name in ("ft", "crd", "sskd"))


def test_methods_have_the_papers_settings():
    """Appendix B.4 of Han et al. 2023; logit distillation beside features as for Figure 5."""
    config = changed("models.student", {**SSKD})
    config["training_data"]["images"]["train"] = 20000
    for name in ("at+kd", "ft+kd", "crd+kd", "self_kd"):
        config["models"][name.replace("+", "_")] = {**AT, "method": name}
    config["models"]["self_kd"]["teacher"] = "scratch"
    models = resolve(config, SCHEMA, PUBLISHED)["models"]
    at, ft, crd, own, sskd = (
        method_of(models[name]) for name in ("at_kd", "ft_kd", "crd_kd", "self_kd", "student")
    )
    assert at == {
        **{"name": "at+kd", "layers": ["layer3", "layer4"], "teacher_layers": ["layer3", "layer4"]},
        **{"weight": 1000, "alpha": 0.5, "temperature": 4},
    }
    assert ft["layers"] == ["layer4"] and (ft["rate"], ft["p"], ft["weight"]) == (0.5, 1, 1000)
    assert ft["stage1"]["epochs"] == 1 and ft["stage1"]["learning_rate"] == 0.01
    assert crd.items() >= {"negatives": 16384, "dim": 128, "tau": 0.07, "weight": 0.8}.items()
    assert crd["momentum"] == 0.5
    assert own == {"name": "self_kd", "alpha": 0.1, "temperature": 4}
    assert sskd["temperatures"] == {"kd": 4, "ss": 0.5, "tf": 4}
    assert sskd["ratios"] == {"ss": 0.75, "tf": 1}
    assert sskd["loss_weights"] == {"ce": 1, "kd": 0.9, "ss": 10, "tf": 2.7}
    assert sskd["stage1"]["epochs"] == 30 and sskd["stage1"]["schedule"]["milestones"] == [10, 20]


def test_every_method_of_the_schema_is_one_of_the_library():
    variants = set(SCHEMA["properties"]["models"]["additionalProperties"]["x-variants"])
    assert variants == {*METHODS, "checkpoint", "random_init"}


@pytest.mark.parametrize(
    ("model", "message"),
    [
        ({**AT, "tau": 0.1}, "models.student.tau is not known"),
        ({**AT, "temperature": 4}, "models.student.temperature is not known"),
        ({**AT, "weight": -1}, "models.student.weight: -1 is out of range; write a number of at"),
        ({**AT, "layers": ["layer5"]}, "student.layers: resnet18 has no layer 'layer5'; did you"),
        (
            {**AT, "teacher_layers": ["layer4"]},
            "student.teacher_layers: 1 layers for 2 in layers; write one for each",
        ),
        (
            {**AT, "network": "efficient"},
            "student.layers: efficientnet_b0 has no layer 'layer3'; Known: features.0 to features.8"
            ". Write which",
        ),
        (
            {**AT, "network": "efficient", "layers": ["features.6", "features.8"]},
            "student.teacher_layers: resnet34 has no layer 'features.6'",
        ),
        ({**FT, "layers": ["layer3", "layer4"]}, "is too long; write at most 1"),
        (
            {**FT, "rate": 0},
            "models.student.rate: 0 is out of range; write a number of more than 0",
        ),
        ({**FT, "p": 3}, "models.student.p: 3 is not among the choices; write one of: 1, 2"),
        ({**FT, "stage1": {"batch_size": 8}}, "models.student.stage1.batch_size is not known"),
        ({**CRD, "negatives": 9000000}, "student.negatives: 9000000 is too many; there are"),
        ({**CRD, "gpus": 2}, "student.gpus: 2, but the loss of crd is no mean over images that"),
        ({**FT, "gpus": 3}, "student.gpus: 3 does not divide the batch size 32; write a number"),
        ({**FT, "gpus": 0}, "models.student.gpus: 0 is out of range"),
        (
            {**SSKD, "stage1": {"epochs": 5}},
            "student.stage1.schedule.milestones: 10 is not before the last of 5 epochs; write",
        ),
        ({**SSKD, "loss_weights": [1, 0.9, 10, 2.7]}, "student.loss_weights: [1, 0.9, 10, 2.7] is"),
        (
            {**AT, "method": "self_kd"},
            "student.teacher: teacher is a resnet34 (width 16, last_stride 1), student a "
            "resnet18 (width 16, last_stride 1), and self_kd",
        ),
    ],
)
def test_a_mistake_in_a_methods_key_is_named(model, message):
    config = changed("networks.efficient", {"architecture": "efficientnet_b0"})
    config["models"]["student"] = model
    config["dissection"]["layers"] = ["avgpool"]  # which all networks have
    with pytest.raises(InputError) as caught:
        resolve(config, SCHEMA, PUBLISHED)
    assert message in str(caught.value)
    assert "\n" not in str(caught.value)
