"""Figure 3: activation maps of each model's best detector of one concept."""

from pathlib import Path

from kdlens.paper.figure03 import Maps, draw
from kdlens.paper.style import save


def main(maps: str | Path, svg: str | Path, pdf: str | Path, png: str | Path) -> None:
    """Draw the figure.

    Args:
        maps: npz file of activation maps.
        svg, pdf, png: the files to write.
    """
    shown = Maps.load(maps)
    save(
        draw(shown),
        {"svg": svg, "pdf": pdf, "png": png},
        title=f"Activation maps of the best detector of '{shown.concept}'",
        description=(
            f"For each model, the unit of {shown.layer} with the highest IoU for the concept."
        ),
    )


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            maps=snakemake.input.maps,
            **snakemake.output,
        )
