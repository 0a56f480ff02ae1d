"""What the run cost, by rule, as csv (for programs), md and html (for readers)."""

import csv as tables
import io
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from kdlens.files import write_text
from kdlens.paper.cost import COLUMNS, gather, to_markdown
from kdlens.paper.page import write_page


def main(
    jobs: Iterable[Mapping[str, Any]], csv: str | Path, md: str | Path, html: str | Path
) -> None:
    """Add up the benchmark files of a run's jobs and write the table three times.

    Args:
        jobs: for each ``{"rule", "benchmark" (its file, which may be missing), "device" (the
            result that names the device, or None)}``.
        csv, md, html: the files to write.
    """
    costs = gather(jobs)
    text = io.StringIO()
    writer = tables.DictWriter(text, COLUMNS, lineterminator="\n")
    writer.writeheader()
    writer.writerows(cost.row() for cost in costs)
    write_text(csv, text.getvalue())
    write_page(to_markdown(costs), md, html)


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            jobs=snakemake.params.jobs,
            **snakemake.output,
        )
