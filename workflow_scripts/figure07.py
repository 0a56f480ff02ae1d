"""Figure 7: saliency maps of a few drawn cells, model by model."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.paper.figure07 import draw, read_samples
from kdlens.paper.style import save


def main(
    maps: Sequence[str | Path],
    tree: str | Path,
    svg: str | Path,
    pdf: str | Path,
    png: str | Path,
    *,
    runs: Sequence[Mapping[str, Any]],
    dataset: str,
    image_size: int,
) -> None:
    """Draw the figure.

    Args:
        maps: the networks' npz files of maps, in the order of ``runs``.
        tree: folder of the drawn cells.
        svg, pdf, png: the files to write.
        runs: the networks: model, seed, label, method.
        dataset, image_size: what is said of the images.
    """
    samples = read_samples(maps, runs, dataset)
    save(
        draw(samples, runs, tree),
        {"svg": svg, "pdf": pdf, "png": png},
        title="Saliency maps of drawn cells",
        description=(
            f"Validation images of {image_size} pixels, their truths, and each model's saliency of "
            "the class that it predicts."
        ),
    )


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            maps=list(snakemake.input.maps),
            tree=snakemake.input.tree[0],
            **snakemake.output,
            **snakemake.params.figure,
        )
