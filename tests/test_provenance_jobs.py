"""jobs.json: when each job ran, and what is said where that is not known."""

from __future__ import annotations

import pytest

from kdlens.errors import InputError
from kdlens.files import read_json
from kdlens.provenance.jobs import Times, read_times, times_of, update_times

RECORD = {"rule": "table01", "input": ["b", "a"], "starttime": 1767261600.4, "endtime": 1767261603}
UNKNOWN = {"started": None, "ended": None, "seconds": None, "memory_mib": None, "record": "none"}


@pytest.fixture
def benchmark(tmp_path):
    path = tmp_path / "table01.tsv"
    path.write_text("s\th:m:s\tmax_rss\n2.5\t0:00:02\t81.5\n")
    return path


def test_record_and_measurement(benchmark):
    assert times_of(Times("table01", ["a", "b"], benchmark, RECORD)) == {
        "started": "2026-01-01T10:00:00+00:00",
        "ended": "2026-01-01T10:00:03+00:00",
        "seconds": 2.5,
        "memory_mib": 81.5,
        "record": "agrees",
    }


@pytest.mark.parametrize(
    ("rule", "inputs", "record"),
    [
        ("table01", ["a"], RECORD),
        ("table02", ["a", "b"], RECORD),
        ("table01", ["a"], {**RECORD, "input": None}),
    ],
)
def test_a_record_of_another_workflow(rule, inputs, record):
    assert times_of(Times(rule, inputs, None, record))["record"] == "differs"


def test_what_is_not_known_is_null(tmp_path):
    assert times_of(Times("table01", [], tmp_path / "none.tsv", None)) == UNKNOWN
    no_times = {"rule": "table01", "input": []}
    assert times_of(Times("table01", [], None, no_times)) == {**UNKNOWN, "record": "agrees"}


def test_a_later_run_adds_and_overwrites_but_forgets_nothing(tmp_path, benchmark):
    path = tmp_path / "jobs.json"
    job = Times("table01", ["a", "b"], benchmark, RECORD)
    update_times(path, {"table01": job, "figure02": Times("figure02", [], None, None)})
    assert read_times(path)["figure02"] == UNKNOWN
    # Copied elsewhere, without Snakemake's records: what was written is kept, and the rest added.
    update_times(path, {"table01": Times("table01", ["a", "b"], None, None)})
    assert read_times(path)["table01"] == times_of(job)
    again = Times("table01", ["a", "b"], benchmark, {**RECORD, "endtime": 1767261660})
    update_times(path, {"table01": again, "table02": Times("table02", [], None, None)})
    assert read_times(path)["table01"]["ended"] == "2026-01-01T10:01:00+00:00"
    assert set(read_times(path)) == {"table01", "table02", "figure02"}


def test_a_damaged_file(tmp_path):
    path = tmp_path / "jobs.json"
    assert read_times(path) == {}
    for text in ("[1", "[]", '{"jobs": 1}', '{"jobs": {"a": 1}}'):
        path.write_text(text)
        with pytest.raises(InputError, match=r"jobs\.json"):
            read_times(path)
        # Written anew, since the records say it all once more.
        update_times(path, {"a": Times("a", [], None, RECORD)})
        assert list(read_json(path)["jobs"]) == ["a"]
