"""Attention transfer, Zagoruyko & Komodakis 2017 (Han et al. 2023, appendix B.4.1).

    L = CE(softmax(z_s), y) + weight * sum over pairs of layers of
        mean over images and places of (Q(A_s) - Q(A_t))^2

with Q(A) the map of the channels' mean squares, divided by its L2 norm over all places. This is
what the authors' program computes, which torchdistill's recipe and so the paper follow; their
article has the L2 norm in place of the mean square. The channels of the two sides may differ.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kdlens.training.methods.base import (
    Method,
    Setting,
    Stage,
    feature_term,
    output_terms,
    paired_layers,
)


def build(spec: Mapping[str, Any], setting: Setting) -> Method:
    """Return the method.

    ``layers`` and ``teacher_layers`` are compared pair by pair; ``weight`` of their term.

    Raises:
        InputError: for layers that do not fit each other.
    """
    pairs = {
        f"pair{number}": {
            "student": {"io": "output", "path": layer},
            "teacher": {"io": "output", "path": teachers},
            "weight": 1,
        }
        for number, (layer, _, teachers, _) in enumerate(paired_layers(spec, setting), start=1)
    }
    attention = feature_term(float(spec["weight"]), "ATLoss", at_pairs=pairs, mode="code")
    return Method(
        (
            Stage(
                {**output_terms(spec), "attention": attention},
                student={"forward_hook": {"input": [], "output": list(spec["layers"])}},
                teacher={"forward_hook": {"input": [], "output": list(spec["teacher_layers"])}},
            ),
        )
    )
