"""What Snakemake plans, without running a job: every config, on a machine with nothing."""

from __future__ import annotations

import io
import zipfile
from collections import Counter

import pytest
from config_data import PUBLISHED, SCHEMA, as_written
from PIL import Image
from project import copy_project

from kdlens.config import resolve
from kdlens.plan import cost

pytestmark = pytest.mark.workflow

# Rules of every run, with the number of their jobs; the numbers of networks follow the configs.
COMMON = {
    "check_images": 1,
    "check_concepts": 1,
    "concepts_known": 1,
    "pack_concepts": 1,
    "activation_maps": 1,
    "loss_gradient_maps": 1,
    "loss_gradients_figure": 1,
    "table01": 1,
    "table01_comparison": 1,
    "figure02": 1,
    "figure03": 1,
    "figure09": 1,
    "figure10": 1,
    "table10": 1,
    "gallery_index": 1,
    "check_claims": 1,
    "write_manifest": 1,
    "cost": 1,
    "report": 1,
    "all": 1,
}
RENDERED = {
    "render_world_images": 1,
    "render_world_concepts": 1,
    "render_world_masks": 1,
    "loss_gradients": 1,
}
# Teacher, scratch, label smoothing, KD and the null: a figure each.
FIVE = {"concept_bars": 5, "unit_grids": 5}
# Table 1 in full is the teacher, eight methods and the null.
TEN = {"concept_bars": 10}
ENTROPY = {"make_categories": 1, "table02": 1, "table12": 1, "table14": 1}
CELLS = {
    **dict.fromkeys(("render_cells", "measure_five_band_yardsticks", "table03"), 1),
    **dict.fromkeys(("figure06", "figure07", "figure11"), 1),
}
DIFFROAR = {"measure_diffroar_random": 1, "table04": 1, "diffroar_curves": 1}
WORDS = {"check_treebank": 1, "text_vocabulary": 1, "table05": 1, "text_attributions": 1}
VARIANTS = {"hyper_parameters": 4, "table11": 1, "figure04": 1, "figure05": 1}
# Of the galleries' four models (scratch, label smoothing, KD, null) every layer, by the first seed.
GALLERY = {"gallery": 4 * 4, "unit_grids": 4}
DEMO = {
    **FIVE,
    **ENTROPY,
    **dict.fromkeys(("predict", "measure_entropy"), 9),
    "train_model": 7,
    "initialise_model": 2,
    "dissect": 9,
    "gallery": 20,
}


def datasets(number):
    """What is made once for each dataset that networks learn."""
    return dict.fromkeys(("check_images", "loss_gradient_maps", "loss_gradients_figure"), number)


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ("config", {**RENDERED, **DEMO, "measure_loss_gradients": 8}),
        (
            "smoke",
            {
                **RENDERED,
                **FIVE,
                **ENTROPY,
                **dict.fromkeys(("predict", "measure_entropy"), 5),
                **{**CELLS, **DIFFROAR, **WORDS, "render_sentiment_world": 1},
                **datasets(2),
                "measure_loss_gradients": 2,
                "measure_diffroar": 1,
                # Two models of cells with their null, and of sentences too.
                "measure_five_band": 3,
                **dict.fromkeys(("train_text_model", "measure_text_attribution"), 3),
                "train_model": 4 + 2,
                "initialise_model": 1 + 1,
                "dissect": 5,
                "gallery": 10,
            },
        ),
        (
            "real",
            {
                **DEMO,
                **{"unpack_images": 1, "fetch_broden": 1, "loss_gradients": 1},
                "measure_loss_gradients": 8,
            },
        ),
        (
            "real_measures",
            {
                **FIVE,
                **dict.fromkeys(("table02", "table12", "table14", "make_categories"), 1),
                **dict.fromkeys(("predict", "measure_entropy"), 1 + 3 * 2 + 1),
                **{**CELLS, **DIFFROAR, **WORDS, "table13": 1},
                # Both CIFARs, MNIST and the cells.
                **datasets(4),
                **{"unpack_images": 2, "unpack_torchvision": 1, "fetch_broden": 1},
                **{"fetch_treebank": 1, "loss_gradients": 1},
                "train_model": 1 + 3 * 2 + 2 * 2 + (1 + 2 * 3),
                "initialise_model": 1 + 2 + 3,
                "dissect": 1 + 3 * 2 + 1,
                "measure_loss_gradients": 3 * 2 + 1,
                "measure_diffroar": (2 * 2 + 1) + 2 * 3,
                "measure_diffroar_random": 3,
                "measure_five_band": 1 + 3 * 3,
                **dict.fromkeys(("train_text_model", "measure_text_attribution"), 1 + 4 * 2 + 1),
                # One layer, at one quantile, without a gallery.
                **dict.fromkeys(("figure09", "table10", "gallery_index"), 0),
            },
        ),
        (
            "full",
            {
                **RENDERED,
                **TEN,
                **VARIANTS,
                **GALLERY,
                **ENTROPY,
                # Table 1, and all of Figure 2 but the teacher.
                **dict.fromkeys(("predict", "measure_entropy"), 1 + (7 * 2 + 1 + 2)),
                "measure_loss_gradients": 7 * 2 + 1 + 2,
                **{**CELLS, **DIFFROAR, **WORDS, "render_sentiment_world": 1},
                **datasets(2),
                # Five models twice; of cells and of sentences a teacher, three models and a null.
                "measure_diffroar": 5 * 2,
                "measure_five_band": 1 + 4 * 3,
                **dict.fromkeys(("train_text_model", "measure_text_attribution"), 1 + 4 * 3),
                # The teacher, Table 1 (7 methods twice, SSKD once), 5 more cells of the grid and
                # label smoothing at 0.5, Figures 4 and 5 with a teacher, Tables 11 and 3.
                "train_model": 1 + (7 * 2 + 1) + (5 + 1) * 2 + (1 + 3 * 2) + 3 + 4 + (1 + 3 * 3),
                "initialise_model": 2 + 2 + 3,
                # Of these all but Figure 4's teacher, with the nulls; ResNet-50 by itself.
                "dissect": 1 + (7 * 2 + 1 + 2) + (5 + 1) * 2 + 3 * 2 + 3 + (2 + 1),
                "dissect_resnet50_w8": 2 + 1,
            },
        ),
        (
            "study",
            {
                **RENDERED,
                **TEN,
                **GALLERY,
                **ENTROPY,
                **dict.fromkeys(("predict", "measure_entropy"), 1 + (8 + 1) * 5),
                "measure_loss_gradients": (8 + 1) * 5,
                "figure05": 1,
                # The teacher; five seeds of Table 1's eight methods and Figure 5's three.
                "train_model": 1 + (8 + 3) * 5,
                "initialise_model": 5,
                "dissect": 1 + (8 + 3 + 1) * 5,
            },
        ),
        (
            "paper",
            {
                "fetch_broden": 1,
                **TEN,
                **VARIANTS,
                **ENTROPY,
                # The three models of section B.3 (seeds of Table 9 and Tables 6 to 8), those of
                # Table 1 beside them, their teacher and null.
                **dict.fromkeys(("predict", "measure_entropy"), 3 * 3 + 2 * 3 + 1 + 3),
                # Figure 2's models, on Broden.
                "loss_gradients": 1,
                "measure_loss_gradients": 4 * 3,
                **{
                    **CELLS,
                    **DIFFROAR,
                    **WORDS,
                    "table13": 1,
                    "fetch_treebank": 1,
                    "fetch_bert": 1,
                },
                # Cells, MNIST and both CIFARs beside ImageNet.
                **datasets(5),
                "unpack_torchvision": 3,
                "measure_five_band": 1 + 4 * 3,
                "measure_diffroar": 3 * 3,
                "measure_diffroar_random": 3,
                **dict.fromkeys(("train_text_model", "measure_text_attribution"), 1 + 5 * 3),
                # torchvision's ResNet-34 (section B.2), and its ResNet-50 for Table 11.
                "import_checkpoint": 2,
                "train_model": (
                    8 * 3  # Table 1: eight methods, three seeds each (its caption)
                    + 11 * 3  # Tables 6 to 8: 3 x 4 cells but Table 1's, three seeds (A.1)
                    + 1 * 3  # Table 9: label smoothing at 0.5 beside Table 1's 0.1
                    + 1  # Figure 4: the teacher with label smoothing (B.5)
                    + 3 * 3  # and its students at T 1, 2 and 4, three seeds (B.5)
                    + 3  # Figure 5: AT, FT, CRD with KD; Table 1 has them without
                    + 9  # Table 11: its nine columns
                    + 1  # Table 3: the teacher of the cells (B.6)
                    + 3 * 3  # and its student, scratch, and our label smoothing, three seeds
                    + 2 * 3  # Table 4: scratch and self-KD on three datasets (B.7)
                ),
                # Our nulls: three for Table 1, one for each other network of Table 11, three of
                # cells, one for each dataset of Table 4.
                "initialise_model": 3 + 4 + 3 + 3,
                # Everything in Tables 1 and 6 to 9 and Figures 4 and 5, with Table 1's teacher and
                # nulls; ResNet-34 of Table 11. Of the teachers of Figure 4 and Table 11, none.
                "dissect": (1 + 8 * 3 + 3) + 11 * 3 + 3 + 3 * 3 + 3 + (2 + 1),
                # Networks of other layers in Table 11: scratch, KD where there is, self-KD, null.
                "dissect_resnet50": 3,
                "dissect_mobilenet_v2": 4,
                "dissect_efficientnet_b2": 3,
                "gallery": 10 * 4,
                "unit_grids": 10,
            },
        ),
    ],
)
def test_dry_run_without_data_network_or_gpu(fresh, config, expected):
    run = fresh.snakemake("-n", "--configfile", f"config/{config}.yaml", KDLENS_DATA="/nowhere")
    assert run.returncode == 0, run.output
    jobs = run.jobs()
    wanted = {rule: count for rule, count in {**COMMON, **expected}.items() if count}
    assert jobs == wanted
    # The table of costs is of exactly these, but for itself, the report after it, and the mark,
    # which takes no time.
    resolved = resolve(as_written(config), SCHEMA, PUBLISHED)
    measured = Counter(job["rule"] for job in cost.jobs(resolved))
    assert {**measured, **dict.fromkeys(("concepts_known", "cost", "report", "all"), 1)} == jobs


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


def test_too_few_gpus_for_a_job_are_refused_and_on_the_cpu_they_do_not_matter(fresh):
    run = fresh.snakemake("-n", "--resources", "gpu=0")
    assert run.returncode != 0 and run.jobs() == {}
    assert "--resources gpu=0 leaves no GPU for the jobs that compute with torch" in run.output
    assert "Traceback" not in run.output
    text = (fresh.folder / "config/smoke.yaml").read_text("utf-8")
    several = fresh.folder / "several.yaml"
    several.write_text(text.replace("  teacher:\n", "  teacher:\n    gpus: 2\n", 1), "utf-8")
    command = ("-n", "--resources", "gpu=1", "--configfile", "several.yaml")
    run = fresh.snakemake(*command)
    assert run.returncode != 0 and run.jobs() == {}
    assert "gpu=1 is less than the 2 of config key models.teacher.gpus" in run.output
    run = fresh.snakemake(*command, "--config", "device=cpu")
    assert run.returncode == 0 and run.jobs()["train_model"] == 6, run.output


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
    assert run.jobs()["check_concepts"] == run.jobs()["concepts_known"] == 1


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


@pytest.mark.parametrize(
    ("given", "asked"),
    [
        ((), " --configfile config/smoke.yaml"),
        (("--config", "from_reference=false"), " --configfile config/smoke.yaml"),
        (("--config", "run=foo"), " --configfile results/foo/config.yaml"),
        (("--config", "run=foo", "results=out"), " --configfile out/foo/config.yaml"),
    ],
)
def test_the_report_s_commands_ask_for_the_run_that_the_user_asked_for(fresh, given, asked):
    told = "print('AGAIN', rules.report.params.page(None)['commands']['again'])\n"
    probe = fresh.folder / "told.smk"
    probe.write_text(f'include: "Snakefile"\n{told}')
    smoke = ("--configfile", "config/smoke.yaml")
    run = fresh.snakemake("--snakefile", "told.smk", "--list-rules", *smoke, *given)
    probe.unlink()
    assert run.returncode == 0, run.output[-3000:]
    assert f"AGAIN snakemake --cores 1{asked}\n" in run.output
