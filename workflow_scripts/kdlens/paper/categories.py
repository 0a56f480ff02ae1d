"""Categories: the order of Table 1, and one colour each, the same in every figure and page.

Colours come in pairs, for light and for dark surroundings (figures are light). The six categories
of Broden have colours of their own, which readers with the common kinds of colour blindness can
tell apart; no meaning hangs on colour alone, the category's name always stands beside it. Other
categories get hues that lie far apart, in the order of their names, so that a colour depends on the
set of categories only. All have a contrast of at least 3 to 1 with the page.
"""

from __future__ import annotations

import colorsys
from collections.abc import Iterable, Sequence

from kdlens.paper.reference import CATEGORIES

_BRODEN = {
    "object": ("#2166ac", "#6aaee8"),
    "part": ("#7b4fa3", "#b795dd"),
    "scene": ("#1b7f5c", "#4fbf97"),
    "material": ("#a8620b", "#e0a14e"),
    "texture": ("#b8366b", "#ee84ac"),
    "color": ("#6b6f1d", "#b9bd55"),
}
_GOLDEN = 0.6180339887498949  # successive hues a golden section apart never meet
_LIGHTNESS = (0.33, 0.68)
_SATURATION = (0.55, 0.60)


def in_order(categories: Iterable[str]) -> list[str]:
    """Return the categories in Table 1's order, then any others as they come."""
    given = list(categories)
    known = [name for name in CATEGORIES if name in given]
    return known + [name for name in given if name not in known]


def colours_of(categories: Sequence[str]) -> list[tuple[str, str]]:
    """Return (on light, on dark) as #rrggbb for each category."""
    others = sorted(set(categories) - set(_BRODEN))
    palette = {**_BRODEN, **dict(zip(others, _further(len(others)), strict=True))}
    return [palette[category] for category in categories]


def figure_colours(categories: Iterable[str]) -> list[str]:
    """Return the colour of each category in figures."""
    return [light for light, _ in colours_of(list(categories))]


def _further(count: int) -> Iterable[tuple[str, str]]:
    for index in range(count):
        hue = (0.02 + _GOLDEN * index) % 1
        light, dark = (
            _hex(colorsys.hls_to_rgb(hue, lightness, saturation))
            for lightness, saturation in zip(_LIGHTNESS, _SATURATION, strict=True)
        )
        yield light, dark


def _hex(channels: Iterable[float]) -> str:
    return "#" + "".join(f"{round(255 * channel):02x}" for channel in channels)
