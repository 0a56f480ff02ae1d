"""Get an archive of sentiment trees, local or downloaded, and unpack it.

The Stanford Sentiment Treebank is at
https://nlp.stanford.edu/sentiment/trainDevTestTrees_PTB.zip. The arguments are those of
``kdlens.data.obtain.obtain_tree``.
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
