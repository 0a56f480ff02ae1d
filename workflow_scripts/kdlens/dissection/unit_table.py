"""The tallies of a layer as a table for people: one row a unit, best first.

Columns as in the published programs' ``tally.csv``: ``unit`` (from 1), ``category``, ``label`` and
``score`` (IoU) of the best concept; then, which they have not, ``detector`` (True or False: score
>= threshold); then for each category ``<category>-label``, ``-truth`` (labelled pixels),
``-activation`` (active pixels, by the denominator), ``-intersect`` and ``-iou`` of its best label.
A category without any overlap has an empty label and zeros, but for its activation.

Rows fall by score; equal scores come by unit number. Same tallies, same bytes.
"""

from __future__ import annotations

import csv
import io

import numpy as np

from kdlens.dissection.tallies import Tallies


def unit_table(
    tallies: Tallies, *, quantile: float | None, denominator: str, iou_threshold: float
) -> str:
    """Return the table as CSV text, for one quantile (None: the first).

    Args:
        denominator: of the IoU, ``image`` or ``mask``.
        iou_threshold: least IoU of a detector.

    Raises:
        InputError: for an unknown denominator, or a quantile that was not dissected.
    """
    best = tallies.best(quantile, denominator)
    shared = tallies.intersection[tallies.index_of(quantile)]
    activated = tallies.activated(quantile, denominator)
    categories = [str(name) for name in tallies.category_names]
    score, unit_label = best.score, best.unit_label
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    fields = ("label", "truth", "activation", "intersect", "iou")
    header = [f"{category}-{field}" for category in categories for field in fields]
    writer.writerow(["unit", "category", "label", "score", "detector", *header])
    for unit in np.argsort(-score, kind="stable"):
        row = [
            unit + 1,
            categories[best.category[unit]],
            tallies.label_names[unit_label[unit]],
            _decimal(score[unit]),
            bool(score[unit] >= iou_threshold and unit_label[unit] > 0),
        ]
        for category in range(len(categories)):
            label = best.label[unit, category]
            row += [
                tallies.label_names[label],
                tallies.label_pixels[label],
                activated[unit, category],
                shared[unit, label],
                _decimal(best.iou[unit, category]),
            ]
        writer.writerow(row)
    return text.getvalue()


def _decimal(value: float) -> str:
    return f"{value:.10f}"
