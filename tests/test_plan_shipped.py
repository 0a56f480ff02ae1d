"""What is shipped of a run, what can be made from it, and what is said of the rest."""

from __future__ import annotations

import copy
import json
from pathlib import Path

import pytest
from config_data import CHECKPOINT, DEMO, PUBLISHED, SCHEMA, as_written, changed

from kdlens.config import resolve
from kdlens.errors import InputError
from kdlens.plan import figures, paths, shipped

FULL = as_written("full")


def resolved(config, **changes):
    return resolve({**config, **changes}, SCHEMA, PUBLISHED)


RUN, SWITCHED = resolved(DEMO), resolved(DEMO, from_reference=True)


def test_folders_of_a_run_and_of_one_from_shipped_results():
    assert paths.run(RUN) == paths.found(RUN) == "results/demo"
    assert paths.data(RUN) == "results/data"
    assert paths.run(SWITCHED) == "results/from_reference/demo"
    assert paths.found(SWITCHED) == paths.shipped(RUN) == "results/reference/demo"
    assert paths.data(SWITCHED) == "results/reference/demo/data"
    for folder in (paths.model, paths.dissection):
        assert folder(SWITCHED) == folder(RUN).replace("results/", "results/reference/")
    assert paths.measure(SWITCHED, "entropy", "kd", 1) == (
        "results/reference/demo/measures/entropy/kd/seed1"
    )


def test_the_switch_is_read_as_the_command_line_gives_it():
    assert resolved(DEMO, from_reference="true") == SWITCHED
    assert resolved(DEMO, from_reference="false") == RUN
    with pytest.raises(InputError, match="config key from_reference: 'yes' is a text"):
        resolved(DEMO, from_reference="yes")


@pytest.mark.parametrize("config", [DEMO, FULL, CHECKPOINT], ids=["demo", "full", "checkpoint"])
def test_every_file_of_the_paper_can_be_made_or_has_a_reason(config):
    config = resolved(config, from_reference=True)
    made, reasons = shipped.can_be_made(config), shipped.left_out(config)
    assert not set(made) & set(reasons)
    run = {**config, "from_reference": False}
    everything = {*shipped.final_files(run), *shipped.made(run)}
    start, here = paths.run(run), paths.run(config)
    assert {file.replace(start, here, 1) for file in everything} <= {*made, *reasons}
    assert all(reason.strip() for reason in reasons.values())


def test_figures_of_photographs_that_are_not_ours_are_left_out():
    config = resolved(CHECKPOINT)
    reasons, made = shipped.left_out(config), shipped.made(config)
    (name, *_) = config["paper"]["unit_grids"]["models"]
    for figure in ("figure03", f"units_{name}"):
        for file in figures.files(config, figure):
            assert "not ours to hand on" in reasons[file] and file not in made
    assert not shipped.params(config)["concepts"] and not shipped.unit_grids(config)
    assert shipped.params(RUN)["concepts"] == "results/data/world_concepts/dataset.json"
    assert not any("not ours" in reason for reason in shipped.left_out(RUN).values())
    assert set(figures.files(RUN, "figure03")) <= set(shipped.can_be_made(RUN))


def test_tallies_are_reduced_to_the_quantiles_that_are_read():
    found = shipped.quantiles(resolved(FULL))
    ten = FULL["dissection"]["quantiles"]
    folder = "results/full/dissection"
    assert found[f"{folder}/kd/seed2/layer4.npz"] == ten
    assert found[f"{folder}/scratch/seed1/layer4_shuffled.npz"] == ten
    # No line of Figure 9, but rows of Tables 1 and 10, and of Tables 6 to 8.
    for file in ("at/seed1/layer4", "kd/seed1/layer1", "kd_a0.9_t1/seed2/layer4"):
        assert found[f"{folder}/{file}.npz"] == [0.005]
    assert f"{folder}/kd_a0.9_t1/seed1/layer1.npz" not in found


def test_inputs_of_other_stages_are_found_among_those_of_the_rules():
    inputs = [
        "results/demo/dissection/kd/seed1/layer4.npz",
        "results/data/world_concepts/dataset.json",
        "results/demo/tables/table01.csv",
        "config/reference/han2023/table01.csv",
        "workflow_scripts/kdlens/files.py",
    ]
    found = shipped.found(RUN, inputs)
    assert inputs[:2] == [file for file in found if file in inputs]
    assert "results/demo/models/teacher/seed1/metrics.json" in found


@pytest.fixture
def ships(tmp_path, monkeypatch):
    """A folder with shipped results of the demo's config."""
    monkeypatch.chdir(tmp_path)
    folder = Path("results/reference/demo")
    folder.mkdir(parents=True)
    (folder / "shipped.json").write_text("{}")
    (folder / "manifest.json").write_text(json.dumps({"config": RUN}))
    return folder


def test_the_config_must_be_that_of_the_shipped_results(ships):
    shipped.check(SWITCHED, ["--cores", "1", "results/from_reference/demo/figures/figure02.svg"])
    epochs = resolve(
        changed("training.epochs", 9, {**DEMO, "from_reference": True}), SCHEMA, PUBLISHED
    )
    with pytest.raises(InputError, match=r"training\.epochs: is 9, but .* were made with 7"):
        shipped.check(epochs, [])
    # What is shown of them is free, and so is a key that the schema has gained since.
    free = resolve(
        changed("paper.figure09", {"models": ["kd"]}, {**DEMO, "from_reference": True}),
        SCHEMA,
        PUBLISHED,
    )
    shipped.check(free, [])
    older = copy.deepcopy(RUN)
    del older["dissection"]["precision"]
    (ships / "manifest.json").write_text(json.dumps({"config": older}))
    shipped.check(SWITCHED, [])


def test_a_run_that_is_not_shipped_is_refused(ships):
    other = resolved({**DEMO, "run": "other"}, from_reference=True)
    with pytest.raises(InputError, match=r"reference/other has no shipped .* have are demo\. make"):
        shipped.check(other, [])


@pytest.mark.parametrize(
    ("target", "message"),
    [
        ("results/demo/figures/figure02.svg", "write results/from_reference/demo/figures/figure02"),
        ("results/from_reference/demo/gallery/index.html", "too many to be shipped"),
        ("results/from_reference/demo/cost.html", "are the run's own"),
    ],
)
def test_a_target_that_cannot_be_made_is_refused_with_the_reason(ships, target, message):
    with pytest.raises(InputError, match=message):
        shipped.check(SWITCHED, [target])
