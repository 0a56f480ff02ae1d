"""The index of the gallery: a table of all its pages."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.dissection.tallies import Tallies
from kdlens.errors import InputError
from kdlens.files import write_text
from kdlens.paper.gallery.index_page import Entry, index_page


def main(
    tallies: Sequence[str | Path],
    page: str | Path,
    *,
    title: str,
    dataset: str,
    entries: Sequence[Mapping[str, Any]],
    quantile: float,
    iou_threshold: float,
    denominator: str,
) -> None:
    """Write the index.

    Args:
        tallies: one npz file a page.
        page: the HTML file to write.
        title: what the run is called.
        dataset: name of the concept dataset.
        entries: in the same order, ``{"label", "model", "seed", "layer"}`` of each page.
        quantile, iou_threshold, denominator: how detectors are counted.

    Raises:
        InputError: if the tallies have different categories.
    """
    rows = [
        Entry(**entry, detectors=Tallies.load(path).detectors(iou_threshold, quantile, denominator))
        for entry, path in zip(entries, tallies, strict=True)
    ]
    for path, row in zip(tallies, rows, strict=True):
        if list(row.detectors.by_category) != list(rows[0].detectors.by_category):
            raise InputError(
                f"{path}: other concept categories than in {tallies[0]}; dissect both again"
            )
    reading = (
        "Every unit of every layer, with the images to which it responds most. A unit is active "
        f"where its activation lies in its top {100 * quantile:g} %, and detects a concept of "
        f"{dataset} if its active regions and the concept's masks overlap with an IoU of at least "
        f"{iou_threshold:g} ({denominator}-level denominator)."
    )
    write_text(page, index_page(rows, title=title, reading=reading))


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            tallies=list(snakemake.input.tallies),
            page=snakemake.output.page,
            **snakemake.params.index,
        )
