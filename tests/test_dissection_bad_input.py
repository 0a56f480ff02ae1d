"""What cannot be dissected is an error that names the file, the layer or the key."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from dissection_data import random_problem
from slow_dissection import CANNED_IMAGE, CannedNetwork

from kdlens.dissection import dissect
from kdlens.errors import InputError

torch.set_num_threads(1)


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
