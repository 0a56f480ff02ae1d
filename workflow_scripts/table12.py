"""Table 12, entropy within two classes: csv (tidy, for programs), md, html (for readers), tex."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.paper.table12 import read, write


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
        reference: csv file of the published Table 12.
        csv, md, tex, html: the files to write.
        runs: ``{"model", "seed", "label", "method", "reference"}`` of each network.
        settings: how was measured: ``dataset, source, correct, correct_labels, images, seed,
            singletons, pairs``.
    """
    lines = read(runs, measures, reference, settings["pairs"])
    write(lines, settings, csv=csv, md=md, html=html, tex=tex)


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            measures=list(snakemake.input.measures),
            reference=snakemake.input.reference,
            **snakemake.output,
            **snakemake.params.table,
        )
