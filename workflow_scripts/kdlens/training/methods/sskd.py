"""Knowledge distillation with self-supervision, Xu et al. 2020 (Han et al. 2023, appendix B.4.4).

Every image comes four times, turned by 0, 90, 180 and 270 degrees. A module of two linear layers on
top of a network's features (what its last linear layer reads) gives representations; A are the
cosine similarities between each turned image's and each unturned image's.

Stage 1 trains the teacher's module, so that a turned image finds its own origin among the batch:

    L_1 = CE(softmax(A_t), origin)

Stage 2 trains the student with a module of its own:

    L_2 = loss_weights.ce CE(softmax(z_s), y)              of unturned images
        + loss_weights.kd T_kd^2 KL(z_t / T_kd || z_s / T_kd)    of unturned images
        + loss_weights.ss T_ss^2 KL(A_t / T_ss || A_s / T_ss)    of turned images
        + loss_weights.tf T_tf^2 KL(z_t / T_tf || z_s / T_tf)    of turned images

where KL is between softmaxes, averaged over the images that it takes. The last two terms take all
turned images of which the teacher is right (about the origin, about the class), and of the others
the share ``ratios.ss`` and ``ratios.tf`` for which it is least wrong, or one image if that would be
none. With ``loss_weights.kd`` 0 it is self-supervision without plain knowledge distillation.
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
    with_part,
)

_TERMS = ("ce", "kd", "ss", "tf")


def build(spec: Mapping[str, Any], setting: Setting) -> Method:
    """Return the method.

    ``temperatures`` (kd, ss, tf), ``ratios`` (ss, tf) and ``loss_weights`` (ce, kd, ss, tf) are as
    above; ``stage1`` says how the teacher's module is trained.
    """
    turned = {"forward_proc": "forward_four_rotations"}

    def module(side: Any, **options: Any) -> dict[str, Any]:
        layer, features = side.features()
        return turned | with_part(layer, "input", "SelfSupervision", features=features, **options)

    first = Stage(
        {"self_supervision": feature_term(1.0, "AuxSSKDLoss", module_path="part")},
        student=NO_STUDENT,
        teacher=FROZEN_NETWORK | module(setting.teacher),
        training=spec["stage1"],
    )
    loss = feature_term(
        1.0,
        "SelfSupervisionLoss",
        student_linear_module_path=".",
        teacher_linear_module_path=".",
        student_ss_module_path="part",
        teacher_ss_module_path="part",
        **{
            f"{name if name != 'kd' else 'kl'}_temp": float(spec["temperatures"][name])
            for name in _TERMS[1:]
        },
        **{f"{name}_ratio": float(spec["ratios"][name]) for name in _TERMS[2:]},
        loss_weights=[float(spec["loss_weights"][name]) for name in _TERMS],
        reduction="batchmean",
    )
    second = Stage(
        {"sskd": loss},
        student=module(setting.student),
        teacher=module(setting.teacher, trained_in="stage1"),
    )
    return Method((first, second))
