"""Draw the cells of Tjoa & Guan as an ImageFolder, with the truth of each image beside it."""

from collections.abc import Mapping
from pathlib import Path

from kdlens.data.cells.tree import write_cells


def main(
    output: str | Path,
    *,
    image_size: int,
    images: Mapping[str, int],
    classes: str,
    seed: int,
    threads: int = 1,
) -> None:
    """Write ``<output>/{train,val}/<class>/<number>.png`` and ``<output>/truth/...``.

    Args:
        output: the folder to make; it appears only when it is whole.
        image_size: side of the images in pixels.
        images: number of ``train`` and of ``val`` images.
        classes: ``drawn`` or ``balanced``.
        seed: of all that is drawn.
        threads: images that are drawn at a time.
    """
    write_cells(
        output,
        image_size=image_size,
        images=images,
        classes=classes,
        seed=seed,
        threads=threads,
    )


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(output=snakemake.output.tree, threads=snakemake.threads, **snakemake.params.cells)
