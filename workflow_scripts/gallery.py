"""The gallery's page of one layer: its units, their concepts and their top images."""

import logging
from collections.abc import Sequence
from pathlib import Path

from kdlens.data.broden import Broden
from kdlens.dissection.tallies import Tallies
from kdlens.dissection.top_images import TopImages
from kdlens.errors import InputError
from kdlens.files import read_json, write_text
from kdlens.paper.gallery.layer_page import About, layer_page
from kdlens.paper.gallery.thumbnails import thumbnails
from kdlens.paper.gallery.units import read_layer

_log = logging.getLogger(__name__)


def main(
    tallies: str | Path,
    top: str | Path,
    concepts: str | Path,
    page: str | Path,
    *,
    label: str,
    model: str,
    seed: int,
    layer: str,
    quantile: float | None = None,
    iou_threshold: float = 0.05,
    denominator: str = "image",
    categories: Sequence[str] | None = None,
    images: int = 8,
    thumbnail: int = 112,
    threads: int = 1,
) -> None:
    """Write the page.

    Args:
        tallies, top: the layer's ``<layer>.npz`` and ``<layer>_top.npz``.
        concepts: ``dataset.json`` of the concept images.
        page: the HTML file to write.
        label: what the model is called.
        model, seed, layer: whose units they are.
        quantile: which of the dissected ones; None for the first.
        iou_threshold, denominator: how detectors are counted.
        categories: concept categories of the dissection; None for all.
        images: images a unit, at most.
        thumbnail: their width and height in pixels, at most.
        threads: threads that decode photographs.
    """
    summary = read_json(concepts)
    dataset = Broden(summary["root"], categories)
    try:
        shown = read_layer(
            Tallies.load(tallies),
            TopImages.load(top),
            dataset,
            summary=summary,
            quantile=quantile,
            iou_threshold=iou_threshold,
            denominator=denominator,
            images=images,
        )
    except InputError as error:
        raise InputError(f"{page}: {error}") from error
    used = sorted({picture.image for unit in shown.units for picture in unit.pictures})
    files = [dataset.image_files[image] for image in used]
    about = About(label, model, seed, layer, summary["name"], iou_threshold, denominator)
    names = [file.relative_to(dataset.root / "images").as_posix() for file in files]
    text = layer_page(shown, about, used, names, thumbnails(files, thumbnail, threads))
    write_text(page, text)
    size = len(text.encode("utf-8")) / 1e6
    counts = (len(shown.units), len(used), size)
    _log.info("%s, seed %d, %s: %d units, %d images, %.1f MB", model, seed, layer, *counts)


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            tallies=snakemake.input.tallies,
            top=snakemake.input.top,
            concepts=snakemake.input.concepts,
            page=snakemake.output.page,
            threads=snakemake.threads,
            **snakemake.params.gallery,
        )
