"""Render the concept world's training images as an ImageFolder."""

from collections.abc import Mapping
from pathlib import Path

from kdlens.data.world.image_tree import write_images


def main(
    output: str | Path, *, image_size: int, classes: str, images: Mapping[str, int], seed: int
) -> None:
    """Write ``<output>/{train,val}/<class>/<number>.jpg``.

    Args:
        output: the folder to make; it appears only when it is whole.
        image_size: side of the images in pixels.
        classes: ``liveries`` (48 classes: 12 species in 4 liveries) or ``families`` (6).
        images: number of ``train`` and of ``val`` images.
        seed: of the renderer; the splits have independent streams.
    """
    write_images(output, image_size=image_size, classes=classes, images=images, seed=seed)


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(output=snakemake.output.tree, **snakemake.params.world)
