"""DiffROAR of each model by the fraction of the images removed; and its numbers as csv."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.paper.diffroar_curves import draw, read_panels, write_numbers
from kdlens.paper.formats import counted
from kdlens.paper.style import save


def main(
    results: Sequence[str | Path],
    svg: str | Path,
    pdf: str | Path,
    png: str | Path,
    csv: str | Path,
    *,
    runs: Sequence[Mapping[str, Any]],
    datasets: Mapping[str, Mapping[str, Any]],
    label: str,
    fractions: Sequence[float],
    initialisations: int,
) -> None:
    """Draw the scores of every network.

    Args:
        results: the networks' JSON files, in the order of ``runs``.
        svg, pdf, png: the figure's files to write.
        csv: every number of the figure, beside it since it belongs to it.
        runs, datasets, fractions: see :func:`kdlens.paper.table04.read_table`.
        label, initialisations: how was measured.
    """
    panels = read_panels(runs, results, datasets, fractions)
    write_numbers(csv, panels, fractions, initialisations)
    save(
        draw(panels, fractions),
        {"svg": svg, "pdf": pdf, "png": png},
        title="DiffROAR of each model by the fraction removed",
        description=(
            "Accuracy without the bottom minus without the top of what attributions of the "
            f"{label} label rank; {counted(initialisations, 'initialisation')}; "
            f"{', '.join(datasets)}."
        ),
    )


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            results=list(snakemake.input.results),
            **snakemake.output,
            **snakemake.params.table,
        )
