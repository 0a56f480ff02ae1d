"""Table 10: are the lower layers more interpretable too?

Unique and total detectors of each model, layer by layer, counted as in Table 1: one
:class:`~kdlens.paper.table01.Table` a layer. The csv holds these tables one after another; Markdown
and LaTeX show one line a model with the layers side by side, the paper's line below where it has
the model. The paper prints layer1 to layer3 of scratch, label smoothing and KD; what it does not
print is left open.

Errors: as in `table01_count`, and :class:`~kdlens.errors.InputError` for layers without tallies.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from kdlens.errors import InputError
from kdlens.paper.formats import MISSING, decimals_of, escape_markdown, number
from kdlens.paper.reference import (
    PUBLISHED_LAYER,
    PUBLISHED_SEEDS,
    UNITS_OF_LAYER,
    read_lower_layers,
)
from kdlens.paper.table01 import Group, Settings, Table
from kdlens.paper.table01_count import count_tables
from kdlens.paper.table_parts import (
    Line,
    caption_of,
    column_title,
    describe_seeds,
    how_counted,
    latex_text,
    markdown_text,
    measured_cell,
    of_nulls,
    of_one_seed,
    ordered,
)

COLUMNS = ("unique", "total")


def count_layers(
    runs: Sequence[Mapping[str, Any]],
    tallies: Sequence[str | Path],
    metrics: Sequence[str | Path],
    reference: str | Path,
    layers: Sequence[str],
    settings: Settings,
) -> list[Table]:
    """Make one table for each of ``layers``, in this order.

    Args:
        runs, metrics: one entry and one file a network, as for Table 1; its layer is not used.
        tallies: the files of the first layer in the order of ``runs``, then the second's, ...
        reference: the csv file of the published Table 10.
        settings: how to count; its layer is not used.
    """
    if not layers or len(tallies) != len(layers) * len(runs):
        raise InputError(
            f"table10: {len(tallies)} tallies for {len(layers)} layers of {len(runs)} networks; "
            "give one of each network for every layer, and at least one layer"
        )
    published = read_lower_layers(reference)
    tables = []
    for i, layer in enumerate(layers):
        files = tallies[i * len(runs) : (i + 1) * len(runs)]
        tables += count_tables(
            [{**run, "layer": layer} for run in runs],
            files,
            [replace(settings, layer=layer)],
            metrics=metrics,
            published=published.get(layer),
            published_layer=layer if layer in published else PUBLISHED_LAYER,
        )
    return tables


def to_markdown(tables: Sequence[Table]) -> str:
    """Return the table and how to read it."""
    settings, groups = tables[0].settings, tables[0].groups
    layers = [table.settings.layer for table in tables]
    how_to_read = [
        *how_counted(settings, ", ".join(layers)),
        "**Units** is the size of each layer. **Total**: units that detect at least one concept. "
        "**Unique**: units that detect concepts of exactly one category.",
        f"Numbers are the mean ± sample standard deviation over the seeds "
        f"({describe_seeds(groups)} a model); a number that nobody printed is {MISSING}.",
        *of_one_seed(groups),
    ]
    if any(line.published is not None for line in _lines(tables)):
        how_to_read.append(
            "*Published* lines are the numbers of Han et al. 2023, Table 10: ResNet-18 trained on "
            f"ImageNet, Broden's concepts, mean of {PUBLISHED_SEEDS} networks, spread not printed. "
            "Layer sizes and data are others than here, so compare which model has more, not the "
            "numbers themselves."
        )
    header = [escape_markdown(title) for title in _header(tables)]
    title = "Table 10: concept detectors in the lower layers"
    return markdown_text(title, header, _lines(tables), [*how_to_read, *of_nulls(groups)])


def to_latex(tables: Sequence[Table]) -> str:
    """Return the table as a ``table*`` environment."""
    caption = (
        f"Concept detectors in the lower layers {caption_of(tables[0].settings, tables[0].groups)}"
    )
    published = (
        f"Han et al. 2023, ResNet-18, ImageNet and Broden, mean of {PUBLISHED_SEEDS} networks."
    )
    return latex_text(caption, "table10", _header(tables), _lines(tables), published)


def _header(tables: Sequence[Table]) -> list[str]:
    columns = [
        f"{column_title(column)} {table.settings.layer}" for column in COLUMNS for table in tables
    ]
    return ["Model", "Seeds", "Units", *columns]


def _lines(tables: Sequence[Table]) -> list[Line]:
    lines = []
    for first in ordered(tables[0]):
        groups = [table.group(first.model, first.labels) for table in tables]
        cells = [measured_cell(group, column) for column in COLUMNS for group in groups]
        sizes = _sizes(group.units for group in groups)
        lines.append(
            Line(first, [str(len(first.seeds)), sizes, *cells], _published(groups, tables))
        )
    return lines


def _published(groups: Sequence[Group], tables: Sequence[Table]) -> list[str] | None:
    if all(group.published is None for group in groups):
        return None
    cells = [
        number((group.published or {}).get(column), decimals_of(column))
        for column in COLUMNS
        for group in groups
    ]
    sizes = _sizes(UNITS_OF_LAYER.get(table.settings.layer, MISSING) for table in tables)
    return [str(PUBLISHED_SEEDS), sizes, *cells]


def _sizes(sizes: Any) -> str:
    return " / ".join(map(str, sizes))
