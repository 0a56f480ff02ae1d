"""Five-band scores of maps that no network made, on the truths of the same images.

See ``kdlens.measures.five_band_yardsticks``: what chance gives, and what the best map would.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kdlens.data.image_folder import read_dataset
from kdlens.files import write_json
from kdlens.measures.five_band import Sweep
from kdlens.measures.five_band_yardsticks import measure_yardsticks


def main(
    dataset: str | Path,
    measure: str | Path,
    *,
    thresholds: Mapping[str, Any],
    threads: int = 1,
) -> None:
    """Score the yardsticks over the validation images.

    Args:
        dataset: ``dataset.json`` of drawn cells.
        measure: the JSON file to write: ``values`` has the numbers of each yardstick.
        thresholds: ``{"start": [a, b], "delta", "steps"}``.
        threads: images that are scored at a time.

    Raises:
        InputError: if a truth is missing or damaged.
    """
    about = read_dataset(dataset)
    values = measure_yardsticks(about, Sweep.of(**thresholds), threads)
    write_json(
        measure,
        {
            "measure": "five_band_yardsticks",
            "dataset": about["name"],
            "dataset_digest": about["digest"],
            "settings": {"thresholds": dict(thresholds)},
            "values": values,
        },
    )


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            snakemake.input.dataset,
            snakemake.output.measure,
            threads=snakemake.threads,
            **snakemake.params.measure,
        )
