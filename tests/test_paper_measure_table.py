"""Tables of measures: means and spreads by hand, the published row, the nulls, wrong files."""

import csv
import json

import pytest

from kdlens.errors import InputError
from kdlens.paper.measure_table import (
    Column,
    read_lines,
    read_published,
    write_measure_table,
)

COLUMNS = [Column("recall", "Recall", 2), Column("share", "Share (%)", 1, factor=100)]
KEYS = [column.key for column in COLUMNS]


def run(model, seed, method="kd", reference=None):
    label = model.replace("_", " ").upper()
    return {
        "model": model,
        "seed": seed,
        "label": label,
        "method": method,
        "reference": reference,
    }


@pytest.fixture
def network(tmp_path):
    def write(model, seed, measure="m", **values):
        path = tmp_path / f"{model}{seed}.json"
        content = {"measure": measure, "model": model, "seed": seed, "values": values}
        path.write_text(json.dumps(content))
        return path

    return write


@pytest.fixture
def published(tmp_path):
    path = tmp_path / "published.csv"
    path.write_text("model,recall\nscratch,0.5014\nkd,0.5770\n")
    return read_published(path, COLUMNS)


def test_a_table_by_hand(tmp_path, network, published):
    runs = [run("random", 1, "random_init"), run("kd", 1, reference="kd"), run("kd", 2)]
    files = [
        network("random", 1, recall=0.1, share=None),
        network("kd", 1, recall=0.25, share=0.25),
        network("kd", 2, recall=0.75, share=0.75),
    ]
    lines = read_lines("m", runs, files, KEYS, published)
    texts = {ending: tmp_path / f"t.{ending}" for ending in ("csv", "md", "html", "tex")}
    write_measure_table(
        lines,
        COLUMNS,
        title="Table 3: scores",
        caption="Scores of a & b",
        name="table03",
        how_to_read=["So."],
        published="B.",
        **texts,
    )
    assert [line for line in texts["md"].read_text().splitlines() if line.startswith("|")] == [
        "| Model | Seeds | Recall | Share (%) |",
        "| --- | ---: | ---: | ---: |",
        "| KD | 2 | 0.50 ± 0.35 | 50.0 ± 35.4 |",
        "| *KD, published* | *–* | *0.58* | *–* |",
        "| RANDOM | 1 | 0.10 | – |",
    ]
    with texts["csv"].open() as handle:
        rows = list(csv.DictReader(handle))
    assert [(r["row"], r["model"], r["recall"], r["share"]) for r in rows] == [
        ("seed", "random", "0.1", ""),
        ("mean", "random", "0.1", ""),
        ("sd", "random", "", ""),
        ("seed", "kd", "0.25", "0.25"),
        ("seed", "kd", "0.75", "0.75"),
        ("mean", "kd", "0.5", "0.5"),
        ("sd", "kd", str(0.125**0.5), str(0.125**0.5)),
        ("published", "kd", "0.577", ""),
    ]
    assert r"Scores of a \& b" in texts["tex"].read_text()
    assert "<table>" in texts["html"].read_text()


def test_a_caption_speaks_of_published_lines_only_where_there_are_some(
    tmp_path, network, published
):
    file = network("kd", 1, recall=0.25, share=0.25)
    texts = {ending: tmp_path / f"t.{ending}" for ending in ("csv", "md", "html", "tex")}
    said = {}
    for reference in ("kd", "at", None):
        lines = read_lines("m", [run("kd", 1, reference=reference)], [file], KEYS, published)
        write_measure_table(
            lines,
            COLUMNS,
            title="Table 3: scores",
            caption="Scores.",
            name="table03",
            how_to_read=[],
            published="A & b.",
            **texts,
        )
        said[reference] = texts["tex"].read_text()
    assert r"\caption{Scores. Published lines (italic): A \& b.}" in said["kd"]
    assert r"\textit{\quad published}" in said["kd"]
    for reference in ("at", None):
        assert r"\caption{Scores.}" in said[reference] and "ublished" not in said[reference]


@pytest.mark.parametrize(
    ("file", "message"),
    [
        ({"measure": "other", "recall": 1}, "its measure is 'other', expected 'm'"),
        ({"model": "scratch", "recall": 1}, "its model is 'scratch', expected 'kd'"),
        ({"share": 1}, "value 'recall' is missing"),
    ],
)
def test_a_file_of_something_else_is_refused(network, file, message):
    path = network(file.pop("model", "kd"), 1, **file)
    with pytest.raises(InputError, match=message):
        read_lines("m", [run("kd", 1)], [path], ["recall"])


def test_every_network_has_a_file(network):
    with pytest.raises(InputError, match="1 files for 2 networks"):
        read_lines("m", [run("kd", 1), run("kd", 2)], [network("kd", 1)], [])
