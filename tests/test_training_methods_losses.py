"""The losses of the feature methods against their papers' formulas, stated here once more."""

from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from tiny_training import NETWORK, TEACHER_NETWORK, TRAINING, method_spec
from torchdistill.losses.registry import get_high_level_loss

from kdlens.training import trainer  # noqa: F401 (registers losses and parts)
from kdlens.training.methods import Setting, build_method
from kdlens.training.networks import build_network
from kdlens.training.parts import PARTS, forward_four_rotations
from kdlens.training.probe import Probe
from kdlens.training.recipe import build_recipe, read_recipe, stages_of, write_recipe

CLASSES = 5
RANDOM = np.random.default_rng(5)
LABELS = np.array([3, 0, 4, 1])
SEED = 7  # of a batch of SSKD in which no two ranks tie at the cut


def criterion_of(spec, folder, stage=-1):
    """Return the criterion that torchdistill builds from a stage of the recipe's file."""
    probes = [Probe(build_network(n, CLASSES), n, 32) for n in (NETWORK, TEACHER_NETWORK)]
    setting = Setting("tiny", 1, *probes, class_sizes=[4, 4, 4])
    recipe = build_recipe(
        build_method(spec, setting), TRAINING, images=12, seed=1, loader={}, given={}
    )
    write_recipe(recipe, folder / "torchdistill.yaml")
    section = list(stages_of(read_recipe(folder / "torchdistill.yaml")["train"]).values())[stage]
    return get_high_level_loss(section["criterion"])


def value_of(criterion, student, teacher, labels=LABELS):
    """Return the loss of outputs by path; a student's tensors become leaves that want gradients."""

    def io(side, **options):
        return {k: {"output": torch.tensor(v, **options)} for k, v in side.items()}

    return criterion(
        {"student": io(student, requires_grad=True), "teacher": io(teacher)},
        {},
        torch.tensor(labels),
    ).item()


def values(*shape):
    return RANDOM.normal(0, 2, shape).astype(np.float32)


def softmax(z):
    exponentials = np.exp(z - z.max(axis=-1, keepdims=True))
    return exponentials / exponentials.sum(axis=-1, keepdims=True)


def cross_entropy(z, labels=LABELS):
    return -np.mean([math.log(softmax(row)[label]) for row, label in zip(z, labels, strict=True)])


def kl(target, z):
    """Return the mean KL divergence of softmax(z) from distributions ``target``."""
    return np.mean(np.sum(target * (np.log(target) - np.log(softmax(z))), axis=1))


def attention(maps):
    """Q(A) of Zagoruyko & Komodakis: squares over channels, as a vector of length 1."""
    flat = (maps**2).sum(axis=1).reshape(len(maps), -1)
    return flat / np.sqrt((flat**2).sum(axis=1, keepdims=True))


@pytest.mark.parametrize("name", ["at", "at+kd"])
def test_at_compares_attention_maps(name, tmp_path):
    student = {".": values(4, CLASSES), "layer3": values(4, 6, 8, 8), "layer4": values(4, 8, 4, 4)}
    teacher = {".": values(4, CLASSES), "layer3": values(4, 9, 8, 8), "layer4": values(4, 7, 4, 4)}
    found = value_of(criterion_of(method_spec(name), tmp_path), student, teacher)

    difference = sum(
        np.mean((attention(student[layer]) - attention(teacher[layer])) ** 2)
        for layer in ("layer3", "layer4")
    )
    expected = 1000 * difference + cross_entropy(student["."])
    if name == "at+kd":  # equation 1 of Han et al., alpha 0.5 and T 4, in place of the last term
        soft = softmax(teacher["."] / 4) * np.log(softmax(student["."] / 4))
        equation_1 = 0.5 * cross_entropy(student["."]) - 0.5 * 4**2 * soft.sum(axis=1).mean()
        expected = 1000 * difference + equation_1
    assert found == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize("p", [1, 2])
def test_ft_compares_normalised_factors(p, tmp_path):
    student = {".": values(4, CLASSES), "part": values(4, 6, 3, 3)}
    teacher = {".": values(4, CLASSES), "part": values(4, 6, 3, 3)}
    found = value_of(criterion_of(method_spec("ft", p=p), tmp_path), student, teacher)

    def normalised(factors):
        flat = factors.reshape(len(factors), -1)
        return flat / np.linalg.norm(flat, axis=1, keepdims=True)

    difference = normalised(student["part"]) - normalised(teacher["part"])
    norm = np.abs(difference).mean() if p == 1 else np.linalg.norm(difference, axis=1).mean()
    assert found == pytest.approx(cross_entropy(student["."]) + 1000 * norm, rel=1e-5)


def test_ft_first_trains_an_autoencoder_of_the_teachers_layer(tmp_path):
    teacher = {".": values(4, 5), "part": values(4, 8, 3, 3), "network.layer4": values(4, 8, 3, 3)}
    found = value_of(criterion_of(method_spec("ft"), tmp_path, stage=0), {".": values(1)}, teacher)
    expected = np.mean((teacher["part"] - teacher["network.layer4"]) ** 2)
    assert found == pytest.approx(expected, rel=1e-5)
    maps = torch.rand(2, 49, 5, 5)
    for factors in (24, 49):
        encoded, decoded = (
            PARTS["Paraphraser"](channels=49, factors=factors, decodes=decodes)(maps)
            for decodes in (False, True)
        )
        assert encoded.shape == (2, factors, 5, 5) and decoded.shape == maps.shape


def test_crd_is_noise_contrastive_estimation_with_a_memory(tmp_path):
    """Two batches, of which the first sets the constants and changes the memories."""
    negatives, images, dim, tau, eps = 6, 12, 3, 0.07, 1e-7
    spec = method_spec("crd", negatives=negatives, dim=dim)
    criterion = criterion_of(spec, tmp_path)
    loss = criterion.term_dict["contrast"][0].loss
    memory = {
        side: getattr(loss, f"{side}_memory").double().numpy() for side in ("student", "teacher")
    }
    constant = {}

    def unit(z):
        return z / np.linalg.norm(z, axis=-1, keepdims=True)

    for own in ([0, 5, 7, 2], [5, 11, 3, 0]):
        output = values(4, CLASSES)
        embeddings = {"student": unit(values(4, dim)), "teacher": unit(values(4, dim))}
        others = [RANDOM.choice(np.delete(np.arange(images), i), negatives, False) for i in own]
        contrast = np.concatenate([np.array(own)[:, None], others], axis=1)
        student = torch.tensor(embeddings["student"], requires_grad=True)
        io = {
            "student": {
                ".": {"output": torch.tensor(output)},
                "part": {"output": student},
                "supplement": {
                    "input": {
                        "pos_idx": torch.tensor(own),
                        "contrast_idx": torch.tensor(contrast),
                    }
                },
            },
            "teacher": {
                ".": {"output": torch.tensor(output)},
                "part": {"output": torch.tensor(embeddings["teacher"])},
            },
        }
        found = criterion(io, {}, torch.tensor(LABELS))
        found.backward()
        assert student.grad.abs().sum() > 0

        expected = 0
        for side, other in (("student", "teacher"), ("teacher", "student")):
            scores = np.array(
                [
                    [math.exp(memory[other][j] @ embeddings[side][i] / tau) for j in contrast[i]]
                    for i in range(4)
                ]
            )
            constant.setdefault(side, scores.mean() * images)
            scores, noise = scores / constant[side], negatives / images
            pairs = np.log(scores[:, 0] / (scores[:, 0] + noise + eps))
            rest = np.log(noise / (scores[:, 1:] + noise + eps)).sum(axis=1)
            expected -= np.mean(pairs + rest)
        for side in memory:
            memory[side][own] = unit(0.5 * memory[side][own] + 0.5 * embeddings[side])
            np.testing.assert_allclose(getattr(loss, f"{side}_memory"), memory[side], atol=1e-6)
        total = cross_entropy(output) + 0.8 * expected
        assert found.item() == pytest.approx(total, rel=1e-4)
    # Plain tensors, so that an interrupted training can go on with them.
    assert not any(value.requires_grad for value in loss.state_dict().values())


def similarities(representations):
    """Cosines between every turned image (three of each four) and every unturned one."""
    unit = representations / np.linalg.norm(representations, axis=1, keepdims=True)
    turned = [row for row in range(len(unit)) if row % 4]
    return np.array([[unit[i] @ unit[4 * j] for j in range(len(unit) // 4)] for i in turned])


def chosen(scores, truth, ratio):
    """Rows whose truth scores highest, and of the others the share with the best rank of it."""
    ranks = np.array([(row > row[t]).sum() for row, t in zip(scores, truth, strict=True)])
    right = int((ranks == 0).sum())
    kept = right + int(ratio * (len(ranks) - right))
    order = np.argsort(ranks, kind="stable")
    # Which of several with the same rank are left out is not said; here the question is not put.
    assert kept == len(ranks) or ranks[order[kept - 1]] < ranks[order[kept]]
    return order[:kept]


@pytest.mark.parametrize("kd", [0.9, 0])
def test_sskd_sums_its_four_terms(kd, tmp_path):
    random = np.random.default_rng(SEED)
    student, teacher = (
        {
            ".": random.normal(0, 2, (16, CLASSES)).astype(np.float32),
            "part": random.normal(0, 2, (16, 3)).astype(np.float32),
        }
        for _ in range(2)
    )
    spec = method_spec("sskd", loss_weights={"kd": kd}, ratios={"tf": 0.5})
    found = value_of(criterion_of(spec, tmp_path), student, teacher)

    unturned, turned = np.arange(16) % 4 == 0, np.arange(16) % 4 != 0
    z_s, z_t = student["."], teacher["."]
    expected = cross_entropy(z_s[unturned])
    expected += kd * 4**2 * kl(softmax(z_t[unturned] / 4), z_s[unturned] / 4)
    a_s, a_t = similarities(student["part"]), similarities(teacher["part"])
    rows = chosen(a_t, np.repeat(np.arange(4), 3), 0.75)
    expected += 10 * 0.5**2 * kl(softmax(a_t[rows] / 0.5), a_s[rows] / 0.5)
    rows = chosen(z_t[turned], np.repeat(LABELS, 3), 0.5)
    expected += 2.7 * 4**2 * kl(softmax(z_t[turned][rows] / 4), z_s[turned][rows] / 4)
    assert found == pytest.approx(expected, rel=1e-5)


def test_sskd_takes_one_turned_image_where_the_teacher_is_right_about_none(tmp_path):
    random = np.random.default_rng(SEED)
    student, teacher = (
        {
            ".": random.normal(0, 2, (16, CLASSES)).astype(np.float32),
            "part": random.normal(0, 2, (16, 3)).astype(np.float32),
        }
        for _ in range(2)
    )
    teacher["."][np.arange(16), np.repeat(LABELS, 4)] = -9
    spec = method_spec(
        "sskd", ratios={"tf": 0.01}, loss_weights={"ce": 0, "kd": 0, "ss": 0, "tf": 1}
    )
    found = value_of(criterion_of(spec, tmp_path), student, teacher)
    turned = np.arange(16) % 4 != 0
    z_s, z_t = student["."][turned], teacher["."][turned]
    each = [4**2 * kl(softmax(z_t[[row]] / 4), z_s[[row]] / 4) for row in range(12)]
    assert min(abs(found - loss) for loss in each) < 1e-4


def test_sskd_first_trains_to_find_an_images_origin(tmp_path):
    teacher = {".": values(16, CLASSES), "part": values(16, 3)}
    criterion = criterion_of(method_spec("sskd"), tmp_path, stage=0)
    found = value_of(criterion, {".": values(1)}, teacher)
    expected = cross_entropy(similarities(teacher["part"]), np.repeat(np.arange(4), 3))
    assert found == pytest.approx(expected, rel=1e-5)


def test_every_image_is_followed_by_its_rotations():
    seen = []
    images = torch.rand(2, 3, 4, 4)
    forward_four_rotations(lambda batch: seen.append(batch) or batch.sum((1, 2, 3)), images)
    assert seen[0].is_contiguous(memory_format=torch.channels_last)
    for row, image in enumerate(seen[0]):
        expected = np.rot90(images[row // 4].numpy(), row % 4, axes=(1, 2))
        np.testing.assert_array_equal(image.numpy(), expected)
