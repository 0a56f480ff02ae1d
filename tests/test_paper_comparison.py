"""The comparison with the published changes: numbers by hand, and a test for every verdict."""

import csv
import math
import runpy

import pytest
from paper_data import DATASET, REFERENCE, SETTINGS
from project import SCRIPTS

from kdlens.errors import InputError
from kdlens.paper import table01_comparison as comparison
from kdlens.paper.reference import PUBLISHED_COLUMNS, read_reference
from kdlens.paper.table01 import Group, Settings, Table
from kdlens.paper.table01_comparison_render import to_markdown
from kdlens.paper.table01_csv import write_csv

NO_DETECTORS = dict.fromkeys(("pairs", "distinct", *PUBLISHED_COLUMNS), 0)


def group(
    model, totals, *, reference=None, method="cross_entropy", units=128, labels="true", **more
):
    """A model with the given totals, one a seed; ``more`` sets other columns."""
    seeds = tuple(range(1, len(totals) + 1))
    columns = {name: (value,) * len(seeds) for name, value in NO_DETECTORS.items()}
    values = {**columns, "total": tuple(totals), **more}
    return Group(
        model, model.upper(), method, labels, reference, "layer4", units, seeds, values, None
    )


def table(*groups):
    return Table(Settings(**SETTINGS, **DATASET), PUBLISHED_COLUMNS[:6], groups)


def compare(*groups):
    return comparison.compare(table(*groups), read_reference(REFERENCE))


def total_of(scratch, student, reference="kd", **more):
    rows = compare(
        group("scratch", scratch, reference="scratch"),
        group("kd", student, reference=reference, method="kd", **more),
    )
    return next(row for row in rows if row.column == "total")


def test_numbers_by_hand():
    row = total_of([100, 102, 104], [110, 111, 115], "kd")
    assert (row.baseline_mean, row.mean, row.change) == (102, 112, 10)
    # variances 4 and 7, two degrees of freedom each
    assert row.pooled_sd == pytest.approx(math.sqrt((2 * 4 + 2 * 7) / 4))
    assert row.error == pytest.approx(row.pooled_sd * math.sqrt(2 / 3))
    assert row.share == pytest.approx(100 * 10 / 128)
    assert row.published_change == 312 - 275
    assert row.published_share == pytest.approx(100 * 37 / 512)
    assert (row.baseline_seeds, row.seeds) == (3, 3)


@pytest.mark.parametrize(
    ("scratch", "student", "reference", "direction", "verdict"),
    [
        ([100, 101, 102], [110, 111, 112], "kd", "same", comparison.SAME),
        ([100, 101, 102], [90, 91, 92], "kd", "opposite", comparison.OPPOSITE),
        ([100, 101, 102], [90, 91, 92], "label_smoothing", "same", comparison.SAME),
        ([100, 101, 102], [110, 111, 112], "label_smoothing", "opposite", comparison.OPPOSITE),
        ([90, 100, 110], [92, 103, 111], "kd", "same", comparison.WITHIN_SPREAD),
        ([90, 110], [95, 112], "kd", "same", comparison.WITHIN_SPREAD),
        ([100, 101], [110, 111], "kd", "same", comparison.TOO_FEW),
        ([100, 101], [50, 51], "kd", "opposite", comparison.TOO_FEW),
        ([100, 101, 102], [110, 111], "kd", "same", comparison.TOO_FEW),
        ([100], [120], "kd", "same", comparison.TOO_FEW),
        ([100], [100], "kd", "none", comparison.NO_CHANGE),
        ([100, 100, 100], [101, 101, 101], "kd", "same", comparison.SAME),
    ],
)
def test_verdicts(scratch, student, reference, direction, verdict):
    row = total_of(scratch, student, reference)
    assert (row.direction, row.verdict) == (direction, verdict)


def test_two_seeds_never_carry_a_direction():
    for gap in (0, 1, 10, 1000):
        assert total_of([0, 1], [gap, gap + 1]).verdict not in (
            comparison.SAME,
            comparison.OPPOSITE,
        )


def test_layers_of_different_size_are_not_compared():
    row = total_of([100, 101, 102], [200, 201, 202], units=256)
    assert (row.verdict, row.share) == (comparison.LAYERS_DIFFER, None)
    rows = compare(
        group("scratch", [1], reference="scratch", top1=(60.0,)),
        group("kd", [1], reference="kd", method="kd", units=256, top1=(70.0,)),
    )
    assert rows[-1].column == "top1" and rows[-1].verdict == comparison.TOO_FEW


def test_missing_and_unchanged_numbers():
    rows = {
        row.column: row
        for row in compare(
            group("scratch", [1], reference="scratch", top1=(None,), color=(3,)),
            group("ls", [1], reference="label_smoothing", method="label_smoothing", color=(5,)),
        )
    }
    assert rows["top1"].verdict == comparison.NOT_MEASURED
    assert rows["top1"].change is None
    assert rows["color"].verdict == comparison.NO_PUBLISHED_CHANGE  # 0 and 0 in the paper
    assert rows["color"].direction == "none"


def test_equal_decimals_are_equal():
    """0.1 + 0.2 is not 0.3 in binary; two equal means still differ by nothing."""
    row = total_of([0.1, 0.2, 0.3], [0.3, 0.2, 0.1])
    assert row.verdict == comparison.NO_CHANGE


def test_nulls_and_models_without_a_published_row_are_left_out():
    rows = compare(
        group("scratch", [1], reference="scratch"),
        group("mine", [1], method="kd"),
        group("kd", [1], reference="kd", method="kd"),
        group("kd", [1], reference="kd", method="kd", labels="shuffled"),
    )
    assert [row.model for row in rows] == ["kd"] * len(PUBLISHED_COLUMNS)
    assert [row.column for row in rows] == list(PUBLISHED_COLUMNS)


def test_text_says_what_the_seeds_can_carry():
    ours = table(
        group("scratch", [100, 101], reference="scratch"),
        group("k|d", [110, 111], reference="kd", method="kd"),
    )
    text = to_markdown(ours, comparison.compare(ours, read_reference(REFERENCE)))
    assert r"## K\|D against SCRATCH (2 and 2 seeds)" in text
    line = next(line for line in text.splitlines() if line.startswith("| Total"))
    assert "| 100.5 ± 0.7 | 110.5 ± 0.7 | +10 | +7.8 % | +37 (275 → 312) | +7.2 % |" in line
    assert "too few seeds to tell (means: same direction)" in line
    assert "too few seeds to tell: 1" in text
    assert "neither proves nor refutes" in text
    assert "significan" not in text.split("## How to read it")[0]


def test_run_without_scratch_or_without_students(tmp_path):
    ours = table(group("kd", [1], reference="kd", method="kd"))
    assert comparison.compare(ours, read_reference(REFERENCE)) == []
    assert "no model with the published row 'scratch'" in to_markdown(ours, [])
    alone = table(group("scratch", [1], reference="scratch"))
    assert "Nothing to compare: beside SCRATCH" in to_markdown(alone, [])
    comparison.write_csv(tmp_path / "c.csv", [])
    assert (tmp_path / "c.csv").read_text().startswith("model,label,reference,column,")


def test_reference_without_the_row():
    reference = read_reference(REFERENCE)
    del reference["kd"]
    ours = table(
        group("scratch", [1], reference="scratch"), group("kd", [1], reference="kd", method="kd")
    )
    with pytest.raises(InputError, match="no row 'kd'"):
        comparison.compare(ours, reference)


def test_script(tmp_path):
    ours = table(
        group("scratch", [100, 101, 102], reference="scratch"),
        group("kd", [110, 111, 112], reference="kd", method="kd"),
    )
    write_csv(tmp_path / "table01.csv", ours)
    main = runpy.run_path(str(SCRIPTS / "table01_comparison.py"))["main"]
    outputs = {kind: tmp_path / f"c.{kind}" for kind in ("csv", "md", "html")}
    main(table=tmp_path / "table01.csv", reference=REFERENCE, **outputs)
    with open(outputs["csv"], encoding="utf-8", newline="") as handle:
        rows = {row["column"]: row for row in csv.DictReader(handle)}
    assert rows["total"]["change"] == "10.0"
    assert rows["total"]["verdict"] == "same direction"
    assert rows["total"]["published_change"] == "37.0"
    assert "same direction: 1" in outputs["md"].read_text()
