"""The report, a page: the answer of the run, its tables and figures, and where they come from."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from kdlens.files import write_text
from kdlens.paper.report.front_page import front_page


def main(html: str | Path, *, captions: Mapping[str, str], **page: Any) -> None:
    """Write the page; what it shows lies in the same folder.

    Args:
        html: the file to write.
        captions: of figures, in Markdown, by their stems.
        page: what :func:`kdlens.paper.report.front_page.front_page` is told beside them.
    """
    write_text(html, front_page(Path(html).parent, captions=captions, **page))


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            snakemake.output.html,
            captions=snakemake.params.captions,
            **snakemake.params.page,
        )
