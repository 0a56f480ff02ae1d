"""Layers by name: known before any job, the same as torchvision's, and fit to be dissected."""

from __future__ import annotations

import pytest
import torch
from config_data import SCHEMA
from tiny_broden import write_broden

from kdlens.architectures import layer_names, require_layers
from kdlens.data.broden import Broden
from kdlens.dissection.engine import dissect
from kdlens.errors import InputError
from kdlens.training.networks import build_network

NETWORKS = SCHEMA["properties"]["networks"]["additionalProperties"]["properties"]
ARCHITECTURES = NETWORKS["architecture"]["enum"]
IMAGE = {"size": 32, "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_layers_are_those_of_torchvision(architecture):
    with torch.device("meta"):
        network = build_network({"architecture": architecture}, 5)
    names = [name for name, _ in network.named_modules() if name]
    if architecture.startswith("resnet"):
        names = [name for name in names if not name.endswith(".relu")]
    if architecture.startswith(("mobilenet", "efficientnet")):
        names = [name for name in names if name.count(".") < 2]
    assert layer_names(architecture) == names
    require_layers(architecture, names, "mine")


@pytest.mark.parametrize(
    ("architecture", "layer", "message"),
    [
        ("resnet18", "layer5", "did you mean 'layer4'? Known: layer1, layer2, layer3, layer4"),
        ("resnet18", "layer4.1.conv3", "did you mean 'layer4.1.conv2'?"),
        ("vgg16", "features.31", "Known: features.0 to features.30"),
        ("vgg16", "features.29.0", "Known: features.0 to features.30"),
        ("mobilenet_v2", "feature.18", "did you mean 'features.18'?"),
        ("efficientnet_b0", "features.9.0", "Known: features.0 to features.8"),
        ("densenet121", "denseblock4", "Known: features.denseblock1 to features.denseblock4"),
        ("densenet121", "features.denseblok4", "did you mean 'features.denseblock4'?"),
    ],
)
def test_a_wrong_layer_is_an_error_that_lists_the_right_ones(architecture, layer, message):
    with pytest.raises(InputError) as caught:
        require_layers(architecture, [layer], "mine")
    start = f"config key dissection.layers: {architecture} has no layer '{layer}'; "
    assert str(caught.value).startswith(start)
    assert message in str(caught.value)
    assert "networks.mine" in str(caught.value)


@pytest.mark.parametrize(
    ("architecture", "layers"),
    [
        ("resnet18", {"layer4": 512, "layer4.1.conv2": 512}),
        ("mobilenet_v2", {"features.18": 1280, "features.17.conv.1.0": 960}),
        ("mobilenet_v3_small", {"features.12": 576}),
        ("efficientnet_b0", {"features.8": 1280, "features.7.0.block.0": 1152}),
        ("vgg11", {"features.18": 512, "features.19": 512}),
        ("densenet121", {"features.denseblock4": 1024, "features.norm5": 1024}),
    ],
)
def test_every_family_is_dissected_by_dotted_names(architecture, layers, tmp_path):
    require_layers(architecture, layers, "mine")
    torch.manual_seed(0)
    network = build_network({"architecture": architecture}, 2)
    write_broden(tmp_path)
    concepts = Broden(tmp_path)
    dissected = dissect(network, list(layers), concepts, image=IMAGE, quantiles=(0.1,))
    found = {name: tallies.intersection.shape[1] for name, tallies in dissected.items()}
    assert found == layers
    for tallies in dissected.values():
        assert tallies.intersection.any()
