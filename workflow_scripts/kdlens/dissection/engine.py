"""Network Dissection of any layers of a network, at any quantiles, exactly.

From a notebook::

    import torchvision
    from kdlens.data.broden import Broden
    from kdlens.dissection import dissect
    image = {"size": 224, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
    network = torchvision.models.resnet18(weights="DEFAULT")
    found = dissect(network, ["layer4"], Broden("broden1_224"), image=image)
    print(found["layer4"].detectors(iou_threshold=0.05), found["layer4"].iou())

Two steps. The *first* runs the images through the network and finds each unit's threshold
(``quantile``), keeping the parts of its maps that may still be active (``blocks``). The *second*
reads the annotations and counts where active regions and labels meet (``tally``).

Memory. What grows with the dataset has a budget: the top fraction of activations that the
thresholds need, and the kept parts of maps. If the first does not fit, the first step takes several
passes, each for some of the units (``segments.plan``); if the second does not, the second step runs
the images through the network again, up to the deepest layer that needs it. On the CPU both share
``memory_gib``; on a GPU the first lies on the device, within ``device_memory_gib``. The network, a
batch, the tallies and the top images come on top; they do not depend on the number of images.

Exactness. Activations are float32; on a GPU, TF32 is off. All that follows the network is exact or
rounded in a fixed way, so that the counts do not depend on the number of passes, on the order of
images, on worker processes, or on the device that counts. What remains is the network's own
arithmetic, whose last bits depend on the shape of the batch (measured: with oneDNN a batch of one,
and for 1 x 1 convolutions large batches too, are rounded differently). So on the CPU the network
always sees blocks of 16 images, whatever ``batch_size`` says, and each image has the same place in
the same block: the counts do not depend on the batch size. They may depend on the number of
*threads* (measured: not for ResNet-18 and VGG; for ResNet-50, DenseNet, MobileNet and EfficientNet
by one part in a million of an activation). On a GPU the blocks are ``batch_size`` images; the same
size on the same machine gives the same bits. With ``precision="bfloat16"`` the network's arithmetic
is coarser and the rest is the same; what that does to the IoUs is measured on a sample of images
and written into ``meta["bfloat16"]``.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import nn

from kdlens.dissection.activations import recording
from kdlens.dissection.network import arithmetic, device_of
from kdlens.dissection.precision import Sample, evenly_spaced, iou_difference
from kdlens.dissection.run import Run
from kdlens.dissection.stream import Concepts
from kdlens.dissection.tallies import Tallies
from kdlens.dissection.top_images import TopImages
from kdlens.errors import InputError

_CPU_BLOCK = 16
# Images held at a time by default: on a CPU larger arrays cost more to get from the system than
# they save.
_BATCH_PIXELS = {"cpu": 32 * 224 * 224, "cuda": 128 * 224 * 224}
_LARGEST_BATCH = 256
_PRECISIONS = ("float32", "bfloat16")
# Images on which bfloat16 is compared with float32.
_COMPARED = 256
_log = logging.getLogger(__name__)


class Dissection(dict[str, Tallies]):
    """Layer name -> tallies against the true labels.

    Attributes:
        shuffled: layer name -> tallies against shuffled labels, if these were asked for.
        top_images: layer name -> the images to which each unit responds most.
    """

    def __init__(self) -> None:
        super().__init__()
        self.shuffled: dict[str, Tallies] = {}
        self.top_images: dict[str, TopImages] = {}


def dissect(
    network: nn.Module,
    layers: Sequence[str],
    concepts: Concepts,
    *,
    image: Mapping[str, Any],
    quantiles: Sequence[float] = (0.005,),
    shuffle_seed: int | None = None,
    top_images: int = 8,
    precision: str = "float32",
    batch_size: int | None = None,
    workers: int = 0,
    memory_gib: float = 4.0,
    device_memory_gib: float = 8.0,
    meta: Mapping[str, Any] | None = None,
) -> Dissection:
    """Dissect ``layers`` of ``network`` with the images and annotations of ``concepts``.

    Args:
        network: run where its parameters are, in eval mode; it is left as it was.
        layers: dotted submodule names, e.g. ``"layer4"`` or ``"layer4.1.conv2"``.
        concepts: the concept dataset, a :class:`kdlens.data.broden.Broden` or, faster, a
            :class:`kdlens.data.packed.PackedConcepts`.
        image: ``{"size", "mean": [3], "std": [3]}``; mean and std of RGB in [0, 1].
        quantiles: fractions of a unit's activations that lie above its threshold.
        shuffle_seed: if given, tally a null along: the annotations of image
            :func:`permutation_of` (i) instead of i's own, with unchanged thresholds.
        top_images: how many of the images that it responds to most are kept of each unit.
        precision: of the network: float32, or bfloat16 (automatic mixed precision).
        batch_size: images decoded and held at a time; None for as many as are 32 of 224 pixels on
            the CPU and 128 on a GPU, at most 256. On the CPU it is rounded up to a multiple of 16.
        workers: decoding processes; 0 decodes in this one.
        memory_gib: host memory for what grows with the dataset, all layers together.
        device_memory_gib: the same on a GPU.
        meta: what else the results should say of themselves (model, seed, ...).

    Returns:
        The tallies by layer; its attributes hold the null's and the top images.

    Raises:
        InputError: for a wrong layer name, an impossible quantile, an unreadable image, an
            activation that is not finite, a budget that is far too small.
    """
    device = device_of(network)
    if device.type not in _BATCH_PIXELS:
        raise InputError(f"network: it is on {device.type}; move it to cpu or cuda")
    if batch_size is None:
        fitting = _BATCH_PIXELS[device.type] // int(image["size"]) ** 2
        batch_size = min(max(1, fitting), _LARGEST_BATCH)
    _check(layers, quantiles, concepts, batch_size, precision)
    settings: dict[str, Any] = {
        "image": image,
        "quantiles": list(quantiles),
        "batch_size": batch_size,
        "workers": workers,
        "memory_gib": memory_gib,
        "device_memory_gib": device_memory_gib,
    }
    result = _dissect(
        network,
        layers,
        concepts,
        shuffle_seed=shuffle_seed,
        top_images=top_images,
        precision=precision,
        meta=meta or {},
        **settings,
    )
    if precision == "bfloat16":
        sample = Sample(concepts, evenly_spaced(len(concepts), _COMPARED))
        exact, coarse = (
            _dissect(network, layers, sample, precision=each, **settings) for each in _PRECISIONS
        )
        for name, tallies in result.items():
            found = iou_difference(exact[name], coarse[name])
            tallies.meta["bfloat16"] = found
            _log.info(
                "layer %s in bfloat16: against float32 the IoUs of %d images differ by %.4f on "
                "average and %.4f at most; %.1f %% of the units keep their best concept",
                name,
                found["images"],
                found["mean_iou_difference"],
                found["max_iou_difference"],
                100 * found["same_concept"],
            )
    return result


def _dissect(
    network: nn.Module,
    layers: Sequence[str],
    concepts: Concepts,
    *,
    image: Mapping[str, Any],
    quantiles: list[float],
    batch_size: int,
    workers: int,
    memory_gib: float,
    device_memory_gib: float,
    precision: str,
    shuffle_seed: int | None = None,
    top_images: int = 0,
    meta: Mapping[str, Any] | None = None,
) -> Dissection:
    device = device_of(network)
    block = _CPU_BLOCK if device.type == "cpu" else batch_size
    stream = {"batch_size": -(-batch_size // block) * block, "workers": workers}
    permutation = None if shuffle_seed is None else permutation_of(len(concepts), shuffle_seed)
    host, other = memory_gib * 2**30, device_memory_gib * 2**30
    with recording(network, layers, block) as recorder, arithmetic(device, precision):
        run = Run(recorder, image, concepts, stream, quantiles, device)
        studied = run.find_thresholds(
            (host, None) if device.type == "cpu" else (other, host), top_images
        )
        run.count(studied, permutation)
    result = Dissection()
    for name in layers:
        layer = studied[name]
        about = {**(meta or {}), "layer": name, "images": len(concepts)}
        about |= {"map_shape": list(layer.map_shape), "mask_shape": list(concepts.mask_shape)}
        about |= {"device": device.type, "torch": torch.__version__, "precision": precision}
        about |= {"block": block}
        result.top_images[name] = layer.top_images(about)
        result[name] = run.tallies(layer, "true", {**about, "labels": "true"})
        if permutation is not None:
            about |= {"labels": "shuffled", "shuffle_seed": shuffle_seed}
            result.shuffled[name] = run.tallies(layer, "shuffled", about)
    return result


def permutation_of(images: int, seed: int) -> np.ndarray:
    """Return a permutation (N,), one random cycle of all images: no fixed point for N > 1."""
    order = np.random.default_rng(seed).permutation(images)
    permutation = np.empty(images, dtype=np.int64)
    permutation[order] = np.roll(order, -1)
    return permutation


def _check(
    layers: Sequence[str],
    quantiles: Sequence[float],
    concepts: Concepts,
    batch_size: int,
    precision: str,
) -> None:
    if isinstance(layers, str) or not layers or len(set(layers)) != len(layers):
        raise InputError(f"layers: {layers!r}; give a list of different layer names")
    if not quantiles or len(set(quantiles)) != len(quantiles):
        raise InputError(f"quantiles: {list(quantiles)}; give a list of different numbers")
    for quantile in quantiles:
        if not 0 < quantile < 1:
            raise InputError(f"quantiles: {quantile} is not between 0 and 1; write e.g. 0.005")
    if batch_size < 1:
        raise InputError(f"batch_size: {batch_size}; write 1 or more")
    if precision not in _PRECISIONS:
        raise InputError(f"precision: '{precision}' is not known; write {' or '.join(_PRECISIONS)}")
    if not len(concepts):
        raise InputError("the concept dataset has no annotated image in the chosen categories")
