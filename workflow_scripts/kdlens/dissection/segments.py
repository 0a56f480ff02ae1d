"""What is gathered of one layer while the images stream by (or of some of its units).

The first step of a dissection wants of each unit its threshold, its top images, and the parts of
its maps that may be active; :class:`Segment` holds these for the units that one pass has room for.
:func:`plan` says which those are.
"""

from __future__ import annotations

import dataclasses
import logging
import math
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from kdlens.dissection.blocks import KeptBlocks, exceeding, flatnonzero
from kdlens.dissection.quantile import TopFraction, buffer_bytes
from kdlens.errors import InputError

# A budget below this is taken for this, and a dissection that would need more passes is refused.
_LEAST_BUDGET = 2**24
_MOST_PASSES = 16
# Bytes of top images' maps that are put in their new order at a time.
_MOVED = 2**24
_log = logging.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Shape:
    """A layer's maps."""

    units: int
    height: int
    width: int


@dataclasses.dataclass(frozen=True)
class Part:
    """Units ``first`` up to (not including) ``end`` of a layer."""

    layer: str
    first: int
    end: int


def plan(
    shapes: Mapping[str, Shape], images: int, quantile: float, budget: float
) -> list[list[Part]]:
    """Share out the units of all layers among as few passes as fit the budget in bytes.

    What takes the room is the top fraction of each unit's activations, for its threshold. Layers
    stay whole where they can, and in their order, so that a pass may end with an early layer.

    Raises:
        InputError: if it would take too many passes, or one unit is larger than the budget.
    """
    budget = max(budget, _LEAST_BUDGET)
    passes: list[list[Part]] = [[]]
    free = budget
    total = largest = 0
    for name, shape in shapes.items():
        unit = buffer_bytes(1, images * shape.height * shape.width, quantile)
        total += unit * shape.units
        largest = max(largest, unit)
        first = 0
        while first < shape.units:
            whole = (shape.units - first) * unit
            fitting = int(free // unit)
            if passes[-1] and fitting < shape.units - first and (whole <= budget or not fitting):
                passes.append([])
                free = budget
                continue
            end = min(shape.units, first + max(fitting, 1))
            passes[-1].append(Part(name, first, end))
            free -= (end - first) * unit
            first = end
    # Two passes in a row hold more than one budget, or the first would have been filled up.
    enough = max(2 * total / (_MOST_PASSES - 1), largest)
    if len(passes) > _MOST_PASSES or largest > budget:
        raise InputError(
            f"the thresholds of {', '.join(shapes)} at quantile {quantile:g} take "
            f"{total / 2**30:.1f} GiB; with a memory budget of {budget / 2**30:.2f} GiB that would "
            f"be {len(passes)} passes; raise dissection.memory_gib (on a GPU device_memory_gib) to "
            f"{math.ceil(100 * enough / 2**30) / 100:.2f} or more, or dissect fewer layers"
        )
    return passes


class Segment:
    """One part of a layer in the first step.

    Args:
        keep: whether to keep the maps that may be active, for the second step.
        top_images: T, how many top images to find for each unit.
    """

    def __init__(
        self,
        part: Part,
        shape: Shape,
        images: int,
        quantile: float,
        device: torch.device,
        *,
        keep: bool,
        top_images: int,
    ) -> None:
        self.part = part
        units = part.end - part.first
        self._positions = shape.height * shape.width
        self.top = TopFraction(units, images * self._positions, quantile, device)
        self.kept = KeptBlocks(quantile) if keep else None
        self.best = BestImages(units, min(top_images, images), shape, device)

    def add(self, images: Tensor, maps: Tensor) -> None:
        """Take in the layer's maps (B, U, h, w) of the images with these numbers (B,).

        Raises:
            InputError: if an activation is not a finite number.
        """
        units = self.part.end - self.part.first
        if units < maps.shape[1]:
            maps = maps[:, self.part.first : self.part.end].contiguous()
        peaks = maps.flatten(2).amax(2)
        if not bool(torch.isfinite(peaks).all() & torch.isfinite(maps.amin())):
            raise InputError(
                f"layer '{self.part.layer}': an activation is not a finite number; the network's "
                "weights or the image normalisation are broken"
            )
        above: Tensor | None = None
        active = 0
        if self.top.bounded:
            above = exceeding(maps, self.top.bound[:, None, None])
            index = flatnonzero(above)
            active = len(index)
            counts = torch.bincount(index // self._positions, minlength=peaks.numel())
            values = maps.view(-1)[index]
            self.top.add(values, counts.view(peaks.shape), len(maps) * self._positions)
        else:
            self.top.add_all(maps.flatten(2))
        if self.kept is not None:
            self.kept.add(maps, above, active / maps.numel())
        self.best.add(images, peaks, maps)


class BestImages:
    """The T images with the largest peak of each of U units; of equals, the first seen."""

    def __init__(self, units: int, top: int, shape: Shape, device: torch.device) -> None:
        self.peaks = torch.full((units, top), -torch.inf, device=device)
        self.images = torch.full((units, top), -1, dtype=torch.int64, device=device)
        self.maps = torch.zeros((units, top, shape.height, shape.width), device=device)

    def add(self, images: Tensor, peaks: Tensor, maps: Tensor) -> None:
        """Take in images numbered ``images`` (B,), their peaks (B, U) and maps (B, U, h, w)."""
        top = self.peaks.shape[1]
        if not top:
            return
        units = (peaks > self.peaks[:, -1]).any(0).nonzero()[:, 0]
        if not len(units):
            return
        candidates = torch.cat([self.peaks[units], peaks[:, units].T], dim=1)
        sorted_peaks, order = candidates.sort(dim=1, descending=True, stable=True)
        order = order[:, :top]
        numbers = images.to(peaks.device).expand(len(units), -1)
        self.peaks[units] = sorted_peaks[:, :top]
        self.images[units] = torch.cat([self.images[units], numbers], dim=1).gather(1, order)
        # A few units at a time: with large maps and many images, what is moved would be too much.
        step = max(1, _MOVED // self.maps[0].nbytes)
        for units_, order_ in zip(units.split(step), order.split(step), strict=True):
            self.maps[units_] = torch.where(
                (order_ < top)[:, :, None, None],
                self.maps[units_[:, None], order_.clamp(max=top - 1)],
                maps[(order_ - top).clamp(min=0), units_[:, None]],
            )


def prune(segments: Sequence[Segment], budget: float) -> int:
    """Drop what has become irrelevant, and all that is kept of a layer if that is not enough.

    Returns:
        Bytes still kept.
    """
    for segment in segments:
        if segment.kept is not None:
            segment.kept.prune(segment.top.bound)
    # A quarter must have become free, or the next pruning would come at once.
    while (size := kept_bytes(segments)) > 0.75 * budget:
        largest = max(segments, key=lambda segment: kept_bytes([segment]))
        largest.kept = None
        _log.info(
            "layer %s: its maps do not fit into the memory budget; it takes a second pass",
            largest.part.layer,
        )
    return size


def kept_bytes(segments: Sequence[Segment]) -> int:
    """Return how much memory kept maps take."""
    return sum(segment.kept.nbytes for segment in segments if segment.kept is not None)
