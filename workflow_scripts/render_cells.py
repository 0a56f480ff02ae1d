"""Draw the cells of Tjoa & Guan as an image folder, with the truth of each image beside it.

The arguments are those of ``kdlens.data.cells.tree.write_cells``.
"""

from kdlens.data.cells.tree import write_cells as main

if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(output=snakemake.output.tree, threads=snakemake.threads, **snakemake.params.cells)
