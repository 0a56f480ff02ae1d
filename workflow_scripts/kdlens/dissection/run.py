"""The two steps of a dissection over one network and one dataset (see ``engine``)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
import torch
from torch import Tensor

from kdlens.dissection.activations import Recorder
from kdlens.dissection.blocks import Blocks, KeptBlocks, blocks_above, exceeding
from kdlens.dissection.labels import LabelBatch
from kdlens.dissection.network import NetworkInput
from kdlens.dissection.parallel import workers
from kdlens.dissection.segments import Segment, Shape, kept_bytes, plan, prune
from kdlens.dissection.stream import Concepts, batches
from kdlens.dissection.tallies import Tallies
from kdlens.dissection.tally import Tally
from kdlens.dissection.top_images import TopImages

# Bytes of maps that are kept before the first pruning.
_UNPRUNED = 2**30


class Layer:
    """One layer after the first step."""

    def __init__(self, shape: Shape) -> None:
        self.map_shape = (shape.height, shape.width)
        self.tally: dict[str, Tally] = {}
        self.kept: KeptBlocks | None = None
        self._thresholds: list[Tensor] = []
        self._best: list[tuple[Tensor, ...]] = []

    def take(self, segment: Segment, quantiles: Sequence[float]) -> None:
        """Take over what a segment has found; the segments come in the order of their units."""
        self._thresholds.append(segment.top.result(quantiles))
        best = segment.best
        self._best.append((best.images.cpu(), best.peaks.cpu(), best.maps.cpu()))
        self.kept = segment.kept

    def end(self) -> None:
        """Put the segments' thresholds together: (Q, U) float32, by rising quantile."""
        self.thresholds = torch.cat(self._thresholds, dim=1)

    def top_images(self, meta: dict[str, Any]) -> TopImages:
        """Return the top images of all units."""
        images, peaks, maps = (torch.cat(part).numpy() for part in zip(*self._best, strict=True))
        return TopImages(images, peaks, maps, meta)


class Run:
    """One dissection.

    Args:
        recorder: of the network, its layers hooked.
        image: size, mean and std.
        concepts: the dataset, N images.
        stream: batch_size and workers.
        quantiles: in the order in which the tallies shall have them.
        device: where the network is.
    """

    def __init__(
        self,
        recorder: Recorder,
        image: Mapping[str, Any],
        concepts: Concepts,
        stream: Mapping[str, int],
        quantiles: Sequence[float],
        device: torch.device,
    ) -> None:
        self._recorder = recorder
        self._input = NetworkInput(image, device)
        self._concepts = concepts
        self._stream: dict[str, Any] = {**stream, "pin_memory": device.type == "cuda"}
        self._asked = list(quantiles)
        self._quantiles = sorted(quantiles)
        self._device = device

    def find_thresholds(
        self, budgets: tuple[float, float | None], top_images: int
    ) -> dict[str, Layer]:
        """The first step: thresholds, top images, and what may be active.

        Args:
            budgets: bytes for the thresholds, and for kept maps (None: what the first leaves over).
            top_images: how many images to find for each unit.
        """
        images, largest = len(self._concepts), self._quantiles[-1]
        shapes = self._shapes()
        layers = {name: Layer(shape) for name, shape in shapes.items()}
        passes = plan(shapes, images, largest, budgets[0])
        for number, parts in enumerate(passes, 1):
            segments = [
                Segment(
                    part,
                    shapes[part.layer],
                    images,
                    largest,
                    self._device,
                    # With several passes the memory is full, and another one is due in any case.
                    keep=len(passes) == 1,
                    top_images=top_images,
                )
                for part in parts
            ]
            taken = sum(segment.top.nbytes for segment in segments)
            room = max(0, budgets[0] - taken) if budgets[1] is None else budgets[1]
            what = "activations" if len(passes) == 1 else f"activations {number}/{len(passes)}"
            self._stream_activations(segments, what, room)
            while segments:  # one by one, so that each frees its memory
                segment = segments.pop(0)
                layers[segment.part.layer].take(segment, self._quantiles)
        for layer in layers.values():
            layer.end()
        return layers

    def _shapes(self) -> dict[str, Shape]:
        """Run a blank image through the whole network; return the layers' shapes, in its order."""
        blank = torch.zeros((1, self._input.size, self._input.size, 3), dtype=torch.uint8)
        shapes = self._recorder.shapes(self._input(blank))
        return {name: Shape(*shape) for name, shape in shapes.items()}

    def _stream_activations(self, segments: Sequence[Segment], what: str, room: float) -> None:
        names = list(dict.fromkeys(segment.part.layer for segment in segments))
        size = self._input.size
        pruned_to = 0
        with workers(self._device, len(segments)) as pool:
            for batch in batches(self._concepts, what=what, image_size=size, **self._stream):
                assert batch.pixels is not None
                recorded = self._recorder.forward(self._input(batch.pixels), names)
                pool.start(
                    partial(segment.add, batch.images, recorded[segment.part.layer])
                    for segment in segments
                )
                pool.wait()
                # Pruning costs a pass over what is kept, so not before that has doubled.
                if kept_bytes(segments) > min(room, max(2 * pruned_to, _UNPRUNED)):
                    pruned_to = prune(segments, room)

    def count(self, layers: Mapping[str, Layer], permutation: np.ndarray | None) -> None:
        """The second step: the tallies of all layers, against the true and shuffled labels."""
        concepts = self._concepts
        kept, again = {}, []
        for name, layer in layers.items():
            for labelling in ("true",) if permutation is None else ("true", "shuffled"):
                layer.tally[labelling] = Tally(
                    layer.thresholds,
                    concepts.primary_category,
                    len(concepts.categories),
                    layer.map_shape,
                    concepts.mask_shape,
                )
            if layer.kept is None:
                again.append(name)
            else:
                kept[name] = layer.kept.take(layer.thresholds[-1])
        self._label_pixels = np.zeros(len(concepts.label_names), dtype=np.int64)
        stream = batches(
            concepts,
            what="tallies",
            image_size=self._input.size if again else None,
            with_labels=True,
            permutation=permutation,
            **self._stream,
        )
        with workers(self._device, len(layers)) as pool:
            for batch in stream:
                assert batch.labels is not None
                self._label_pixels += batch.labels.pixels.numpy()
                labels = {"true": batch.labels.to(self._device)}
                if batch.shuffled_labels is not None:
                    labels["shuffled"] = batch.shuffled_labels.to(self._device)
                recorded = {}
                if again:
                    assert batch.pixels is not None
                    pool.wait()  # what it reads is written next
                    recorded = self._recorder.forward(self._input(batch.pixels), again)
                # They count this batch while the next is read.
                pool.start(
                    partial(_count, layer, kept.get(name), recorded.get(name), labels)
                    for name, layer in layers.items()
                )
            pool.wait()

    def tallies(self, layer: Layer, labelling: str, meta: dict[str, Any]) -> Tallies:
        """Return a layer's counts against the true or the shuffled labels."""
        concepts = self._concepts
        order = [self._quantiles.index(quantile) for quantile in self._asked]
        intersection, image, mask = layer.tally[labelling].result()
        return Tallies(
            intersection=intersection[order],
            activated_image=image[order],
            activated_mask=mask[order],
            label_pixels=self._label_pixels,
            label_category=np.asarray(concepts.primary_category, dtype=np.int64),
            thresholds=layer.thresholds.cpu().numpy()[order],
            quantiles=np.array(self._asked, dtype=np.float64),
            label_names=np.array(concepts.label_names, dtype=np.str_),
            category_names=np.array(concepts.categories, dtype=np.str_),
            meta=meta,
        )


def _count(
    layer: Layer,
    kept: Iterator[Blocks] | None,
    maps: Tensor | None,
    labels: Mapping[str, LabelBatch],
) -> None:
    """Count a batch of one layer: of the blocks that were kept, or of maps computed again."""
    if kept is not None:
        blocks = next(kept).to(layer.thresholds.device)
    else:
        assert maps is not None
        blocks = blocks_above(maps, exceeding(maps, layer.thresholds[-1, :, None, None]))
    for labelling, tally in layer.tally.items():
        tally.add(labels[labelling], blocks)
