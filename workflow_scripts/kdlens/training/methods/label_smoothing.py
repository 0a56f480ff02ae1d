"""Label smoothing, equation 2 of Han et al. 2023.

    L_LS = CE(softmax(z), (1 - alpha) y + alpha / K)

with one-hot labels y and K classes. torch's ``label_smoothing`` is this equation.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kdlens.training.methods.base import Method, Setting, Stage, label_term


def build(spec: Mapping[str, Any], setting: Setting | None = None) -> Method:
    """Return the method; ``alpha`` is the share of the uniform distribution."""
    return Method((Stage({"hard": label_term(1.0, label_smoothing=float(spec["alpha"]))}),))
