"""Training methods: what is minimised.

A method is a module with ``build(spec, setting) -> Method``, where ``spec`` is the method's entry
(``name`` and its hyper-parameters) and ``setting`` says what it is used with. It gives what differs
between methods in torchdistill's recipe: for each of its stages the terms of the loss, and what the
recipe must add on the side of student and teacher (hooks, wrappers). To add one, write its module,
name it in :data:`UNTAUGHT` or :data:`TAUGHT`, and give it a variant in the config's schema, where
its hyper-parameters have their defaults. Parts beside a network go into
:mod:`kdlens.training.parts`, losses that torchdistill lacks into :mod:`kdlens.training.losses`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kdlens.errors import InputError, suggest
from kdlens.training.methods import at, crd, cross_entropy, ft, kd, label_smoothing, self_kd, sskd
from kdlens.training.methods.base import Method, Setting

# The setting may be None for a method that reads nothing but outputs.
Builder = Callable[[Mapping[str, Any], Any], Method]

UNTAUGHT: dict[str, Builder] = {
    "cross_entropy": cross_entropy.build,
    "label_smoothing": label_smoothing.build,
}
TAUGHT: dict[str, Builder] = {
    "kd": kd.build,
    "self_kd": self_kd.build,
    "at": at.build,
    "at+kd": at.build,
    "ft": ft.build,
    "ft+kd": ft.build,
    "crd": crd.build,
    "crd+kd": crd.build,
    "sskd": sskd.build,
}
"""Those with a teacher. In a ``+kd``, logit distillation is added: see
:func:`~kdlens.training.methods.base.output_terms`."""
METHODS = UNTAUGHT | TAUGHT


def needs_teacher(name: str) -> bool:
    """Return whether a method has a teacher.

    Raises:
        InputError: if there is no such method.
    """
    if name not in METHODS:
        raise InputError(f"method: no training method '{name}'; {suggest(name, METHODS)}")
    return name in TAUGHT


def build_method(spec: Mapping[str, Any], setting: Setting | None = None) -> Method:
    """Return the method that ``spec['name']`` names.

    Args:
        setting: with what it is used; a method that reads nothing but outputs does without.

    Raises:
        InputError: if there is no such method, or a hyper-parameter is missing or does not fit.
    """
    name = spec["name"]
    needs_teacher(name)
    try:
        return METHODS[name](spec, setting)
    except KeyError as error:
        raise InputError(f"method {name}: the hyper-parameter {error} is missing") from error
