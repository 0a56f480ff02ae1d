"""Figure 6: binary scores of the saliency maps as two radar plots; and its numbers as csv."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.paper.figure06 import draw, keys_of_panels
from kdlens.paper.measure_table import nulls_last, read_lines, write_csv
from kdlens.paper.style import save


def main(
    measures: Sequence[str | Path],
    svg: str | Path,
    pdf: str | Path,
    png: str | Path,
    csv: str | Path,
    *,
    runs: Sequence[Mapping[str, Any]],
    thresholds: Mapping[str, Any],
    dataset: str,
    image_size: int,
) -> None:
    """Read the scores of every network and draw.

    Args:
        measures: the networks' five-band files, in the order of ``runs``.
        svg, pdf, png: the figure's files to write.
        csv: every number of the figure, beside it since it belongs to it.
        runs: the networks: model, seed, label, method.
        thresholds: of the five-band scores; the object is asked for at the inner ones, the feature
            at the outer ones.
        dataset, image_size: what is said of the images.
    """
    keys = keys_of_panels()
    lines = nulls_last(read_lines("five_band", runs, measures, keys, dataset=dataset))
    write_csv(csv, lines, keys)
    save(
        draw(lines),
        {"svg": svg, "pdf": pdf, "png": png},
        title="Binary scores of saliency maps: object and feature",
        description=(
            f"Drawn cells of {image_size} pixels, without images of the empty class; means over "
            f"{thresholds['steps']} thresholds, and the best of them (*)."
        ),
    )


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            measures=list(snakemake.input.measures),
            **snakemake.output,
            **snakemake.params.figure,
        )
