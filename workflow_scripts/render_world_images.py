"""Render the concept world's training images as an image folder.

The arguments are those of ``kdlens.data.world.image_tree.write_images``.
"""

from kdlens.data.world.image_tree import write_images as main

if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(output=snakemake.output.tree, **snakemake.params.world)
