"""The section text of a config: what it fills in, and its mistakes by name."""

from __future__ import annotations

import copy

import pytest
from config_data import DEMO, PUBLISHED, SCHEMA, changed

from kdlens.config import resolve
from kdlens.errors import InputError

KD = {"network": "flat", "method": "kd", "teacher": "reader", "alpha": 0.5, "temperature": 4}
TEXT = {
    "data": {
        "name": "reviews",
        "source": "sentiment_world",
        "sentences": {"train": 100, "dev": 50, "test": 50},
    },
    "networks": {
        "deep": {"layers": 12, "hidden": 16, "heads": 2, "positions": 40},
        "flat": {"layers": 3, "hidden": 16, "heads": 2, "positions": 40},
        "middle": {"layers": 6, "hidden": 16, "heads": 2, "positions": 40},
    },
    "training": {"epochs": 5},
    "models": {
        "reader": {"network": "deep", "method": "cross_entropy", "reference": "teacher"},
        "text_scratch": {
            "label": "Scratch",
            "network": "flat",
            "method": "cross_entropy",
            "seeds": [1, 2],
            "reference": "scratch",
        },
        "text_kd": {**KD, "label": "KD", "seeds": [1, 2], "reference": "kd"},
        "text_middle": {**KD, "network": "middle", "training": {"epochs": 2}},
        "text_random": {"network": "flat", "method": "random_init"},
    },
}


def with_text(text: dict = TEXT) -> dict:
    return {**copy.deepcopy(DEMO), "text": copy.deepcopy(text)}


def resolved(config: dict | None = None) -> dict:
    return resolve(config or with_text(), SCHEMA, PUBLISHED)


def test_what_is_left_out_is_filled_in():
    text = resolved()["text"]
    assert text["networks"]["flat"]["intermediate"] == 64
    assert text["networks"]["flat"]["dropout"] == 0.1
    assert text["vocabulary"]["source"] == "learned"
    assert text["models"]["text_kd"]["training"]["epochs"] == 5
    assert text["models"]["text_kd"]["training"]["batch_size"] == 32
    assert text["models"]["text_middle"]["training"]["epochs"] == 2
    assert text["models"]["text_kd"]["teacher_seed"] == 1
    assert text["models"]["reader"]["label"] == "reader"
    assert "training" not in text["models"]["text_random"]
    assert text["figure"] == {"models": ["text_scratch", "text_kd"], "sentences": 8}
    assert text["attribution"]["steps"] == 50
    assert text["data"]["repeated"] == "remove"


def test_a_run_may_have_no_text():
    assert "text" not in resolve(DEMO, SCHEMA, PUBLISHED)


def test_published_weights_are_of_a_commit_or_a_folder(monkeypatch):
    given = {"name": "bert-base-uncased", "sha256": "0" * 64, "revision": "a" * 40}
    config = changed("text.pretrained", given, with_text())
    assert resolved(config)["text"]["vocabulary"]["source"] == "pretrained"
    monkeypatch.setenv("BERT", "/somewhere")
    own = {"name": "mine", "sha256": "0" * 64, "path": "${BERT}/bert"}
    found = resolved(changed("text.pretrained", own, with_text()))
    assert found["text"]["pretrained"]["path"] == "/somewhere/bert"


@pytest.mark.parametrize(
    ("path", "value", "message"),
    [
        ("text.data.name", "world", "text.data.name: 'world' is the name of another dataset"),
        ("text.data.name", "weights", "'weights' is the name of another dataset or folder"),
        (
            "text.data",
            {"name": "x", "source": "treebank"},
            "text.data: give path (on this machine)",
        ),
        ("text.data.source", "sst", "text.data.source: 'sst' is not known"),
        ("text.data.sentences.train", 5, "text.data.sentences.train: 5 is out of range"),
        ("text.networks.flat.heads", 3, "text.networks.flat.heads: 3 does not divide hidden (16)"),
        ("text.models.kd", KD, "text.models.kd: 'kd' is an entry of models too"),
        (
            "text.models.text_kd.network",
            "flatt",
            "'flatt' is not an entry of text.networks; did you",
        ),
        ("text.models.text_kd.teacher", "teacher", "'teacher' is not an entry of text.models"),
        (
            "text.models.text_kd.teacher",
            "text_kd",
            "text.models.text_kd.teacher: the model teaches it",
        ),
        ("text.models.text_kd.teacher_seed", 2, "reader has no seed 2; it has 1"),
        ("text.models.text_kd.method", "crd", "text.models.text_kd.method: 'crd' is not known"),
        ("text.models.text_kd.alpha", ..., "text.models.text_kd: the key alpha is missing"),
        ("text.models.text_kd.layers", 3, "text.models.text_kd.layers is not known"),
        ("text.models.text_scratch.init", "teacher_layers", "write one of: random, pretrained"),
        (
            "text.models.text_scratch.init",
            "pretrained",
            "text.pretrained: is missing, but text.models",
        ),
        ("text.models.text_middle.reference", "teacher", "nothing was published of teacher with 6"),
        (
            "text.vocabulary.source",
            "pretrained",
            "text.pretrained: is missing, but text.vocabulary",
        ),
        ("text.pretrained", {"name": "x", "sha256": "0" * 64}, "text.pretrained: give revision"),
        ("text.figure.models", ["kd"], "text.figure.models: 'kd' is not an entry of text.models"),
        ("text.training.epoch", 3, "text.training.epoch is not known; did you mean 'epochs'"),
    ],
)
def test_mistake_is_named(path, value, message):
    with pytest.raises(InputError) as caught:
        resolved(changed(path, value, with_text()))
    assert message in str(caught.value) and "\n" not in str(caught.value)


def test_teachers_must_not_teach_each_other_in_a_circle():
    config = with_text()
    config["text"]["models"]["reader"] = {**KD, "teacher": "text_kd"}
    with pytest.raises(InputError, match="teaches reader <- text_kd <- reader; name another"):
        resolved(config)


def test_layers_of_a_teacher_need_a_teacher_of_the_same_width():
    config = changed("text.models.text_kd.init", "teacher_layers", with_text())
    resolved(config)
    config["text"]["networks"]["deep"]["hidden"] = 32
    with pytest.raises(InputError, match="teacher_layers needs a teacher of the same hidden"):
        resolved(config)


def test_pretrained_weights_need_their_own_vocabulary():
    config = with_text()
    config["text"]["pretrained"] = {"name": "x", "sha256": "0" * 64, "path": "/x"}
    config["text"]["vocabulary"] = {"source": "learned"}
    resolved(config)
    config["text"]["models"]["text_kd"]["init"] = "pretrained"
    with pytest.raises(InputError, match=r"text\.vocabulary\.source: is learned, but"):
        resolved(config)
