"""A strip of all units of a layer, coloured by the category that each detects best."""

from __future__ import annotations

from collections.abc import Sequence

from kdlens.dissection.detectors import Detectors
from kdlens.paper.gallery.document import escape


def strip(categories: Sequence[str], found: Detectors) -> str:
    """Return the strip as inline SVG; its text says the same in words.

    The categories come in their order, the units without a concept last, in grey.
    """
    counts = [found.by_category[name] for name in categories]
    rest = found.units - sum(counts)
    words = [f"{name} {count}" for name, count in zip(categories, counts, strict=True)]
    words.append(f"no concept {rest}")
    bars, start = [], 0
    for index, count in enumerate([*counts, rest]):
        if count:
            colour = f' class="k{index}"' if index < len(categories) else ""
            bars.append(f'<rect{colour} x="{start}" width="{count}" height="1"/>')
            start += count
    label = escape("Units by the category detected best: " + ", ".join(words))
    return (
        f'<svg class="strip" role="img" aria-label="{label}" viewBox="0 0 {max(start, 1)} 1" '
        f'preserveAspectRatio="none"><title>{label}</title>{"".join(bars)}</svg>'
    )
