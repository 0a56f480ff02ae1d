"""Networks by name: built, initialised, or with the weights of a file.

A network is described by a spec: ``architecture`` (a classification network of torchvision), and
for ResNets ``width`` (the stages have 1, 2, 4 and 8 times that many channels, with bottleneck
blocks four times more), ``stem`` and ``last_stride``:

- stem ``imagenet``: 7x7 convolution of stride 2, then 3x3 max-pooling of stride 2;
- stem ``small``: 3x3 convolution of stride 1 and no pooling, for images of some 32 pixels;
- ``last_stride`` 1: layer4 keeps the resolution of layer3, so that its maps are not too coarse to
  dissect where images are small.

With width 64, stem ``imagenet`` and ``last_stride`` 2 the network *is* torchvision's, and every
variant has the names of torchvision's parameters. ``classes`` in a spec overrides the dataset's
number of classes, for a checkpoint that was trained on others. Where neither is known, the last
layer's weights tell (:func:`classes_of`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import torchvision
from torch import nn
from torchvision.models.resnet import BasicBlock, Bottleneck, ResNet

from kdlens.architectures import BASIC_BLOCKS, PUBLISHED, RESNETS
from kdlens.errors import InputError, suggest
from kdlens.training.randomness import Stream, derived_seed
from kdlens.training.state_dicts import load_weights, read_state

# Their training output is a tuple with auxiliary classifiers, which no loss here expects.
_AUXILIARY = ("googlenet", "inception_v3")


class StridedPointwise(nn.Conv2d):
    """A 1x1 convolution with a stride, computed as one without on every second pixel.

    The same result from the same parameters, but safe: for fewer input channels than fit into a
    vector register (8 floats, or 16), oneDNN's gradient of the strided form in channels-last order
    writes past its buffer, and is wrong or crashes (uxlfoundation/oneDNN issue 6035).
    """

    def forward(self, images: torch.Tensor) -> torch.Tensor:
        """Return maps (B, C, H / stride, W / stride) of maps (B, C', H, W)."""
        down, across = self.stride
        return nn.functional.conv2d(images[:, :, ::down, ::across], self.weight, self.bias)


class ScaledResNet(ResNet):
    """A torchvision ResNet with another width, stem or last stride (see the module)."""

    def __init__(
        self,
        architecture: str,
        *,
        num_classes: int,
        width: int,
        stem: str,
        last_stride: int,
    ) -> None:
        nn.Module.__init__(self)
        depths = RESNETS[architecture]
        basic = architecture in BASIC_BLOCKS
        block: type[BasicBlock | Bottleneck] = BasicBlock if basic else Bottleneck
        # What ResNet._make_layer reads.
        self._norm_layer = nn.BatchNorm2d
        self.inplanes, self.dilation, self.groups, self.base_width = width, 1, 1, 64

        if stem == "imagenet":
            self.conv1 = nn.Conv2d(3, width, kernel_size=7, stride=2, padding=3, bias=False)
            self.maxpool: nn.Module = nn.MaxPool2d(kernel_size=3, stride=2, padding=1)
        else:
            self.conv1 = nn.Conv2d(3, width, kernel_size=3, stride=1, padding=1, bias=False)
            self.maxpool = nn.Identity()
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU(inplace=True)
        self.layer1 = self._make_layer(block, width, depths[0])
        self.layer2 = self._make_layer(block, 2 * width, depths[1], stride=2)
        self.layer3 = self._make_layer(block, 4 * width, depths[2], stride=2)
        self.layer4 = self._make_layer(block, 8 * width, depths[3], stride=last_stride)
        self.avgpool = nn.AdaptiveAvgPool2d((1, 1))
        self.fc = nn.Linear(8 * width * block.expansion, num_classes)

        for layer in (self.layer2, self.layer3, self.layer4):
            shortcut = layer[0].downsample[0]
            if shortcut.in_channels < 16:
                layer[0].downsample[0] = StridedPointwise(
                    shortcut.in_channels, shortcut.out_channels, 1, shortcut.stride, bias=False
                )

        # torchvision's initialisation; batch norm starts as the identity by itself.
        for module in self.modules():
            if isinstance(module, nn.Conv2d):
                nn.init.kaiming_normal_(module.weight, mode="fan_out", nonlinearity="relu")


def build_network(spec: Mapping[str, Any], num_classes: int) -> nn.Module:
    """Return a new network in training mode, initialised from torch's global generator.

    Args:
        spec: see the module; only ``architecture`` is required.
        num_classes: the dataset's, unless the spec has ``classes``.

    Raises:
        InputError: if the architecture is unknown, or has no such variant.
    """
    architecture = spec["architecture"]
    classes = network_classes(spec, num_classes)
    known = torchvision.models.list_models(module=torchvision.models)
    if architecture not in known:
        raise InputError(
            f"network: no architecture '{architecture}'; {suggest(architecture, known)}"
        )
    if architecture in _AUXILIARY:
        raise InputError(
            f"network: {architecture} is not supported (it has auxiliary classifiers); "
            "choose another architecture, such as resnet50"
        )
    variant = {key: spec.get(key, default) for key, default in PUBLISHED.items()}
    if variant == PUBLISHED:
        return torchvision.models.get_model(architecture, weights=None, num_classes=classes)
    if architecture not in RESNETS:
        changed = ", ".join(key for key, value in PUBLISHED.items() if variant[key] != value)
        raise InputError(
            f"network: {architecture} is only available as published; leave out {changed}, "
            f"or choose one of {', '.join(RESNETS)}"
        )
    if variant["stem"] not in ("imagenet", "small") or variant["last_stride"] not in (1, 2):
        raise InputError(
            f"network: stem '{variant['stem']}' with last_stride {variant['last_stride']} is not "
            "known; write imagenet or small, and 1 or 2"
        )
    return ScaledResNet(architecture, num_classes=classes, **variant)


def initialise_network(spec: Mapping[str, Any], num_classes: int, seed: int) -> nn.Module:
    """Return a new network whose weights depend on the seed alone.

    So a network of random weights is the very start of the trained one of the same seed, and
    students of different methods start from the same weights. Seeds torch's global generator.
    Errors as :func:`build_network`.
    """
    torch.manual_seed(derived_seed(seed, Stream.WEIGHTS))
    return build_network(spec, num_classes)


def network_classes(spec: Mapping[str, Any], num_classes: int | None) -> int:
    """Return how many classes a network tells apart: the spec's ``classes`` or the dataset's.

    Raises:
        InputError: if neither is known.
    """
    classes = spec.get("classes") or num_classes
    if not classes:
        raise InputError(
            f"network: how many classes a {spec['architecture']} tells apart is not said; write "
            "classes in its entry of networks"
        )
    return int(classes)


def classes_of(spec: Mapping[str, Any], state: Mapping[str, Any], source: str | Path) -> int:
    """Return how many classes the network that these weights belong to tells apart.

    Args:
        state: a state_dict.
        source: where it comes from, for the message.

    Raises:
        InputError: if the last layer of this architecture is not among the weights.
    """
    with torch.device("meta"):
        two, three = (build_network({**spec, "classes": n}, n).state_dict() for n in (2, 3))
    last = next(name for name, value in two.items() if value.shape != three[name].shape)
    if last not in state:
        raise InputError(
            f"{source}: has no {last}, the last layer of {spec['architecture']}; it begins with "
            f"{', '.join(list(state)[:3])}. Give the file that belongs to this network, or correct "
            "the network's architecture"
        )
    return len(state[last])


def require_classes(spec: Mapping[str, Any], num_classes: int, who: str) -> None:
    """Raise an InputError if the network of ``spec`` tells other classes apart than the dataset."""
    classes = network_classes(spec, num_classes)
    if classes != num_classes:
        raise InputError(
            f"{who}: its network has {classes} classes, the training images have {num_classes}; "
            "give it a network entry without classes, or the images that it was made for"
        )


def load_network(
    spec: Mapping[str, Any], num_classes: int | None, path: str | Path, device: torch.device | str
) -> nn.Module:
    """Return a network in eval mode on ``device``, with the weights of a ``model.pt``.

    Args:
        num_classes: the dataset's; None for as many as the file has.

    Raises:
        InputError: if the file is missing, unreadable, or of another network.
    """
    state = read_state(path)
    if num_classes is None:
        num_classes = classes_of(spec, state, path)
    network = build_network(spec, num_classes)
    load_weights(network, state, path)
    return network.to(device).eval()
