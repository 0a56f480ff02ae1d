"""The loss that torchdistill computes from our recipe, against the paper's equations by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from tiny_training import TRAINING
from torchdistill.losses.mid_level import KDLoss
from torchdistill.losses.registry import get_high_level_loss

from kdlens.errors import InputError
from kdlens.training import losses  # noqa: F401 (registers the soft term)
from kdlens.training.methods import build_method
from kdlens.training.recipe import build_recipe, read_recipe, write_recipe

CLASSES, BATCH = 7, 5


@pytest.fixture
def logits():
    random = np.random.default_rng(3)
    student = torch.tensor(random.normal(0, 3, (BATCH, CLASSES)), requires_grad=True)
    teacher = torch.tensor(random.normal(0, 3, (BATCH, CLASSES)))
    return student, teacher, torch.tensor(random.integers(0, CLASSES, BATCH))


def criterion_of(spec, folder):
    """Return the criterion that torchdistill builds from the recipe's file."""
    recipe = build_recipe(build_method(spec), TRAINING, images=24, seed=1, loader={}, given={})
    write_recipe(recipe, folder / "torchdistill.yaml")
    return get_high_level_loss(read_recipe(folder / "torchdistill.yaml")["train"]["criterion"])


def value_of(criterion, student, teacher, labels):
    outputs = {"student": {".": {"output": student}}, "teacher": {".": {"output": teacher}}}
    return criterion(outputs, {}, labels)


def softmax(values):
    exponentials = np.exp(values - values.max(axis=1, keepdims=True))
    return exponentials / exponentials.sum(axis=1, keepdims=True)


def one_hot(labels):
    return np.eye(CLASSES)[labels.numpy()]


@pytest.mark.parametrize("temperature", [1, 4])
@pytest.mark.parametrize("alpha", [0.0, 0.1, 0.5, 0.9, 1.0])
def test_kd_is_equation_1(alpha, temperature, logits, tmp_path):
    student, teacher, labels = logits
    criterion = criterion_of({"name": "kd", "alpha": alpha, "temperature": temperature}, tmp_path)
    loss = value_of(criterion, student, teacher, labels)
    loss.backward()

    z_s, z_t, y = student.detach().numpy(), teacher.numpy(), one_hot(labels)
    soft_s, soft_t = softmax(z_s / temperature), softmax(z_t / temperature)
    hard = -np.mean(np.sum(y * np.log(softmax(z_s)), axis=1))
    soft = -np.mean(np.sum(soft_t * np.log(soft_s), axis=1))
    expected = (1 - alpha) * hard + alpha * temperature**2 * soft
    # d CE(softmax(z / T), p) / dz = (softmax(z / T) - p) / T, averaged over the batch.
    gradient = (1 - alpha) * (softmax(z_s) - y) + alpha * temperature * (soft_s - soft_t)

    assert loss.item() == pytest.approx(expected, abs=1e-6)
    np.testing.assert_allclose(student.grad.numpy(), gradient / BATCH, atol=1e-6)


@pytest.mark.parametrize("temperature", [1, 4])
@pytest.mark.parametrize("alpha", [0.1, 0.5, 0.9])
def test_kd_has_the_gradient_of_torchdistills_loss_with_its_alpha_turned_round(
    alpha, temperature, logits, tmp_path
):
    student, teacher, labels = logits
    ours = criterion_of({"name": "kd", "alpha": alpha, "temperature": temperature}, tmp_path)
    theirs = KDLoss(".", "output", ".", "output", temperature=temperature, alpha=1 - alpha)
    value = value_of(ours, student, teacher, labels)
    other = theirs({".": {"output": student}}, {".": {"output": teacher}}, labels)
    gradients = [torch.autograd.grad(loss, student)[0] for loss in (value, other)]
    torch.testing.assert_close(*gradients, rtol=0, atol=1e-9)

    # The values differ by the entropy of the teacher, which the student cannot change.
    soft = softmax(teacher.numpy() / temperature)
    entropy = -np.mean(np.sum(soft * np.log(soft), axis=1))
    difference = value.item() - other.item()
    assert difference == pytest.approx(alpha * temperature**2 * entropy, abs=1e-6)


@pytest.mark.parametrize("alpha", [0.1, 0.5, 0.9])
def test_label_smoothing_is_equation_2(alpha, logits, tmp_path):
    student, teacher, labels = logits
    criterion = criterion_of({"name": "label_smoothing", "alpha": alpha}, tmp_path)
    loss = value_of(criterion, student, teacher, labels)
    loss.backward()
    probabilities, y = softmax(student.detach().numpy()), one_hot(labels)
    uniform = np.full_like(y, 1 / CLASSES)
    expected = (1 - alpha) * -np.mean(np.sum(y * np.log(probabilities), axis=1))
    expected += alpha * -np.mean(np.sum(uniform * np.log(probabilities), axis=1))
    gradient = (probabilities - (1 - alpha) * y - alpha * uniform) / BATCH
    assert loss.item() == pytest.approx(expected, abs=1e-6)
    np.testing.assert_allclose(student.grad.numpy(), gradient, atol=1e-6)


def test_cross_entropy_is_the_plain_one(logits, tmp_path):
    student, teacher, labels = logits
    loss = value_of(criterion_of({"name": "cross_entropy"}, tmp_path), student, teacher, labels)
    expected = -np.mean(np.sum(one_hot(labels) * np.log(softmax(student.detach().numpy())), axis=1))
    assert loss.item() == pytest.approx(expected, abs=1e-6)


def test_unknown_method_and_missing_hyper_parameter_are_named():
    with pytest.raises(InputError, match="did you mean 'label_smoothing'"):
        build_method({"name": "label_smooting", "alpha": 0.1})
    with pytest.raises(InputError, match="method kd: the hyper-parameter 'temperature' is missing"):
        build_method({"name": "kd", "alpha": 0.5})
