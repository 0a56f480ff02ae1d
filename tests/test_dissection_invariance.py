"""The way to a dissection changes nothing of its result: batches, memory, processes, precision."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from dissection_data import assert_same, random_problem
from PIL import Image

from kdlens.data.broden import Broden
from kdlens.data.packed import PackedConcepts
from kdlens.data.packing import pack_concepts
from kdlens.dissection import dissect
from kdlens.dissection.engine import permutation_of
from kdlens.dissection.precision import iou_difference
from kdlens.training.networks import build_network

torch.set_num_threads(1)
# Four decoding processes are as good as two for seeing that they change nothing.
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")


@pytest.fixture(scope="module")
def convolutional(tmp_path_factory):
    """A small network on noise images.

    Its 1 x 1 convolutions are what oneDNN rounds differently for batches of different sizes.
    """
    root = tmp_path_factory.mktemp("convolutional")
    rng = np.random.default_rng(5)
    _, concepts = random_problem(root, 5, (2, 2), (10, 8))
    concepts.annotations = [concepts.annotations[i % 11] for i in range(45)]
    concepts.image_files = []
    for number in range(45):
        path = root / f"noise{number}.png"
        coarse = rng.integers(0, 256, (6, 6, 3), dtype=np.uint8)
        Image.fromarray(coarse).resize((32, 32), Image.Resampling.BICUBIC).save(path)
        concepts.image_files.append(path)
    torch.manual_seed(0)
    network = build_network({"architecture": "resnet50", "width": 8}, 10)
    return network, concepts


def run(convolutional, layers=("layer1", "layer3"), quantiles=(0.01, 0.05), **options):
    network, concepts = convolutional
    image = {"size": 32, "mean": [0.5, 0.4, 0.3], "std": [0.2, 0.3, 0.2]}
    options = {"shuffle_seed": 1, "batch_size": 16} | options
    return dissect(network, layers, concepts, image=image, quantiles=quantiles, **options)


@pytest.fixture(scope="module")
def expected(convolutional):
    return run(convolutional)


@pytest.mark.parametrize(
    "options",
    [
        {"memory_gib": 1e-9},
        {"memory_gib": 0.0004},
        {"batch_size": 1},
        {"batch_size": 7},
        {"batch_size": 64},
        {"batch_size": 10, "memory_gib": 1e-9},
        {"workers": 1},
        {"workers": 4},
        {"workers": 1, "memory_gib": 1e-9},
        {"workers": 4, "batch_size": 64, "memory_gib": 0.0004},
    ],
    ids=str,
)
def test_same_counts_by_every_path(convolutional, expected, options):
    assert_same(run(convolutional, **options), expected)


@pytest.mark.parametrize("budget", [8_000, 40_000])
def test_same_counts_with_thresholds_in_several_passes(
    convolutional, expected, caplog, monkeypatch, budget
):
    monkeypatch.setattr("kdlens.dissection.segments._LEAST_BUDGET", 0)
    with caplog.at_level("INFO", "kdlens"):
        result = run(convolutional, memory_gib=budget / 2**30)
    assert_same(result, expected)
    assert "activations 2/" in caplog.text


def test_same_counts_from_the_packed_dataset(concepts, tmp_path):
    """Rendered scenes, as files and packed, with photographs and without."""
    concepts = Broden(concepts)
    network = build_network({"architecture": "resnet18", "width": 8}, 10)
    image = {"size": 64, "mean": [0.5] * 3, "std": [0.2] * 3}
    options = {"image": image, "quantiles": [0.01, 0.1], "shuffle_seed": 4}
    layers = ["layer2", "layer4"]
    expected = dissect(network, layers, concepts, **options)
    assert all(tallies.intersection.any() for tallies in expected.values())
    for size in (64, None):
        folder = tmp_path / f"packed{size}"
        pack_concepts(concepts, folder, image_size=size, workers=2)
        for workers in (0, 4):
            found = dissect(network, layers, PackedConcepts(folder), workers=workers, **options)
            assert_same(found, expected)


def test_a_layer_beyond_the_memory_budget_is_reported(convolutional, caplog):
    with caplog.at_level("INFO", "kdlens"):
        run(convolutional, memory_gib=0.0004)
    # The first layer's maps are the larger; the second's fit.
    assert "layer layer1: its maps do not fit into the memory budget" in caplog.text
    assert "layer layer3" not in caplog.text
    assert "images/s" in caplog.text


def test_bfloat16_by_choice_says_what_it_costs(convolutional, expected, caplog):
    with caplog.at_level("INFO", "kdlens"):
        coarse = run(convolutional, precision="bfloat16")
    found = coarse["layer3"].meta["bfloat16"]
    assert found["images"] == 45
    assert 0 < found["mean_iou_difference"] < found["max_iou_difference"] < 0.5
    assert 0.5 < found["same_concept"] <= 1
    # All images are in the sample here, so the difference can be had from the two results.
    assert found == iou_difference(expected["layer3"], coarse["layer3"])
    assert f"differ by {found['mean_iou_difference']:.4f} on average" in caplog.text
    assert coarse["layer3"].meta["precision"] == "bfloat16"
    assert "bfloat16" not in expected["layer3"].meta


def test_quantiles_and_layers_do_not_influence_each_other(convolutional, expected):
    alone = run(convolutional, layers=["layer3"], quantiles=[0.05])["layer3"]
    both = expected["layer3"]
    np.testing.assert_array_equal(alone.intersection[0], both.intersection[1])
    np.testing.assert_array_equal(alone.activated_mask[0], both.activated_mask[1])
    np.testing.assert_array_equal(alone.thresholds[0], both.thresholds[1])


def test_shuffling_changes_labels_alone(expected):
    true, shuffled = expected["layer3"], expected.shuffled["layer3"]
    np.testing.assert_array_equal(true.thresholds, shuffled.thresholds)
    np.testing.assert_array_equal(true.label_pixels, shuffled.label_pixels)
    assert (true.intersection != shuffled.intersection).any()


def test_permutation_has_no_fixed_point_and_keeps_its_seed():
    for images in (2, 3, 10, 101):
        permutation = permutation_of(images, 4)
        assert sorted(permutation) == list(range(images))
        assert (permutation != np.arange(images)).all()
        np.testing.assert_array_equal(permutation, permutation_of(images, 4))
    assert (permutation_of(101, 5) != permutation).any()
    assert permutation_of(1, 0).tolist() == [0]


def test_network_is_left_as_it_was(convolutional):
    network, _ = convolutional
    network.train()
    network.bn1.eval()
    before = {name: value.clone() for name, value in network.state_dict().items()}
    run(convolutional)
    assert network.training and network.layer4.training and not network.bn1.training
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())
    assert all(not module._forward_hooks for module in network.modules())


def test_caller_settings_do_not_matter(convolutional, expected):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert_same(run(convolutional), expected)


def test_float32_is_full_whatever_the_caller_asked_for(tmp_path):
    """A layer behind a matrix product, which "medium" would compute in bfloat16."""
    torch.manual_seed(0)
    network = torch.nn.Sequential(
        torch.nn.AdaptiveAvgPool2d(8), torch.nn.Flatten(), torch.nn.Linear(192, 64)
    )
    _, concepts = random_problem(tmp_path, 0, (2, 2), (4, 4))
    image = {"size": 8, "mean": [0.5] * 3, "std": [0.2] * 3}
    options = {"image": image, "quantiles": [0.3]}
    expected = dissect(network, ["2"], concepts, **options)
    torch.set_float32_matmul_precision("medium")
    try:
        assert_same(dissect(network, ["2"], concepts, **options), expected)
        assert torch.get_float32_matmul_precision() == "medium"
    finally:
        torch.set_float32_matmul_precision("highest")
