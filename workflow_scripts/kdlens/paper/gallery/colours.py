"""The categories' colours as CSS."""

from __future__ import annotations

from collections.abc import Sequence

from kdlens.paper.categories import colours_of


def colour_rules(categories: Sequence[str]) -> str:
    """Return CSS that sets ``--hue`` below elements of class ``k0``, ``k1``, ... by category."""
    pairs = colours_of(categories)
    light, dark = (
        "".join(f".k{index}{{--hue:{pair[side]}}}" for index, pair in enumerate(pairs))
        for side in (0, 1)
    )
    return f"{light}\n@media (prefers-color-scheme: dark){{{dark}}}\n"
