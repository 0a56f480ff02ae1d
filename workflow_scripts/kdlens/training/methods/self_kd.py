"""Self-distillation: knowledge distillation from a teacher of the same shape.

Furlanello et al. 2018 as Han et al. 2023 use it (appendix B.4.5): equation 1, with a teacher that
is the student's network, trained before. A generation more is a teacher that is itself a student.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kdlens.architectures import describe_network, same_network
from kdlens.training.methods import kd
from kdlens.training.methods.base import Method, Setting


def build(spec: Mapping[str, Any], setting: Setting | None = None) -> Method:
    """Return the method; hyper-parameters as of :mod:`~kdlens.training.methods.kd`.

    Raises:
        InputError: if the teacher's network is another one.
    """
    if setting is not None:
        assert setting.teacher is not None, "the method has a teacher"
        student, teacher = setting.student.spec, setting.teacher.spec
        if not same_network(student, teacher):
            raise setting.error(
                "teacher",
                f"is a {describe_network(teacher)}, the student a {describe_network(student)}; "
                "self_kd learns from a network of its own shape: name such a teacher, or write "
                "method: kd",
            )
    return kd.build(spec)
