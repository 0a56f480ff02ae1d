"""Table 2, entropy of the outputs: csv (tidy, for programs), md, html (for readers), tex."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.paper.table02 import read, write


def main(
    measures: Sequence[str | Path],
    reference: str | Path,
    csv: str | Path,
    md: str | Path,
    tex: str | Path,
    html: str | Path,
    *,
    runs: Sequence[Mapping[str, Any]],
    **settings: Any,
) -> None:
    """Write the table four times.

    Args:
        measures: the networks' JSON files, in the order of ``runs``.
        reference: csv file of the published Table 2.
        csv, md, tex, html: the files to write.
        runs: ``{"model", "seed", "label", "method", "reference"}`` of each network.
        settings: how was measured: ``dataset, source, correct, correct_labels, images, seed,
            singletons, pairs``.
    """
    lines, extra = read(runs, measures, reference)
    write(lines, extra, settings, csv=csv, md=md, html=html, tex=tex)


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            measures=list(snakemake.input.measures),
            reference=snakemake.input.reference,
            **snakemake.output,
            **snakemake.params.table,
        )
