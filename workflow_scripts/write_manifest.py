"""The manifest of a run (which code, packages, config and files made it), and its whole config."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.files import write_json, write_text
from kdlens.paper.manifest import build_manifest, config_as_yaml


def main(
    files: Sequence[str | Path],
    manifest: str | Path,
    config_yaml: str | Path,
    *,
    config: Mapping[str, Any],
) -> None:
    """Write manifest.json and the config beside it.

    Args:
        files: the run's results, to be listed with their checksums.
        manifest: the JSON file to write.
        config_yaml: the YAML file to write the config to.
        config: the run's config with its defaults filled in.
    """
    write_json(manifest, build_manifest(files, config))
    write_text(config_yaml, config_as_yaml(config))


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0]):
        main(
            files=list(snakemake.input.files),
            manifest=snakemake.output.manifest,
            config_yaml=snakemake.output.config,
            config=snakemake.params.config,
        )
