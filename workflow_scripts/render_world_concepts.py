"""Render the concept world's annotated images, in Broden's format.

The arguments are those of ``kdlens.data.world.broden_tree.write_concepts``.
"""

from kdlens.data.world.broden_tree import write_concepts as main

if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(output=snakemake.output.tree, **snakemake.params.world)
