"""Training methods: what is minimised.

A method is a module with ``build(spec) -> Method``, where ``spec`` is the method's entry
(``name`` and its hyper-parameters). It says what differs between methods in torchdistill's recipe:
the terms of the loss, and what the recipe must add on the side of student and teacher (hooks,
wrappers). To add one, write its module and name it in :data:`METHODS`.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from kdlens.errors import InputError, suggest
from kdlens.training.methods import cross_entropy, kd, label_smoothing
from kdlens.training.methods.base import Method

METHODS: dict[str, Callable[[Mapping[str, Any]], Method]] = {
    "cross_entropy": cross_entropy.build,
    "label_smoothing": label_smoothing.build,
    "kd": kd.build,
}


def build_method(spec: Mapping[str, Any]) -> Method:
    """Return the method that ``spec['name']`` names.

    Raises:
        InputError: if there is no such method, or a hyper-parameter is missing.
    """
    name = spec["name"]
    if name not in METHODS:
        raise InputError(f"method: no training method '{name}'; {suggest(name, METHODS)}")
    try:
        return METHODS[name](spec)
    except KeyError as error:
        raise InputError(f"method {name}: the hyper-parameter {error} is missing") from error
