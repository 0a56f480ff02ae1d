"""Figures 8 and 13: the loss gradients of several networks on the same images."""

from pathlib import Path

from kdlens.paper.loss_gradients_figure import CLIP, Gradients, draw, write_csv
from kdlens.paper.style import save


def main(
    maps: str | Path, svg: str | Path, pdf: str | Path, png: str | Path, csv: str | Path
) -> None:
    """Draw the figure.

    Args:
        maps: npz file of loss gradients.
        svg, pdf, png: the files to write.
        csv: what was predicted of each image, and the loss.
    """
    shown = Gradients.load(maps)
    write_csv(csv, shown)
    save(
        draw(shown),
        {"svg": svg, "pdf": pdf, "png": png},
        title=f"Loss gradients with respect to the pixels, on {shown.dataset}",
        description=(
            "Gradients of the cross-entropy of the true class, each clipped at "
            f"{CLIP:g} standard deviations around its mean."
        ),
    )


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            maps=snakemake.input.maps,
            **snakemake.output,
        )
