"""Layers that are tallied side by side, on threads or on a GPU: the same counts as alone."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from dissection_data import assert_same, random_problem
from slow_dissection import CANNED_IMAGE, CannedNetwork

from kdlens.dissection import dissect
from kdlens.errors import InputError

torch.set_num_threads(1)


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
