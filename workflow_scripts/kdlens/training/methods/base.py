"""What a training method contributes to torchdistill's recipe."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Method:
    """The parts of a recipe that a method decides.

    Attributes:
        terms: ``sub_terms`` of torchdistill's WeightedSumLoss, by name.
        needs_teacher: whether the terms read a teacher's outputs.
        student: keys added to the recipe's student section, such as ``forward_hook``.
        teacher: keys added to the teacher section.
    """

    terms: dict[str, Any]
    needs_teacher: bool = False
    student: dict[str, Any] = field(default_factory=dict)
    teacher: dict[str, Any] = field(default_factory=dict)


def label_term(weight: float, **criterion: Any) -> dict[str, Any]:
    """Return the term ``weight`` x torch's CrossEntropyLoss between the output and the labels."""
    return {
        "criterion": {"key": "CrossEntropyLoss", "kwargs": {"reduction": "mean", **criterion}},
        "criterion_wrapper": {
            "key": "SimpleLossWrapper",
            "kwargs": {
                "input": {"is_from_teacher": False, "module_path": ".", "io": "output"},
                "target": {"uses_label": True},
            },
        },
        "weight": weight,
    }
