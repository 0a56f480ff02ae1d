"""make verify, its first half: what is missing, changed, or not in the manifest."""

from __future__ import annotations

import json
import shutil
import sys

import pytest
from PIL import Image
from project import ROOT
from provenance_data import DATA, RUN, write

from kdlens.data.broden_check import check_broden
from kdlens.data.image_folder import check_image_folder
from kdlens.errors import InputError
from kdlens.files import sha256_of, write_json
from kdlens.provenance.check import check_data, check_run
from kdlens.provenance.manifest import read_manifest

sys.path.insert(0, str(ROOT / "tools"))
import verify


def check(project):
    return check_run(read_manifest(project / RUN / "manifest.json"), RUN, project)


def test_an_untouched_run_is_good(project):
    found = check(project)
    assert found.good and found.checked == 12
    assert found.lines() == ["note: the run names no commit (not a git checkout)"]


def test_missing_changed_and_extra_files_are_a_line_each(project):
    (project / RUN / "tables/table01.csv").write_text("another number")
    (project / RUN / "models/kd/seed1/model.pt").unlink()
    write(project / RUN / "tables/table02.csv", "mine")
    write(project / RUN / "tables/logs/table01.log", "said")
    found = check(project)
    assert not found.good
    assert found.missing == [
        f"missing: {RUN}/models/kd/seed1/model.pt (made by: train_model model=kd seed=1)"
    ]
    assert found.changed == [f"changed: {RUN}/tables/table01.csv (made by: table01)"]
    assert found.extra == [f"not in the manifest: {RUN}/tables/table02.csv"]


def test_an_extra_file_alone_is_said_and_no_failure(project):
    write(project / RUN / "notes.txt", "mine")
    found = check(project)
    assert found.good and found.extra == [f"not in the manifest: {RUN}/notes.txt"]


def test_what_the_crate_adds_is_not_extra_but_a_model_of_that_name_is(project):
    write(project / RUN / "workflow/Snakefile", "a copy")
    write(project / RUN / "ro-crate-metadata.json", "{}")
    write(project / RUN / "models/workflow/seed1/model.pt", "a network")
    assert check(project).extra == [f"not in the manifest: {RUN}/models/workflow/seed1/model.pt"]


def test_inputs_that_are_no_results_are_checked_too(project):
    (project / "config/reference/published.csv").write_text("other numbers")
    (project / f"{DATA}/concepts/packed/packed.json").write_text("{}")
    assert check(project).changed == [
        "changed: config/reference/published.csv (an input)",
        f"changed: {DATA}/concepts/packed (an input)",
    ]


def test_an_input_that_is_gone_is_a_note(project):
    (project / "config/reference/published.csv").unlink()
    found = check(project)
    assert found.good
    assert "note: config/reference/published.csv: an input that is no longer there" in found.notes


def test_the_config_beside_the_manifest(project):
    config = project / RUN / "config.yaml"
    config.write_text(config.read_text() + "# a comment\n")
    assert check(project).changed == [f"changed: {RUN}/config.yaml"]
    config.unlink()
    assert check(project).missing == [f"missing: {RUN}/config.yaml"]


@pytest.mark.parametrize(
    ("damage", "says"),
    [
        (lambda manifest: manifest["config"].update(title="Another"), "its config is not"),
        (
            lambda manifest: manifest["jobs"]["table01"]["inputs"].update(
                {f"{RUN}/dissection/kd/seed1/layer4.csv": "0" * 64}
            ),
            "two checksums of",
        ),
    ],
)
def test_a_manifest_that_contradicts_itself(project, damage, says):
    path = project / RUN / "manifest.json"
    manifest = json.loads(path.read_text())
    damage(manifest)
    write_json(path, manifest)
    (line,) = check(project).changed
    assert says in line


def test_a_manifest_that_is_none(project):
    path = project / RUN / "manifest.json"
    manifest = json.loads(path.read_text())
    path.write_text(path.read_text()[:-40])
    with pytest.raises(InputError, match="not valid JSON"):
        read_manifest(path)
    write_json(path, {key: value for key, value in manifest.items() if key != "jobs"})
    with pytest.raises(InputError, match="has no jobs"):
        read_manifest(path)
    write_json(path, {**manifest, "files": [{"path": "a"}]})
    with pytest.raises(InputError, match="damaged entries"):
        read_manifest(path)
    write_json(path, [])
    with pytest.raises(InputError, match="has no files"):
        read_manifest(path)
    path.unlink()
    with pytest.raises(InputError, match="run the workflow to its end first"):
        read_manifest(path)


def test_other_code_and_other_packages_are_notes(project):
    (project / "workflow_scripts/table01.py").write_text("edited")
    (project / "uv.lock").write_text("edited")
    manifest = {
        **read_manifest(project / RUN / "manifest.json"),
        "git": {"commit": "c" * 40, "dirty": True, "changed": [" M Snakefile"], "note": ""},
    }
    assert check_run(manifest, RUN, project).notes == [
        "note: the run's code was commit cccccccccccc with changes",
        "note: the code here is not the run's: workflow_scripts/table01.py",
        "note: uv.lock here is not the run's",
    ]


def test_every_image_of_a_dataset_and_every_file_of_a_pack(tmp_path, training, concepts):
    images = shutil.copytree(training, tmp_path / "images")
    splits = {"train": "train", "val": "val"}
    found = {"images": check_image_folder(images, splits), "concepts": check_broden(concepts)}
    for name, summary in found.items():
        write_json(tmp_path / name / "dataset.json", summary)
    write_json(tmp_path / "other/dataset.json", {"kind": "sound", "root": "other", "digest": "d"})
    pack = tmp_path / "pack"
    write(pack / "labels.bin", "labels")
    listed = {"labels.bin": {"sha256": sha256_of(pack / "labels.bin")}}
    write_json(pack / "packed.json", {"files": listed})
    inputs = {f"{name}/dataset.json": "any" for name in ("images", "concepts", "other")}
    manifest = {"jobs": {"all": {"inputs": {**inputs, "pack": "pack:any"}}}}
    note = "note: other/dataset.json: no check is known of a dataset of kind 'sound'"
    assert list(check_data(manifest, tmp_path)) == [note]
    image = next(path for path in (images / "val").rglob("*") if path.is_file())
    Image.new("RGB", (40, 40)).save(image)
    (pack / "labels.bin").write_text("other labels")
    assert list(check_data(manifest, tmp_path)) == [
        f"changed: {images}: its images are not those of images/dataset.json",
        note,
        "changed: pack/labels.bin",
    ]


def test_the_command(project, capsys):
    assert verify.main(["--run", "tiny", "--part", "none"], project) == 0
    said = capsys.readouterr().out
    assert "12 files read" in said and "0 missing, 0 changed, 0 not in the manifest" in said
    (project / RUN / "tables/table01.csv").write_text("another number")
    assert verify.main(["--run", "tiny", "--part", "none"], project) == 1
    assert f"changed: {RUN}/tables/table01.csv" in capsys.readouterr().out
    assert verify.main(["--run", "none", "--part", "none"], project) == 1
    assert "error: " in capsys.readouterr().err
