"""From the files of a whole run back to its raw data; the run checked, a part of it made again."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys

import pytest

pytestmark = pytest.mark.workflow

RUN = "results/smoke"


@pytest.fixture(scope="module")
def manifest(smoke) -> dict:
    return json.loads((smoke.folder / RUN / "manifest.json").read_text("utf-8"))


def test_every_file_names_the_job_that_made_it(manifest):
    for entry in manifest["files"]:
        job = manifest["jobs"][entry["job"]]
        assert entry["path"] in job["outputs"]
        script, *modules = manifest["rules"][job["rule"]]
        assert script.startswith("workflow_scripts/") and set(modules) <= set(manifest["code"])
    jobs = manifest["jobs"]
    assert jobs["train_model model=kd seed=1"]["seed"] == 1
    assert jobs["render_world_images dataset=world_small"]["seed"] is not None
    assert jobs["table01"]["seed"] is None


def test_from_a_table_one_comes_to_the_digests_of_the_datasets(manifest):
    maker = {path: name for name, job in manifest["jobs"].items() for path in job["outputs"]}
    waiting, seen, hashes = ["table01"], set(), {}
    while waiting:
        name = waiting.pop()
        seen.add(manifest["jobs"][name]["rule"])
        for path, hash_ in manifest["jobs"][name]["inputs"].items():
            hashes[path] = hash_
            waiting += [maker[path]] if path in maker else []
    assert {"dissect", "train_model", "pack_concepts", "check_images"} <= seen
    assert {"render_world_images", "render_world_concepts"} <= seen
    assert all(hashes.values())
    digest = re.compile(r"dataset:[0-9a-f]{64}")
    for name in ("world_small", "world_concepts_small"):
        assert digest.fullmatch(hashes[f"results/data/{name}/tree"])
    # What a job read is what another made.
    files = {entry["path"]: entry["sha256"] for entry in manifest["files"]}
    assert {path: hashes[path] for path in hashes.keys() & files} == {
        path: files[path] for path in hashes.keys() & files
    }


def test_snakemakes_own_records_agree_and_say_when(smoke, manifest):
    jobs = json.loads((smoke.folder / RUN / "jobs.json").read_text("utf-8"))["jobs"]
    assert set(manifest["jobs"]) <= set(jobs)
    for name in manifest["jobs"]:
        job = jobs[name]
        assert job["record"] == "agrees", name
        assert job["seconds"] > 0 and job["started"] <= job["ended"]
    table, training = jobs["table01"], jobs["train_model model=kd seed=1"]
    assert training["ended"] <= table["started"]


def tool(smoke, name: str, *arguments: str) -> subprocess.CompletedProcess:
    return subprocess.run(
        [sys.executable, f"tools/{name}.py", "--run", "smoke", *arguments],
        cwd=smoke.folder,
        capture_output=True,
        text=True,
    )


def test_a_training_is_made_twice_with_the_same_bytes(smoke):
    made = tool(smoke, "verify", "--data", "--part", "models/scratch/seed1/model.pt")
    assert made.returncode == 0, made.stdout + made.stderr
    assert "0 missing, 0 changed, 0 not in the manifest" in made.stdout
    assert "are the same to the byte, 0 are not" in made.stdout
    assert re.search(r"the run itself: \d+ of these are the same, 0 are not", made.stdout)


def test_the_run_is_a_valid_crate(smoke):
    run = smoke.folder / RUN
    try:
        made = tool(smoke, "crate")
        assert made.returncode == 0, made.stdout + made.stderr
        assert "valid as a provenance-run-crate" in made.stdout
        # And it adds nothing to do, or to be vouched for.
        again = tool(smoke, "verify", "--part", "none")
        assert again.returncode == 0 and "0 not in the manifest" in again.stdout
        plan = smoke.snakemake("-n", "--configfile", "config/smoke.yaml")
        assert "Nothing to be done" in plan.output, plan.output[-2000:]
    finally:
        # Other tests look at the run as the workflow leaves it.
        (run / "ro-crate-metadata.json").unlink(missing_ok=True)
        for folder in ("workflow", "datasets"):
            shutil.rmtree(run / folder, ignore_errors=True)
