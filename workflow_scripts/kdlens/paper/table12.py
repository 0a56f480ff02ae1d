"""Table 12: the entropy within two similar classes, of images of either.

The values of the i-th pair of classes are called ``pair<i>_...``, see `measure_entropy`. The paper
has one pair; its numbers stand beside the first.

Errors: as in :mod:`~kdlens.paper.measure_table`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.paper.entropy_notes import NORMALISED, drawn, how_measured
from kdlens.paper.formats import escape_markdown
from kdlens.paper.measure_table import (
    Column,
    ModelLine,
    read_lines,
    read_published,
    write_measure_table,
)

_PUBLISHED = "entropy_komondor_old_english_sheepdog"
_TEXTS = (
    ("category_bits", "softmax (bits)"),
    ("normalised_bits", "normalised logits (bits)"),
    ("images", "images"),
)


def columns(pairs: Sequence[Sequence[str]]) -> list[Column]:
    """Return three columns a pair of classes."""
    found = []
    for i, pair in enumerate(pairs, start=1):
        for key, title in _TEXTS:
            named = f"{' / '.join(pair)}: {title}" if len(pairs) > 1 else title.capitalize()
            published = _PUBLISHED if (i, key) == (1, "normalised_bits") else None
            decimals = 0 if key == "images" else 3
            found.append(Column(f"pair{i}_{key}", named, decimals, published))
    return found


def read(
    runs: Sequence[Mapping[str, Any]],
    files: Sequence[str | Path],
    reference: str | Path,
    pairs: Sequence[Sequence[str]],
) -> list[ModelLine]:
    """Return a line a model."""
    keys = [column.key for column in columns(pairs)] + extra(pairs)
    return read_lines("entropy", runs, files, keys, read_published(reference, columns(pairs)))


def extra(pairs: Sequence[Sequence[str]]) -> list[str]:
    """Return the values for the csv file alone."""
    names = ("category_nats", "normalised_nats", "normalised_undefined")
    return [f"pair{i}_{name}" for i in range(1, len(pairs) + 1) for name in names]


def write(lines: Sequence[ModelLine], settings: Mapping[str, Any], **files: str | Path) -> None:
    """Write the table four times (``csv, md, html, tex``)."""
    pairs = settings["pairs"]
    named = "; ".join(" and ".join(pair) for pair in pairs)
    everything = {**settings, "images": 0}
    how_to_read = [
        f"The two classes: **{escape_markdown(named)}**.",
        *how_measured(everything, lines),
        "**Softmax**: the entropy of the two classes' probabilities, divided by their sum; two "
        "equal ones have 1 bit.",
        NORMALISED,
    ]
    if not all(line.values[f"pair{i}_images"][0] for line in lines for i in _numbers(pairs)):
        how_to_read.append(
            "No image of these classes is classified right by all of them, so there is no number."
        )
    if any(line.published is not None for line in lines):
        how_to_read.append(
            "*Published* lines are the numbers of Han et al. 2023, Table 12 (komondor and Old "
            "English sheepdog of ImageNet). Since .944 exceeds ln 2, they are in bits; they are "
            "said to come from logit values and stand beside those. A softmax over the two would "
            "have such an entropy only where the right class is hardly preferred (.64 against "
            ".36). Compare which model has more, not the numbers."
        )
    write_measure_table(
        lines,
        columns(pairs),
        title="Table 12: entropy within two similar classes",
        caption=f"Entropy within {named}. {drawn(everything)}",
        name="table12",
        how_to_read=how_to_read,
        published="Han et al. 2023, komondor and Old English sheepdog.",
        extra=extra(pairs),
        **files,
    )


def _numbers(pairs: Sequence[Any]) -> range:
    return range(1, len(pairs) + 1)
