"""Get BERT's published weights and vocabulary, from a hub or a folder.

The arguments are those of ``kdlens.training.text.published.fetch_bert``.
"""

from kdlens.training.text.published import fetch_bert as main

if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(source=snakemake.params.source, folder=snakemake.output.folder)
