"""How much of an attribution lies on the object: shares inside its mask, and AUROC.

Of an attribution g (3, S, S) and the object's mask (S, S):

- ``energy_inside``: sum of g^2 in the mask / sum of g^2; ``absolute_inside``: the same of |g|
- ``area``: the mask's share of the image; what a share inside is where g is everywhere the same
- ``energy_enrichment``, ``absolute_enrichment``: share inside / area; 1 is chance
- ``auroc``: of |g|, summed over the channels, as a score for "this pixel is in the mask": the
  probability that a pixel of the object has more than one beside it; 1/2 is chance

Images whose mask is empty or full say nothing, and neither does an attribution that is zero
everywhere (a network so sure that its loss is zero in float32); they are left out, and counted.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

LEFT_OUT = ("empty", "full", "zero")


def alignment(attribution: NDArray[np.floating], mask: NDArray[np.bool_]) -> dict[str, float] | str:
    """Return the numbers of one image, or which of :data:`LEFT_OUT` it is.

    Args:
        attribution: (3, S, S), signed.
        mask: (S, S).
    """
    area = float(mask.mean())
    if area in (0, 1):
        return "full" if area else "empty"
    magnitude = np.abs(attribution.astype(np.float64))
    top = magnitude.max()
    if not top:
        return "zero"
    magnitude /= top  # or the squares of small gradients would vanish
    energy, absolute = (magnitude**2).sum(axis=0), magnitude.sum(axis=0)
    energy_inside = float(energy[mask].sum() / energy.sum())
    absolute_inside = float(absolute[mask].sum() / absolute.sum())
    return {
        "area": area,
        "energy_inside": energy_inside,
        "energy_enrichment": energy_inside / area,
        "absolute_inside": absolute_inside,
        "absolute_enrichment": absolute_inside / area,
        "auroc": float(roc_auc_score(mask.ravel(), absolute.ravel())),
    }


@dataclass
class Alignments:
    """The mean over images, gathered one after another."""

    found: list[dict[str, float]] = field(default_factory=list)
    left_out: dict[str, int] = field(default_factory=lambda: dict.fromkeys(LEFT_OUT, 0))

    def add(
        self, attributions: Iterable[NDArray[np.floating]], masks: Iterable[NDArray[np.bool_]]
    ) -> None:
        """Add images: attributions (B, 3, S, S), masks (B, S, S)."""
        for attribution, mask in zip(attributions, masks, strict=True):
            each = alignment(attribution, mask)
            if isinstance(each, str):
                self.left_out[each] += 1
            else:
                self.found.append(each)

    def values(self) -> dict[str, float | int | None]:
        """Return the means (None without an image), and how many images they are of."""
        keys: tuple[str, ...] = ("area", "energy_inside", "energy_enrichment")
        keys += ("absolute_inside", "absolute_enrichment", "auroc")
        return {
            **{
                key: float(np.mean([each[key] for each in self.found])) if self.found else None
                for key in keys
            },
            "images": len(self.found),
            **{f"images_{reason}": count for reason, count in self.left_out.items()},
        }
