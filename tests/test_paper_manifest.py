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
from paper_data import SCRIPTS

from kdlens.errors import InputError
from kdlens.paper.manifest import build_manifest, describe_git, plain, source_checksum

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
    manifest = build_manifest(files, CONFIG, project)
    assert [Path(entry["path"]).name for entry in manifest["files"]] == ["a.csv", "b.csv"]
    first = manifest["files"][0]
    assert first["sha256"] == hashlib.sha256(b"a.csv").hexdigest()
    assert first["bytes"] == 5
    assert manifest["python"] == platform.python_version()
    assert manifest["packages"]["numpy"].startswith("2")
    assert manifest["lock_sha256"] == hashlib.sha256(b"locked").hexdigest()
    assert manifest["config"] == CONFIG
    assert build_manifest(files, CONFIG, project) == manifest


def test_missing_file_and_folder(files, tmp_path, project):
    with pytest.raises(InputError, match=r"none\.csv: no such file"):
        build_manifest([*files, tmp_path / "none.csv"], CONFIG, project)
    with pytest.raises(InputError, match="is a directory"):
        build_manifest([project], CONFIG, project)


def test_source_checksum_follows_the_code_alone(project):
    before = source_checksum(project)
    (project / "results.txt").write_text("anything")
    assert source_checksum(project) == before
    (project / "workflow_scripts" / "kdlens" / "paper" / "x.py").write_text("changed")
    assert source_checksum(project) != before


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
    main(files=files, manifest=manifest, config_yaml=config, html=page, config=CONFIG)
    shown = page.read_text("utf-8")
    assert str(files[0]) in shown and "zebra" in shown and "Git commit" in shown
    assert json.loads(manifest.read_text("utf-8"))["config"] == CONFIG
    text = config.read_text("utf-8")
    assert yaml.safe_load(text) == CONFIG
    assert text.index("zebra") < text.index("ant"), "the config's own order is kept"
    assert "é" in text


def test_plain():
    value = OrderedDict(a=(1, 2.5), b=Path("x/y"), c=None, d=True)
    assert plain(value) == {"a": [1, 2.5], "b": "x/y", "c": None, "d": True}
    assert "!!" not in yaml.safe_dump(plain(value))
