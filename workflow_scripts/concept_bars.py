"""The concepts that one network's units detect, as a bar graph."""

from pathlib import Path

from kdlens.paper.concept_bars import count_concepts, draw
from kdlens.paper.inputs import load_tallies
from kdlens.paper.style import save


def main(
    tallies: str | Path,
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
) -> None:
    """Count and draw.

    Args:
        tallies: the network's npz file of tallies.
        svg, pdf, png: the files to write.
        model, seed, layer: what the tallies must be of.
        label: the model's name for readers.
        quantile, iou_threshold, denominator: how detectors are counted.
    """
    counts = count_concepts(
        load_tallies(tallies, model=model, seed=seed, layer=layer, labels="true"),
        iou_threshold=iou_threshold,
        quantile=quantile,
        denominator=denominator,
    )
    save(
        draw(counts, f"{label}, seed {seed}"),
        {"svg": svg, "pdf": pdf, "png": png},
        title=f"Concepts that {label} detects",
        description=(
            f"Units of {layer} by the concept that they fit best, with an IoU of at least "
            f"{iou_threshold:g} (quantile {quantile:g}, {denominator}-level denominator)."
        ),
    )


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            tallies=snakemake.input.tallies,
            **snakemake.output,
            **snakemake.params.network,
            **snakemake.params.measured,
        )
