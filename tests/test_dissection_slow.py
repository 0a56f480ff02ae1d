"""The whole measurement against the slow one, on random data and on rendered scenes."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from dissection_data import random_problem
from slow_dissection import CANNED_IMAGE, CannedNetwork, slow_dissect, slow_upsample

from kdlens.data.broden import Broden
from kdlens.data.photographs import read_image
from kdlens.dissection import dissect
from kdlens.dissection.activations import recording
from kdlens.dissection.engine import permutation_of
from kdlens.dissection.precision import Sample, evenly_spaced
from kdlens.training.networks import build_network

torch.set_num_threads(1)


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


def test_agrees_with_the_slow_one_on_rendered_scenes(concepts):
    """A real network's maps of several layers, square masks, all kinds of labels."""
    concepts = Broden(concepts)
    concepts = Sample(concepts, evenly_spaced(len(concepts), 40))
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
