"""Network Dissection of any layers of a network, at any quantiles, exactly.

From a notebook::

    concepts = Broden("results/data/world_concepts/tree")        # kdlens.data.broden
    network = torchvision.models.resnet18(weights="DEFAULT")
    image = {"size": 224, "mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
    tallies = dissect(network, ["layer4"], concepts, image=image)["layer4"]
    print(tallies.detectors(iou_threshold=0.05))

Two steps. The *first* runs the images through the network and finds each unit's threshold
(``quantile``), keeping the maps that may still have an active region (``candidates``). The *second*
reads the annotations and counts where active regions and labels meet (``tally``). If the maps that
had to be kept outgrow the memory budget, those of the largest layer are let go, and the second step
runs the images through the network again for that layer.

Exactness. Activations are float32; on a GPU, TF32 is off. All that follows the network is exact or
rounded in a fixed way, so that the counts do not depend on the number of passes, on the order of
images, on worker processes, or on the device that counts. What remains is the network's own
arithmetic, whose last bits depend on the shape of the batch (measured: with oneDNN a batch of one,
and for 1 x 1 convolutions large batches too, are rounded differently). So on the CPU the network
always sees blocks of 16 images, whatever ``batch_size`` says, and each image has the same place in
the same block: the counts do not depend on the batch size. They may depend on the number of
*threads* (measured: not for ResNet-18 and VGG; for ResNet-50, DenseNet, MobileNet and EfficientNet
by one part in a million of an activation). On a GPU the blocks are ``batch_size`` images; the same
size on the same machine gives the same bits.
"""

from __future__ import annotations

import contextlib
import logging
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn

from kdlens.dissection.activations import Recorder, recording
from kdlens.dissection.candidates import CandidateMaps
from kdlens.dissection.labels import LabelBatch
from kdlens.dissection.quantile import TopFraction
from kdlens.dissection.stream import Batch, Concepts, batches
from kdlens.dissection.tallies import Tallies
from kdlens.dissection.tally import Tally
from kdlens.errors import InputError

_CPU_BLOCK = 16
_LOGGER = logging.getLogger("kdlens.dissection")


def dissect(
    network: nn.Module,
    layers: Sequence[str],
    concepts: Concepts,
    *,
    image: Mapping[str, Any],
    quantiles: Sequence[float] = (0.005,),
    shuffle_seed: int | None = None,
    batch_size: int = 32,
    workers: int = 0,
    memory_gib: float = 2.0,
    meta: Mapping[str, Any] | None = None,
) -> dict[str, Tallies]:
    """Dissect ``layers`` of ``network`` with the images and annotations of ``concepts``.

    Args:
        network: run where its parameters are, in eval mode; it is left as it was.
        layers: dotted submodule names, e.g. ``"layer4"`` or ``"layer4.1.conv2"``.
        concepts: the concept data set, a :class:`kdlens.data.broden.Broden`.
        image: ``{"size", "mean": [3], "std": [3]}``; mean and std of RGB in [0, 1].
        quantiles: fractions of a unit's activations that lie above its threshold.
        shuffle_seed: if given, tally a null along: the annotations of image
            :func:`permutation_of` (i) instead of i's own, with unchanged thresholds.
        batch_size: images decoded and held at a time; on the CPU rounded up to a multiple of 16.
        workers: decoding processes; 0 decodes in this one.
        memory_gib: host memory for kept activation maps, all layers together.
        meta: what else the tallies should say of themselves (model, seed, ...).

    Returns:
        Layer name -> tallies; with ``shuffle_seed``, ``<layer>_shuffled`` -> those of the null too.

    Raises:
        InputError: for a wrong layer name, an impossible quantile, an unreadable image, an
            activation that is not finite.
    """
    _check(layers, quantiles, concepts, batch_size)
    device = device_of(network)
    network_input = NetworkInput(image, device)
    permutation = None if shuffle_seed is None else permutation_of(len(concepts), shuffle_seed)
    block = _CPU_BLOCK if device.type == "cpu" else batch_size
    stream = {"batch_size": -(-batch_size // block) * block, "workers": workers}
    with recording(network, layers, block) as recorder, full_precision(device):
        studied = _find_thresholds(
            recorder, network_input, concepts, stream, quantiles, memory_gib * 2**30
        )
        _count(recorder, network_input, concepts, stream, studied, permutation)
    result = {}
    for layer in studied:
        about = {**(meta or {}), "layer": layer.name, "images": len(concepts)}
        about |= {"map_shape": list(layer.map_shape), "mask_shape": list(concepts.mask_shape)}
        about |= {"device": device.type, "torch": torch.__version__}
        result[layer.name] = layer.tallies("true", {**about, "labels": "true"}, concepts)
        if permutation is not None:
            about |= {"labels": "shuffled", "shuffle_seed": shuffle_seed}
            result[f"{layer.name}_shuffled"] = layer.tallies("shuffled", about, concepts)
    return result


def permutation_of(images: int, seed: int) -> np.ndarray:
    """Return a permutation (N,), one random cycle of all images: no fixed point for N > 1."""
    order = np.random.default_rng(seed).permutation(images)
    permutation = np.empty(images, dtype=np.int64)
    permutation[order] = np.roll(order, -1)
    return permutation


def device_of(network: nn.Module) -> torch.device:
    """Return where a network's parameters are (the CPU, if it has none)."""
    return next((parameter.device for parameter in network.parameters()), torch.device("cpu"))


class _Layer:
    """What is known of one layer while it is dissected."""

    def __init__(self, name: str, maps: Tensor, images: int, quantiles: Sequence[float]) -> None:
        self.name = name
        self.units = maps.shape[1]
        self.map_shape = (maps.shape[2], maps.shape[3])
        self.quantiles = list(quantiles)
        count = images * self.map_shape[0] * self.map_shape[1]
        self.top = TopFraction(self.units, count, max(quantiles), maps.device)
        self.kept: CandidateMaps | None = CandidateMaps(images)
        self.label_pixels = 0
        self.tally: dict[str, Tally] = {}

    def add(self, images: Tensor, maps: Tensor) -> None:
        """Take in the maps (B, U, h, w) of the images with these numbers."""
        try:
            index, units, rows = self.top.add(maps.flatten(2))
        except InputError as error:
            raise InputError(f"layer '{self.name}': {error}") from error
        if self.kept is not None:
            self.kept.add(images[index.cpu()], units, rows)

    def find_thresholds(self) -> None:
        """End the first step."""
        self.thresholds = torch.stack([self.top.result(q) for q in sorted(self.quantiles)])
        del self.top
        if self.kept is not None:
            self.kept.freeze(self.thresholds[-1])

    def count(self, labelling: str, labels: LabelBatch, images: Tensor) -> None:
        """Count the kept maps of images (B,) against labels of as many images."""
        index, units, rows = self.kept.of(images)
        device = self.thresholds.device
        self.tally[labelling].add(labels, index.to(device), units.to(device), rows.to(device))

    def count_maps(self, labelling: str, labels: LabelBatch, maps: Tensor) -> None:
        """Count maps (B, U, h, w) that were computed again."""
        maps = maps.flatten(2)
        index, units = (maps.amax(2) > self.thresholds[-1]).nonzero(as_tuple=True)
        self.tally[labelling].add(labels, index, units, maps[index, units])

    def tallies(self, labelling: str, meta: dict[str, Any], concepts: Concepts) -> Tallies:
        """Return the result, the quantiles in the order in which they were asked for."""
        order = np.argsort(np.argsort(self.quantiles, kind="stable"), kind="stable")
        intersection, image, mask = self.tally[labelling].result()
        return Tallies(
            intersection=intersection[order],
            activated_image=image[order],
            activated_mask=mask[order],
            label_pixels=self.label_pixels,
            label_category=np.asarray(concepts.primary_category, dtype=np.int64),
            thresholds=self.thresholds.cpu().numpy()[order],
            quantiles=np.array(self.quantiles, dtype=np.float64),
            label_names=np.array(concepts.label_names, dtype=np.str_),
            category_names=np.array(concepts.categories, dtype=np.str_),
            meta=meta,
        )


class NetworkInput:
    """uint8 images (B, H, W, 3) -> what the network is fed, (B, 3, H, W), on its device."""

    def __init__(self, image: Mapping[str, Any], device: torch.device) -> None:
        self.size = int(image["size"])
        self._device = device
        # float64 until here: 255 * 0.485 is then the same number everywhere.
        mean = 255 * torch.tensor(image["mean"], dtype=torch.float64)
        std = 255 * torch.tensor(image["std"], dtype=torch.float64)
        self._mean, self._std = mean.float().to(device), std.float().to(device)

    def __call__(self, pixels: Tensor) -> Tensor:
        # Seen as (B, 3, H, W) this is the channels-last layout, the faster one for convolutions.
        return pixels.to(self._device).float().sub_(self._mean).div_(self._std).permute(0, 3, 1, 2)


def _find_thresholds(
    recorder: Recorder,
    network_input: NetworkInput,
    concepts: Concepts,
    stream: Mapping[str, int],
    quantiles: Sequence[float],
    budget: float,
) -> list[_Layer]:
    """The first step: a forward pass over all images."""
    layers: list[_Layer] = []
    pruned_to = 0
    for batch in batches(concepts, what="activations", image_size=network_input.size, **stream):
        recorded = recorder.forward(network_input(batch.pixels))
        if not layers:
            layers = [
                _Layer(name, maps, len(concepts), quantiles) for name, maps in recorded.items()
            ]
        for layer in layers:
            layer.add(batch.images, recorded[layer.name])
        # Pruning costs a pass over what is kept, so not before that has doubled.
        if _kept_bytes(layers) > min(budget, max(2 * pruned_to, 2**26)):
            pruned_to = _prune(layers, budget)
    for layer in layers:
        layer.find_thresholds()
    return layers


def _prune(layers: Sequence[_Layer], budget: float) -> int:
    """Drop the maps that have become irrelevant, and whole layers if that is not enough."""
    for layer in layers:
        if layer.kept is not None:
            layer.kept.prune(layer.top.bound)
    # A quarter must have become free, or the next pruning would come at once.
    while (size := _kept_bytes(layers)) > 0.75 * budget:
        largest = max(
            (layer for layer in layers if layer.kept is not None), key=lambda one: one.kept.nbytes
        )
        largest.kept = None
        _LOGGER.info(
            "layer %s: its maps exceed the memory budget of %.2f GiB; it takes a second pass",
            largest.name,
            budget / 2**30,
        )
    return size


def _kept_bytes(layers: Sequence[_Layer]) -> int:
    return sum(layer.kept.nbytes for layer in layers if layer.kept is not None)


def _count(
    recorder: Recorder,
    network_input: NetworkInput,
    concepts: Concepts,
    stream: Mapping[str, int],
    layers: Sequence[_Layer],
    permutation: np.ndarray | None,
) -> None:
    """The second step: a pass over the annotations, and over images again for layers not kept."""
    again = any(layer.kept is None for layer in layers)
    device = layers[0].thresholds.device
    label_pixels = np.zeros(len(concepts.label_names), dtype=np.int64)
    for layer in layers:
        for labelling in ("true",) if permutation is None else ("true", "shuffled"):
            layer.tally[labelling] = Tally(
                layer.thresholds,
                concepts.primary_category,
                len(concepts.categories),
                layer.map_shape,
                concepts.mask_shape,
            )
    # Kept maps can be had in any order, so an annotation is read once and meets the maps of its own
    # image and of the image that it was dealt to. Maps computed again come in the images' order.
    dealt_to = None if permutation is None else torch.from_numpy(np.argsort(permutation))
    for batch in batches(
        concepts,
        what="tallies",
        image_size=network_input.size if again else None,
        with_labels=True,
        permutation=permutation if again else None,
        **stream,
    ):
        label_pixels += batch.labels.pixels.sum(0).numpy()
        _count_batch(recorder, network_input, batch, layers, dealt_to, device)
    for layer in layers:
        layer.label_pixels = label_pixels


def _count_batch(
    recorder: Recorder,
    network_input: NetworkInput,
    batch: Batch,
    layers: Sequence[_Layer],
    dealt_to: Tensor | None,
    device: torch.device,
) -> None:
    labels = batch.labels.to(device)
    recorded = {}
    if batch.pixels is not None:
        recorded = recorder.forward(network_input(batch.pixels))
    if batch.shuffled_labels is not None:
        shuffled_labels = batch.shuffled_labels.to(device)
    for layer in layers:
        if layer.kept is not None:
            layer.count("true", labels, batch.images)
            if dealt_to is not None:
                layer.count("shuffled", labels, dealt_to[batch.images])
        else:
            layer.count_maps("true", labels, recorded[layer.name])
            if dealt_to is not None:
                layer.count_maps("shuffled", shuffled_labels, recorded[layer.name])


def _check(
    layers: Sequence[str], quantiles: Sequence[float], concepts: Concepts, batch_size: int
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
    if not len(concepts):
        raise InputError("the concept dataset has no annotated image in the chosen categories")


@contextlib.contextmanager
def full_precision(device: torch.device) -> Iterator[None]:
    """True float32 and repeatable convolution algorithms, also inside a caller's autocast."""
    with contextlib.ExitStack() as stack:
        stack.enter_context(torch.autocast(device.type, enabled=False))
        if device.type == "cuda":
            stack.enter_context(
                torch.backends.cudnn.flags(
                    enabled=True, benchmark=False, deterministic=True, allow_tf32=False
                )
            )
        yield
