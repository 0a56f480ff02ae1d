"""Factor transfer, Kim et al. 2018 (Han et al. 2023, appendix B.4.2).

Stage 1 trains the paraphraser P, an autoencoder of the teacher's maps x of one layer, with C
channels and ``rate`` x C in the middle:

    L_1 = mean (x - P(x))^2

Stage 2 trains the student and its translator, whose output F_S is to be P's middle F_T:

    L_2 = CE(softmax(z_s), y) + weight * |F_T / ||F_T||_2 - F_S / ||F_S||_2|

over the flattened factors of an image; |.| is the mean absolute difference with ``p`` 1 and the L2
norm with ``p`` 2, averaged over images. Both are as in torchdistill.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from kdlens.training.methods.base import (
    FROZEN_NETWORK,
    NO_STUDENT,
    Method,
    Setting,
    Stage,
    feature_term,
    output_terms,
    paired_layers,
    with_part,
)


def build(spec: Mapping[str, Any], setting: Setting) -> Method:
    """Return the method.

    ``layers`` and ``teacher_layers`` name one layer each; ``rate``, ``p`` and ``weight`` are as
    above; ``stage1`` says how the paraphraser is trained.

    Raises:
        InputError: for several layers, for maps that do not fit each other, or a ``rate`` that
            leaves no channel.
    """
    if len(spec["layers"]) != 1:
        raise setting.error("layers", f"{len(spec['layers'])} layers; ft transfers one, write one")
    [(layer, shape, teachers, teacher_shape)] = paired_layers(spec, setting)
    channels, factors = teacher_shape[0], int(teacher_shape[0] * spec["rate"])
    if factors < 1:
        raise setting.error(
            "rate",
            f"{spec['rate']} of the teacher's {channels} channels is less than one; write at "
            f"least {1 / channels:.2g}",
        )
    paraphraser = {"channels": channels, "factors": factors}
    first = Stage(
        {"reconstruction": feature_term(1.0, "ReconstructionLoss", source=f"network.{teachers}")},
        student=NO_STUDENT,
        teacher=FROZEN_NETWORK
        | with_part(teachers, "output", "Paraphraser", decodes=True, **paraphraser),
        training=spec["stage1"],
    )
    factor = feature_term(
        float(spec["weight"]),
        "FTLoss",
        p=spec["p"],
        reduction="mean",
        paraphraser_path="part",
        translator_path="part",
    )
    second = Stage(
        {**output_terms(spec), "factor": factor},
        student=with_part(layer, "output", "Translator", channels=shape[0], factors=factors),
        teacher=with_part(
            teachers, "output", "Paraphraser", decodes=False, trained_in="stage1", **paraphraser
        ),
    )
    return Method((first, second))
