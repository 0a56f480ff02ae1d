"""What the rules of the section text are told, and which files and jobs a run has of it."""

from __future__ import annotations

import pytest
from config_data import DEMO, PUBLISHED, SCHEMA, changed
from test_config_text import resolved, with_text

from kdlens.config import resolve
from kdlens.errors import InputError
from kdlens.plan import cost, results, text
from kdlens.plan.measures import text as attribution

CONFIG = resolved()
PLAIN = resolve(DEMO, SCHEMA, PUBLISHED)
TREES = {"name": "sst", "source": "treebank", "path": "/data/sst.zip", "subfolder": "trees"}


def rules_of(config):
    return [job["rule"] for job in cost.jobs(config)]


def test_a_run_without_text_has_nothing_of_it():
    assert text.origin(PLAIN) is None
    assert text.tree(PLAIN) == text.summary(PLAIN) == text.pairs(PLAIN) == text.files(PLAIN) == []
    assert text.archive(PLAIN) == text.own_files(PLAIN) == text.pretrained(PLAIN) == []
    assert text.dataset_names(PLAIN) == text.pretrained_names(PLAIN) == text.seeds(PLAIN) == []
    assert attribution.results(PLAIN) == attribution.paper_files(PLAIN) == []
    assert attribution.figure_words(PLAIN) == []
    assert attribution.rows(PLAIN, "table05") == []
    assert not {"train_text_model", "check_treebank", "table05"} & set(rules_of(PLAIN))


def test_sentences_are_written_unpacked_or_used_where_they_lie(tmp_path):
    assert text.tree(CONFIG) == ["results/data/reviews/tree"]
    assert text.world(CONFIG)["files"] == {s: f"{s}.txt" for s in ("train", "dev", "test")}
    archive = resolved(changed("text.data", TREES, with_text()))
    assert text.origin(archive) == "unpacked" and text.root(archive) == "results/data/sst/tree"
    assert text.source(archive) == {
        "path": "/data/sst.zip",
        "urls": [],
        "sha256": None,
        "subfolder": "trees",
    }
    assert text.archive(archive) == []
    (tmp_path / "trees").mkdir()
    (tmp_path / "trees/dev.txt").touch()
    data = {**TREES, "path": str(tmp_path)}
    folder = resolved(changed("text.data", data, with_text()))
    assert text.origin(folder) == "folder" and text.tree(folder) == []
    assert text.root(folder) == str(tmp_path / "trees")
    assert text.own_files(folder) == [str(tmp_path / "trees/dev.txt")]
    assert text.summary(folder) == "results/data/sst/dataset.json"


def test_a_training_is_told_what_it_needs_and_no_more():
    told = text.params(CONFIG, "text_kd", 2)
    assert told["method"] == {"name": "kd", "alpha": 0.5, "temperature": 4}
    assert told["network"]["layers"] == 3 and told["teacher_network"]["layers"] == 12
    assert (told["seed"], told["init"], told["training"]["epochs"]) == (2, "random", 5)
    assert text.teacher_file(CONFIG, "text_kd") == "results/demo/models/reader/seed1/model.pt"
    assert text.teacher_file(CONFIG, "reader") == []
    assert text.urgency(CONFIG, "reader") > text.urgency(CONFIG, "text_kd")
    random = text.params(CONFIG, "text_random", 1)
    assert random["method"] == {"name": "random_init"} and random["training"] is None


def test_published_weights_are_an_input_of_those_that_start_from_them():
    given = {"name": "bert", "sha256": "AB" * 32, "revision": "a" * 40}
    config = changed("text.pretrained", given, with_text())
    config["text"]["models"]["reader"]["init"] = "pretrained"
    config = resolved(config)
    folder = "results/data/weights/bert_abababab"
    assert text.pretrained(config) == text.initial_weights(config, "reader") == folder
    assert text.initial_weights(config, "text_kd") == []
    assert text.vocabulary_params(config) == {"source": "pretrained"}
    assert "fetch_bert" in rules_of(config) and "fetch_bert" not in rules_of(CONFIG)


def test_table_5_has_the_students_of_fewest_layers_and_table_13_all():
    def shown(table):
        return [(row["model"], row["seed"]) for row in attribution.rows(CONFIG, table)]

    three = [("text_scratch", 1), ("text_scratch", 2), ("text_kd", 1), ("text_kd", 2)]
    assert shown("table05") == [*three, ("text_random", 1), ("reader", 1)]
    assert shown("table13") == [*three, ("text_random", 1), ("text_middle", 1), ("reader", 1)]
    rows = {row["model"]: row for row in attribution.rows(CONFIG, "table13")}
    assert rows["text_kd"]["label"] == "KD, 3 layers"
    assert rows["text_kd"]["reference"] == "kd 3"
    assert rows["reader"]["method"] == "teacher" and rows["reader"]["reference"] == "teacher 12"
    assert rows["text_middle"]["reference"] is None
    only = changed("text.models.text_middle", ..., with_text())
    assert attribution.rows(resolved(only), "table13") == []


def test_a_run_has_its_files_and_jobs_once():
    files = results.paper_files(CONFIG)
    for name in ("tables/table05.csv", "tables/table13.tex", "figures/text_attributions.csv"):
        assert f"results/demo/{name}" in files
    vouched = results.manifest_inputs(CONFIG)
    for file in (
        "data/reviews/dataset.json",
        "demo/text/vocabulary.txt",
        "demo/models/text_kd/seed2/history.csv",
        "demo/measures/text/text_random/seed1.json",
        "demo/measures/text/text_random/seed1_words.csv",
    ):
        assert f"results/{file}" in vouched
    jobs = cost.jobs(CONFIG)
    assert len({job["benchmark"] for job in jobs}) == len(jobs)
    rules = rules_of(CONFIG)
    assert rules.count("train_text_model") == rules.count("measure_text_attribution") == 7
    new = set(rules) - set(rules_of(PLAIN))
    assert new == {
        "render_sentiment_world",
        "check_treebank",
        "text_vocabulary",
        "train_text_model",
        "measure_text_attribution",
        "table05",
        "table13",
        "text_attributions",
    }
    measured = next(job for job in jobs if job["rule"] == "measure_text_attribution")
    assert measured == {
        "rule": "measure_text_attribution",
        "benchmark": "results/demo/measures/text/reader/seed1/benchmarks/"
        "measure_text_attribution.tsv",
        "device": "results/demo/measures/text/reader/seed1.json",
    }


def test_files_asked_for_by_name_are_checked():
    results.check_targets(CONFIG, ["results/demo/models/text_kd/seed2/model.pt"])
    with pytest.raises(InputError, match="text_kd has no seed 3; it has 1, 2"):
        results.check_targets(CONFIG, ["results/demo/measures/text/text_kd/seed3.json"])
    with pytest.raises(InputError, match="did you mean 'text_kd'"):
        results.check_targets(CONFIG, ["results/demo/measures/text/text_dk/seed1.json"])
