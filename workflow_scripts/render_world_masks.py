"""Render where the classes of the concept world's validation images are to be seen."""

from collections.abc import Mapping
from pathlib import Path

from kdlens.data.world.masks import write_masks


def main(
    output: str | Path, *, image_size: int, classes: str, images: Mapping[str, int], seed: int
) -> None:
    """Write the masks, see ``kdlens.data.world.masks``.

    Args:
        output: the npz file.
        image_size, classes, images, seed: those of the images, see `render_world_images`.
    """
    write_masks(output, image_size=image_size, classes=classes, images=images, seed=seed)


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(output=snakemake.output.masks, **snakemake.params.world)
