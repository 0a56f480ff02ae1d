"""The best units of one network, each with the images to which it responds most."""

from collections.abc import Sequence
from pathlib import Path

from kdlens.data.broden import Broden
from kdlens.files import read_json
from kdlens.paper.categories import in_order
from kdlens.paper.inputs import load_tallies, load_top_images
from kdlens.paper.style import save
from kdlens.paper.unit_grids import best_units, draw, make_rows


def main(
    tallies: str | Path,
    top: str | Path,
    concepts: str | Path,
    svg: str | Path,
    pdf: str | Path,
    png: str | Path,
    *,
    model: str,
    seed: int,
    label: str,
    layer: str,
    quantile: float,
    iou_threshold: float,
    denominator: str,
    units_per_category: int,
    images: int,
    categories: Sequence[str] | None = None,
) -> None:
    """Choose the units and draw them.

    Args:
        tallies, top: the network's npz files of tallies and of top images.
        concepts: ``dataset.json`` of the concept images.
        svg, pdf, png: the files to write.
        model, seed, layer: what both files must be of.
        label: the model's name for readers.
        quantile, iou_threshold, denominator: how detectors are counted.
        units_per_category, images: how many to show; fewer where there are fewer.
        categories: the concept categories that were dissected; None for all.
    """
    counts = load_tallies(tallies, model=model, seed=seed, layer=layer, labels="true")
    dataset = read_json(concepts)
    photographs = Broden(dataset["root"], categories)
    strongest = load_top_images(top, counts, len(photographs), dataset.get("digest"))
    units = best_units(
        counts,
        units_per_category,
        iou_threshold=iou_threshold,
        quantile=quantile,
        denominator=denominator,
    )
    rows = make_rows(units, strongest, photographs.image_files, photographs.mask_shape, images)
    save(
        draw(
            rows,
            in_order(map(str, counts.category_names)),
            f"Best units of {label}, seed {seed}: {layer}",
            images,
        ),
        {"svg": svg, "pdf": pdf, "png": png},
        title=f"Best units of {label}",
        description=(
            f"Units of {layer} with the highest IoU of each category (at least {iou_threshold:g}, "
            f"quantile {quantile:g}, {denominator}-level denominator), with the images to which "
            "they respond most; bright where they are active."
        ),
    )


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            tallies=snakemake.input.tallies,
            top=snakemake.input.top,
            concepts=snakemake.input.concepts,
            **snakemake.output,
            **snakemake.params.network,
            **snakemake.params.measured,
            **snakemake.params.shown,
        )
