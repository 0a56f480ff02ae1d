"""Render the concept world's annotated images in Broden's on-disk format."""

from pathlib import Path

from kdlens.data.world.broden_tree import write_concepts


def main(output: str | Path, *, image_size: int, mask_size: int, images: int, seed: int) -> None:
    """Write index.csv, category.csv, label.csv, c_*.csv and images/ below ``output``.

    Args:
        output: the folder to make; it appears only when it is whole.
        image_size: side of the images in pixels.
        mask_size: side of the masks in pixels; must divide ``image_size``.
        images: number of images, texture-only images included.
        seed: of the renderer.
    """
    write_concepts(output, image_size=image_size, mask_size=mask_size, images=images, seed=seed)


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(output=snakemake.output.tree, **snakemake.params.world)
