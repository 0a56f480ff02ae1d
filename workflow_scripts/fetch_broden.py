"""Get an archive of concept images in Broden's format, local or downloaded, and unpack it.

The published one is at http://netdissect.csail.mit.edu/data/broden1_224.zip. The arguments are
those of ``kdlens.data.obtain.obtain_tree``.
"""

from kdlens.data.obtain import obtain_tree as main

if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            output=snakemake.output.tree,
            downloads=snakemake.params.downloads,
            **snakemake.params.source,
        )
