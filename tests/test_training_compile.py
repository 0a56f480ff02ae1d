"""Compiled trainings: the same names and evaluations, and a kill changes nothing."""

from __future__ import annotations

import pytest
import torch
from tiny_training import (
    CROSS_ENTROPY,
    TEACHER_NETWORK,
    Killed,
    die_after,
    method_spec,
    results,
    train_arguments,
)
from torch import nn

import train_model
from kdlens.errors import InputError
from kdlens.training.compiling import resolve_compile
from kdlens.training.methods import Setting, build_method
from kdlens.training.networks import build_network
from kdlens.training.probe import Probe
from kdlens.training.state_dicts import read_state


def test_a_compiled_training_goes_on_after_a_kill(dataset, kd, tmp_path, monkeypatch):
    """By torch's frontend alone: its compiler proper would take minutes here."""
    compiled = []
    plain = nn.Module.compile

    def compile_(self, **options):
        compiled.append(self)
        plain(self, backend="eager", **options)

    monkeypatch.setattr(nn.Module, "compile", compile_)
    folders = {name: tmp_path / name for name in ("plain", "whole", "parts")}

    def train(name, **training):
        arguments = train_arguments(dataset, folders[name], **kd, training=training)
        train_model.main(**arguments)

    train("plain", epochs=2)
    assert not compiled
    train("whole", epochs=2, compile=True)
    assert len(compiled) == 2
    with monkeypatch.context() as patch, pytest.raises(Killed):
        die_after(patch, writes=2)
        train("parts", epochs=2, compile=True)
    train("parts", epochs=2, compile=True)
    assert results(folders["parts"]) == results(folders["whole"])
    states = [read_state(folders[name] / "model.pt") for name in ("plain", "whole")]
    assert list(states[0]) == list(states[1])


def test_which_trainings_are_compiled():
    cpu, cuda = torch.device("cpu"), torch.device("cuda")
    outputs = build_method(CROSS_ENTROPY)
    layers = build_method(method_spec("at"), _setting())
    assert resolve_compile("auto", cuda, outputs, "key")
    assert not resolve_compile("auto", cpu, outputs, "key")
    assert not resolve_compile("auto", cuda, layers, "key")
    assert resolve_compile(True, cpu, outputs, "key")
    assert not resolve_compile(False, cuda, outputs, "key")
    with pytest.raises(InputError, match="key: compile: true, but the method reads layers"):
        resolve_compile(True, cpu, layers, "key")


def _setting():
    probe = Probe(build_network(TEACHER_NETWORK, 3), TEACHER_NETWORK, 32)
    return Setting("tiny", 1, probe, probe, [8, 8, 8])
