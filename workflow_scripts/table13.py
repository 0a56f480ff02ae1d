"""Table 13: word attributions against the words' sentiment, students of all numbers of layers.

Written as csv (tidy, for programs), md and html (for readers) and tex. The arguments are those of
``kdlens.paper.text_tables.write_text_table``.
"""

from kdlens.paper.text_tables import write_text_table as main

if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            measured=list(snakemake.input.measured),
            reference=snakemake.input.reference,
            accuracies=snakemake.input.accuracies,
            **snakemake.output,
            **snakemake.params.table,
        )
