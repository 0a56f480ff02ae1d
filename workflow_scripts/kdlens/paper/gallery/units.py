"""What a layer's page shows, read off its tallies, its top images and the concept dataset.

A unit's *best* concept is that of its best category, as in the dissection's table; it *detects* the
concept if the IoU reaches the threshold. Beside it stands the best concept of each other category
that reaches the threshold too, the largest IoU first. The bar graph counts units by the best
concept, detectors only, so the bars of a category add up to Table 1's number.
"""

from __future__ import annotations

import dataclasses
import logging
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np

from kdlens.data.broden import Broden
from kdlens.dissection.detectors import Detectors
from kdlens.dissection.tallies import Tallies
from kdlens.dissection.top_images import TopImages
from kdlens.errors import InputError
from kdlens.paper.categories import in_order
from kdlens.paper.gallery.regions import encode

_log = logging.getLogger(__name__)

# What tallies, top images and the dataset's summary say of themselves, as far as they do.
_SAME: tuple[str, ...] = ("model", "seed", "layer", "model_sha256", "concepts")
_SAME += ("concepts_digest", "images", "mask_shape", "map_shape")


@dataclasses.dataclass(frozen=True)
class Concept:
    """A concept that a unit fits, and how well."""

    label: int
    """Label number; 0 is none."""
    name: str
    category: int
    """Index into :attr:`Layer.categories`."""
    iou: float


@dataclasses.dataclass(frozen=True)
class Picture:
    """One image of a unit: its number in the dataset (from 0) and the unit's active region."""

    image: int
    region: str
    """As :func:`kdlens.paper.gallery.regions.encode` writes it."""
    share: float
    """Share of the image that the region covers, 0 to 1."""


@dataclasses.dataclass(frozen=True)
class Unit:
    """One unit, numbered from 1 as in the dissection's table."""

    number: int
    detector: bool
    best: Concept
    others: tuple[Concept, ...]
    pictures: tuple[Picture, ...]


@dataclasses.dataclass(frozen=True)
class Layer:
    """All that a page says of a layer; units fall by the IoU of their best concept."""

    units: tuple[Unit, ...]
    detectors: Detectors
    categories: tuple[str, ...]
    """In Table 1's order."""
    bars: tuple[tuple[tuple[Concept, int], ...], ...]
    """For each category its detected concepts with the number of units, most units first."""
    mask_shape: tuple[int, int]
    quantile: float


def read_layer(
    tallies: Tallies,
    top: TopImages,
    concepts: Broden,
    *,
    summary: Mapping[str, Any],
    quantile: float | None,
    iou_threshold: float,
    denominator: str,
    images: int,
) -> Layer:
    """Gather what is shown.

    Args:
        tallies, top: of one layer.
        concepts: the dataset, restricted to the categories of the dissection.
        summary: the dataset's ``dataset.json``.
        quantile: None for the first.
        images: how many to show for each unit, at most.

    Raises:
        InputError: if the three do not belong together.
    """
    _require_one_origin(tallies, top, concepts, summary)
    if images > top.images.shape[1]:
        _log.warning(
            "%d images a unit are asked for, and the dissection kept %d: showing these",
            images,
            top.images.shape[1],
        )
    best = tallies.best(quantile, denominator)
    names = tallies.label_names.tolist()
    thresholds = tallies.thresholds[tallies.index_of(quantile)]
    given = tallies.category_names.tolist()
    categories = in_order(given)
    place = [categories.index(name) for name in given]

    def concept(unit: int, k: int) -> Concept:
        label = int(best.label[unit, k])
        return Concept(label, names[label], place[k], float(best.iou[unit, k]))

    units = []
    for unit in np.argsort(-best.score, kind="stable").tolist():
        own = int(best.category[unit])
        passing = (best.iou[unit] >= iou_threshold) & (best.label[unit] > 0)
        others = [concept(unit, k) for k in np.flatnonzero(passing).tolist() if k != own]
        units.append(
            Unit(
                number=unit + 1,
                detector=bool(passing[own]),
                best=concept(unit, own),
                others=tuple(sorted(others, key=lambda c: (-c.iou, c.category))),
                pictures=_pictures(top, unit, thresholds[unit], concepts.mask_shape, images),
            )
        )
    return Layer(
        units=tuple(units),
        detectors=tallies.detectors(iou_threshold, quantile, denominator),
        categories=tuple(categories),
        bars=_bars(units, len(categories)),
        mask_shape=concepts.mask_shape,
        quantile=float(tallies.quantiles[tallies.index_of(quantile)]),
    )


def _pictures(
    top: TopImages, unit: int, threshold: float, mask_shape: tuple[int, int], images: int
) -> tuple[Picture, ...]:
    regions = top.regions(unit, threshold, mask_shape)[:images]
    return tuple(
        Picture(int(image), encode(region), float(region.mean()))
        for image, region in zip(top.images[unit], regions, strict=False)
    )


def _bars(units: list[Unit], categories: int) -> tuple[tuple[tuple[Concept, int], ...], ...]:
    found = [unit.best for unit in units if unit.detector]
    counts = Counter(concept.label for concept in found)
    # Units fall by IoU, so the first of a label is its best; the others are not needed.
    first = {concept.label: concept for concept in reversed(found)}
    ranked = sorted(first.values(), key=lambda c: (-counts[c.label], c.name, c.label))
    return tuple(
        tuple((c, counts[c.label]) for c in ranked if c.category == category)
        for category in range(categories)
    )


def _require_one_origin(
    tallies: Tallies, top: TopImages, concepts: Broden, summary: Mapping[str, Any]
) -> None:
    again = "dissect again"
    if tallies.meta.get("labels", "true") != "true":
        raise InputError("the tallies are of shuffled labels; the gallery shows true ones")
    described = {"concepts": summary["name"], "concepts_digest": summary["digest"]}
    described |= {"images": len(concepts), "mask_shape": list(concepts.mask_shape)}
    pairs = [("the tallies", tallies.meta, "the top images", top.meta)]
    pairs += [("the concept dataset", described, "the tallies", tallies.meta)]
    pairs += [("the concept dataset", described, "the top images", top.meta)]
    for one, first, other, second in pairs:
        for key in _SAME:
            if key in first and key in second and first[key] != second[key]:
                raise InputError(
                    f"{one} and {other} do not belong together: {key} is {first[key]} and "
                    f"{second[key]}; {again}"
                )
    if tallies.units != len(top.images):
        raise InputError(
            f"the tallies have {tallies.units} units, the top images {len(top.images)}; {again}"
        )
    if tallies.category_names.tolist() != list(concepts.categories):
        raise InputError(
            f"the tallies have the categories {', '.join(tallies.category_names)}, the dataset is "
            f"read with {', '.join(concepts.categories)}; {again}"
        )
    if top.images.size and not 0 <= top.images.min() <= top.images.max() < len(concepts):
        raise InputError(
            f"the top images go up to number {top.images.max()}, the concept dataset has "
            f"{len(concepts)} images; {again}"
        )
