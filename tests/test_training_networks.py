"""Networks: torchvision's where published, scaled variants, and weights that must fit."""

from __future__ import annotations

import pickle

import pytest
import torch
import torchvision
from tiny_training import NETWORK

from kdlens.errors import InputError
from kdlens.training.checkpoints import save_weights
from kdlens.training.networks import (
    ScaledResNet,
    StridedPointwise,
    build_network,
    classes_of,
    initialise_network,
    load_network,
    require_classes,
)
from kdlens.training.state_dicts import load_weights, read_state


@pytest.mark.parametrize("name", ["resnet18", "resnet50"])
def test_scaled_resnet_of_published_shape_is_torchvisions(name):
    published = torchvision.models.get_model(name, weights=None, num_classes=5)
    scaled = ScaledResNet(name, num_classes=5, width=64, stem="imagenet", last_stride=2)
    load_weights(scaled, published.state_dict(), "torchvision")
    images = torch.rand(2, 3, 64, 64)
    with torch.no_grad():
        assert torch.equal(scaled.eval()(images), published.eval()(images))
    assert type(build_network({"architecture": name}, 5)) is torchvision.models.ResNet


@pytest.mark.parametrize(
    ("stem", "last_stride", "side"), [("imagenet", 2, 2), ("imagenet", 1, 4), ("small", 1, 16)]
)
def test_stem_and_stride_set_the_size_of_the_last_maps(stem, last_stride, side):
    spec = {"architecture": "resnet18", "width": 4, "stem": stem, "last_stride": last_stride}
    network = build_network(spec, 3)
    shapes = []
    network.layer4.register_forward_hook(lambda *args: shapes.append(tuple(args[2].shape)))
    assert network(torch.rand(2, 3, 64, 64)).shape == (2, 3)
    assert shapes == [(2, 32, side, side)]


def test_narrow_networks_have_the_right_gradients_in_channels_last_order():
    """oneDNN alone would corrupt memory here; see StridedPointwise."""
    images = torch.rand(8, 3, 32, 32)
    network = initialise_network(NETWORK, 3, 1).eval()
    assert type(network.layer2[0].downsample[0]) is StridedPointwise
    exact = initialise_network(NETWORK, 3, 1).eval().double()
    for stage in (exact.layer2, exact.layer3, exact.layer4):
        pointwise = stage[0].downsample[0]
        plain = torch.nn.Conv2d(
            pointwise.in_channels, pointwise.out_channels, 1, pointwise.stride, bias=False
        )
        plain.weight = pointwise.weight
        stage[0].downsample[0] = plain
    network.to(memory_format=torch.channels_last)
    network(images.to(memory_format=torch.channels_last)).square().sum().backward()
    exact(images.double()).square().sum().backward()
    for (name, a), b in zip(network.named_parameters(), exact.parameters(), strict=True):
        error = (a.grad - b.grad).norm() / b.grad.norm()
        assert error < 1e-4, name


def test_the_same_seed_gives_the_same_weights():
    first, again, other = (initialise_network(NETWORK, 3, seed) for seed in (1, 1, 2))
    assert torch.equal(first.conv1.weight, again.conv1.weight)
    assert not torch.equal(first.conv1.weight, other.conv1.weight)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"architecture": "resnet19"}, "did you mean 'resnet18'"),
        ({"architecture": "vgg11", "width": 16}, "leave out width"),
        ({"architecture": "resnet18", "stem": "tiny"}, "write imagenet or small"),
        ({"architecture": "googlenet"}, "not supported"),
    ],
)
def test_a_network_that_does_not_exist_is_an_error(spec, message):
    with pytest.raises(InputError, match=message):
        build_network(spec, 3)


def test_classes_of_a_spec_override_the_datasets():
    spec = {**NETWORK, "classes": 11}
    assert build_network(spec, 3).fc.out_features == 11
    with pytest.raises(InputError, match="has 11 classes, the training images have 3"):
        require_classes(spec, 3, "models.x")


@pytest.mark.parametrize(
    "architecture",
    ["resnet18", "mobilenet_v2", "mobilenet_v3_small", "efficientnet_b0", "vgg11", "densenet121"],
)
def test_the_last_layer_says_how_many_classes(architecture):
    spec = {"architecture": architecture, "classes": 9}  # A spec's own number is not asked.
    with torch.device("meta"):
        state = torchvision.models.get_model(architecture, num_classes=7).state_dict()
    assert classes_of(spec, state, "x.pt") == 7
    last = next(name for name in reversed(state) if name.endswith(".weight"))
    del state[last]
    with pytest.raises(
        InputError, match=rf"^x\.pt: has no {last}, the last layer of {architecture}"
    ):
        classes_of(spec, state, "x.pt")


def test_weights_of_another_architecture_have_no_last_layer_of_this():
    state = build_network(NETWORK, 3).state_dict()
    with pytest.raises(
        InputError, match=r"has no classifier\.1\.weight.*begins with conv1\.weight"
    ):
        classes_of({"architecture": "mobilenet_v2"}, state, "x.pt")


def test_a_number_of_classes_that_nobody_says_is_an_error():
    with pytest.raises(InputError, match="write classes in its entry of networks"):
        build_network({"architecture": "resnet18"}, None)


@pytest.fixture(scope="module")
def weights(tmp_path_factory):
    path = tmp_path_factory.mktemp("weights") / "model.pt"
    save_weights(initialise_network(NETWORK, 3, 1), path)
    return path


def test_saved_weights_come_back_in_eval_mode(weights):
    network = load_network(NETWORK, 3, weights, "cpu")
    assert not network.training
    expected = initialise_network(NETWORK, 3, 1).state_dict()
    for name, value in network.state_dict().items():
        assert torch.equal(value, expected[name])


def test_without_a_dataset_a_network_has_the_classes_of_its_weights(weights):
    assert load_network(NETWORK, None, weights, "cpu").fc.out_features == 3
    with pytest.raises(InputError, match=r"fc.weight has shape \(3, 32\), not \(4, 32\)"):
        load_network({**NETWORK, "classes": 4}, None, weights, "cpu")


def test_weights_that_do_not_count_batches_are_whole():
    """As torchvision's of 2017, for VGGs with batch norm and DenseNets."""
    network, trained = initialise_network(NETWORK, 3, 1), initialise_network(NETWORK, 3, 2)
    state = {k: v for k, v in trained.state_dict().items() if not k.endswith("batches_tracked")}
    assert len(state) < len(trained.state_dict())
    load_weights(network, state, "x.pt")
    assert torch.equal(network.conv1.weight, trained.conv1.weight)
    del state["bn1.running_mean"]
    with pytest.raises(InputError, match=r"1 missing \(bn1\.running_mean\)"):
        load_weights(network, state, "x.pt")


def test_equal_weights_give_equal_bytes_whatever_their_memory_format(weights, tmp_path):
    network = initialise_network(NETWORK, 3, 1).to(memory_format=torch.channels_last)
    save_weights(network, tmp_path / "other name.pt")
    assert (tmp_path / "other name.pt").read_bytes() == weights.read_bytes()
    assert all(value.is_contiguous() for value in read_state(weights).values())


def test_missing_weights_are_an_error_and_never_random(tmp_path):
    with pytest.raises(InputError, match="no such file; there are no weights to load"):
        load_network(NETWORK, 3, tmp_path / "absent.pt", "cpu")


@pytest.mark.parametrize(
    ("spec", "classes", "difference"),
    [
        ({**NETWORK, "width": 8}, 3, r"conv1.weight has shape \(4, 3, 3, 3\), not \(8, 3, 3, 3\)"),
        ({**NETWORK, "architecture": "resnet34"}, 3, r"missing \(layer1.2.conv1.weight"),
        (NETWORK, 5, r"fc.weight has shape \(3, 32\), not \(5, 32\)"),
    ],
)
def test_weights_of_another_network_are_an_error_that_names_the_difference(
    weights, spec, classes, difference
):
    with pytest.raises(InputError, match=difference):
        load_network(spec, classes, weights, "cpu")


class _Dangerous:
    def __reduce__(self):
        return (print, ("executed",))


def test_damaged_or_dangerous_files_are_an_error(weights, tmp_path, capsys):
    content = weights.read_bytes()
    (tmp_path / "truncated.pt").write_bytes(content[: len(content) // 2])
    (tmp_path / "empty.pt").write_bytes(b"")
    torch.save([1, 2], tmp_path / "list.pt")
    torch.save({"network": {"a": 1}}, tmp_path / "nested.pt")
    (tmp_path / "dangerous.pt").write_bytes(pickle.dumps({"a": _Dangerous()}, protocol=2))
    for name in ("truncated", "empty", "list", "nested", "dangerous"):
        with pytest.raises(InputError, match=f"{name}.pt"):
            load_network(NETWORK, 3, tmp_path / f"{name}.pt", "cpu")
    assert "executed" not in capsys.readouterr().out
