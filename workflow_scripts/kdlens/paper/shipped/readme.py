"""What a folder of shipped results says of itself to people."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

_CONTENTS = {
    "tables": "the tables, as csv for programs and md for readers",
    "figures": "the figures to look at, and the numbers of some as csv",
    "models": "accuracy and training of each network; no weights",
    "dissection": "counts of each layer: the best concepts of its units; maps of Figure 3",
    "measures": "what the other measures found, by network",
    "data": "the photographs that the figures of best units show, and the dataset's tables",
}


def readme(
    run: str,
    manifest: Mapping[str, Any],
    files: Sequence[Mapping[str, Any]],
    machine: Mapping[str, Any],
    left_out: Sequence[str],
) -> str:
    """Return the README of the run's folder.

    Args:
        manifest: the run's.
        files: as they stand in ``shipped.json``.
        machine: on which the folder was made (`origin.describe_machine`).
        left_out: sentences that say what cannot be made from it.
    """
    git, packages = manifest["git"], manifest["packages"]
    commit = git["commit"] or f"unknown ({git['note']})"
    state = " and uncommitted changes" if git["dirty"] else ""
    kinds = Counter(PurePosixPath(file["path"]).parts[0] for file in files)
    contents = [
        f"- `{kind}/` ({kinds[kind]} files): {what}"
        for kind, what in _CONTENTS.items()
        if kind in kinds
    ]
    return "\n".join(
        [
            f"# The shipped results of the run `{run}`\n",
            "Written by `make reference`; edits are lost. The run's tables and figures are made "
            "from these files in seconds, without training or torch:\n",
            "```sh\n"
            f"snakemake --cores 2 --configfile <config of {run}> --config from_reference=true\n"
            "```\n",
            f"They go to `results/from_reference/{run}/`. `make compare RUN={run}` sets the tables "
            "of a run of your own beside those here.\n",
            *contents,
            "\nWhere `shipped.json` says so, a file is a reduced copy: without what no table or "
            "figure reads. Tables come out the same from it, to the byte. `manifest.json`, "
            "`config.yaml` and `cost.*` are the run's own; checksums in the manifest are those of "
            "the whole files.\n",
            "## How it was made\n",
            f"- Commit: `{commit}`{state}",
            f"- Checksum of the workflow's files: `{manifest['source_sha256']}`",
            f"- Commands: a whole run of `config.yaml`, then `make reference RUN={run}`",
            f"- Machine: {machine['processor']}, {machine['cores']} cores, {machine['system']}",
            f"- Python {manifest['python']}, "
            + ", ".join(f"{name} {packages[name]}" for name in ("torch", "torchvision", "numpy")),
            "\n## What cannot be made from it\n",
            *[f"- {reason[0].upper()}{reason[1:]}." for reason in left_out],
            "",
        ]
    )
