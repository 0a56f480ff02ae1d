"""The table of costs: sums, medians and largest values of benchmark files made by hand."""

import csv
import json
import runpy

import numpy as np
import pytest
from project import SCRIPTS

from kdlens.errors import InputError
from kdlens.paper.benchmarks import Benchmark, read_benchmark
from kdlens.paper.cost import Cost, device_of, gather, to_markdown, total

HEADER = "s\th:m:s\tmax_rss\tmax_vms\tmax_uss\tmax_pss\tio_in\tio_out\tmean_load\tcpu_time\n"


def write_benchmark(path, seconds, memory="100.00"):
    path.write_text(f"{HEADER}{seconds}\t0:00:01\t{memory}\t1\t1\t1\t0\t0\t50\t1\n")
    return str(path)


def job(rule, benchmark, device=None):
    return {"rule": rule, "benchmark": str(benchmark), "device": device and str(device)}


@pytest.fixture
def jobs(tmp_path):
    """Three trainings (one of them lost, one on a GPU) and two tables, one of unknown memory."""
    metrics = []
    for number, device in enumerate(("cpu", "cuda", "cuda")):
        metrics.append(tmp_path / f"metrics{number}.json")
        metrics[-1].write_text(json.dumps({"device": device}))
    return [
        job("train_model", write_benchmark(tmp_path / "a.tsv", 10, "300.25"), metrics[0]),
        job("table01", write_benchmark(tmp_path / "t.tsv", 0.5, "NA")),
        job("train_model", write_benchmark(tmp_path / "b.tsv", "2000.5", "900.75"), metrics[1]),
        job("train_model", tmp_path / "lost.tsv", metrics[2]),
        job("table01", write_benchmark(tmp_path / "u.tsv", 2, "50")),
        job("table01", write_benchmark(tmp_path / "v.tsv", 1, "-")),
    ]


def test_each_rule_is_added_up(jobs, tmp_path):
    train, table = gather(jobs)
    assert train.row() == {
        "rule": "train_model",
        "jobs": 3,
        "measured": 2,
        "seconds_sum": 2010.5,
        "seconds_median": 1005.25,
        "seconds_max": 2000.5,
        "max_rss_mib": 900.75,
        "device": "cpu and cuda",
    }
    assert train.lost == [str(tmp_path / "lost.tsv")]
    assert table.row() == {
        "rule": "table01",
        "jobs": 3,
        "measured": 3,
        "seconds_sum": 3.5,
        "seconds_median": 1,
        "seconds_max": 2,
        "max_rss_mib": 50,
        "device": "cpu",
    }
    everything = total([train, table]).row()
    assert (everything["jobs"], everything["measured"]) == (6, 5)
    assert (everything["seconds_sum"], everything["seconds_median"]) == (2014, 2)
    assert (everything["max_rss_mib"], everything["device"]) == (900.75, "cpu and cuda")


def test_the_page_shows_what_is_known_and_names_what_is_not(jobs, tmp_path):
    lines = to_markdown(gather(jobs)).splitlines()
    assert (
        "| `train_model` | 3 (2 measured) | 2,010 | 1,005 | 2,000 | 901 | cpu and cuda |" in lines
    )
    assert "| `table01` | 3 | 3.5 | 1.0 | 2.0 | 50 | cpu |" in lines
    assert any(line.startswith("| **All** | **6 (5 measured)** | **2,014** |") for line in lines)
    assert f"- No measurement of 1 job of `train_model`: `{tmp_path / 'lost.tsv'}`" in lines


def test_a_rule_of_which_nothing_was_measured_has_dashes():
    cost = Cost("figure02", 1, devices={"cpu"}, lost=["figure02.tsv"])
    lines = to_markdown([cost]).splitlines()
    assert "| `figure02` | 1 (0 measured) | – | – | – | – | cpu |" in lines
    assert cost.row()["seconds_sum"] is None


def test_of_many_lost_files_a_few_are_named():
    cost = Cost("dissect", 9, devices={"cpu"}, lost=[f"{n}.tsv" for n in range(9)])
    (line,) = [line for line in to_markdown([cost]).splitlines() if line.startswith("- No meas")]
    assert line.endswith(
        "9 jobs of `dissect`: `0.tsv`, `1.tsv`, `2.tsv`, `3.tsv`, `4.tsv` and 4 more"
    )
    cost = Cost("dissect", 1, [1.0], devices={"cpu"})
    assert "Not in the sums" not in to_markdown([cost])


def test_a_benchmark_file_is_read(tmp_path):
    assert read_benchmark(write_benchmark(tmp_path / "a.tsv", 12.5, 99)) == Benchmark(12.5, 99)
    assert read_benchmark(write_benchmark(tmp_path / "a.tsv", 0.01, "NA")) == Benchmark(0.01, None)


@pytest.mark.parametrize("text", ["", HEADER, f"{HEADER}NA\t-\n", "a\tb\n1\t2\n", "s\nnan\n", "\0"])
def test_a_file_without_a_measurement_is_as_good_as_none(tmp_path, text):
    path = tmp_path / "a.tsv"
    path.write_text(text)
    assert read_benchmark(path) is None
    path.write_bytes(b"\xff\xfe")
    assert read_benchmark(path) is None
    assert read_benchmark(tmp_path) is None


def test_the_device_is_read_from_metrics_and_from_arrays(tmp_path):
    np.savez(tmp_path / "a.npz", meta=np.array(json.dumps({"device": "cuda"})))
    assert device_of(tmp_path / "a.npz") == "cuda"
    np.savez(tmp_path / "b.npz", meta=np.array("{}"))
    (tmp_path / "c.json").write_text("[]")
    assert device_of(tmp_path / "b.npz") == device_of(tmp_path / "c.json") == "unknown"
    (tmp_path / "d.npz").write_text("no zip")
    np.savez(tmp_path / "e.npz", other=1)
    for name in ("d.npz", "e.npz"):
        with pytest.raises(InputError, match=f"{name}: not a whole file of results"):
            device_of(tmp_path / name)
    with pytest.raises(InputError, match=r"f\.npz: no such file"):
        device_of(tmp_path / "f.npz")


def test_the_script_writes_the_table_three_times(jobs, tmp_path):
    files = {kind: tmp_path / f"cost.{kind}" for kind in ("csv", "md", "html")}
    runpy.run_path(str(SCRIPTS / "cost.py"))["main"](jobs, **files)
    with open(files["csv"], encoding="utf-8", newline="") as handle:
        train, table = csv.DictReader(handle)
    assert (train["rule"], train["jobs"], train["seconds_sum"]) == ("train_model", "3", "2010.5")
    assert (table["max_rss_mib"], table["device"]) == ("50.0", "cpu")
    assert files["md"].read_text("utf-8").startswith("# Cost by rule\n")
    assert "<code>train_model</code>" in files["html"].read_text("utf-8")
