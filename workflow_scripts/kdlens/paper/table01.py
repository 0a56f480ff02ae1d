"""Table 1: how many units of a layer detect concepts, for each model of a run.

This module is the table as data. `table01_count` makes it from tallies, `table01_csv` carries it to
the figures and to the comparison, `table01_render` shows it. Figures 9 and 10 and Table 10 are
several such tables, of other settings or layers.

**A group** is one model against one kind of labels, over its seeds; counted against shuffled
labels, a model is a group of its own (the second null).

**Columns.** A category's column (:data:`~kdlens.paper.reference.CATEGORIES` first, then any
others of the concept dataset) holds the units whose best category it is; ``total`` is their sum;
``unique``, ``pairs`` and ``distinct`` are the other ways to count, as `kdlens.dissection.detectors`
defines them. Which count stands under the paper's words "unique" and "total" is decided there
(``TABLE1_COLUMNS``), not here. ``top1`` is the accuracy in percent; a table that was counted
without metrics does not have the column.

Errors: :class:`~kdlens.errors.InputError` for a model that the table does not have.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from kdlens.errors import InputError, suggest
from kdlens.paper.over_seeds import OverSeeds
from kdlens.paper.reference import PUBLISHED_LAYER, PUBLISHED_SEEDS, UNITS_OF_LAYER

COUNTS = ("unique", "total", "pairs", "distinct")

IDENTITY = ("model", "label", "method", "labels", "reference")
"""What names a group and is the same for all its seeds."""


@dataclass(frozen=True)
class Settings:
    """What the counts of a table hang on; the same for all its groups.

    ``layer`` is the layer, or those of several architectures with commas between; each group has
    its own. ``training`` and ``concepts`` are names of datasets (without a training dataset in
    the run, ``training`` is None), ``denominator`` is "image" or "mask".
    """

    layer: str
    quantile: float
    iou_threshold: float
    denominator: str
    training: str | None
    concepts: str

    @property
    def described(self) -> str:
        """The settings as a sentence, to be kept inside a figure."""
        return (
            f"Units of {self.layer} with an IoU of at least {self.iou_threshold:g} (quantile "
            f"{self.quantile:g}, {self.denominator}-level denominator); networks {self.trained}, "
            f"concepts of {self.concepts}."
        )

    @property
    def trained(self) -> str:
        """Where the networks were trained, to follow upon "networks"."""
        return f"trained on {self.training}" if self.training else "trained elsewhere"


@dataclass(frozen=True)
class Group(OverSeeds):
    """One model against one kind of labels; ``values[column][i]`` belongs to ``seeds[i]``."""

    model: str
    label: str
    method: str
    labels: str
    reference: str | None
    layer: str
    units: int
    seeds: tuple[int, ...]
    values: Mapping[str, tuple[float | None, ...]]
    published: Mapping[str, float | None] | None

    def __post_init__(self) -> None:
        if self.labels not in ("true", "shuffled"):
            raise InputError(
                f"model '{self.model}': labels are '{self.labels}', expected 'true' or 'shuffled'"
            )

    @property
    def style(self) -> str:
        """The name that the group's colour is found by."""
        return "shuffled" if self.labels == "shuffled" else self.method

    @property
    def is_null(self) -> bool:
        """Whether it shows what chance gives: shuffled labels, or random weights."""
        return self.style in ("shuffled", "random_init")


@dataclass(frozen=True)
class Table:
    """Table 1 of a run, its groups in the order of the config."""

    settings: Settings
    categories: tuple[str, ...]
    groups: tuple[Group, ...]
    published_layer: str | None = PUBLISHED_LAYER
    """The paper's layer that the groups' published numbers are of, if it names one."""
    published_seeds: int | None = PUBLISHED_SEEDS
    """How many networks a published number is the mean of, if the paper says so."""

    @property
    def columns(self) -> tuple[str, ...]:
        """All columns that hold measured numbers."""
        measured = all("top1" in group.values for group in self.groups)
        return (*self.categories, *COUNTS, *(["top1"] if measured else []))

    @property
    def published_units(self) -> int | None:
        """Size of the paper's layer."""
        return UNITS_OF_LAYER[self.published_layer] if self.published_layer else None

    def group(self, model: str, labels: str = "true") -> Group:
        """Return a model's group.

        Raises:
            InputError: if there is none.
        """
        for group in self.groups:
            if (group.model, group.labels) == (model, labels):
                return group
        known = [group.model for group in self.groups if group.labels == labels]
        raise InputError(
            f"table01: no model '{model}' against {labels} labels; {suggest(model, known)}"
        )
