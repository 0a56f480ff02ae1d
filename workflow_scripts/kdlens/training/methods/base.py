"""What a training method contributes to torchdistill's recipe, and what it may ask for that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from kdlens.errors import InputError
from kdlens.training.probe import Probe

OUTPUT = {"module_path": ".", "io": "output"}
IN_FLOAT32 = {"key": "InFloat32", "kwargs": {}}


@dataclass(frozen=True)
class Setting:
    """With what a method is used.

    Attributes:
        name: the model's entry in the config, for messages.
        seed: the training's.
        student, teacher: the networks, of which shapes may be asked; no teacher where the method
            has none.
        class_sizes: number of training images of each class.
    """

    name: str
    seed: int
    student: Probe
    teacher: Probe | None
    class_sizes: Sequence[int]

    @property
    def images(self) -> int:
        """How many training images there are."""
        return sum(self.class_sizes)

    def error(self, key: str, problem: str) -> InputError:
        """Return the error to be raised for ``key`` of the model's entry in the config."""
        return InputError(f"models.{self.name}.{key}: {problem}")


@dataclass(frozen=True)
class Stage:
    """The parts of a recipe that a method decides, for one stage of it.

    Attributes:
        terms: ``sub_terms`` of torchdistill's WeightedSumLoss, by name.
        student: keys added to the recipe's student section, such as ``forward_hook``.
        teacher: keys added to the teacher section; None for a stage without a teacher.
        dataset_wrapper: what stands between images and loader, if anything.
        training: keys of the training spec that are other ones in this stage.
    """

    terms: dict[str, Any]
    student: dict[str, Any] = field(default_factory=dict)
    teacher: dict[str, Any] | None = None
    dataset_wrapper: dict[str, Any] | None = None
    training: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Method:
    """One stage or several, in order; the last one trains the student."""

    stages: tuple[Stage, ...]

    @property
    def asks_for_logits_only(self) -> bool:
        """Whether all that is asked of the teacher are its outputs for the batch as it is."""
        return all(stage.teacher == {} and stage.dataset_wrapper is None for stage in self.stages)


def label_term(weight: float, **criterion: Any) -> dict[str, Any]:
    """Return the term ``weight`` x torch's CrossEntropyLoss between the output and the labels."""
    return {
        "criterion": {"key": "CrossEntropyLoss", "kwargs": {"reduction": "mean", **criterion}},
        "criterion_wrapper": {
            "key": "SimpleLossWrapper",
            "kwargs": {
                "input": {"is_from_teacher": False, **OUTPUT},
                "target": {"uses_label": True},
            },
        },
        "weight": weight,
    }


def equation_1(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return the terms of equation 1 of Han et al. 2023 (:mod:`kdlens.training.losses`).

    ``alpha`` weights the soft term, ``temperature`` softens both outputs.
    """
    alpha, temperature = float(spec["alpha"]), float(spec["temperature"])
    soft = {
        "criterion": {"key": "SoftCrossEntropyLoss", "kwargs": {"temperature": temperature}},
        "weight": alpha,
    }
    return {"hard": label_term(1.0 - alpha), "soft": soft}


def output_terms(spec: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a feature method asks of the outputs, beside the features.

    The cross-entropy with the labels; of a method whose name ends in ``+kd``, equation 1 in its
    place (feature and logit distillation together, Figure 5 of Han et al. 2023).
    """
    return equation_1(spec) if spec["name"].endswith("+kd") else {"hard": label_term(1.0)}


def feature_term(weight: float, key: str, **criterion: Any) -> dict[str, Any]:
    """Return the term ``weight`` x the loss ``key`` of features, in float32."""
    return {
        "criterion": {"key": key, "kwargs": criterion},
        "criterion_wrapper": IN_FLOAT32,
        "weight": weight,
    }


def with_part(path: str, io: str, part: str, **options: Any) -> dict[str, Any]:
    """Return the keys of a student or teacher that has a part beside it.

    See :class:`kdlens.training.parts.NetworkWithPart`. The losses find the part's output under the
    path ``part``, the network's layers under ``network.<layer>``.

    Args:
        path, io: the layer that the part reads, and whether its input or its output.
        part: name of an entry of :data:`kdlens.training.parts.PARTS`.
        options: ``trained_in`` (the stage whose part this is), and arguments of the part.
    """
    path = f"network.{path}"
    taken_over = {"trained_in": options.pop("trained_in")} if "trained_in" in options else {}
    return {
        "auxiliary_model_wrapper": {
            "key": "NetworkWithPart",
            "kwargs": {
                "source": {"path": path, "io": io},
                "part": {"key": part, "kwargs": options},
                **taken_over,
            },
        },
        "forward_hook": {
            "input": [path] if io == "input" else [],
            "output": [path, "part"] if io == "output" else ["part"],
        },
    }


# A teacher of which only the part beside it is trained.
FROZEN_NETWORK = {"requires_grad": True, "frozen_modules": ["network"]}
# In place of a student that a stage does not train.
NO_STUDENT = {
    "auxiliary_model_wrapper": {"key": "EmptyModule", "kwargs": {}},
    "requires_grad": False,
}


def paired_layers(
    spec: Mapping[str, Any], setting: Setting
) -> list[tuple[str, tuple[int, int, int], str, tuple[int, int, int]]]:
    """Return student layer, its shape (C, H, W), teacher layer and its shape, for every pair.

    Raises:
        InputError: if a layer is missing, gives no maps, or the two sides' maps differ in size.
    """
    if len(spec["layers"]) != len(spec["teacher_layers"]):
        raise setting.error(
            "teacher_layers",
            f"{len(spec['teacher_layers'])} layers for {len(spec['layers'])} in layers; write one "
            "for each",
        )
    assert setting.teacher is not None, "the method has a teacher"
    student = setting.student.maps(spec["layers"], f"models.{setting.name}.layers")
    teacher = setting.teacher.maps(spec["teacher_layers"], f"models.{setting.name}.teacher_layers")
    pairs = list(zip(spec["layers"], student, spec["teacher_layers"], teacher, strict=True))
    for layer, shape, teachers, teacher_shape in pairs:
        if shape[1:] != teacher_shape[1:]:
            raise setting.error(
                "layers",
                f"the student's {layer} has maps of {_size(shape)}, the teacher's {teachers} of "
                f"{_size(teacher_shape)}, and the method compares them place by place; write "
                "layers and teacher_layers of the same size (stem and last_stride of a ResNet "
                "change sizes)",
            )
    return pairs


def _size(shape: tuple[int, int, int]) -> str:
    return f"{shape[1]}x{shape[2]}"
