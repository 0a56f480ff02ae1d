"""Is a run what its manifest says, and does a part of it come out the same again?

    make verify RUN=demo                       its files' checksums, then its quickest network again
    make verify RUN=smoke PART=tables/table01.csv         that table, from the first image on
    make verify RUN=demo PART="kd scratch"                all that follows from these two networks
    make verify RUN=demo PART=none                        the checksums alone
    make verify RUN=demo DATA=yes                         and every image of its datasets

First every file of ``results/<run>/manifest.json`` is read again: a line for each that is missing
or changed, and for each that the manifest does not know. Then the part is made twice in temporary
folders, and compared byte for byte: the second time with the first, and both with the run's own
files. On another machine these may differ (its arithmetic does, in the last bits), so that is said
and is no failure; a difference between the two is.

Needs no network. Exits with 1 if a file is missing or changed, or the two times differ.
"""

from __future__ import annotations

import argparse
import shutil
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "workflow_scripts"))

from kdlens.errors import InputError
from kdlens.files import sha256_of
from kdlens.provenance.check import check_data, check_run
from kdlens.provenance.jobs import read_times
from kdlens.provenance.manifest import read_manifest
from kdlens.provenance.parts import choose, seconds_of
from kdlens.provenance.repeat import differences, fingerprints, repeat

PROJECT = Path(__file__).resolve().parent.parent


def main(arguments: Sequence[str] | None = None, project: Path = PROJECT) -> int:
    """Check a run and make a part of it again; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run", default="demo", help="the run's name (demo)")
    parser.add_argument("--results", default="results", help="the folder of all runs (results)")
    parser.add_argument("--part", default="", help="files or models to make again; 'none' for none")
    parser.add_argument("--data", action="store_true", help="read every image of the datasets too")
    parser.add_argument("--cores", type=int, default=2, help="for Snakemake (2)")
    parser.add_argument("--keep", action="store_true", help="keep the temporary folders")
    options = parser.parse_args(arguments)
    run = Path(options.results, options.run)
    try:
        manifest = read_manifest(project / run / "manifest.json")
        good = checked(manifest, run, project, data=options.data)
        if options.part != "none":
            good &= repeated(manifest, run, project, options)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 1
    return 0 if good else 1


def checked(manifest: Mapping[str, Any], run: Path, project: Path, *, data: bool) -> bool:
    """Check the run's files; say what was found, and return whether all is as it should be."""
    start = time.monotonic()
    total = sum(entry["bytes"] for entry in manifest["files"])
    say(f"{run}: reading {len(manifest['files'])} files, {total / 2**20:,.0f} MiB")
    found = check_run(manifest, run, project)
    for line in found.lines():
        say(line)
    if data:
        say(f"{run}: reading every image of its datasets")
        for line in check_data(manifest, project):
            (found.changed if line.startswith("changed") else found.notes).append(line)
            say(line)
    say(
        f"{run}: {found.checked} files read in {time.monotonic() - start:.1f} s: "
        f"{len(found.missing)} missing, {len(found.changed)} changed, "
        f"{len(found.extra)} not in the manifest"
    )
    return found.good


def repeated(
    manifest: Mapping[str, Any], run: Path, project: Path, options: argparse.Namespace
) -> bool:
    """Make a part of the run twice; say what differs, and return whether nothing does."""
    times = read_times(project / run / "jobs.json")
    files, jobs = choose(manifest, times, run.as_posix(), options.part.split())
    took = seconds_of(jobs, times)
    known = "how long is not known" if took is None else f"{took:.0f} s one after the other"
    say(f"making {len(files)} files again, twice: {len(jobs)} jobs each time ({known} in the run)")
    results = manifest["config"]["results"]
    folder = Path(tempfile.mkdtemp(prefix="kdlens-verify-"))
    both = []
    try:
        for count in ("first", "second"):
            seconds, made = repeat(folder / count, manifest, project, files, options.cores)
            both.append(fingerprints(made))
            say(f"{count} time: {len(both[-1])} files in {seconds:.0f} s")
    finally:
        if options.keep:
            say(f"kept in {folder}")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    lines = differences(*both)
    for line in lines:
        say(line)
    same = len(both[0].keys() & both[1].keys()) - sum(line.startswith("differs") for line in lines)
    own = sorted(name for name in both[0] if (project / results / name).is_file())
    others = [name for name in own if sha256_of(project / results / name) != both[0][name]]
    for name in others:
        say(f"not as in the run itself: {name}")
    say(f"the two times: {same} files are the same to the byte, {len(lines)} are not")
    say(f"the run itself: {len(own) - len(others)} of these are the same, {len(others)} are not")
    return not lines


def say(line: str) -> None:
    """Print a line at once, since jobs print in between."""
    print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
