"""A run may have as many values beyond their tolerance as chance makes likely, and no more."""

from __future__ import annotations

import csv
import runpy

import numpy as np
import pytest
from project import ROOT
from scipy.stats import binom

from kdlens.files import write_json
from kdlens.paper.shipped.comparison import Compared, Difference
from kdlens.paper.shipped.origin import describe_machine
from kdlens.paper.shipped.spread import RISK
from kdlens.paper.shipped.telling import told
from kdlens.paper.shipped.verdict import as_shipped, judged, most_by_chance

HEADER = ("row", "model", "method", "labels", "seed", "seeds", "total")
MODELS = 1288


@pytest.mark.parametrize(("values", "most"), [(0, 0), (6, 0), (100, 1), (1288, 5), (2610, 7)])
def test_as_many_are_allowed_as_a_sound_run_has_99_times_in_100(values, most):
    assert most_by_chance(values) == most
    # By hand: the sum of n! / (k! (n-k)!) r^k (1-r)^(n-k) up to the number, and not to one less.
    chances = np.cumsum([binom.pmf(k, values, RISK) for k in range(most + 1)])
    assert chances[-1] >= 0.99 and (most == 0 or chances[-2] < 0.99)


def test_sound_runs_pass_as_often_as_that():
    beyond = (np.random.default_rng(1).random((4000, 1288)) < RISK).sum(1)
    assert (beyond > 0).mean() > 0.7, "one value beyond is the rule"
    assert (beyond > most_by_chance(1288)).mean() < 0.01


def beyond(number: int, values: int = 1288, here: str = "3", **kind: object) -> Compared:
    about = {"tolerance": 1.0, "by_spread": True, **kind}
    return Compared("a.csv", values, (Difference("kd", "total", "1", here, **about),) * number)


def of(found: Compared, by_spread: int) -> Compared:
    return Compared(found.file, found.values, found.differences, found.missing, by_spread)


def test_files_are_judged_together():
    few, none = of(beyond(5), 10), of(beyond(0), 1278)
    assert judged([few, none]) == 1288 and as_shipped([few, none]) and not as_shipped([few])
    assert not as_shipped([of(beyond(6), 10), none])
    assert told([few, none]) == (
        "5 of 1,288 means beyond tolerance; up to 5 are to be expected by chance"
    )


@pytest.mark.parametrize(
    "found",
    [
        beyond(1, tolerance=0.0, by_spread=False),
        beyond(1, here=""),
        beyond(1, here="4.5"),
        beyond(1, here="nan"),
        beyond(1, here="inf"),
        beyond(1, here="many"),
        Compared("a.csv", 1288, (), ("kd",)),
    ],
    ids=["must be equal", "empty", "far off", "nan", "infinite", "text", "missing row"],
)
def test_what_chance_cannot_do_fails_at_once(found):
    assert not as_shipped([of(found, 1288)])
    assert as_shipped([of(beyond(1), 1288)])


def write_run(folder, off: int = 0):
    """A run of many models, of which the first few have other totals."""
    (folder / "tables").mkdir(parents=True)
    with (folder / "tables/table01.csv").open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(HEADER)
        for number in range(MODELS):
            base = 50 + (8 if number < off else 0)
            who = (f"m{number}", "kd", "true")
            writer.writerows(("seed", *who, k, 1, base + k) for k in (1, 3))
            writer.writerow(("mean", *who, "", 2, base + 2))
    write_json(folder / "manifest.json", {"config": {"run": "demo"}})
    write_json(folder / "shipped.json", {"machine": describe_machine()})


@pytest.mark.parametrize(("off", "status"), [(0, 0), (5, 0), (6, 1)])
def test_make_compare_ends_as_the_number_beyond_says(tmp_path, capsys, off, status):
    write_run(tmp_path / "demo", off)
    write_run(tmp_path / "reference/demo")
    main = runpy.run_path(str(ROOT / "tools/compare.py"))["main"]
    assert main(["--results", str(tmp_path), "--judge", "spread"]) == status
    said = capsys.readouterr().out
    line = f"{off} of 1,288 means beyond tolerance; up to 5 are to be expected by chance\n"
    assert line in said and said.count("  ! m") == off
    assert f"{'not ' * status}as shipped: 1 tables" in said
    assert main(["--results", str(tmp_path), "--judge", "exact"]) == int(off > 0)
