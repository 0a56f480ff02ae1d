"""The layers of torchvision's networks by name, known without importing torch.

So a wrong layer in a config is found before the first job, and not after a training. Of ResNets,
VGGs and DenseNets every layer is known; of MobileNets and EfficientNets the blocks, and what lies
within a block is left to the job that builds the network.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from kdlens.errors import InputError, suggest

PUBLISHED = {"width": 64, "stem": "imagenet", "last_stride": 2}
"""What may differ in an entry of ``networks`` for a ResNet, and how the published network is."""

RESNETS = {
    "resnet18": (2, 2, 2, 2),
    "resnet34": (3, 4, 6, 3),
    "resnet50": (3, 4, 6, 3),
    "resnet101": (3, 4, 23, 3),
    "resnet152": (3, 8, 36, 3),
}
"""Blocks of each of the four stages."""
BASIC_BLOCKS = ("resnet18", "resnet34")
"""Those whose blocks have two convolutions; the others' have three, a bottleneck."""
_DENSENETS = {
    "densenet121": (6, 12, 24, 16),
    "densenet161": (6, 12, 36, 24),
    "densenet169": (6, 12, 32, 32),
    "densenet201": (6, 12, 48, 32),
}
# Parts of `features`: of a VGG, single layers; of the others, blocks.
_VGGS = {
    **{"vgg11": 21, "vgg13": 25, "vgg16": 31, "vgg19": 37},
    **{"vgg11_bn": 29, "vgg13_bn": 35, "vgg16_bn": 44, "vgg19_bn": 53},
}
_MOBILENETS = {"mobilenet_v2": 19, "mobilenet_v3_large": 17, "mobilenet_v3_small": 13}
_EFFICIENTNETS = {f"efficientnet_b{number}": 9 for number in range(5)}
# Modules of the classifier behind the features.
_CLASSIFIERS = {**dict.fromkeys(_VGGS, 7), "mobilenet_v2": 2, **dict.fromkeys(_EFFICIENTNETS, 2)}
_CLASSIFIERS |= {"mobilenet_v3_large": 4, "mobilenet_v3_small": 4}
_WITH_UNKNOWN_PARTS = (*_MOBILENETS, *_EFFICIENTNETS)


def require_layers(architecture: str, layers: Collection[str], network: str) -> None:
    """Raise an InputError for the first of ``layers`` that an architecture does not have.

    Args:
        architecture: one of those that the config's schema lists.
        layers: dotted names, from the config's ``dissection.layers``.
        network: the entry of ``networks`` that the message names.
    """
    problem = unknown_layer(architecture, layers)
    if problem:
        raise InputError(
            f"config key dissection.layers: {problem}. Correct them, or give networks.{network} "
            "its own layers: [...]"
        )


def unknown_layer(architecture: str, layers: Collection[str]) -> str | None:
    """Return which of ``layers`` an architecture does not have and what it has, None if it has all.

    Args:
        architecture: one of those that the config's schema lists.
        layers: dotted names.
    """
    names = layer_names(architecture)
    blocks = tuple(f"{name}." for name in names if _is_block(name))
    for layer in layers:
        inside = architecture in _WITH_UNKNOWN_PARTS and layer.startswith(blocks)
        if layer not in names and not inside:
            # Of as many parts, or the closest to "layer5" would be "layer3.5".
            similar = [name for name in names if name.count(".") == layer.count(".")]
            hint = suggest(layer, similar).split("Known:")[0]
            return (
                f"{architecture} has no layer '{layer}'; {hint}"
                f"Known: {describe_layers(architecture)}"
            )
    return None


def layer_names(architecture: str) -> list[str]:
    """Return the names of an architecture's layers, in the order of ``named_modules``."""
    if architecture in RESNETS:
        return list(_resnet(architecture))
    if architecture in _DENSENETS:
        return list(_densenet(_DENSENETS[architecture]))
    parts = {**_VGGS, **_MOBILENETS, **_EFFICIENTNETS}[architecture]
    names = ["features", *(f"features.{number}" for number in range(parts))]
    if architecture != "mobilenet_v2":
        names.append("avgpool")
    classifier = range(_CLASSIFIERS[architecture])
    return [*names, "classifier", *(f"classifier.{number}" for number in classifier)]


def describe_layers(architecture: str) -> str:
    """Return the layers that are worth dissecting, in a few words for a message."""
    if architecture in RESNETS:
        return "layer1, layer2, layer3, layer4, and within them names such as layer4.1.conv2"
    if architecture in _DENSENETS:
        return "features.denseblock1 to features.denseblock4, features.transition1 to 3, and others"
    last = {**_VGGS, **_MOBILENETS, **_EFFICIENTNETS}[architecture] - 1
    return f"features.0 to features.{last}"


def _is_block(name: str) -> bool:
    return name.startswith("features.") and name.count(".") == 1


def _resnet(architecture: str) -> Iterable[str]:
    yield from ("conv1", "bn1", "relu", "maxpool")
    basic = architecture in BASIC_BLOCKS
    for stage, depth in enumerate(RESNETS[architecture], start=1):
        yield f"layer{stage}"
        for block in range(depth):
            name = f"layer{stage}.{block}"
            yield name
            # A block's relu is used twice or more, so it has no output of its own.
            for part in range(1, 3 if basic else 4):
                yield from (f"{name}.conv{part}", f"{name}.bn{part}")
            if block == 0 and (stage > 1 or not basic):
                yield from (f"{name}.downsample{part}" for part in ("", ".0", ".1"))
    yield from ("avgpool", "fc")


def _densenet(depths: Iterable[int]) -> Iterable[str]:
    yield from ("features", *(f"features.{part}0" for part in ("conv", "norm", "relu", "pool")))
    for stage, depth in enumerate(depths, start=1):
        if stage > 1:
            transition = f"features.transition{stage - 1}"
            parts = ("norm", "relu", "conv", "pool")
            yield from (transition, *(f"{transition}.{part}" for part in parts))
        yield f"features.denseblock{stage}"
        for layer in range(1, depth + 1):
            name = f"features.denseblock{stage}.denselayer{layer}"
            yield name
            inner = (f"{part}{n}" for n in (1, 2) for part in ("norm", "relu", "conv"))
            yield from (f"{name}.{part}" for part in inner)
    yield from ("features.norm5", "classifier")


def same_network(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Return whether two entries of ``networks`` have the same shape, but for their classes."""
    return describe_network(one) == describe_network(other)


def describe_network(spec: Mapping[str, Any]) -> str:
    """Return the shape of an entry of ``networks`` in a few words."""
    changed = [key for key, usual in PUBLISHED.items() if spec.get(key, usual) != usual]
    variant = ", ".join(f"{key} {spec[key]}" for key in changed)
    return f"{spec['architecture']} ({variant})" if variant else spec["architecture"]
