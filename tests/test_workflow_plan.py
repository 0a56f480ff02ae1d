"""What Snakemake plans, without running a job: every config, on a machine with nothing."""

from __future__ import annotations

import io
import zipfile

import pytest
from conftest import copy_project
from PIL import Image

pytestmark = pytest.mark.workflow

# Rules of every run, with the number of their jobs; the numbers of networks follow the configs.
COMMON = {
    "check_images": 1,
    "check_concepts": 1,
    "pack_concepts": 1,
    "activation_maps": 1,
    "table01": 1,
    "table01_comparison": 1,
    "figure02": 1,
    "figure03": 1,
    "figure09": 1,
    "figure10": 1,
    "table10": 1,
    "concept_bars": 5,
    "unit_grids": 5,
    "gallery_index": 1,
    "write_manifest": 1,
    "all": 1,
}
RENDERED = {"render_world_images": 1, "render_world_concepts": 1}


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        (
            "config",
            {**RENDERED, "train_model": 7, "initialise_model": 2, "dissect": 9, "gallery": 20},
        ),
        (
            "smoke",
            {**RENDERED, "train_model": 4, "initialise_model": 1, "dissect": 5, "gallery": 10},
        ),
        (
            "real",
            {
                "unpack_images": 1,
                "fetch_broden": 1,
                "train_model": 7,
                "initialise_model": 2,
                "dissect": 9,
                "gallery": 20,
            },
        ),
        (
            "paper",
            {
                "fetch_broden": 1,
                "import_checkpoint": 1,
                "train_model": 9,
                "initialise_model": 3,
                "dissect": 13,
                "gallery": 20,
            },
        ),
    ],
)
def test_dry_run_without_data_network_or_gpu(fresh, config, expected):
    run = fresh.snakemake("-n", "--configfile", f"config/{config}.yaml", KDLENS_DATA="/nowhere")
    assert run.returncode == 0, run.output
    jobs = {rule: count for rule, count in run.jobs().items() if rule != "total"}
    assert jobs == {**COMMON, **expected}


def test_what_a_config_has_too_little_for_is_left_out(fresh):
    text = (fresh.folder / "config/smoke.yaml").read_text("utf-8")
    head, _, _ = text.partition("\ndissection:")
    few = fresh.folder / "few.yaml"
    few.write_text(f"{head}\npaper: {{unit_grids: {{models: [kd]}}}}\n", "utf-8")
    run = fresh.snakemake("-n", "--configfile", "few.yaml")
    assert run.returncode == 0, run.output
    jobs = run.jobs()
    assert not {"figure09", "table10"} & set(jobs)
    assert jobs["figure10"] == jobs["unit_grids"] == 1 and jobs["concept_bars"] == 5


def test_the_command_of_the_readme_plans(fresh):
    run = fresh.snakemake("-n", "--cores", "8", "--resources", "gpu=4")
    assert run.returncode == 0, run.output
    assert run.jobs()["train_model"] == 7


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("device=gpu", "config key device: gpu is not among the choices"),
        ("rnu=x", "config key rnu is not known; did you mean 'run'?"),
    ],
)
def test_a_wrong_config_is_one_line_before_any_job(fresh, change, message):
    run = fresh.snakemake("-n", "--config", change)
    assert run.returncode != 0
    assert message in run.output
    assert "Traceback" not in run.output
    assert run.jobs() == {}


def test_a_teacher_of_itself_is_refused(fresh):
    text = (fresh.folder / "config/smoke.yaml").read_text("utf-8")
    wrong = fresh.folder / "wrong.yaml"
    wrong.write_text(text.replace("teacher: teacher", "teacher: kd"), "utf-8")
    run = fresh.snakemake("-n", "--configfile", "wrong.yaml")
    assert run.returncode != 0
    assert "config key models.kd.teacher: the model teaches itself" in run.output


def test_a_target_of_an_unknown_model_is_refused(fresh):
    run = fresh.snakemake("-n", "results/demo/models/scrach/seed1/model.pt")
    assert run.returncode != 0
    assert "the config has no model 'scrach'; did you mean 'scratch'?" in run.output
    run = fresh.snakemake("-n", "results/demo/models/scratch/seed9/model.pt")
    assert run.returncode != 0
    assert "scratch has no seed 9; it has 1, 2" in run.output
    run = fresh.snakemake("-n", "results/smoke/tables/table01.md")
    assert run.returncode != 0
    assert "belongs to another run than 'demo'" in run.output


def test_nothing_is_trained_before_the_concepts_are_checked(fresh):
    run = fresh.snakemake("-n", "results/demo/models/scratch/seed1/model.pt")
    assert run.returncode == 0, run.output
    assert run.jobs()["check_concepts"] == 1


def test_an_archive_may_go_once_it_is_unpacked(tmp_path):
    project = copy_project(tmp_path / "project")
    data = tmp_path / "data"
    data.mkdir()
    with zipfile.ZipFile(data / "tiny_imagenet_subset.zip", "w") as archive:
        for split in ("train", "val"):
            for k in range(200):
                buffer = io.BytesIO()
                Image.new("RGB", (64, 64), (k, 0, 0)).save(buffer, "PNG")
                archive.writestr(f"tiny_imagenet/{split}/class{k:03}/1.png", buffer.getvalue())
    summary = "results/data/tiny_imagenet/dataset.json"
    command = (summary, "--cores", "1", "--configfile", "config/real.yaml")
    run = project.snakemake(*command, KDLENS_DATA=str(data))
    assert run.returncode == 0, run.output
    (data / "tiny_imagenet_subset.zip").unlink()
    again = project.snakemake(*command, KDLENS_DATA=str(data))
    assert again.returncode == 0, again.output
    assert "Nothing to be done" in again.output
