"""Knowledge distillation, equation 1 of Han et al. 2023 (see :mod:`kdlens.training.losses`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kdlens.training.methods.base import Method, Setting, Stage, equation_1


def build(spec: Mapping[str, Any], setting: Setting | None = None) -> Method:
    """Return the method; ``alpha`` weights the soft term, ``temperature`` softens both outputs."""
    return Method((Stage(equation_1(spec), teacher={}),))
