"""make crate: a run as an RO-Crate, judged by rocrate-validator."""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path

import pytest
from project import ROOT
from provenance_data import DATA, RUN, citation

from kdlens.errors import InputError
from kdlens.files import sha256_of, write_json
from kdlens.provenance.crate import build_crate
from kdlens.provenance.jobs import read_times
from kdlens.provenance.validate import validate

sys.path.insert(0, str(ROOT / "tools"))
import crate as command


@pytest.fixture
def written(project) -> Path:
    """The folder of the run with its crate."""
    manifest = json.loads((project / RUN / "manifest.json").read_text())
    times = read_times(project / RUN / "jobs.json")
    build_crate(manifest, times, RUN, project, citation()).write(project / RUN)
    return project / RUN


def read(folder: Path) -> dict[str, dict]:
    graph = json.loads((folder / "ro-crate-metadata.json").read_text("utf-8"))["@graph"]
    entities = {entity["@id"]: entity for entity in graph}
    assert len(entities) == len(graph)
    return entities


def ids(value: dict | list[dict]) -> set[str]:
    return {each["@id"] for each in (value if isinstance(value, list) else [value])}


def test_it_is_valid_as_a_provenance_run_crate(written):
    assert validate(written) == []


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda found: found["./"].pop("license"), "license"),
        (lambda found: found["./"].pop("conformsTo"), "Provenance Run Crate profile"),
        (lambda found: found["#job/table01"].pop("instrument"), "instrument"),
        (lambda found: found["#engine"].pop("object"), "OrganizeAction"),
        (lambda found: found["#step/table01"].pop("workExample"), "HowToStep"),
        (lambda found: found.pop("#run"), "mainEntity"),
        (lambda found: found["#config"].pop("additionalType"), "additionalType"),
    ],
)
def test_the_validator_sees_what_is_wrong(written, damage, says):
    """Without the network it still knows the vocabulary: else nothing would be found."""
    path = written / "ro-crate-metadata.json"
    whole = json.loads(path.read_text("utf-8"))
    found = {entity["@id"]: entity for entity in whole["@graph"]}
    damage(found)
    write_json(path, {**whole, "@graph": list(found.values())})
    assert any(says in line for line in validate(written))


def test_a_missing_file_is_seen(written):
    (written / "tables/table01.csv").unlink()
    assert any("tables/table01.csv" in line for line in validate(written))


def test_every_file_is_there_with_its_checksum(written):
    files = [each for each in read(written).values() if "File" in each["@type"]]
    assert len(files) > 25
    for entity in files:
        path = written / entity["@id"]
        assert entity["sha256"] == sha256_of(path)
        assert int(entity["contentSize"]) == path.stat().st_size and entity["encodingFormat"]
    names = {entity["@id"] for entity in files}
    assert {"tables/table01.csv", "manifest.json", "jobs.json", "config.yaml"} <= names
    assert {"workflow/Snakefile", "workflow/rules/a.smk", "workflow/uv.lock"} <= names
    assert {"workflow/config/reference/published.csv", "datasets/images/dataset.json"} <= names


def test_from_the_table_one_comes_to_the_raw_data(written):
    found = read(written)
    job = found["#job/table01"]
    assert ids(job["instrument"]) == {"workflow/workflow_scripts/table01.py"}
    assert ids(job["result"]) == {"tables/table01.csv"}
    assert "workflow/config/reference/published.csv" in ids(job["object"])
    assert "dissection/kd/seed1/layer4.csv" in ids(job["object"])
    training = found["#job/train_model%20model%3Dkd%20seed%3D1"]
    assert "models/teacher/seed1/model.pt" in ids(training["object"])
    assert "#seed/1" in ids(training["object"]) and found["#seed/1"]["value"] == "1"
    tree = f"#data/{DATA}/images/tree"
    assert tree in ids(training["object"]) and found[tree]["identifier"] == f"dataset:{'d1' * 32}"
    drawn = found["#job/render%20dataset%3Dimages"]
    assert ids(drawn["result"]) == {tree} and ids(drawn["object"]) == {"#seed/7"}


def test_times_and_memory(written):
    found = read(written)
    job = found["#job/table01"]
    assert (job["startTime"], job["endTime"]) == (
        "2026-01-01T10:00:00+00:00",
        "2026-01-01T10:00:10+00:00",
    )
    assert found["#usage/table01/seconds"]["value"] == "2.0"
    assert ids(job["resourceUsage"]) == {"#usage/table01/seconds", "#usage/table01/memory_mib"}
    assert found["#run"]["endTime"] == found["./"]["datePublished"] == job["endTime"]


def test_what_is_not_known_is_left_out(project):
    manifest = json.loads((project / RUN / "manifest.json").read_text())
    build_crate(manifest, {}, RUN, project, citation()).write(project / RUN)
    found = read(project / RUN)
    assert not {"startTime", "endTime", "resourceUsage"} & set(found["#job/table01"])
    assert "endTime" not in found["#run"]
    assert validate(project / RUN) == []


def test_authors_licence_and_paper(written):
    found = read(written)
    said = citation()
    root = found["./"]
    assert found[root["author"]["@id"]]["name"] == said["authors"][0]["name"]
    assert root["license"]["@id"] == f"https://spdx.org/licenses/{said['license']}"
    paper = found[root["citation"]["@id"]]
    assert paper["name"] == said["references"][0]["title"] and len(paper["author"]) == 4
    assert root["mainEntity"]["@id"] == "workflow/Snakefile"
    assert len(ids(root["conformsTo"])) == 4


def test_inputs_outside_the_project_are_named_and_not_copied(project):
    manifest = json.loads((project / RUN / "manifest.json").read_text())
    outside = project.parent / "weights.pt"
    outside.write_text("weights")
    given = manifest["jobs"]["table01"]["inputs"]
    given |= {str(outside): sha256_of(outside), "../big.zip": None}
    build_crate(manifest, {}, RUN, project, citation()).write(project / RUN)
    found = read(project / RUN)
    weights = next(each for each in found.values() if each.get("name") == str(outside))
    assert weights["@type"] == "CreativeWork" and weights["identifier"] == sha256_of(outside)
    assert "of unknown content" in found["#data/../big.zip"]["description"]
    assert validate(project / RUN) == []


@pytest.mark.parametrize("linked", [False, True], ids=["a file", "behind a link"])
def test_datasets_of_ones_own_are_not_copied_even_inside_the_project(project, linked):
    folder = project / "data"
    if linked:
        folder.symlink_to(project.parent / "elsewhere")
        (project.parent / "elsewhere").mkdir()
    else:
        folder.mkdir()
    (folder / "photographs.zip").write_text("photographs")
    manifest = json.loads((project / RUN / "manifest.json").read_text())
    hash_ = sha256_of(folder / "photographs.zip")
    manifest["jobs"]["table01"]["inputs"]["data/photographs.zip"] = hash_
    build_crate(manifest, {}, RUN, project, citation()).write(project / RUN)
    archive = read(project / RUN)["#data/data/photographs.zip"]
    assert archive["@type"] == "CreativeWork" and archive["identifier"] == hash_
    assert not list((project / RUN).rglob("photographs.zip"))


def test_other_code_than_the_runs_is_refused(project):
    (project / "workflow_scripts/table01.py").write_text("edited")
    manifest = json.loads((project / RUN / "manifest.json").read_text())
    with pytest.raises(InputError, match=r"table01\.py: not the code that made the run \(1 files"):
        build_crate(manifest, {}, RUN, project, citation())


def test_the_command(project, capsys):
    assert command.main(["--run", "tiny", "--zip"], project) == 0
    said = capsys.readouterr().out
    assert "valid as a provenance-run-crate" in said
    names = set(zipfile.ZipFile(project / f"{RUN}.crate.zip").namelist())
    assert {"ro-crate-metadata.json", "tables/table01.csv", "workflow/Snakefile"} <= names
    (project / RUN / "tables/table01.csv").write_text("another number")
    assert command.main(["--run", "tiny"], project) == 1
    assert f"error: changed: {RUN}/tables/table01.csv" in capsys.readouterr().err
