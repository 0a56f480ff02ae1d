"""The manifest of a run (which code, packages, config and jobs made which file), and its config.

For programs as JSON and YAML, for people as one page.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.files import write_json, write_text
from kdlens.paper.manifest import build_manifest, config_as_yaml, to_markdown
from kdlens.paper.page import to_page


def main(
    files: Sequence[str | Path],
    manifest: str | Path,
    config_yaml: str | Path,
    html: str | Path,
    *,
    config: Mapping[str, Any],
    jobs: Mapping[str, Mapping[str, Any]],
) -> None:
    """Write manifest.json, the config beside it, and the page.

    Args:
        files: the run's results, to be listed with their checksums.
        manifest: the JSON file to write.
        config_yaml: the YAML file to write the config to.
        html: the page to write.
        config: the run's config with its defaults filled in.
        jobs: what made the files, see ``kdlens.paper.manifest.build_manifest``.
    """
    built = build_manifest(files, config, jobs)
    write_json(manifest, built)
    write_text(html, to_page(to_markdown(built)))
    write_text(config_yaml, config_as_yaml(config))


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            files=list(snakemake.input.files),
            manifest=snakemake.output.manifest,
            config_yaml=snakemake.output.config,
            html=snakemake.output.html,
            config=snakemake.params.config,
            jobs=snakemake.params.jobs,
        )
