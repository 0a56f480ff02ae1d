"""Figure 11: samples of the drawn cells, every class before every kind of background."""

from pathlib import Path

from kdlens.paper.figure11 import draw, first_images
from kdlens.paper.style import save


def main(
    tree: str | Path,
    svg: str | Path,
    pdf: str | Path,
    png: str | Path,
    *,
    dataset: str,
    image_size: int,
) -> None:
    """Draw the figure.

    Args:
        tree: folder of the drawn cells.
        svg, pdf, png: the files to write.
        dataset, image_size: what is said of the images.
    """
    save(
        draw(first_images(tree)),
        {"svg": svg, "pdf": pdf, "png": png},
        title="Drawn cells and their truths",
        description=(
            f"The ten classes of {dataset} ({image_size} pixels) before a dark, a blurred and a "
            "noisy background."
        ),
    )


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            tree=snakemake.input.tree[0],
            **snakemake.output,
            **snakemake.params.figure,
        )
