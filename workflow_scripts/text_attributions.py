"""Draw some sentences with their words' attributions, as svg, pdf and png, and write their numbers.

The arguments are those of ``kdlens.paper.text_attributions.write_text_attributions``.
"""

from kdlens.paper.text_attributions import write_text_attributions as main

if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            words=list(snakemake.input.words),
            **snakemake.output,
            **snakemake.params.figure,
        )
