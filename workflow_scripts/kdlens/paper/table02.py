"""Table 2: the entropy of the outputs, over all classes and within the true class's category.

One line a model; the numbers of :mod:`kdlens.measures.entropy`. The csv file has all of them: in
nats too, averaged over images instead of categories, not renormalised, and with categories of one
class counted the other way.

Errors: as in :mod:`~kdlens.paper.measure_table`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.files import read_json
from kdlens.paper.entropy_notes import IMPOSSIBLE, NORMALISED, drawn, how_measured
from kdlens.paper.formats import escape_markdown
from kdlens.paper.measure_table import (
    Column,
    ModelLine,
    read_lines,
    read_published,
    write_measure_table,
)

COLUMNS = (
    Column("entire_bits", "All classes (bits)", published="entropy_all_classes"),
    Column("category_macro_bits", "Category (bits)"),
    Column(
        "normalised_macro_bits", "Normalised logits (bits)", published="entropy_within_category"
    ),
    Column("p_category", "p(category)"),
    Column("p_true", "p(class)"),
    Column("images", "Images", 0),
)


def read(
    runs: Sequence[Mapping[str, Any]], files: Sequence[str | Path], reference: str | Path
) -> tuple[list[ModelLine], list[str]]:
    """Return a line a model, and the names of the values that are not among the columns."""
    shown = [column.key for column in COLUMNS]
    every = list(read_json(files[0])["values"])
    extra = [key for key in every if key not in shown and not key.startswith("pair")]
    published = read_published(reference, COLUMNS)
    return read_lines("entropy", runs, files, [*shown, *extra], published), extra


def write(
    lines: Sequence[ModelLine],
    extra: Sequence[str],
    settings: Mapping[str, Any],
    **files: str | Path,
) -> None:
    """Write the table four times (``csv, md, html, tex``)."""
    singletons = {
        "excluded": "Categories of one class, whose entropy is zero by definition, do not count.",
        "included": "Categories of one class count, with an entropy of zero by definition.",
    }[settings["singletons"]]
    published = [line for line in lines if line.published is not None]
    undefined = sum(count or 0 for line in lines for count in line.values["normalised_undefined"])
    how_to_read = [
        *how_measured(settings, lines),
        "**All classes**: the entropy of the softmax over all classes. **Category**: that of the "
        "same distribution restricted to the classes of the true class's category and "
        "renormalised; the mean over the categories of the means over their images. "
        f"**p(category)**, **p(class)**: the probability of that category and of the class. "
        f"{singletons}",
        f"{NORMALISED} The mean is taken as that of **Category**.",
    ]
    if undefined:
        how_to_read.append(
            f"Where no logit of the category is positive ({undefined:g} cases over all networks), "
            "there are no normalised logits, and the image is left out of that column."
        )
    if published:
        how_to_read += [
            " ".join(map(escape_markdown, IMPOSSIBLE)),
            "*Published* lines are the numbers of Han et al. 2023, Table 2: ResNet-18 on ImageNet, "
            "KD with alpha 0.5 and T 1, label smoothing with alpha 0.5. No unit is named; they are "
            "in the columns of bits, the second beside the only reading that can reach it. Compare "
            "which model has more, not the numbers.",
        ]
    write_measure_table(
        lines,
        COLUMNS,
        title="Table 2: entropy of the outputs, over all classes and within the category",
        caption=caption(settings, bool(published)),
        name="table02",
        how_to_read=how_to_read,
        published="Han et al. 2023, units not given.",
        extra=extra,
        **files,
    )


def caption(settings: Mapping[str, Any], published: bool) -> str:
    """Return the LaTeX caption, plain text."""
    words = [
        "Entropy of the outputs over all classes and within the true class's category.",
        drawn(settings),
        f"Categories of one class {settings['singletons']}.",
    ]
    if published:
        words += IMPOSSIBLE
    return " ".join(words)
