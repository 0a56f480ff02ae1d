"""Write a finished run as an RO-Crate: results/<run>/ro-crate-metadata.json.

    make crate RUN=demo              the metadata, and beside it copies of the code and of the
                                     datasets' summaries: the run's folder is then the crate
    make crate RUN=demo ZIP=yes      and all of it as results/demo.crate.zip

Every file is read once more and must be that of the manifest, and the crate must be valid as a
Provenance Run Crate, and so as a Workflow Run Crate. Needs no network.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

import yaml

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "workflow_scripts"))

from kdlens.errors import InputError
from kdlens.provenance.check import check_run
from kdlens.provenance.crate import build_crate
from kdlens.provenance.jobs import read_times
from kdlens.provenance.manifest import read_manifest
from kdlens.provenance.validate import PROFILE, validate

PROJECT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str] | None = None, project: Path = PROJECT) -> int:
    """Write the crate and validate it; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run", default="demo", help="the run's name (demo)")
    parser.add_argument("--results", default="results", help="the folder of all runs (results)")
    parser.add_argument("--zip", action="store_true", help="also as results/<run>.crate.zip")
    options = parser.parse_args(arguments)
    run = Path(options.results, options.run)
    try:
        manifest = read_manifest(project / run / "manifest.json")
        found = check_run(manifest, run, project)
        if not found.good:
            lines = [*found.missing, *found.changed]
            raise InputError(f"{lines[0]}, and {len(lines) - 1} more; make verify lists them")
        times = read_times(project / run / "jobs.json")
        citation = yaml.safe_load((project / "CITATION.cff").read_text("utf-8"))
        crate = build_crate(manifest, times, run, project, citation)
        crate.write(project / run)
        print(f"{run}/ro-crate-metadata.json: {len(list(crate.get_entities()))} entities")
        wrong = validate(project / run)
        if wrong:
            raise InputError("\n".join([f"not a valid {PROFILE}:", *wrong]))
        print(f"{run}: valid as a {PROFILE}, by rocrate-validator")
        if options.zip:
            crate.write_zip(project / f"{run}.crate.zip")
            print(f"{run}.crate.zip")
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
