"""Loss gradients and the object: csv (tidy, for programs), md, html (for readers), tex."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.paper.loss_gradients_table import read, write


def main(
    measures: Sequence[str | Path],
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
        csv, md, tex, html: the files to write.
        runs: ``{"model", "seed", "label", "method"}`` of each network.
        settings: what was looked at: ``dataset, masks, objects, images, seed``.
    """
    write(read(runs, measures), settings, csv=csv, md=md, html=html, tex=tex)


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            measures=list(snakemake.input.measures),
            **snakemake.output,
            **snakemake.params.table,
        )
