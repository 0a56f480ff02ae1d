"""The config of the training methods: the paper's settings, and mistakes in their keys."""

from __future__ import annotations

import pytest
from config_data import PUBLISHED, SCHEMA, changed

from kdlens.config import resolve
from kdlens.config_models import method_of
from kdlens.errors import InputError
from kdlens.training.methods import METHODS

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
