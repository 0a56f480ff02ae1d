"""What the tables of entropies say of how they were measured, and of the published numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from kdlens.paper.formats import escape_markdown
from kdlens.paper.measure_table import ModelLine
from kdlens.paper.table_parts import describe_seeds, of_one_seed

IMPOSSIBLE = (
    "The published entropies within the category (2.90 of scratch and KD) cannot be those of the "
    "networks' softmax: the entropy of a whole distribution is at least p(C) times its entropy "
    "within C, so 0.49 over all classes leaves no more than about 0.5 within the category of an "
    "image that is classified right.",
    "No unit explains it, since another base of the logarithm changes both columns by one factor.",
    "Weights that are nearly equal within the category do: as shares of the largest possible mean "
    "over its 66 categories (3.063 bits), the paper's numbers are .946, .948 and .850, close to "
    "those of its Table 12 (.944, .953, .872 of 1 bit), so the logits themselves, divided by their "
    "sum, may have been taken for probabilities.",
)
"""Three sentences in plain text: why a published number is not what its name says."""

NORMALISED = (
    "**Normalised logits**: with the logits z, max(z, 0) divided by its sum over these classes, in "
    "place of probabilities. It measures no information of the model: adding a constant to all "
    "logits changes no probability, but this number."
)


def drawn(settings: Mapping[str, Any]) -> str:
    """Say which images count, in plain text."""
    who = ", ".join(settings["correct_labels"])
    some = f"up to {settings['images']}, drawn at random" if settings["images"] else "all of them"
    return (
        f"Validation images of {settings['dataset']} that every network (every seed) of {who} "
        f"classifies right are used: {some}; the same images for every network."
    )


def how_measured(settings: Mapping[str, Any], lines: Sequence[ModelLine]) -> list[str]:
    """Return sentences in Markdown on the images and the seeds."""
    sentences = [
        escape_markdown(drawn(settings)),
        f"Numbers are the mean ± sample standard deviation over the seeds "
        f"({describe_seeds(lines)} a model).",
        *of_one_seed(lines),
    ]
    outside = [line.label for line in lines if line.model not in settings["correct"]]
    if outside:
        names = escape_markdown(", ".join(outside))
        sentences.append(
            f"{names}: measured on the same images, which it need not classify right itself."
        )
    if any(line.is_null for line in lines):
        sentences.append("The last line is a null: a network with random weights.")
    return sentences
