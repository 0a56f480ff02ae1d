"""A run's tables against the shipped ones: python compare.py results/demo results/reference/demo

Ends with status 0 if they agree, 1 if they do not, 2 if there is nothing to compare.
"""

import argparse
import sys
from pathlib import Path

from kdlens.errors import InputError
from kdlens.paper.shipped.comparison import compare, describe, tables_of
from kdlens.paper.shipped.origin import differing_origin
from kdlens.paper.shipped.spread import RISK

_MOST = 6
"""Lines about how the runs were made."""


def main(run: str | Path, shipped: str | Path, judge: str = "auto") -> int:
    """Print what differs, and return the status to end with.

    Args:
        run: a finished run's folder.
        shipped: the folder of its shipped results.
        judge: ``exact`` asks for equal numbers, ``spread`` allows for the spread of the seeds, and
            ``auto`` asks for equal numbers where both were made in the same way.
    """
    if not (Path(shipped) / "shipped.json").is_file():
        raise InputError(f"{shipped}: no shipped results; give a folder of results/reference")
    if not (Path(run) / "manifest.json").is_file():
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
    for each in found:
        if each.differences or each.missing:
            print("\n".join(describe(each)))
    values = sum(each.values for each in found)
    differences = sum(len(each.differences) for each in found)
    beyond = sum(d.beyond for each in found for d in each.differences)
    missing = sum(len(each.missing) for each in found)
    verdict = "not as shipped" if any(each.failed for each in found) else "as shipped"
    print(
        f"{verdict}: {len(found)} tables, {values} values, {values - differences} equal, "
        f"{beyond} beyond tolerance, {missing} missing rows"
    )
    return int(any(each.failed for each in found))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("run", help="a finished run's folder, such as results/demo")
    parser.add_argument("shipped", help="such as results/reference/demo")
    parser.add_argument("--judge", choices=("auto", "exact", "spread"), default="auto")
    try:
        sys.exit(main(**vars(parser.parse_args())))
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)
