"""The manifest: checksums, versions, git's state in each case, and the config as YAML."""

import hashlib
import json
import platform
import runpy
import shutil
import subprocess
from collections import OrderedDict
from pathlib import Path

import pytest
import yaml
from project import SCRIPTS

from kdlens.errors import InputError
from kdlens.paper.checkout import checksum_of, code_files, describe_git
from kdlens.paper.manifest import build_manifest, plain

CONFIG = {"run": "demo", "models": {"zebra": {"seeds": [1, 2]}, "ant": {"note": "é"}}}


@pytest.fixture
def files(tmp_path):
    for name in ("b.csv", "a.csv"):
        (tmp_path / name).write_text(name)
    return [tmp_path / "b.csv", tmp_path / "a.csv", tmp_path / "a.csv"]


@pytest.fixture
def project(tmp_path):
    """A little project with a workflow in it."""
    root = tmp_path / "project"
    (root / "workflow_scripts" / "kdlens" / "paper").mkdir(parents=True)
    (root / "rules").mkdir()
    for path in ("Snakefile", "rules/a.smk", "workflow_scripts/kdlens/paper/x.py"):
        (root / path).write_text(path)
    return root


def git(root, *arguments):
    subprocess.run(
        ["git", "-c", "user.name=A", "-c", "user.email=a@b.c", "-C", root, *arguments],
        check=True,
        capture_output=True,
    )


needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git not found")


def test_files_and_versions(files, project):
    (project / "uv.lock").write_text("locked")
    manifest = build_manifest(files, CONFIG, {}, project)
    assert [Path(entry["path"]).name for entry in manifest["files"]] == ["a.csv", "b.csv"]
    first = manifest["files"][0]
    assert first["sha256"] == hashlib.sha256(b"a.csv").hexdigest()
    assert first["bytes"] == 5
    assert manifest["python"] == platform.python_version()
    assert manifest["packages"]["numpy"].startswith("2")
    assert manifest["lock_sha256"] == hashlib.sha256(b"locked").hexdigest()
    assert manifest["config"] == CONFIG
    assert [entry["job"] for entry in manifest["files"]] == [None, None]
    assert build_manifest(files, CONFIG, {}, project) == manifest


def test_missing_file_and_folder(files, tmp_path, project):
    with pytest.raises(InputError, match=r"none\.csv: no such file"):
        build_manifest([*files, tmp_path / "none.csv"], CONFIG, {}, project)
    with pytest.raises(InputError, match="is a directory"):
        build_manifest([project], CONFIG, {}, project)


def test_each_file_names_its_job_and_each_job_its_inputs_seed_and_code(files, project):
    first, second = sorted(map(str, files[:2]))
    jobs = {
        "draw seed=3": {
            "rule": "draw",
            "seed": 3,
            "inputs": [],
            "outputs": [first, "elsewhere"],
            "log": ["b.log", "a.log"],
            "code": ["workflow_scripts/draw.py", "workflow_scripts/kdlens/paper/x.py"],
        },
        "table": {
            "rule": "table",
            "seed": None,
            "inputs": [first, "gone"],
            "outputs": [second],
            "log": [],
            "code": ["workflow_scripts/table.py"],
        },
    }
    manifest = build_manifest(files, CONFIG, jobs, project)
    assert [entry["job"] for entry in manifest["files"]] == ["draw seed=3", "table"]
    sha256 = hashlib.sha256(b"a.csv").hexdigest()
    assert manifest["jobs"]["table"]["inputs"] == {first: sha256, "gone": None}
    assert manifest["jobs"]["draw seed=3"] == {
        "rule": "draw",
        "seed": 3,
        "inputs": {},
        "outputs": sorted([first, "elsewhere"]),
        "log": ["a.log", "b.log"],
    }
    assert manifest["rules"] == {name.split()[0]: job["code"] for name, job in jobs.items()}


def test_what_the_networks_were_computed_on(tmp_path, project):
    said = {"torch": "2.15.0+cu132", "device": "cuda", "precision": "bfloat16", "threads": [4]}
    paths = []
    for number, more in enumerate([{}, {}, {"device": "cpu"}]):
        paths.append(tmp_path / f"{number}/metrics.json")
        paths[-1].parent.mkdir()
        paths[-1].write_text(json.dumps({**said, **more, "top1": number}))
    older = tmp_path / "older/metrics.json"
    older.parent.mkdir()
    older.write_text("{}")
    found = build_manifest([*paths, older], CONFIG, {}, project)["computed_on"]
    assert {**said, "networks": 2} in found and {**said, "device": "cpu", "networks": 1} in found
    assert {**dict.fromkeys(said), "networks": 1} in found and len(found) == 3


def test_source_checksum_follows_the_code_alone(project):
    before = code_files(project)
    assert list(before) == ["Snakefile", "rules/a.smk", "workflow_scripts/kdlens/paper/x.py"]
    (project / "results.txt").write_text("anything")
    assert code_files(project) == before
    (project / "workflow_scripts" / "kdlens" / "paper" / "x.py").write_text("changed")
    after = code_files(project)
    assert [name for name in after if after[name] != before[name]] == list(before)[2:]
    assert checksum_of(after) != checksum_of(before)
    # As sha256sum writes it of a list that sha256sum wrote.
    lines = "".join(f"{digest}  {name}\n" for name, digest in after.items())
    assert checksum_of(after) == hashlib.sha256(lines.encode()).hexdigest()


def test_without_git(project):
    assert describe_git(project) == {
        "commit": None,
        "dirty": None,
        "changed": None,
        "note": "not a git checkout",
    }


@needs_git
def test_a_copy_inside_another_repository_claims_no_commit(project):
    git(project.parent, "init", "-q")
    git(project.parent, "add", "-A")
    git(project.parent, "commit", "-qm", "x")
    assert describe_git(project)["commit"] is None


@needs_git
def test_clean_and_dirty_checkout(project, monkeypatch):
    git(project, "init", "-q")
    git(project, "add", "-A")
    git(project, "commit", "-qm", "x")
    # As inside a hook of another repository.
    monkeypatch.setenv("GIT_DIR", str(project.parent / "elsewhere"))
    state = describe_git(project)
    assert len(state["commit"]) == 40
    assert (state["dirty"], state["changed"], state["note"]) == (False, [], "")
    (project / "Snakefile").write_text("changed")
    (project / "new file.py").write_text("")
    state = describe_git(project)
    assert state["dirty"] and state["changed"] == [" M Snakefile", "?? new file.py"]


def test_broken_or_missing_git_does_not_fail(project, monkeypatch):
    (project / ".git").write_text("gitdir: nowhere\n")
    if shutil.which("git"):
        assert describe_git(project)["note"].startswith("git failed: ")
    monkeypatch.setenv("PATH", "")
    state = describe_git(project)
    assert state["commit"] is None and state["note"].startswith("git failed: ")


def test_script(files, tmp_path):
    main = runpy.run_path(str(SCRIPTS / "write_manifest.py"))["main"]
    manifest, config = tmp_path / "out" / "manifest.json", tmp_path / "out" / "config.yaml"
    page = tmp_path / "out" / "provenance.html"
    main(files=files, manifest=manifest, config_yaml=config, html=page, config=CONFIG, jobs={})
    shown = page.read_text("utf-8")
    assert str(files[0]) in shown and "zebra" in shown and "Git commit" in shown
    assert json.loads(manifest.read_text("utf-8"))["config"] == CONFIG
    said = json.loads(manifest.read_text("utf-8"))["config_sha256"]
    assert said == hashlib.sha256(config.read_bytes()).hexdigest()
    text = config.read_text("utf-8")
    assert yaml.safe_load(text) == CONFIG
    assert text.index("zebra") < text.index("ant"), "the config's own order is kept"
    assert "é" in text


def test_plain():
    value = OrderedDict(a=(1, 2.5), b=Path("x/y"), c=None, d=True)
    assert plain(value) == {"a": [1, 2.5], "b": "x/y", "c": None, "d": True}
    assert "!!" not in yaml.safe_dump(plain(value))
