"""Counting where active regions and labels meet.

For image x, unit u and the threshold T of quantile q, the active region is
``M = {pixels of the upsampled map > T}``. Strictly greater: a dead unit (all zero, T = 0) is never
active. Counted are, over all images, with k(c) the primary category of label c:

- intersection[q, u, c]: labelled pixels (see ``labels``) of c inside M; |M| for a scalar c;
- activated_image[q, u, k]: |M| over images annotated with category k anywhere (Network
  Dissection's paper);
- activated_mask[q, u, k]: |M| over images where a pixel *inside M* carries a label of category k,
  or the image has a scalar of it (the published programs).

How it is counted without loops over units or pixels: only blocks that can hold active pixels are
upsampled (``blocks``). The active pixels of each image, unit, region and level are counted first;
these counts are then added up by label. Several quantiles cost one pass: their regions are nested,
so each active pixel gets its *level*, the index of the smallest quantile at which it is active, and
summing over levels at the end gives each quantile's count. Only activated_mask is not linear in
pixels and is summed map by map. All counts are int64, hence exact and independent of any order.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import torch
from torch import Tensor

from kdlens.dissection.blocks import Blocks, exceeding, flatnonzero
from kdlens.dissection.labels import LabelBatch
from kdlens.dissection.upsample import BlockUpsampler

# Upsampled pixels, and counts by region, handled at a time (an image's at the least): on the CPU a
# few arrays of this size stay in cache; a GPU wants more work a call.
_CHUNK = {"cpu": 1 << 19, "cuda": 1 << 25}


class Tally:
    """The counts of one layer against one labelling.

    Args:
        thresholds: (Q, U) float32, by rising quantile, so falling (or equal) from row to row.
        label_category: (C,) primary category of each label, each below ``categories`` (K).
        map_shape: (h, w) of the layer's maps.
        mask_shape: (sh, sw).
    """

    def __init__(
        self,
        thresholds: Tensor,
        label_category: np.ndarray,
        categories: int,
        map_shape: tuple[int, int],
        mask_shape: tuple[int, int],
    ) -> None:
        device = thresholds.device
        self._thresholds = thresholds.T.contiguous()  # (U, Q)
        self._area = mask_shape[0] * mask_shape[1]
        self._upsample = BlockUpsampler(map_shape, mask_shape, device)
        self._chunk = _CHUNK[device.type]
        units, levels = self._thresholds.shape
        counts: dict[str, Any] = {"dtype": torch.int64, "device": device}
        # With the units and levels last, a scalar label adds one contiguous row.
        self._intersection = torch.zeros((len(label_category), units * levels), **counts)
        self._activated_image = torch.zeros((categories, units * levels), **counts)
        self._activated_mask = torch.zeros((units, levels * categories), **counts)

    def add(self, labels: LabelBatch, blocks: Blocks) -> None:
        """Count the blocks of a batch of images, ``blocks.image`` being indices into ``labels``.

        Blocks without a corner above their unit's lowest threshold may be left out.
        """
        units, levels = self._thresholds.shape
        areas = self._intersection.new_zeros((len(labels), units * levels))
        of_image = torch.bincount(blocks.image, minlength=len(labels))
        # The (image, unit) pairs with a block: consecutive, and numbered.
        key = blocks.image.long() * units + blocks.unit
        pairs, pair = torch.unique_consecutive(key, return_inverse=True)
        image = pairs // units
        sizes = (labels.first_region[1:] - labels.first_region[:-1])[image]
        counts_of_image = sizes.new_zeros(len(labels)).index_add_(0, image, sizes * levels)
        work = torch.maximum(of_image * self._upsample.pixels, counts_of_image)
        ends = of_image.cumsum(0).tolist()
        pair_ends = torch.bincount(image, minlength=len(labels)).cumsum(0).tolist()
        start = first = 0
        for last in _groups(work.tolist(), self._chunk):
            chunk, chunk_pairs = slice(start, ends[last]), slice(first, pair_ends[last])
            start, first = ends[last], pair_ends[last]
            part = Blocks(
                blocks.image[chunk], blocks.unit[chunk], blocks.place[chunk], blocks.corners[chunk]
            )
            if len(part):
                self._count(
                    labels, part, pair[chunk] - pair[chunk][0], pairs[chunk_pairs],
                    sizes[chunk_pairs], areas,
                )  # fmt: skip
        self._intersection.index_add_(0, labels.scalar_label, areas[labels.scalar_image])
        self._activated_image.index_add_(0, labels.category, areas[labels.category_image])

    def _count(
        self,
        labels: LabelBatch,
        blocks: Blocks,
        pair: Tensor,
        pairs: Tensor,
        sizes: Tensor,
        areas: Tensor,
    ) -> None:
        """Count some images' blocks.

        Args:
            pair: (P,) the pair of each block.
            pairs: (N,) image * U + unit of each pair.
            sizes: (N,) regions of the pair's image.
            areas: (B, U * Q), to which the active pixels of each pair and level are added.
        """
        units, levels = self._thresholds.shape
        values = self._upsample(blocks.place, blocks.corners)  # (pixels, P)
        thresholds = self._thresholds[blocks.unit].T.contiguous()  # (Q, P)
        active = flatnonzero(exceeding(values, thresholds[-1]))
        offset = active // len(blocks)
        block = active - offset * len(blocks)
        # Where in `labels.region` a block's first pixel is: what follows is done for every pixel,
        # so all that can be added up by block is.
        first_pixel = self._upsample.first(blocks.place) + blocks.image * self._area
        pixel = first_pixel[block] + self._upsample.offset[offset]
        # The regions of each pair lie together; `origin` is where region 0 of the batch would be.
        first_region = sizes.cumsum(0) - sizes
        pair_image = pairs // units
        origin = first_region - labels.first_region[pair_image]
        place = (origin[pair][block] + labels.region[pixel]) * levels
        if levels > 1:
            place += _levels(values, thresholds).view(-1)[active]
        counts = torch.bincount(place, minlength=int(sizes.sum()) * levels).view(-1, levels)

        # From here on a row is a region in which a unit is active at any level.
        used = (counts.sum(1) > 0).nonzero()[:, 0]
        counts = counts[used]  # (N, Q)
        owner = torch.arange(len(sizes), device=sizes.device).repeat_interleave(sizes)[used]
        region = used - origin[owner]
        pair_unit = pairs - pair_image * units

        label = labels.region_labels[region]  # (N, planes)
        row, plane = label.nonzero(as_tuple=True)
        index = label[row, plane] * units + pair_unit[owner[row]]
        self._intersection.view(-1, levels).index_add_(0, index, counts[row])

        area = counts.new_zeros((len(pairs), levels)).index_add_(0, owner, counts)
        areas.view(-1, units, levels)[pair_image, pair_unit] = area

        # A category is touched from the lowest level on at which one of its regions is.
        first_level = (counts.cumsum(1) == 0).sum(1)
        carries = labels.region_category[region]  # (N, K)
        first_touch = torch.where(carries, first_level[:, None], levels)
        touch = first_touch.new_full((len(pairs), carries.shape[1]), levels)
        touch.scatter_reduce_(0, owner[:, None].expand_as(first_touch), first_touch, "amin")
        touch[labels.scalar_category[pair_image]] = 0
        level = torch.arange(levels, device=touch.device)[:, None]
        activated = area.cumsum(1)[:, :, None] * (level >= touch[:, None])
        self._activated_mask.index_add_(0, pair_unit, activated.view(len(pairs), -1))

    def result(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return intersection (Q, U, C), activated_image and activated_mask (Q, U, K), int64."""
        units, levels = self._thresholds.shape
        intersection = self._intersection.view(-1, units, levels).cumsum(2).permute(2, 1, 0)
        image = self._activated_image.view(-1, units, levels).cumsum(2).permute(2, 1, 0)
        # This one is cumulative already: it was summed map by map.
        mask = self._activated_mask.view(units, levels, -1).transpose(0, 1)
        return _array(intersection), _array(image), _array(mask)


def _array(table: Tensor) -> np.ndarray:
    return np.ascontiguousarray(table.cpu().numpy())


def _levels(values: Tensor, thresholds: Tensor) -> Tensor:
    """Return how many of their block's thresholds (Q, P) pixels (S, P) do not exceed, (S, P).

    For all pixels, active or not: in bytes that is faster than to pick the active ones first.
    """
    kind = torch.uint8 if len(thresholds) < 256 else torch.int32
    levels = torch.zeros(values.shape, dtype=kind, device=values.device)
    below = torch.empty(values.shape, dtype=torch.bool, device=values.device)
    if values.device.type == "cpu":  # numpy compares four times as fast as torch there
        for threshold in thresholds[:-1].numpy():
            np.less_equal(values.numpy(), threshold, out=below.numpy())
            np.add(levels.numpy(), below.numpy().view(np.uint8), out=levels.numpy())
        return levels
    for threshold in thresholds[:-1]:
        torch.le(values, threshold, out=below)
        levels += below.view(torch.uint8)
    return levels


def _groups(work: list[int], most: int) -> list[int]:
    """Return the last item of each group of consecutive items with together at most ``most``."""
    ends, total = [], 0
    for item, amount in enumerate(work):
        if total and total + amount > most:
            ends.append(item - 1)
            total = 0
        total += amount
    if work:
        ends.append(len(work) - 1)
    return ends
