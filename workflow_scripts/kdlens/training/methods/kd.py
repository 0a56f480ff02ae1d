"""Knowledge distillation, equation 1 of Han et al. 2023 (see :mod:`kdlens.training.losses`)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kdlens.training.methods.base import Method, label_term


def build(spec: Mapping[str, Any]) -> Method:
    """Return the method; ``alpha`` weights the soft term, ``temperature`` softens both outputs."""
    alpha, temperature = float(spec["alpha"]), float(spec["temperature"])
    soft = {
        "criterion": {"key": "SoftCrossEntropyLoss", "kwargs": {"temperature": temperature}},
        "weight": alpha,
    }
    return Method(terms={"hard": label_term(1.0 - alpha), "soft": soft}, needs_teacher=True)
