"""Counting where active regions and labels meet.

For image x, unit u and the threshold T of quantile q, the active region is
``M = {pixels of the upsampled map > T}``. Strictly greater: a dead unit (all zero, T = 0) is never
active. Counted are, over all images, with k(c) the primary category of label c:

- intersection[q, u, c]: labelled pixels (see ``labels``) of c inside M; |M| for a scalar c;
- activated_image[q, u, k]: |M| over images annotated with category k anywhere (Network
  Dissection's paper);
- activated_mask[q, u, k]: |M| over images where a pixel *inside M* carries a label of category k,
  or the image has a scalar of it (the published programs).

How it is counted without loops over units or pixels: the active pixels are few (q of all), so their
(unit, pixel) indices are listed, the labels of each are looked up in all planes at once, and one
scatter-add does the rest. All counts are int64, hence exact and independent of any order.

Several quantiles cost one pass: their regions are nested, so each active pixel gets its *level*,
the index of the smallest quantile at which it is active; counting by level and summing over levels
at the end gives each quantile's count. Only activated_mask is not linear in pixels and is summed
map by map.
"""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from kdlens.dissection.labels import LabelBatch
from kdlens.dissection.upsample import Upsampler

# Upsampled pixels handled at a time: on the CPU a few arrays of this many float32 stay in cache;
# a GPU wants more work a call.
_CHUNK = {"cpu": 1 << 18, "cuda": 1 << 25}


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
        self._categories = categories
        self._label_category = torch.as_tensor(label_category, device=device).long()
        self._map_shape = tuple(map_shape)
        self._area = mask_shape[0] * mask_shape[1]
        self._upsample = Upsampler(map_shape, mask_shape, device)
        self._chunk = max(1, _CHUNK[device.type] // self._area)
        units, levels = self._thresholds.shape
        counts = {"dtype": torch.int64, "device": device}
        # With the levels and units last, a scalar label adds one contiguous row.
        self._intersection = torch.zeros((len(label_category), levels * units), **counts)
        self._activated_image = torch.zeros((categories, levels * units), **counts)
        self._activated_mask = torch.zeros((units, levels * categories), **counts)

    def add(self, labels: LabelBatch, images: Tensor, units: Tensor, rows: Tensor) -> None:
        """Count maps ``rows`` (P, h * w) of units (P,) in images (P,), indices into ``labels``.

        Maps that do not reach above their unit's lowest threshold may be left out. A pair of image
        and unit comes at most once in a call.
        """
        batch = len(labels.pixels)
        count, levels = self._thresholds.shape
        areas = self._intersection.new_zeros((batch, levels, count))
        for start in range(0, len(rows), self._chunk):
            chunk = slice(start, start + self._chunk)
            image, unit = images[chunk], units[chunk]
            areas[image, :, unit] = self._add_maps(labels, image, unit, rows[chunk])
        areas = areas.view(batch, levels * count)
        self._intersection.index_add_(0, labels.scalar_label, areas[labels.scalar_image])
        self._activated_image.index_add_(0, labels.category, areas[labels.category_image])

    def _add_maps(self, labels: LabelBatch, image: Tensor, unit: Tensor, rows: Tensor) -> Tensor:
        """Count the active pixels of some maps; return how many they have by level, (P, Q)."""
        units, levels = self._thresholds.shape
        thresholds = self._thresholds[unit]  # (P, Q)
        values = self._upsample(rows.view(-1, *self._map_shape)).view(len(rows), self._area)
        active, pixel = (values > thresholds[:, -1:]).nonzero(as_tuple=True)
        if levels == 1:
            level = torch.zeros_like(active)
        else:
            level = (values[active, pixel, None] <= thresholds[active]).sum(1)
        region = active * levels + level
        area = torch.bincount(region, minlength=len(rows) * levels).view(len(rows), levels)

        label = labels.planes[image[active] * self._area + pixel]  # (active pixels, planes)
        entry, plane = label.nonzero(as_tuple=True)
        label = label[entry, plane].long()
        index = (label * levels + level[entry]) * units + unit[active[entry]]
        self._intersection.view(-1).scatter_add_(0, index, torch.ones_like(index))

        touching = region[entry] * self._categories + self._label_category[label]
        touched = torch.bincount(touching, minlength=len(rows) * levels * self._categories)
        touched = touched.view(len(rows), levels, self._categories).cumsum(1) > 0
        touched |= labels.scalar_category[image, None]
        activated = area.cumsum(1)[:, :, None] * touched
        self._activated_mask.index_add_(0, unit, activated.view(len(rows), -1))
        return area

    def result(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Return intersection (Q, U, C), activated_image and activated_mask (Q, U, K), int64."""
        units, levels = self._thresholds.shape
        intersection = self._intersection.view(-1, levels, units).cumsum(1).permute(1, 2, 0)
        image = self._activated_image.view(-1, levels, units).cumsum(1).permute(1, 2, 0)
        mask = self._activated_mask.view(units, levels, -1).transpose(0, 1)
        return tuple(
            np.ascontiguousarray(table.cpu().numpy()) for table in (intersection, image, mask)
        )
