"""Contrastive representation distillation, Tian et al. 2020 (Han et al. 2023, appendix B.4.3).

    L = CE(softmax(z_s), y) + weight * L_CRD

with L_CRD as in :mod:`kdlens.training.contrastive`, between embeddings of the features that each
network's last linear layer reads. The embeddings are linear, of length 1, and are trained on both
sides; the teacher's network is not.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kdlens.training.methods.base import (
    FROZEN_NETWORK,
    Method,
    Setting,
    Stage,
    feature_term,
    output_terms,
    with_part,
)


def build(spec: Mapping[str, Any], setting: Setting) -> Method:
    """Return the method.

    ``negatives`` an image, from other classes than its own; ``dim`` of the embeddings; ``tau``, the
    temperature; ``momentum`` of the memory; ``weight`` of the term.

    Raises:
        InputError: if there are fewer images of other classes than ``negatives``.
    """
    negatives, others = spec["negatives"], setting.images - max(setting.class_sizes)
    if negatives > others:
        raise setting.error(
            "negatives",
            f"{negatives} are more than there are training images of other classes ({others} for "
            f"an image of the largest class); write at most {others}",
        )
    contrast = feature_term(
        float(spec["weight"]),
        "ContrastiveLoss",
        images=setting.images,
        negatives=negatives,
        dim=spec["dim"],
        tau=float(spec["tau"]),
        momentum=float(spec["momentum"]),
    )

    def embedded(side: Any) -> dict[str, Any]:
        layer, features = side.features()
        return with_part(layer, "input", "Embedding", features=features, dim=spec["dim"])

    student = embedded(setting.student)
    student["forward_hook"]["input"].append("supplement")
    forward = {"forward_proc": "forward_batch_with_supplement"}
    return Method(
        (
            Stage(
                {**output_terms(spec), "contrast": contrast},
                student=student | forward,
                teacher=FROZEN_NETWORK | embedded(setting.teacher),
                dataset_wrapper={
                    "key": "ContrastiveImages",
                    "kwargs": {"negatives": negatives, "seed": setting.seed},
                },
            ),
        )
    )
