"""Pack the concept dataset for memory-mapped reading: labels as regions, decoded photographs."""

import logging
from collections.abc import Sequence
from pathlib import Path

from kdlens.data.broden import Broden
from kdlens.data.packing import GIB, pack_concepts, pixel_bytes
from kdlens.files import read_json

_log = logging.getLogger(__name__)


def main(
    concepts: str | Path,
    output: str | Path,
    *,
    image_size: int,
    pixels_gib: float,
    categories: Sequence[str] | None = None,
    workers: int = 1,
) -> None:
    """Write the folder ``output``; see ``kdlens.data.packed``.

    Args:
        concepts: dataset.json of the concept dataset.
        image_size: side in pixels at which networks are dissected.
        pixels_gib: GiB that the photographs may take; if they take more, only labels are packed.
        categories: the categories to pack; None for all.
        workers: threads.
    """
    dataset = read_json(concepts)
    broden = Broden(dataset["root"], categories)
    photographs = pixel_bytes(len(broden), image_size) / GIB
    fits = photographs <= pixels_gib
    _log.info(
        "photographs at %d pixels take %.2f GiB, up to %g are allowed: they are %s",
        image_size,
        photographs,
        pixels_gib,
        "packed" if fits else "left out, and decoded by each job",
    )
    pack_concepts(
        broden,
        output,
        image_size=image_size if fits else None,
        workers=workers,
        name=dataset["name"],
        digest=dataset["digest"],
    )


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            concepts=snakemake.input.concepts,
            output=snakemake.output.pack,
            workers=snakemake.threads,
            pixels_gib=snakemake.resources.pixels_mib / 1024,
            **snakemake.params.pack,
        )
