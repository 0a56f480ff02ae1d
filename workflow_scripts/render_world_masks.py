"""Render where the classes of the concept world's validation images are to be seen.

The arguments are those of ``kdlens.data.world.masks.write_masks``.
"""

from kdlens.data.world.masks import write_masks as main

if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(output=snakemake.output.masks, **snakemake.params.world)
