"""Table 4, DiffROAR scores, as csv (tidy, for programs), md and html (for readers) and tex."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.paper.formats import counted
from kdlens.paper.measure_table import write_measure_table
from kdlens.paper.table04 import columns_of, how_to_read, read_table


def main(
    results: Sequence[str | Path],
    reference: str | Path,
    csv: str | Path,
    md: str | Path,
    tex: str | Path,
    html: str | Path,
    *,
    runs: Sequence[Mapping[str, Any]],
    datasets: Mapping[str, Mapping[str, Any]],
    label: str,
    fractions: Sequence[float],
    initialisations: int,
) -> None:
    """Gather the scores of every network and write the table four times.

    Args:
        results: the networks' JSON files, in the order of ``runs``.
        reference: csv file of the published Table 4.
        csv, md, tex, html: the files to write.
        runs, datasets, fractions: see :func:`kdlens.paper.table04.read_table`.
        label, initialisations: how was measured.
    """
    lines = read_table(runs, results, reference, datasets, fractions)
    write_measure_table(
        lines,
        columns_of(datasets),
        title="Table 4: DiffROAR scores",
        caption=(
            "DiffROAR scores in percentage points (higher: attributions say more of where the "
            f"classes show); mean over {counted(len(fractions), 'fraction')} and "
            f"{counted(initialisations, 'initialisation')}, ± sample standard deviation over "
            "the models' seeds."
        ),
        name="table04",
        how_to_read=how_to_read(datasets, label, fractions, initialisations, lines),
        published="Han et al. 2023.",
        csv=csv,
        md=md,
        html=html,
        tex=tex,
    )


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            results=list(snakemake.input.results),
            reference=snakemake.input.reference,
            **snakemake.output,
            **snakemake.params.table,
        )
