"""Tables and figures from shipped results: what is shipped, and that nothing else is computed."""

from __future__ import annotations

import hashlib
import json
import re
import resource
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from project import ROOT, Project, copy_project, poison

pytestmark = pytest.mark.workflow

SMOKE = ("--configfile", "config/smoke.yaml")
FROM_REFERENCE = (*SMOKE, "--config", "from_reference=true", "--")
SHIPPED, HERE = "results/reference/smoke", "results/from_reference/smoke"
# Some 5 MB is the aim, and what a run with every measure may come to.
MOST_BYTES = 10_000_000
MOST_SECONDS = 20
OF_OTHER_STAGES = {"dissect"} | {
    rule
    for stage in ("data", "training", "dissection", "measures")
    for path in (ROOT / "rules").glob(f"{stage}*.smk")
    for rule in re.findall(r"^rule (\w+):", path.read_text("utf-8"), re.MULTILINE)
}
PUBLISHED_RUNS = sorted(path.parent.name for path in ROOT.glob("results/reference/*/shipped.json"))


def files_below(folder: Path) -> dict[str, str]:
    """The sha256 of every file, without logs and benchmarks, by its path."""
    return {
        path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and not {"logs", "benchmarks"} & set(path.parts)
    }


def processor_seconds() -> float:
    """What all processes that have ended took, which this one started."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.fixture(scope="module")
def run(smoke, tmp_path_factory) -> Project:
    """The smoke run with its results made ready to ship."""
    folder = tmp_path_factory.mktemp("run")
    shutil.copytree(smoke.folder, folder, dirs_exist_ok=True)
    project = Project(folder)
    done = project.snakemake("--cores", "1", f"{SHIPPED}/shipped.json", *SMOKE)
    assert done.returncode == 0, done.output[-3000:]
    assert set(done.jobs()) == {"ship"}
    return project


@pytest.fixture(scope="module")
def clone(run, tmp_path_factory) -> Project:
    """A fresh clone of a project that ships the smoke run."""
    project = copy_project(tmp_path_factory.mktemp("clone"))
    shutil.copytree(run.folder / SHIPPED, project.folder / SHIPPED)
    return project


@pytest.mark.parametrize(
    ("target", "rules"),
    [
        ("figures/figure02.svg", {"table01", "figure02"}),
        ("tables/table01.md", {"table01"}),
        ("figures/figure09.pdf", {"figure09"}),
        ("figures/units_kd.png", {"unit_grids"}),
    ],
)
def test_one_file_alone_without_torch_in_seconds(run, clone, tmp_path, target, rules):
    shutil.rmtree(clone.folder / HERE, ignore_errors=True)
    poisoned = poison(tmp_path / "poison")
    command = ("--cores", "1", *FROM_REFERENCE, f"{HERE}/{target}")
    before = processor_seconds()
    made = clone.snakemake(*command, PYTHONPATH=poisoned)
    assert made.returncode == 0, made.output
    worked = processor_seconds() - before
    print(f"{target}: {made.seconds:.1f} s, {worked:.1f} s of the processor")
    # What others do on the machine does not count, and nothing here waits for anything else.
    assert worked < MOST_SECONDS
    assert set(made.jobs()) == rules
    assert not OF_OTHER_STAGES & set(re.findall(r"^(?:local)?rule (\w+):", made.output, re.M))
    assert {path.name for path in (clone.folder / "results").iterdir()} >= {
        "from_reference",
        "reference",
    }
    assert not (clone.folder / "results/smoke").exists()
    assert not (clone.folder / "results/data").exists()
    same = (folder / target for folder in (clone.folder / HERE, run.folder / "results/smoke"))
    assert len({path.read_bytes() for path in same}) == 1


def test_all_that_can_be_made_is_the_same_to_the_byte(run, clone):
    made = clone.snakemake("--cores", "2", *FROM_REFERENCE, "all")
    assert made.returncode == 0, made.output[-3000:]
    assert not OF_OTHER_STAGES & set(made.jobs())
    found, original = files_below(clone.folder / HERE), files_below(run.folder / "results/smoke")
    found.pop("jobs.json")  # says when the jobs ran
    assert found and {name: original[name] for name in found} == found
    # All tables and figures are there, and of the rest no page.
    expected = {name for name in original if name.startswith(("tables/", "figures/"))}
    assert expected <= set(found) and not any(name.startswith("gallery/") for name in found)
    again = clone.snakemake("--cores", "1", *FROM_REFERENCE, "all")
    assert again.returncode == 0 and "Nothing to be done" in again.output


def test_the_slow_rules_do_not_even_exist(clone):
    assert {"train_model", "activation_maps", "render_world_concepts"} <= OF_OTHER_STAGES
    listed = clone.snakemake("--list-rules", *FROM_REFERENCE[:-1])
    assert listed.returncode == 0, listed.output
    names = set(listed.output.split())
    assert {"table01", "figure02"} <= names and not OF_OTHER_STAGES & names
    (clone.folder / f"{SHIPPED}/models/kd/seed1/metrics.json").rename(clone.folder / "aside.json")
    try:
        lacking = clone.snakemake("-n", *FROM_REFERENCE, f"{HERE}/tables/table10.md")
    finally:
        (clone.folder / "aside.json").rename(
            clone.folder / f"{SHIPPED}/models/kd/seed1/metrics.json"
        )
    assert lacking.returncode != 0 and "metrics.json" in lacking.output
    assert "MissingInputException" in lacking.output


def test_a_file_that_cannot_be_made_is_refused_with_the_reason(clone):
    refused = clone.snakemake("-n", *FROM_REFERENCE, f"{HERE}/gallery/index.html")
    assert refused.returncode != 0 and "too many to be shipped" in refused.output


def test_what_is_shipped_is_small_listed_and_read(run, clone):
    folder = clone.folder / SHIPPED
    files = files_below(folder)
    listing = json.loads((folder / "shipped.json").read_text())
    listed = {entry["path"]: entry["sha256"] for entry in listing["files"]}
    assert files == listed | {name: files[name] for name in ("README.md", "shipped.json")}
    assert sum((folder / name).stat().st_size for name in files) < MOST_BYTES
    manifest = json.loads((folder / "manifest.json").read_text())
    whole = {entry["path"]: entry["sha256"] for entry in manifest["files"]}
    for entry in listing["files"]:
        source = entry["from"]
        assert source["sha256"] == whole.get(source["path"], source["sha256"])
        assert entry["reduced"] or entry["sha256"] == source["sha256"]
    # Nothing is shipped that no rule reads, but for what people read.
    plan = clone.snakemake("-n", "--forceall", *FROM_REFERENCE, "all")
    inputs = {
        file.strip().removeprefix(f"{SHIPPED}/")
        for line in re.findall(r"^ +input: (.*)$", plan.output, re.MULTILINE)
        for file in line.split(",")
    }
    for_people = ("tables/", "figures/", "manifest.json", "config.yaml", "cost.", "claims.")
    in_trees = re.compile(r"data/[^/]+/tree/")
    read = {name for name in listed if not name.startswith(for_people) and not in_trees.match(name)}
    metrics = {name for name in read if name.endswith("metrics.json")}
    assert read - metrics <= inputs, read - inputs
    readme = (folder / "README.md").read_text("utf-8")
    assert "make compare RUN=smoke" in readme and "`dissection/` (" in readme


def test_shipping_twice_gives_the_same_bytes(run):
    before = files_below(run.folder / SHIPPED)
    again = run.snakemake(
        "--cores", "1", "--forcerun", "ship", *SMOKE, "--", f"{SHIPPED}/shipped.json"
    )
    assert again.returncode == 0, again.output[-3000:]
    assert files_below(run.folder / SHIPPED) == before


def compare(project: Project, *options: str) -> subprocess.CompletedProcess:
    script = ("tools/compare.py", "--run", "smoke", *options)
    return subprocess.run(
        [sys.executable, *script], cwd=project.folder, capture_output=True, text=True
    )


def test_a_run_is_compared_with_the_shipped_one(run):
    same = compare(run)
    assert same.returncode == 0, same.stdout + same.stderr
    assert "Judged: every value, which must be equal." in same.stdout
    assert re.search(r"^as shipped: \d+ tables, (\d+) values, \1 equal", same.stdout, re.M)
    table = run.folder / "results/smoke/tables/table10.csv"
    old = table.read_text()
    rows = [line.split(",") for line in old.splitlines()]
    total = rows[0].index("total")
    changed = next(row for row in rows if row[:2] == ["mean", "kd"])
    changed[total] = str(int(changed[total]) + 5)
    table.write_text("\n".join(",".join(row) for row in rows) + "\n")
    try:
        other = compare(run)
    finally:
        table.write_text(old)
    assert other.returncode == 1 and "not as shipped" in other.stdout
    lines = other.stdout.splitlines()
    assert lines[2].startswith("tables/table10.csv: ") and "1 beyond tolerance" in lines[2]
    assert lines[3].startswith("  ! KD: total ") and len(lines) == 5
    none = compare(run, "--run", "other")
    assert none.returncode == 2 and none.stderr.startswith("error: results/reference/other")


@pytest.mark.parametrize("name", PUBLISHED_RUNS or [None])
def test_every_published_run_is_whole_and_of_its_config(fresh, name):
    if name is None:
        pytest.skip("no results are shipped yet (make reference)")
    folder = ROOT / "results/reference" / name
    files = files_below(folder)
    listing = json.loads((folder / "shipped.json").read_text())
    listed = {entry["path"]: entry["sha256"] for entry in listing["files"]}
    assert files == listed | {key: files[key] for key in ("README.md", "shipped.json")}
    assert sum((folder / key).stat().st_size for key in files) < MOST_BYTES
    config = "config" if name == "demo" else name
    plan = fresh.snakemake(
        "-n", "--configfile", f"config/{config}.yaml", "--config", "from_reference=true"
    )
    assert plan.returncode == 0, plan.output[-3000:]
    assert not OF_OTHER_STAGES & set(plan.jobs()) and plan.jobs()["table01"] == 1
    state = json.loads((folder / "manifest.json").read_text())["git"]
    assert state["commit"] and not state["dirty"]
