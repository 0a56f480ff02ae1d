"""Entropy of a classifier's output, over all classes and within the true class's category.

The paper's section 4.1 compares two numbers, the entropy of the whole output distribution and that
"within the same category". The first is plain: p = softmax(z), H = -sum p log p. The second is
not, so several readings of it are computed, for an image whose class y lies in category C:

``category``    p restricted to C and renormalised: the entropy of q_j = p_j / p(C), j in C
``restricted``  p restricted to C and not renormalised: -sum over C of p_j log p_j
``normalised``  logits instead of probabilities: the entropy of q_j = relu(z_j) / sum relu(z_i),
                j, i in C. It is no property of p: adding a constant to all logits leaves p as it
                is and changes q. Undefined, and counted, where no logit of C is positive.

Only ``normalised`` can reach what the paper prints: H(p) >= p(C) H(q) for ``category``, and H(p) is
at least ``restricted``, whatever the logits are.

Arrays: logits (N, K) of N images and K classes, labels (N,) class numbers. Entropies of images are
in nats; averages come in nats and bits. ``micro`` is the mean over images, ``macro`` that over
categories of the means over their images; a category without an image has no mean and is left out.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.special import entr, softmax

from kdlens.data.categories import Categories

Values = dict[str, float | int | None]

KINDS = ("category", "restricted", "normalised")
SINGLETONS = ("excluded", "included")
UNUSED = -1
_ROWS = 1024  # images at a time: a few matrices of this many rows and all classes


@dataclass(frozen=True)
class Grouping:
    """Which category each class belongs to.

    Attributes:
        names: of the categories that count.
        of_class: (K,) int64, the position of the class's category in ``names``; :data:`UNUSED`
            for a class whose category does not count.
    """

    names: tuple[str, ...]
    of_class: NDArray[np.int64]

    @classmethod
    def of(cls, found: Categories) -> Grouping:
        """Return the grouping of a dataset's categories, by name."""
        pairs = list(zip(found.categories, found.counts, strict=True))
        names = tuple(sorted({category for category, counts in pairs if counts}))
        number = {name: i for i, name in enumerate(names)}
        return cls(names, np.array([number.get(category, UNUSED) for category, _ in pairs]))

    @property
    def sizes(self) -> NDArray[np.int64]:
        """How many classes each category has."""
        return np.bincount(self.of_class[self.of_class != UNUSED], minlength=len(self.names))

    def counts(self, labels: NDArray[np.int64], singletons: str) -> NDArray[np.bool_]:
        """Tell which images (N,) are of a category that counts.

        Args:
            singletons: ``excluded`` leaves out categories of one class, whose entropy is zero by
                definition.
        """
        least = 1 if singletons == "included" else 2
        large_enough = np.append(self.sizes >= least, False)  # the last is UNUSED
        return large_enough[self.of_class[labels]]


@dataclass(frozen=True)
class PerImage:
    """What is computed of each image, (N,): entropies in nats, nan where undefined."""

    entire: NDArray[np.float64]
    category: NDArray[np.float64]
    restricted: NDArray[np.float64]
    normalised: NDArray[np.float64]
    p_category: NDArray[np.float64]
    p_true: NDArray[np.float64]


def sample(eligible: NDArray[np.bool_], images: int | None, seed: int) -> NDArray[np.int64]:
    """Return the numbers, rising, of up to ``images`` eligible images (N,); None takes all.

    All images are shuffled by the seed and the first eligible ones taken. So whether one image is
    eligible decides about no other, but for the last.
    """
    order = np.random.default_rng(seed).permutation(len(eligible))
    return np.sort(order[eligible[order]][:images])


def per_image(
    logits: NDArray[np.floating], labels: NDArray[np.int64], grouping: Grouping
) -> PerImage:
    """Compute the entropies of images whose classes all belong to categories that count."""
    parts = [
        _block(logits[rows].astype(np.float64), labels[rows], grouping.of_class)
        for rows in _blocks(len(labels))
    ]
    columns = zip(*parts, strict=True) if parts else [[np.zeros(0)]] * 6
    return PerImage(*(np.concatenate(column) for column in columns))


def averages(each: PerImage, category: NDArray[np.int64]) -> Values:
    """Average over the images, and over the categories (N,) of their classes."""
    values: Values = {
        "images": len(category),
        "categories": len(np.unique(category)),
        **_in_both_units("entire", _mean(each.entire)),
        "p_category": _mean(each.p_category),
        "p_true": _mean(each.p_true),
        "normalised_undefined": int(np.isnan(each.normalised).sum()),
    }
    for kind in KINDS:
        entropies = getattr(each, kind)
        values |= _in_both_units(f"{kind}_micro", _mean(entropies))
        values |= _in_both_units(f"{kind}_macro", _mean_of_means(entropies, category))
    return values


def measure(
    logits: NDArray[np.floating],
    labels: NDArray[np.int64],
    correct: NDArray[np.bool_],
    grouping: Grouping,
    *,
    images: int | None,
    seed: int,
    singletons: str,
) -> Values:
    """Return the averages over images that all compared networks classify right.

    Args:
        correct: (N,) whether they all do.
        images: how many of them to draw; None for all.
        singletons: ``excluded`` or ``included``. The names of the numbers for the other choice end
            in ``_singletons_included`` or ``_singletons_excluded``.
    """
    values: Values = {}
    for choice in SINGLETONS:
        chosen = sample(correct & grouping.counts(labels, choice), images, seed)
        each = per_image(logits[chosen], labels[chosen], grouping)
        found = averages(each, grouping.of_class[labels[chosen]])
        ending = "" if choice == singletons else f"_singletons_{choice}"
        values |= {f"{name}{ending}": value for name, value in found.items()}
    return values


def measure_pair(
    logits: NDArray[np.floating],
    labels: NDArray[np.int64],
    correct: NDArray[np.bool_],
    pair: Sequence[int],
) -> Values:
    """Return the entropies within two classes, over all their images with ``correct`` (N,).

    ``category`` and ``normalised`` are as in the module's head, with the two classes for C.
    """
    members = np.full(logits.shape[1], UNUSED, np.int64)
    members[list(pair)] = 0
    chosen = np.flatnonzero(correct & (members[labels] == 0))
    each = per_image(logits[chosen], labels[chosen], Grouping(("pair",), members))
    return {
        "images": len(chosen),
        **_in_both_units("category", _mean(each.category)),
        **_in_both_units("normalised", _mean(each.normalised)),
        "normalised_undefined": int(np.isnan(each.normalised).sum()),
    }


def _blocks(length: int) -> Iterator[slice]:
    return (slice(start, start + _ROWS) for start in range(0, length, _ROWS))


def _block(
    z: NDArray[np.float64], labels: NDArray[np.int64], of_class: NDArray[np.int64]
) -> tuple[NDArray[np.float64], ...]:
    """Return the arrays of :class:`PerImage` of some rows."""
    members = of_class[None] == of_class[labels][:, None]
    p = softmax(z, axis=1)
    # Not p / p(C), which loses the small ones where p(C) is small.
    within = softmax(np.where(members, z, -np.inf), axis=1)
    positive = np.where(members, z, 0).clip(0)
    total = positive.sum(axis=1)
    with np.errstate(invalid="ignore"):
        normalised = entr(positive / total[:, None]).sum(axis=1)
    return (
        entr(p).sum(axis=1),
        entr(within).sum(axis=1),
        np.where(members, entr(p), 0).sum(axis=1),
        np.where(total > 0, normalised, np.nan),
        np.where(members, p, 0).sum(axis=1),
        p[np.arange(len(z)), labels],
    )


def _mean(values: NDArray[np.float64]) -> float | None:
    """Return the mean of what is defined; None if nothing is."""
    defined = values[~np.isnan(values)]
    return float(defined.mean()) if len(defined) else None


def _mean_of_means(values: NDArray[np.float64], group: NDArray[np.int64]) -> float | None:
    means = [_mean(values[group == each]) for each in np.unique(group)]
    return _mean(np.array([mean for mean in means if mean is not None]))


def _in_both_units(name: str, nats: float | None) -> Mapping[str, float | None]:
    return {f"{name}_nats": nats, f"{name}_bits": None if nats is None else nats / math.log(2)}
