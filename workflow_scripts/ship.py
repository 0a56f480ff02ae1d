"""The results of a run as they are shipped: small, and enough for its tables and figures."""

import logging
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from kdlens.paper.shipped.folder import ship

_log = logging.getLogger(__name__)


def main(
    found: Sequence[str | Path], made: Sequence[str | Path], listing: str | Path, **settings: Any
) -> None:
    """Write the folder in which ``listing`` lies.

    Args:
        found, made, settings: see :func:`kdlens.paper.shipped.folder.ship`.
        listing: its ``shipped.json``.
    """
    folder = Path(listing).parent
    size = ship(folder, found, made, **settings)
    _log.info("%s: %.1f MB", folder, size / 1e6)


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            found=list(snakemake.input.found),
            made=list(snakemake.input.made),
            listing=snakemake.output.listing,
            **snakemake.params.shipped,
        )
