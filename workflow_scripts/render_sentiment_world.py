"""Write the trees of the sentiment world.

The arguments are those of ``kdlens.data.sentiment_world.write_sentiment_world``.
"""

from kdlens.data.sentiment_world import write_sentiment_world as main

if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(snakemake.output.tree, **snakemake.params.world)
