"""Tables 5 and 13 and the figure of words: lines by hand, the published numbers, the looks."""

from __future__ import annotations

import csv
import json

import pytest
from captions import render
from paper_data import run_of
from paper_looks import check_legible, check_no_overlap, check_same_bytes
from project import ROOT

from kdlens.errors import InputError
from kdlens.paper.text_attributions import draw, ground, lay_out
from kdlens.paper.text_tables import COLUMNS, FURTHER, read_published, write_text_table
from kdlens.paper.text_words import choose, read_words

REFERENCE = ROOT / "config/reference/han2023"
FILES = {
    "reference": REFERENCE / "table05.csv",
    "accuracies": REFERENCE / "nlp_accuracy.csv",
}
SHOWN = {
    "dataset": "sst",
    "generated": False,
    "settings": {"layer": "word_embeddings", "target": "logit", "steps": 50},
}


RUNS = [
    run_of("random", 1, "random_init", "Random, 3 layers"),
    run_of("scratch", 1, "cross_entropy", "Scratch, 3 layers", "scratch 3"),
    run_of("kd", 1, "kd", "KD, 3 layers", "kd 3"),
    run_of("kd", 2, "kd", "KD, 3 layers", "kd 3"),
]


@pytest.fixture
def measured(tmp_path):
    """The networks' files: every value is 0.5, or as said here."""
    said = {
        ("random", 1): {"auroc": None},
        ("scratch", 1): {"attribution_accuracy": 0.6, "aligned_share": 0.64},
        ("kd", 1): {"attribution_accuracy": 0.7, "dev_words": 10, "dataset": "sst"},
        ("kd", 2): {"attribution_accuracy": 0.8, "dev_words": 12},
    }
    files = []
    for (model, seed), values in said.items():
        path = tmp_path / f"{model}{seed}.json"
        every = dict.fromkeys([*(column.key for column in COLUMNS), *FURTHER], 0.5)
        content = {"measure": "text", "model": model, "seed": seed, "dataset": "sst"}
        path.write_text(json.dumps({**content, "values": {**every, **values}}))
        files.append(path)
    return files


def write(folder, measured, **changed):
    texts = {ending: folder / f"table.{ending}" for ending in ("csv", "md", "html", "tex")}
    arguments = {"number": 5, "runs": RUNS, **SHOWN, **changed}
    write_text_table(measured, **FILES, **texts, **arguments)
    return {ending: path.read_text("utf-8") for ending, path in texts.items()}


def test_a_table_by_hand(tmp_path, measured):
    texts = write(tmp_path, measured)
    assert [line for line in texts["md"].splitlines() if line.startswith("|")] == [
        "| Model | Seeds | Accuracy | AUROC | AUPRC | Always aligned | Task accuracy |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
        "| Scratch, 3 layers | 1 | 0.600 | 0.500 | 0.500 | 0.640 | 0.500 |",
        "| *Scratch, 3 layers, published* | *–* | *0.677* | *0.689* | *0.810* | *–* | *0.484* |",
        "| KD, 3 layers | 2 | 0.750 ± 0.071 | 0.500 ± 0.000 | 0.500 ± 0.000 | 0.500 ± 0.000 | "
        "0.500 ± 0.000 |",
        "| *KD, 3 layers, published* | *–* | *0.722* | *0.720* | *0.831* | *–* | *0.516* |",
        "| Random, 3 layers | 1 | 0.500 | – | 0.500 | 0.500 | 0.500 |",
    ]
    assert texts["md"].startswith("# Table 5: ")
    assert "0.665 of the dev and test words are aligned" in texts["md"]
    rows = list(csv.DictReader(texts["csv"].splitlines()))
    assert [row["dev_words"] for row in rows if row["model"] == "kd" and row["row"] == "seed"] == [
        "10",
        "12",
    ]
    assert set(FURTHER) < set(rows[0])
    assert "<table>" in texts["html"] and r"\label{tab:table05}" in texts["tex"]


def test_generated_sentences_and_unpublished_models_are_said(tmp_path, measured):
    plain = [{**run, "reference": None} for run in RUNS]
    text = write(tmp_path, measured, runs=plain, generated=True)["md"]
    assert "written by a grammar" in text and "ublished" not in text


def test_a_file_of_other_sentences_is_refused(tmp_path, measured):
    with pytest.raises(InputError, match="its dataset is 'sst', expected 'reviews'"):
        write(tmp_path, measured, dataset="reviews")


def test_the_published_rows():
    found = read_published(REFERENCE / "table13.csv", REFERENCE / "nlp_accuracy.csv")
    assert list(found) == ["scratch 3", "kd 3", "scratch 6", "kd 6", "teacher 12"]
    assert found["kd 3"] == {
        "attribution_accuracy": 0.722,
        "auroc": 0.720,
        "auprc": 0.831,
        "test_task_accuracy": 0.516,
    }
    assert found["kd 6"]["auroc"] == 0.793 and "test_task_accuracy" not in found["kd 6"]
    assert found["teacher 12"] == {"test_task_accuracy": 0.623}


WORDS = {
    1: ("negative", [("a", 2, 0.1), ("dull", 1, 0.8), ("film", 2, -0.2)]),
    2: ("positive", [("not", 2, 0.2), ("bad", 1, -0.4), ("$5", 2, 0.0)]),
    3: ("negative", [("so", 2, 0.1), ("it", 2, 0.2)]),
    4: (
        "negative",
        [("stale", 1, 0.3), ("joy", 3, 0.2), *[(f"word{i}", 2, 0.01) for i in range(12)]],
    ),
    5: ("very positive", [("joy", 3, 1.0)] + [("x", 2, 0.1)] * 40),
    6: ("negative", [("sad", 0, 0.5)]),
}


def words_file(path, numbers):
    with path.open("w", newline="") as handle:
        writer = csv.writer(handle)
        writer.writerow(["split", "sentence", "word", "text", "label", "class", "attribution"])
        for number in numbers:
            name, words = WORDS[number]
            for i, (text, label, value) in enumerate(words):
                writer.writerow(["test", number, i, text, label, name, value])
                writer.writerow(["dev", 100 + number, i, text, label, name, value])
    return path


@pytest.fixture
def words(tmp_path):
    return [
        words_file(tmp_path / "a.csv", [1, 2, 3, 4, 5, 6]),
        words_file(tmp_path / "b.csv", [2, 1, 4, 3, 6, 5]),
    ]


CLASSES = ("very negative", "negative", "positive", "very positive")


def test_the_first_sentences_of_each_class_in_turn_are_chosen(words, tmp_path):
    networks = [read_words(path, "test") for path in words]
    assert set(networks[0]) == {1, 2, 3, 4, 5, 6}
    # 3 has no labelled word, 5 is too long.
    assert choose(networks, CLASSES, 2) == [1, 2]
    assert choose(networks, CLASSES, 3) == [1, 4, 2]
    assert choose(networks, CLASSES, 9) == [1, 4, 6, 2]
    other = read_words(words_file(tmp_path / "c.csv", [3, 5, 6]), "test")
    assert choose([*networks, other], CLASSES, 9) == [6]
    only = read_words(words_file(tmp_path / "d.csv", [3, 5]), "test")
    assert choose([only], CLASSES, 1) == []


def test_words_are_laid_out_in_lines():
    places = lay_out(["word"] * 10, 100)
    assert {line for _, line in places} > {0, 1}
    assert [x for x, _ in places if x == 0] == [0] * (1 + max(line for _, line in places))
    assert lay_out(["a" * 200, "b"], 50) == [(0.0, 0), (0.0, 1)]


def test_colours_tell_for_from_against():
    assert ground(0) == "#ffffff"
    assert ground(1) != ground(0.5) != ground(-0.5) != ground(-1)


def test_the_figure_is_legible(words):
    networks = [read_words(path, "test") for path in words]
    numbers = choose(networks, CLASSES, 9)
    figure = draw(networks, numbers, ["Scratch, 3 layers", "KD, 3 layers"])
    texts = check_legible(figure)
    assert texts.count("dull") == texts.count("$5") == 2
    assert {"Negative", "Positive", "aligned word", "opposed word"} < set(texts)
    check_no_overlap(figure)


def test_without_a_sentence_the_figure_says_so(words):
    networks = [read_words(path, "test") for path in words]
    (said,) = check_legible(draw(networks, [], ["Scratch, 3 layers", "KD, 3 layers"]))
    assert "is classified correctly by Scratch, 3 layers and KD, 3 layers." in " ".join(
        said.split()
    )


def test_the_script_writes_the_same_bytes_everywhere(words, tmp_path):
    runs = [run_of("a", 1, "cross_entropy", "A"), run_of("b", 1, "kd", "B")]
    kinds = ("svg", "pdf", "png", "csv")
    arguments = {"words": [str(path) for path in words], "runs": runs, "sentences": 3, **SHOWN}
    files = check_same_bytes("text_attributions", tmp_path, kinds, **arguments)
    rows = list(csv.DictReader(files["csv"].decode().splitlines()))
    shown = [row["text"] for row in rows if row["model"] == "b" and row["sentence"] == "2"]
    assert shown == ["not", "bad", "$5"]


def test_the_captions_say_what_was_measured():
    table = {"number": 13, "runs": RUNS, **SHOWN}
    text = render("table05", {"table": table})
    assert "Table 13." in text and "sst" in text and "logit" in text and "50 steps" in text
    assert "kd, seeds 1, 2" in text and "grammar" not in text
    text = render("table05", {"table": {**table, "generated": True}})
    assert "written by a grammar" in text
    odd = [{**RUNS[2], "label": "KD *odd* |label|_"}, RUNS[1]]
    text = render("text_attributions", {"figure": {"runs": odd, "sentences": 4, **SHOWN}})
    assert "KD *odd* |label|_ (kd, seed 1) and Scratch, 3 layers (scratch, seed 1)" in text
