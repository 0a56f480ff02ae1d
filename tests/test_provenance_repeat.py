"""make verify, its second half: which part is made again, where, and what is compared."""

from __future__ import annotations

import copy
import sys
from pathlib import Path

import pytest
import yaml
from config_data import CONFIGS, PUBLISHED, SCHEMA, as_written
from project import ROOT
from provenance_data import DATA, RUN, write, write_run

from kdlens.config import resolve
from kdlens.errors import InputError
from kdlens.paper.manifest import config_as_yaml
from kdlens.provenance.jobs import read_times
from kdlens.provenance.parts import choose, seconds_of
from kdlens.provenance.repeat import (
    copy_project,
    differences,
    draws_its_data,
    fingerprints,
    repeat,
)

sys.path.insert(0, str(ROOT / "tools"))
import verify

NETWORK = ("model.pt", "metrics.json")


@pytest.fixture
def manifest(project):
    return write_run(project)


def chosen(manifest, *parts):
    return choose(manifest, read_times(RUN / "jobs.json"), RUN.as_posix(), parts)


def test_a_model_of_sentences_is_a_part_too(manifest):
    job = manifest["jobs"].pop(
        next(n for n, j in manifest["jobs"].items() if "/kd/" in j["outputs"][0])
    )
    manifest["jobs"]["train_text_model"] = job
    config = manifest["config"]
    config["text"] = {"models": {"kd": config["models"].pop("kd")}}
    files, jobs = chosen(manifest, "kd")
    assert "train_text_model" in jobs and set(job["outputs"]) <= set(files)


def test_a_file_takes_all_jobs_behind_it(manifest):
    files, jobs = chosen(manifest, "tables/table01.csv")
    assert files == [f"{RUN}/tables/table01.csv"]
    assert set(jobs) == set(manifest["jobs"])
    assert chosen(manifest, f"{RUN}/tables/table01.csv") == (files, jobs)


def test_a_model_stands_for_what_follows_from_it_and_its_teachers(manifest):
    files, jobs = chosen(manifest, "kd")
    networks = ("teacher", "kd")
    expected = {f"{RUN}/models/{name}/seed1/{end}" for name in networks for end in NETWORK}
    expected |= {f"{RUN}/dissection/{name}/seed1/layer4.csv" for name in networks}
    assert set(files) == expected
    assert "table01" not in jobs and "dissect model=chance seed=1" not in jobs
    assert {"render dataset=images", "pack", "train_model model=teacher seed=1"} <= set(jobs)


def test_a_short_run_is_repeated_whole_and_a_long_one_by_its_quickest_network(manifest):
    times = read_times(RUN / "jobs.json")
    whole, jobs = choose(manifest, times, RUN.as_posix(), [])
    assert len(whole) == 12 and set(jobs) == set(manifest["jobs"])
    times["pack"]["seconds"] = 1000.0
    files, _ = choose(manifest, times, RUN.as_posix(), [])
    assert set(files) == set(chosen(manifest, "teacher")[0])
    # Without times: the first that is trained from scratch.
    assert choose(manifest, {}, RUN.as_posix(), []) == chosen(manifest, "teacher")


def test_a_part_that_is_not_there(manifest):
    with pytest.raises(InputError, match=r"PART=teachr: neither a file .* did you mean 'teacher'"):
        chosen(manifest, "teachr")


def test_seconds_of_jobs():
    times = {"a": {"seconds": 1.0}, "b": {"seconds": 2.0}, "c": {"seconds": None}}
    assert seconds_of(["a", "b"], times) == 3.0
    assert seconds_of(["a", "c"], times) is None and seconds_of(["a", "d"], times) is None


def test_differences(tmp_path):
    for folder, files in {
        "one": {"a": "1", "b/c": "2", "b/logs/x": "said", "jobs.json": "times", "only": ""},
        "other": {"a": "1", "b/c": "3", "b/logs/x": "other", "jobs.json": "others"},
    }.items():
        for name, text in files.items():
            write(tmp_path / folder / name, text)
    (tmp_path / "other/linked").symlink_to(tmp_path / "one")
    found = differences(fingerprints(tmp_path / "one"), fingerprints(tmp_path / "other"))
    assert found == ["only the first time: only", "differs: b/c"]
    assert differences({}, {"a": "1"}) == ["only the second time: a"]


def test_a_copy_finds_what_the_config_names_and_writes_elsewhere(project, manifest, tmp_path):
    write(tmp_path / "shared/concepts/index.csv", "images")
    place = copy_project(tmp_path / "first", manifest, project)
    assert (place / "rules/a.smk").is_file() and not (place / RUN).exists()
    assert place.is_relative_to(tmp_path / "first")
    link = place / "../shared/concepts/index.csv"
    assert link.read_text() == "images"
    own = project / RUN / "config.yaml"
    assert (place / "config/verify.yaml").read_bytes() == own.read_bytes()
    # Photographs of the user are used as the run has them.
    assert not draws_its_data(manifest)
    assert (place / DATA).is_symlink() and (place / f"{DATA}/images/dataset.json").is_file()
    assert not fingerprints(place / "results")


def test_what_the_workflow_draws_is_drawn_again(project, manifest, tmp_path):
    drawn = copy.deepcopy(manifest)
    drawn["config"]["concept_data"] = {"name": "concepts", "source": "concept_world"}
    assert draws_its_data(drawn)
    assert not (copy_project(tmp_path / "first", drawn, project) / "results").exists()


@pytest.mark.parametrize("run", [path.stem for path in CONFIGS])
def test_the_config_of_a_run_makes_the_same_run_again(run, monkeypatch):
    for name in ("IMAGENET", "CHECKPOINT", "CONCEPTS"):
        monkeypatch.setenv(name, f"/somewhere/{name}")
    monkeypatch.setenv("CHECKPOINT_SHA256", "0" * 64)
    config = resolve(as_written(run), SCHEMA, PUBLISHED)
    written = config_as_yaml(config)
    again = resolve(yaml.safe_load(written), SCHEMA, PUBLISHED)
    assert again == config and config_as_yaml(again) == written


SNAKEFILE = """
configfile: "config/verify.yaml"

rule table01:
    output: "results/tiny/tables/table01.csv"
    log: "results/tiny/logs/table01.log"
    shell: "{command}"

rule concepts_known:
    output: "mark"
    shell: "exit 1"
"""


def with_table(project: Path, manifest: dict, command: str) -> dict:
    (project / "Snakefile").write_text(SNAKEFILE.replace("{command}", command))
    small = copy.deepcopy(manifest)
    small["jobs"] = {"table01": {**manifest["jobs"]["table01"], "inputs": {}}}
    return small


def test_repeating_is_a_run_of_snakemake_in_the_copy(project, manifest, tmp_path):
    small = with_table(project, manifest, "echo 1 > {output}")
    target = f"{RUN}/tables/table01.csv"
    seconds, made = repeat(tmp_path / "first", small, project, [target], 1)
    assert seconds > 0 and (made / "tiny/tables/table01.csv").read_text() == "1\n"
    assert "tiny/tables/table01.csv" in fingerprints(made)


def test_a_run_that_fails_says_why(project, manifest, tmp_path):
    small = with_table(project, manifest, "echo no error in sight >&2; exit 3")
    with pytest.raises(InputError, match=r"the run in .* failed: .*[Ee]rror"):
        repeat(tmp_path / "first", small, project, [f"{RUN}/tables/table01.csv"], 1)


@pytest.mark.parametrize(
    ("second", "status", "said"),
    [
        ("results/tiny/tables/table01.csv", 0, "the two times: 1 files are the same to the byte"),
        ("something else", 1, "differs: tiny/tables/table01.csv"),
    ],
)
def test_the_command(project, monkeypatch, capsys, second, status, said):
    contents = iter(["results/tiny/tables/table01.csv", second])

    def fake(folder, manifest, project, files, cores):
        write(folder / "results/tiny/tables/table01.csv", next(contents))
        return 1.0, folder / "results"

    monkeypatch.setattr(verify, "repeat", fake)
    assert verify.main(["--run", "tiny", "--part", "tables/table01.csv"], project) == status
    out = capsys.readouterr().out
    assert said in out and "making 1 files again, twice: 11 jobs each time (22 s" in out
    assert "the run itself: 1 of these are the same, 0 are not" in out


def test_a_difference_from_the_run_itself_is_said_and_no_failure(project, monkeypatch, capsys):
    def fake(folder, *_):
        write(folder / "results/tiny/tables/table01.csv", "of another processor")
        return 1.0, folder / "results"

    monkeypatch.setattr(verify, "repeat", fake)
    assert verify.main(["--run", "tiny", "--part", "tables/table01.csv"], project) == 0
    assert "not as in the run itself: tiny/tables/table01.csv" in capsys.readouterr().out
    assert verify.main(["--run", "tiny", "--part", "nothing"], project) == 1
    assert "error: PART=nothing" in capsys.readouterr().err
