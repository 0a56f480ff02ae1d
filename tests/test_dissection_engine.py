"""The whole measurement: a hand-worked example, the slow one on random data, and invariances."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from PIL import Image
from slow_dissection import (
    CANNED_IMAGE,
    Annotation,
    CannedConcepts,
    CannedNetwork,
    slow_dissect,
    slow_upsample,
)

from kdlens.data.broden import Broden
from kdlens.data.packed import PackedConcepts
from kdlens.data.packing import pack_concepts
from kdlens.data.photographs import read_image
from kdlens.dissection import dissect
from kdlens.dissection.activations import recording
from kdlens.dissection.engine import permutation_of
from kdlens.dissection.precision import Sample, iou_difference, spread
from kdlens.errors import InputError
from kdlens.training.networks import build_network

torch.set_num_threads(1)
# Four decoding processes are as good as two for seeing that they change nothing.
pytestmark = pytest.mark.filterwarnings("ignore:This DataLoader will create:UserWarning")
ARRAYS = (
    "intersection",
    "activated_image",
    "activated_mask",
    "label_pixels",
    "label_category",
    "thresholds",
)


def assert_same(one, other):
    assert list(one) == list(other) and list(one.shuffled) == list(other.shuffled)
    for ours, theirs in ((one, other), (one.shuffled, other.shuffled)):
        for name in ours:
            for array in ARRAYS:
                np.testing.assert_array_equal(
                    getattr(ours[name], array), getattr(theirs[name], array), f"{name} {array}"
                )
    for name, ours in one.top_images.items():
        for array in ("images", "peaks", "maps"):
            np.testing.assert_array_equal(
                getattr(ours, array), getattr(other.top_images[name], array), f"{name} {array}"
            )


# ---- by hand ------------------------------------------------------------------------------------

RED, DOG, LEG, SPOTTED = 1, 2, 3, 4


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory):
    """Two images, three units, maps of 1 x 2, masks of 2 x 4 (rows x columns), q = 1/2.

    A row [a, b] is sampled at s = (j + 1/2) 2/4 - 1/2 = -1/4, 1/4, 3/4, 5/4, cut off to 0 and 1:
    [a, a + (b - a)/4, a + 3(b - a)/4, b], and the same again in the second row.

    unit 1: maps [0 4], [8 0]; sorted 0 0 4 8; p = 3/2, T = (0 + 4)/2 = 2
        image 1: [0 1 3 4] > 2 in columns 2 3       |M| = 4
        image 2: [8 6 2 0] > 2 in columns 0 1       |M| = 4  (2 > 2 is false)
    unit 2: dead; T = 0; never active
    unit 3: maps [1 1], [1 3]; sorted 1 1 1 3; T = 1
        image 1: [1 1 1 1] never > 1                |M| = 0
        image 2: [1 1.5 2.5 3] > 1 in columns 1 2 3 |M| = 6
    """
    maps = np.array(
        [
            [[[0, 4]], [[0, 0]], [[1, 1]]],
            [[[8, 0]], [[0, 0]], [[1, 3]]],
        ],
        dtype=np.float32,
    )
    first = Annotation(
        planes=np.array(
            [
                [[1, 1, 1, 1], [1, 1, 1, 1]],  # colour: all red
                [[0, 0, 0, 2], [0, 0, 2, 2]],  # object: a dog
                [[0, 0, 0, 0], [0, 0, 0, 3]],  # part: a leg
                [[3, 0, 0, 0], [0, 0, 0, 3]],  # part again: one leg pixel is labelled twice
            ],
            dtype=np.uint16,
        ),
        scalars=np.array([], dtype=np.int64),
    )
    second = Annotation(
        planes=np.array(
            [[[1, 1, 0, 0], [1, 1, 0, 0]], [[0, 0, 0, 2], [0, 0, 0, 0]]], dtype=np.uint16
        ),
        scalars=np.array([SPOTTED]),
    )
    concepts = CannedConcepts(
        tmp_path_factory.mktemp("by_hand"),
        [first, second],
        (2, 4),
        ["color", "object", "part", "texture"],
        [3, 0, 1, 2, 3],
        ["", "red-c", "dog", "leg", "spotted"],
    )
    return dissect(
        CannedNetwork(maps),
        ["layer"],
        concepts,
        image=CANNED_IMAGE,
        quantiles=[0.5],
        shuffle_seed=0,
        meta={"model": "hand", "seed": 7},
    )


def test_by_hand_counts(by_hand):
    tallies = by_hand["layer"]
    np.testing.assert_array_equal(tallies.thresholds, [[2, 0, 1]])
    # Labelled pixels: red 8 + 4; dog 3 + 1; leg 1 + 2; spotted 2 x 4 (a whole image).
    np.testing.assert_array_equal(tallies.label_pixels, [0, 12, 4, 3, 8])
    # Unit 1, image 1 (columns 2 3): 4 red, 3 dog, 2 leg (one pixel, twice);
    #         image 2 (columns 0 1): 4 red, no dog, 4 spotted.
    # Unit 3, image 2 (columns 1 2 3): 2 red, 1 dog, 6 spotted.
    np.testing.assert_array_equal(
        tallies.intersection[0], [[0, 8, 3, 2, 4], [0, 0, 0, 0, 0], [0, 2, 1, 0, 6]]
    )
    # Both images have colour and object, the first parts, the second texture.
    np.testing.assert_array_equal(
        tallies.activated_image[0], [[8, 8, 4, 4], [0, 0, 0, 0], [6, 6, 0, 6]]
    )
    # Unit 1 touches no dog in image 2: object falls from 8 to 4.
    np.testing.assert_array_equal(
        tallies.activated_mask[0], [[8, 4, 4, 4], [0, 0, 0, 0], [6, 6, 0, 6]]
    )
    assert tallies.meta["labels"] == "true"
    assert (tallies.meta["model"], tallies.meta["seed"], tallies.meta["layer"]) == (
        "hand",
        7,
        "layer",
    )


def test_by_hand_iou(by_hand):
    # red 8/(8+12-8), dog 3/(8+4-3), leg 2/(4+3-2), spotted 4/(4+8-4);
    # unit 3: 2/(6+12-2), 1/(6+4-1), 0/(0+3-0), 6/(6+8-6).
    image = [[0, 2 / 3, 1 / 3, 2 / 5, 1 / 2], [0] * 5, [0, 1 / 8, 1 / 9, 0, 3 / 4]]
    np.testing.assert_allclose(by_hand["layer"].iou(0.5), image, atol=1e-10)
    mask = [[0, 2 / 3, 3 / 5, 2 / 5, 1 / 2], [0] * 5, [0, 1 / 8, 1 / 9, 0, 3 / 4]]
    np.testing.assert_allclose(by_hand["layer"].iou(0.5, "mask"), mask, atol=1e-10)


def test_by_hand_detectors(by_hand):
    # At 0.45: unit 1 by red (2/3) and spotted (1/2), unit 3 by spotted (3/4).
    found = by_hand["layer"].detectors(0.45)
    assert (found.units, found.units_any, found.pairs) == (3, 2, 3)
    assert (found.distinct_labels, found.exactly_one) == (2, 1)
    assert found.by_category == {"color": 1, "object": 0, "part": 0, "texture": 1}
    # By the mask-level denominator unit 1's dog (3/5) joins.
    assert by_hand["layer"].detectors(0.45, denominator="mask").pairs == 4


def test_by_hand_shuffled(by_hand):
    """Two images: the only permutation without a fixed point swaps their annotations."""
    tallies = by_hand.shuffled["layer"]
    np.testing.assert_array_equal(tallies.thresholds, [[2, 0, 1]])
    np.testing.assert_array_equal(tallies.label_pixels, [0, 12, 4, 3, 8])
    # Unit 1, image 1 (columns 2 3) under labels 2: no red, 1 dog, 4 spotted;
    #         image 2 (columns 0 1) under labels 1: 4 red, 1 leg.
    # Unit 3, image 2 (columns 1 2 3) under labels 1: 6 red, 3 dog, 2 leg.
    np.testing.assert_array_equal(
        tallies.intersection[0], [[0, 4, 1, 1, 4], [0, 0, 0, 0, 0], [0, 6, 3, 2, 0]]
    )
    np.testing.assert_array_equal(
        tallies.activated_image[0], [[8, 8, 4, 4], [0, 0, 0, 0], [6, 6, 6, 0]]
    )
    # Unit 1: in image 1 no red is touched, in image 2 no dog.
    np.testing.assert_array_equal(
        tallies.activated_mask[0], [[4, 4, 4, 4], [0, 0, 0, 0], [6, 6, 6, 0]]
    )
    assert tallies.meta["labels"] == "shuffled"


# ---- against the slow one -----------------------------------------------------------------------


def random_problem(root, seed, map_shape, mask_shape, grid=None):
    """Maps of a dead, a sparse, a constant and three usual units, and annotations of all kinds."""
    rng = np.random.default_rng(seed)
    images, units, labels, categories = 11, 6, 13, 4
    maps = rng.standard_normal((images, units, *map_shape)).astype(np.float32)
    if grid:
        # Few different values: ties at the thresholds, and every operation is exact.
        maps = np.round(maps * grid) / grid
    maps[:, 0] = 0
    maps[:, 1] = np.where(rng.random(maps[:, 1].shape) < 0.02, np.abs(maps[:, 1]), 0)
    maps[:, 2] = 1.5
    maps[:, 3] = np.maximum(maps[:, 3], 0)
    primary = rng.integers(0, categories, labels)
    primary[0] = categories - 1
    annotations = []
    for number in range(images):
        depth = 0 if number == 4 else rng.integers(0, 5)
        # Few labels an image, so that most images have none of some category.
        palette = np.append(rng.integers(0, labels, 3), 0)
        annotations.append(
            Annotation(
                planes=rng.choice(palette, (depth, *mask_shape)).astype(np.uint16),
                scalars=rng.integers(0, labels, rng.integers(0, 4)),
            )
        )
    annotations[4].scalars = np.array([5, 5, 7])  # whole-image labels alone, one of them twice
    annotations[5].scalars = np.array([], dtype=np.int64)
    names = ["", *[f"label {number}" for number in range(1, labels)]]
    concepts = CannedConcepts(
        root, annotations, mask_shape, [f"category {k}" for k in range(categories)], primary, names
    )
    return maps, concepts


@pytest.mark.parametrize(
    ("seed", "map_shape", "mask_shape", "grid"),
    [
        (0, (3, 4), (7, 9), None),
        (1, (3, 2), (12, 4), 4),  # fractions of 1/8 and 1/4: ties are exact
        (2, (6, 6), (4, 3), None),  # maps larger than masks
        (3, (5, 6), (5, 6), 2),
        (4, (1, 1), (3, 5), None),
    ],
)
def test_agrees_with_the_slow_one(tmp_path, seed, map_shape, mask_shape, grid):
    maps, concepts = random_problem(tmp_path, seed, map_shape, mask_shape, grid)
    quantiles = [0.2, 0.03, 0.1]
    fast = dissect(
        CannedNetwork(maps),
        ["layer"],
        concepts,
        image=CANNED_IMAGE,
        quantiles=quantiles,
        shuffle_seed=3,
        batch_size=4,
    )
    met = 0
    for tallies, dealt in (
        (fast["layer"], None),
        (fast.shuffled["layer"], permutation_of(len(concepts), 3)),
    ):
        for index, quantile in enumerate(quantiles):
            slow = slow_dissect(maps, concepts, quantile, dealt)
            for array in ("thresholds", "intersection", "activated_image", "activated_mask"):
                np.testing.assert_array_equal(
                    getattr(tallies, array)[index], getattr(slow, array), err_msg=array
                )
            np.testing.assert_array_equal(tallies.label_pixels, slow.label_pixels)
            for denominator in ("image", "mask"):
                np.testing.assert_allclose(
                    tallies.iou(quantile, denominator), slow.iou(denominator), atol=1e-6, rtol=0
                )
            assert not slow.intersection[0].any() and not slow.intersection[2].any()
            met += slow.intersection.sum()
    assert met > 100
    assert (fast["layer"].activated_mask <= fast["layer"].activated_image).all()
    if map_shape != (1, 1):  # there a region is the whole image, and touches all its labels
        assert (fast["layer"].activated_mask != fast["layer"].activated_image).any()


# ---- invariances --------------------------------------------------------------------------------


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


def test_agrees_with_the_slow_one_on_rendered_scenes(concepts):
    """A real network's maps of several layers, square masks, all kinds of labels."""
    concepts = Broden(concepts)
    concepts = Sample(concepts, spread(len(concepts), 40))
    torch.manual_seed(1)
    network = build_network({"architecture": "resnet18", "width": 4}, 10).eval()
    image = {"size": 32, "mean": [0.5] * 3, "std": [0.2] * 3}
    found = dissect(network, ["layer1", "layer3"], concepts, image=image, quantiles=[0.01, 0.05])
    pixels = np.stack([read_image(file, 32) for file in concepts.image_files])
    with recording(network, ["layer1", "layer3"]) as recorder:
        batch = torch.from_numpy(pixels).float().sub(127.5).div(51).permute(0, 3, 1, 2)
        maps = recorder.forward(batch)
    for name, tallies in found.items():
        units = slice(0, 4)
        for index, quantile in enumerate((0.01, 0.05)):
            slow = slow_dissect(maps[name][:, units].numpy(), concepts, quantile)
            for array in ("thresholds", "intersection", "activated_image", "activated_mask"):
                np.testing.assert_array_equal(
                    getattr(tallies, array)[index, units], getattr(slow, array), f"{name} {array}"
                )
            assert slow.intersection.any()


@pytest.fixture
def three_threads():
    torch.set_num_threads(3)
    yield
    torch.set_num_threads(1)


@pytest.mark.parametrize("memory_gib", [1, 1e-9])
def test_layers_side_by_side_change_nothing(tmp_path, memory_gib, three_threads):
    maps, concepts = random_problem(tmp_path, 0, (3, 4), (7, 9))
    other = random_problem(tmp_path, 6, (5, 3), (7, 9))[0]
    settings = {"image": CANNED_IMAGE, "quantiles": [0.03, 0.2], "shuffle_seed": 1}
    settings |= {"batch_size": 1, "memory_gib": memory_gib}
    both = dissect(CannedNetwork(maps, other), ["layer", "other"], concepts, **settings)
    assert torch.get_num_threads() == 3
    torch.set_num_threads(1)
    alone = dissect(CannedNetwork(maps, other), ["layer", "other"], concepts, **settings)
    assert_same(both, alone)


def test_error_in_one_of_the_layers_side_by_side(tmp_path, three_threads):
    maps, concepts = random_problem(tmp_path, 0, (2, 2), (4, 4))
    broken = maps.copy()
    broken[7, 3, 0, 0] = -np.inf
    with pytest.raises(InputError, match="layer 'other': an activation is not a finite number"):
        dissect(CannedNetwork(maps, broken), ["layer", "other"], concepts, image=CANNED_IMAGE)
    assert torch.get_num_threads() == 3


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


@pytest.mark.skipif(not torch.cuda.is_available(), reason="no GPU is here: CUDA is not tested")
@pytest.mark.parametrize("options", [{}, {"device_memory_gib": 1e-9, "memory_gib": 1e-9}], ids=str)
def test_same_counts_on_a_gpu(tmp_path, options):
    """Given the same maps: the network's own arithmetic is another on a GPU."""
    maps, concepts = random_problem(tmp_path, 0, (3, 4), (7, 9))
    settings = {"image": CANNED_IMAGE, "quantiles": [0.03, 0.2], "shuffle_seed": 1, "batch_size": 4}
    on_cpu = dissect(CannedNetwork(maps), ["layer"], concepts, **settings)
    network = CannedNetwork(maps)
    network.anchor = torch.nn.Parameter(torch.zeros(1))  # where the network is
    for canned in (network.layer, network.other):
        canned.maps = canned.maps.cuda()
    assert_same(dissect(network.cuda(), ["layer"], concepts, **settings, **options), on_cpu)


def test_memory_budget_is_reported_and_kept(convolutional, expected, caplog):
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


def test_top_images_are_those_of_the_slow_one(tmp_path):
    maps, concepts = random_problem(tmp_path, 0, (3, 4), (7, 9))
    found = dissect(
        CannedNetwork(maps), ["layer"], concepts, image=CANNED_IMAGE, quantiles=[0.2], top_images=3
    )
    top, thresholds = found.top_images["layer"], found["layer"].thresholds[0]
    for unit in range(6):
        order = sorted(range(11), key=lambda image, unit=unit: (-maps[image, unit].max(), image))
        assert top.images[unit].tolist() == order[:3]
        regions = top.regions(unit, thresholds[unit], (7, 9))
        for region, image in zip(regions, order, strict=False):
            large = slow_upsample(maps[image, unit], (7, 9))
            if maps[image, unit].max() > thresholds[unit]:
                np.testing.assert_array_equal(region, large > thresholds[unit])
            else:
                assert not region.any()
    assert top.meta["layer"] == "layer"


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


# ---- bad input ----------------------------------------------------------------------------------


@pytest.mark.parametrize("workers", [0, 1])
def test_corrupt_image_is_named(tmp_path, workers):
    maps, concepts = random_problem(tmp_path, 0, (2, 2), (4, 4))
    concepts.image_files[3].write_bytes(concepts.image_files[3].read_bytes()[:30])
    with pytest.raises(InputError, match=r"0003\.png: not a readable image") as error:
        dissect(CannedNetwork(maps), ["layer"], concepts, image=CANNED_IMAGE, workers=workers)
    assert "\n" not in str(error.value)
    concepts.image_files[3].unlink()
    with pytest.raises(InputError, match=r"0003\.png: no such image file"):
        dissect(CannedNetwork(maps), ["layer"], concepts, image=CANNED_IMAGE, workers=workers)


def test_activation_that_is_not_a_number(tmp_path):
    maps, concepts = random_problem(tmp_path, 0, (2, 2), (4, 4))
    maps[7, 3, 0, 0] = np.nan
    with pytest.raises(InputError, match="layer 'layer': an activation is not a finite number"):
        dissect(CannedNetwork(maps), ["layer"], concepts, image=CANNED_IMAGE)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"quantiles": [0]}, "0 is not between 0 and 1"),
        ({"quantiles": [0.1, 0.1]}, "different numbers"),
        ({"quantiles": []}, "different numbers"),
        ({"layers": []}, "list of different layer names"),
        ({"layers": "layer"}, "list of different layer names"),
        ({"layers": ["leyer"]}, r"layer 'leyer'.*did you mean 'layer'.*other"),
        ({"batch_size": 0}, "write 1 or more"),
        ({"precision": "half"}, "precision: 'half' is not known; write float32 or bfloat16"),
    ],
)
def test_impossible_settings(tmp_path, options, message):
    maps, concepts = random_problem(tmp_path, 0, (2, 2), (4, 4))
    arguments = {"layers": ["layer"], "image": CANNED_IMAGE} | options
    with pytest.raises(InputError, match=message):
        dissect(CannedNetwork(maps), arguments.pop("layers"), concepts, **arguments)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"planes": np.zeros((1, 3, 4), np.uint16)}, r"masks of shape \(3, 4\), expected \(4, 4\)"),
        ({"planes": np.full((1, 4, 4), 13, np.uint16)}, "label number 13 is not in label.csv"),
        ({"scalars": np.array([99])}, "label number 99 is not in label.csv"),
    ],
)
def test_impossible_annotations(tmp_path, change, message):
    maps, concepts = random_problem(tmp_path, 0, (2, 2), (4, 4))
    for name, value in change.items():
        setattr(concepts.annotations[6], name, value)
    with pytest.raises(InputError, match=rf"0006\.png: {message}"):
        dissect(CannedNetwork(maps), ["layer"], concepts, image=CANNED_IMAGE)


def test_no_images(tmp_path):
    maps, concepts = random_problem(tmp_path, 0, (2, 2), (4, 4))
    concepts.annotations, concepts.image_files = [], []
    with pytest.raises(InputError, match="no annotated image"):
        dissect(CannedNetwork(maps), ["layer"], concepts, image=CANNED_IMAGE)
