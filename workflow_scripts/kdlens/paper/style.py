"""One look for all figures: sizes, fonts, and one colour and hatch for each method.

Colours are those of Okabe and Ito, which readers with the common kinds of colour blindness can
tell apart, and seven more for what that palette has no room for. Each method also has a hatch of
its own, so that a black-and-white print can still be read. The two nulls (a network with random
weights; a trained one against shuffled labels) are grey: they are a yardstick, not a result.

Text is never smaller than :data:`FONT_SIZE` at the printed width of :data:`WIDTH` inches (two
columns of a conference page).

Files are reproducible: drawing the same data again gives the same bytes, so no date and no
version is written into them. SVG carries its letters as outlines and PDF embeds its fonts: they
look the same on a machine without our font (DejaVu Sans, which comes with matplotlib).

Errors: a method without a style is an :class:`~kdlens.errors.InputError`. There is no default
colour, since two methods that share one by accident are a wrong figure. Categories of
concepts have colours too; there a dataset may have others than ours, which get further colours.
"""

from __future__ import annotations

import contextlib
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import matplotlib
import numpy as np
from matplotlib.colors import to_hex, to_rgb
from matplotlib.figure import Figure
from matplotlib.typing import LineStyleType

from kdlens.errors import InputError, suggest
from kdlens.files import write_bytes

WIDTH = 7.0
"""Width of a full-width figure in inches."""

FONT_SIZE = 8.0
"""Size of the smallest text in points."""

PNG_DPI = 200

INK = "#222222"
"""Colour of text, whiskers and outlines."""

_RC: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.sans-serif": ["DejaVu Sans"],
    "font.size": FONT_SIZE,
    "axes.titlesize": FONT_SIZE + 1,
    "axes.labelsize": FONT_SIZE,
    "xtick.labelsize": FONT_SIZE,
    "ytick.labelsize": FONT_SIZE,
    "legend.fontsize": FONT_SIZE,
    "figure.titlesize": FONT_SIZE + 2,
    "text.color": INK,
    "axes.labelcolor": INK,
    "axes.edgecolor": INK,
    "xtick.color": INK,
    "ytick.color": INK,
    "axes.linewidth": 0.6,
    "xtick.major.width": 0.6,
    "ytick.major.width": 0.6,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlelocation": "left",
    "axes.unicode_minus": True,
    "hatch.linewidth": 0.5,
    "image.interpolation": "nearest",
    "svg.fonttype": "path",
    "svg.hashsalt": "kdlens",  # element ids are random without it
    "pdf.fonttype": 42,
    "pdf.compression": 6,
    "savefig.facecolor": "white",
}


@dataclass(frozen=True)
class Look:
    """How a method's bars are filled and its line is marked; both in matplotlib's notation.

    Hatch and marker are the method's own too, so that they work without colour.
    """

    color: str
    hatch: str
    marker: str


METHODS: Mapping[str, Look] = {
    "cross_entropy": Look("#0072B2", "", "o"),
    "label_smoothing": Look("#E69F00", "///", "s"),
    "kd": Look("#009E73", "...", "^"),
    "at": Look("#56B4E9", "\\\\\\", "D"),
    "ft": Look("#CC79A7", "|||", "v"),
    "crd": Look("#D55E00", "---", "P"),
    "sskd": Look("#F0E442", "++", "*"),
    "self_kd": Look("#332288", "oo", "<"),
    "teacher": Look("#AA4466", "xx", ">"),
    "checkpoint": Look("#7A5C3E", "**", "X"),
    "random_init": Look("#DDDDDD", "////", "h"),
    "shuffled": Look("#A6A6A6", "\\\\\\\\", "d"),
    "at+kd": Look("#117A8B", "\\\\\\...", "p"),
    "ft+kd": Look("#8E4585", "|||...", "8"),
    "crd+kd": Look("#8C2D04", "---...", "H"),
}
"""``teacher`` is for a teacher trained here (whatever its method), ``checkpoint`` for weights that
were brought along, ``shuffled`` for any network counted against shuffled labels. A ``+kd`` has its
feature method's hatch with the dots of KD."""


def look_of(method: str) -> Look:
    """Return the colour and hatch of ``method``.

    Raises:
        InputError: if the method has none.
    """
    try:
        return METHODS[method]
    except KeyError:
        raise InputError(
            f"method '{method}' has no colour in kdlens/paper/style.py; add one, or "
            f"correct the name: {suggest(method, METHODS)}"
        ) from None


def looks_of(methods: Sequence[str]) -> list[Look]:
    """Return one look for each method; a method met again (a sweep, say) gets lighter each time."""
    seen: dict[str, int] = {}
    looks = []
    for method in methods:
        look = look_of(method)
        times = seen.get(method, 0)
        seen[method] = times + 1
        if times:
            look = replace(look, color=lighter(look.color, 1 - 0.55**times))
        looks.append(look)
    return looks


@dataclass(frozen=True)
class Line:
    """How a method's line is drawn; ``dashes`` in matplotlib's notation."""

    color: str
    marker: str
    dashes: LineStyleType


def lines_of(methods: Sequence[str]) -> list[Line]:
    """Return one line for each method, in its colour; nulls and a method met again are dashed.

    A colour that fills a bar can be too pale for a line on white, and is then darkened.
    """
    seen: dict[str, int] = {}
    lines = []
    for method, look in zip(methods, looks_of(methods), strict=True):
        times = seen.get(method, 0)
        seen[method] = times + 1
        first = _NULL_DASHES.get(method, "solid")
        dashes = _DASHES[(times - 1) % len(_DASHES)] if times else first
        lines.append(Line(_visible(look.color), look.marker, dashes))
    return lines


_NULL_DASHES: Mapping[str, Any] = {"random_init": (0, (5, 2)), "shuffled": (0, (1.2, 1.5))}
_DASHES = ((0, (7, 2)), (0, (3, 1.5)), (0, (7, 2, 1.2, 2)))
_FAINTEST = 0.46
"""Relative luminance of the palest line: a contrast of 2 with white."""


def _visible(color: str) -> str:
    rgb = np.array(to_rgb(color))
    while _luminance(rgb) > _FAINTEST:
        rgb = rgb * 0.98
    return to_hex(tuple(rgb))


def _luminance(rgb: np.ndarray) -> float:
    """Return the relative luminance of an sRGB colour, 0 (black) to 1 (white)."""
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def lighter(color: str, share: float) -> str:
    """Mix ``color`` with ``share`` (0 to 1) of white."""
    red, green, blue = (channel + share * (1 - channel) for channel in to_rgb(color))
    return to_hex((red, green, blue))


@contextlib.contextmanager
def house_style() -> Iterator[None]:
    """Draw and save in the house style, whatever the user's matplotlibrc says."""
    with matplotlib.rc_context():
        matplotlib.rcdefaults()
        matplotlib.rcParams.update(_RC)
        yield


def save(
    figure: Figure, paths: Mapping[str, str | Path], *, title: str, description: str = ""
) -> None:
    """Write a figure in each format of ``paths`` ({"svg": …, "pdf": …, "png": …}), atomically.

    Args:
        title, description: kept inside the files, for readers of the file alone.
    """
    metadata: dict[str, dict[str, Any]] = {
        "svg": {"Title": title, "Description": description, "Date": None, "Creator": "kdlens"},
        "pdf": {
            "Title": title,
            "Subject": description,
            "Creator": "kdlens",
            "Producer": None,
            "CreationDate": None,
        },
        "png": {"Title": title, "Description": description, "Software": None},
    }
    with house_style():
        # Laid out once, so that all formats agree, and are written in half the time.
        figure.draw_without_rendering()
        figure.set_layout_engine("none")
        for kind, path in paths.items():
            buffer = io.BytesIO()
            figure.savefig(buffer, format=kind, dpi=PNG_DPI, metadata=metadata[kind])
            write_bytes(path, buffer.getbuffer())
