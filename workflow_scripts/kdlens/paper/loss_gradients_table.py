"""The table beside Figure 8: how much of each model's loss gradient lies on the object.

One line a model; the numbers of :mod:`kdlens.measures.alignment`. The paper shows pictures alone:
nothing published stands beside.

Errors: as in :mod:`~kdlens.paper.measure_table`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.paper.formats import escape_markdown
from kdlens.paper.measure_table import Column, ModelLine, read_lines, write_measure_table
from kdlens.paper.table_parts import describe_seeds, of_one_seed

COLUMNS = (
    Column("auroc", "AUROC"),
    Column("absolute_inside", "Inside (%)", 1, factor=100),
    Column("absolute_enrichment", "Enrichment"),
    Column("energy_inside", "Energy inside (%)", 1, factor=100),
    Column("energy_enrichment", "Energy enrichment"),
    Column("area", "Object (%)", 1, factor=100),
    Column("images", "Images", 0),
)
EXTRA = ("images_empty", "images_full", "images_zero", "loss")


def read(runs: Sequence[Mapping[str, Any]], files: Sequence[str | Path]) -> list[ModelLine]:
    """Return a line a model."""
    keys = [*(column.key for column in COLUMNS), *EXTRA]
    return read_lines("loss_gradients", runs, files, keys)


def write(lines: Sequence[ModelLine], settings: Mapping[str, Any], **files: str | Path) -> None:
    """Write the table four times (``csv, md, html, tex``)."""
    zero = sum(count or 0 for line in lines for count in line.values["images_zero"])
    how_to_read = [
        escape_markdown(looked_at(settings)),
        "The loss is the cross-entropy; its gradient with respect to the pixels says which of them "
        "would change it most. Numbers are means over the images, then the mean ± sample standard "
        f"deviation over the seeds ({describe_seeds(lines)} a model).",
        "**AUROC**: the probability that a pixel of the object has a larger absolute gradient "
        "(summed over the channels) than one beside it; 0.5 is chance. **Inside**: the share of "
        "the absolute gradients, or of their squares (**energy**), on the object. "
        "**Enrichment**: that share divided by the object's share of the image (**Object**); 1 is "
        "chance.",
        *of_one_seed(lines),
    ]
    if zero:
        how_to_read.append(
            f"In {zero:g} cases a network was so sure that the gradient is zero in float32; they "
            "are left out."
        )
    if any(line.is_null for line in lines):
        how_to_read.append(
            "The last line is a null, a network with random weights: what contrast and a place in "
            "the middle of the image give without any training. Compare with it, not with chance "
            "alone."
        )
    write_measure_table(
        lines,
        COLUMNS,
        title="Loss gradients: how much of them lies on the object",
        caption=f"Alignment of loss gradients with the object. {looked_at(settings)}",
        name="loss_gradients",
        how_to_read=how_to_read,
        published="",
        extra=EXTRA,
        **files,
    )


def looked_at(settings: Mapping[str, Any]) -> str:
    """Say in plain text which images and whose loss."""
    some = f"Up to {settings['images']} images" if settings["images"] else "All images"
    if settings["masks"] == "validation":
        return (
            f"{some} of the validation split of {settings['dataset']}, drawn at random; the object "
            "is the species that the image is of, and the loss that of the true class."
        )
    objects = ", ".join(settings["objects"] or ()) or "whatever is labelled as an object"
    return (
        f"{some} of {settings['dataset']} with labelled objects, drawn at random; the object is "
        f"{objects}. They have no class, so the loss is that of the class that a network predicts."
    )
