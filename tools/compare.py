"""Are a run's tables those that are shipped?

    make compare                results/demo against results/reference/demo
    make compare RUN=full
    python tools/compare.py --run demo --judge exact

Reads the csv files of both (`kdlens.paper.shipped.comparison` says how values are judged, and
`kdlens.paper.shipped.verdict` the run), and tells what differs, table by table. Ends with 0 if all
is as shipped; with 1 if something is missing, a value that must be equal is not, a mean lies beyond
three times its tolerance, or more lie beyond it than chance makes likely; with 2 if there is
nothing to compare.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "workflow_scripts"))

from kdlens.errors import InputError
from kdlens.paper.shipped.comparison import compare, tables_of
from kdlens.paper.shipped.origin import differing_origin
from kdlens.paper.shipped.spread import RISK
from kdlens.paper.shipped.telling import describe, told
from kdlens.paper.shipped.verdict import as_shipped, judged, most_by_chance

# Lines about how the runs were made.
_MOST = 6
# Lines about the values of a file, if no more are to be expected beyond their tolerance.
_MOST_VALUES = 8


def main(arguments: Sequence[str] | None = None) -> int:
    """Compare and print; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--run", default="demo", help="the run's name (demo)")
    parser.add_argument("--results", default="results", help="the folder of all runs (results)")
    parser.add_argument(
        "--judge",
        choices=("auto", "exact", "spread"),
        default="auto",
        help="exact: all values must be equal; spread: means may differ by what the spread of the "
        "seeds makes likely; auto: exact if both runs were made alike",
    )
    options = parser.parse_args(arguments)
    results = Path(options.results)
    try:
        return compared(results / options.run, results / "reference" / options.run, options.judge)
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2


def compared(run: Path, shipped: Path, judge: str) -> int:
    """Tell what differs, and return the status to end with."""
    if not (shipped / "shipped.json").is_file():
        raise InputError(f"{shipped}: no shipped results; give a folder of results/reference")
    if not (run / "manifest.json").is_file():
        raise InputError(f"{run}: no finished run; run the workflow to its end first")
    differs = differing_origin(run, shipped)
    exact = judge == "exact" or (judge == "auto" and not differs)
    print(f"{run} against {shipped}")
    for line in differs[:_MOST]:
        print(f"  {line}")
    if len(differs) > _MOST:
        print(f"  and {len(differs) - _MOST} more that are not alike")
    if exact:
        print("  Judged: every value, which must be equal.")
    else:
        print(
            "  Judged: means over seeds, with a tolerance from the spread of the seeds that "
            f"{RISK:.1%} exceed by chance; counts may differ by 1."
        )
    found = [compare(run, shipped, file, exact=exact) for file in tables_of(shipped)]
    # In a run that is as shipped, whatever lies beyond its tolerance is listed.
    most = max(_MOST_VALUES, most_by_chance(judged(found)))
    for each in found:
        if each.differences or each.missing:
            print("\n".join(describe(each, most)))
    values = sum(each.values for each in found)
    differences = sum(len(each.differences) for each in found)
    beyond = sum(d.beyond for each in found for d in each.differences)
    missing = sum(len(each.missing) for each in found)
    if judged(found):
        print(told(found))
    good = as_shipped(found)
    verdict = "as shipped" if good else "not as shipped"
    print(
        f"{verdict}: {len(found)} tables, {values} values, {values - differences} equal, "
        f"{beyond} beyond tolerance, {missing} missing rows"
    )
    return int(not good)


if __name__ == "__main__":
    sys.exit(main())
