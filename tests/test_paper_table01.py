"""Table 1: exact counts from hand-made tallies, the csv, what people read, and bad input."""

import csv
import json
import math
import runpy
from dataclasses import replace

import numpy as np
import pytest
from paper_data import DATASET, REFERENCE, SETTINGS, run_of, write_metrics, write_tallies
from project import SCRIPTS

from kdlens.errors import InputError
from kdlens.paper.formats import (
    escape_latex,
    escape_markdown,
    mean_and_sd,
    number,
    signed,
)
from kdlens.paper.reference import read_reference
from kdlens.paper.table01 import Settings
from kdlens.paper.table01_count import count_detectors
from kdlens.paper.table01_csv import read_csv, write_csv
from kdlens.paper.table01_render import to_latex, to_markdown

# Four units. Seed 1: two object detectors (one also a part), one texture detector, one nothing.
SCRATCH_1 = [["object 1", "part 1"], ["object 1"], ["texture 2"], []]
SCRATCH_2 = [["object 2", "part 1", "color 1"], ["object 1"], ["scene 3"], ["texture 1", "scene 1"]]
SETTINGS_OF_TABLE = Settings(**SETTINGS, **DATASET)


@pytest.fixture
def inputs(tmp_path):
    """A run of scratch (two seeds), a teacher (one), both nulls; given out of order."""
    networks = [
        (run_of("teacher", 1, "teacher", "Teacher"), [["object 1"]] * 6, 80.0),
        (run_of("scratch", 2, "cross_entropy", "Scratch", "scratch"), SCRATCH_2, 60.5),
        (run_of("scratch", 1, "cross_entropy", "Scratch", "scratch"), SCRATCH_1, 61.5),
        (run_of("noise", 1, "random_init", "Random & weights"), [[]] * 4, None),
        (
            run_of("scratch", 1, "cross_entropy", "Scratch, shuffled", labels="shuffled"),
            [[]] * 3 + [["color 1"]],
            61.5,
        ),
    ]
    runs, tallies, metrics = [], [], []
    for i, (run, units, top1) in enumerate(networks):
        which = {"model": run["model"], "seed": run["seed"]}
        runs.append(run)
        tallies.append(write_tallies(tmp_path / f"{i}.npz", units, labels=run["labels"], **which))
        metrics.append(write_metrics(tmp_path / f"{i}.json", top1=top1, **which))
    return {"runs": runs, "tallies": tallies, "metrics": metrics, "reference": REFERENCE}


@pytest.fixture
def table(inputs):
    return count_detectors(**inputs, settings=SETTINGS_OF_TABLE)


def test_counts_of_every_network(table):
    assert [(group.model, group.labels) for group in table.groups] == [
        ("teacher", "true"),
        ("scratch", "true"),
        ("noise", "true"),
        ("scratch", "shuffled"),
    ]
    scratch = table.group("scratch")
    assert scratch.seeds == (1, 2)
    assert scratch.units == 4
    assert dict(scratch.values) == {
        "object": (2, 2),
        "scene": (0, 1),
        "part": (0, 0),
        "material": (0, 0),
        "texture": (1, 1),
        "color": (0, 0),
        "unique": (2, 2),
        "total": (3, 4),
        "pairs": (4, 7),
        "distinct": (2, 4),
        "top1": (61.5, 60.5),
    }
    assert table.group("teacher").values["distinct"] == (1,)
    shuffled = table.group("scratch", "shuffled")
    assert shuffled.values["color"] == (1,)
    assert shuffled.is_null and shuffled.style == "shuffled"
    assert table.group("noise").is_null and not scratch.is_null


def test_mean_and_sample_sd(table):
    scratch = table.group("scratch")
    assert scratch.mean("total") == 3.5
    assert scratch.sd("total") == pytest.approx(math.sqrt(0.5))
    assert scratch.mean("top1") == 61.0
    assert table.group("teacher").mean("total") == 6
    assert table.group("teacher").sd("total") is None
    assert table.group("noise").mean("top1") is None


def test_published_row(table):
    published = table.group("scratch").published
    assert (published["object"], published["total"], published["top1"]) == (146, 275, 69.94)
    assert table.group("teacher").published is None


def test_csv_is_tidy_and_comes_back_whole(table, tmp_path):
    path = tmp_path / "table01.csv"
    write_csv(path, table)
    assert read_csv(path) == table
    with open(path, encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    scratch = [row for row in rows if row["model"] == "scratch" and row["labels"] == "true"]
    assert [(row["row"], row["seed"], row["seeds"]) for row in scratch] == [
        ("seed", "1", "1"),
        ("seed", "2", "1"),
        ("mean", "", "2"),
        ("sd", "", "2"),
        ("published", "", "3"),
    ]
    assert [row["total"] for row in scratch] == ["3", "4", "3.5", "0.707107", "275"]
    assert [row["units"] for row in scratch] == ["4", "4", "4", "4", "512"]
    assert [row["pairs"] for row in scratch] == ["4", "7", "5.5", "2.12132", ""]
    assert {row["layer"] for row in rows} == {"layer4"}
    assert [row["training"] for row in scratch] == ["concept_world"] * 4 + ["ImageNet"]
    teacher = next(row for row in rows if row["model"] == "teacher" and row["row"] == "sd")
    assert teacher["total"] == ""


def test_networks_that_were_trained_elsewhere(inputs, tmp_path):
    settings = Settings(**SETTINGS, training=None, concepts="my_concepts")
    table = count_detectors(**inputs, settings=settings)
    write_csv(tmp_path / "table01.csv", table)
    assert read_csv(tmp_path / "table01.csv") == table
    for text in (to_markdown(table), to_latex(table)):
        assert "trained elsewhere" in text and "None" not in text
    assert "were trained on concept" in to_markdown(
        count_detectors(**inputs, settings=SETTINGS_OF_TABLE)
    )


def test_categories_of_other_datasets(inputs, table, tmp_path):
    """A category the paper lacks gets a column; one that the data lack is 'not measured'."""
    arrays = dict(np.load(inputs["tallies"][0]))
    arrays["category_names"][3] = "weather"  # was material
    np.savez(inputs["tallies"][0], **arrays)
    only = {name: files[:1] for name, files in inputs.items() if name != "reference"}
    table = count_detectors(**only, reference=REFERENCE, settings=SETTINGS_OF_TABLE)
    assert table.categories[-1] == "weather"
    assert table.group("teacher").mean("weather") == 0
    assert table.group("teacher").mean("material") is None
    assert "| Weather |" in to_markdown(table)
    write_csv(tmp_path / "table01.csv", table)
    assert read_csv(tmp_path / "table01.csv") == table


def test_markdown(table):
    lines = to_markdown(table).splitlines()
    cells = {
        line.split("|")[1].strip(): [cell.strip() for cell in line.split("|")[2:-1]]
        for line in lines
        if line.startswith("|")
    }
    assert cells["Model"][:3] == ["Seeds", "Units", "Object"]
    assert cells["Scratch"] == (
        "2 4 | 2.0 ± 0.0 | 0.5 ± 0.7 | 0 ± 0 | 0 ± 0 | 1.0 ± 0.0 | 0 ± 0 | 2.0 ± 0.0 | 3.5 ± 0.7 "
        "| 5.5 ± 2.1 | 3.0 ± 1.4 | 61.00 ± 0.71"
    ).replace("2 4", "2 | 4").split(" | ")
    published = cells["*Scratch, published*"]
    assert published[:3] == ["*3*", "*512*", "*146*"]
    assert published[-3:] == ["*–*", "*–*", "*69.94*"]
    assert cells["Random &amp; weights"][-1] == "–"
    assert cells["Teacher"][2] == "6"
    assert len({len(row) for row in cells.values()}) == 1
    text = "\n".join(lines)
    for said in ("0.05", "0.5 %", "concept_world_masks", "no spread: Teacher", "ImageNet", "512"):
        assert said in text


def test_latex(table):
    text = to_latex(table)
    body = text.split(r"\midrule")
    assert len(body) == 3, "one rule below the head, one above the nulls"
    rows = [line for line in text.splitlines() if line.endswith(r"\\")]
    assert {row.count("&") - row.count(r"\&") for row in rows} == {14 - 1}
    assert r"\begin{tabular}{l" + "r" * 13 + "}" in text
    assert r"Scratch & 2 & 4 & $2.0_{\pm 0.0}$ & $0.5_{\pm 0.7}$" in text
    assert r"\textit{\quad published} & \textit{3} & \textit{512} & \textit{146}" in text
    assert r"Random \& weights" in text
    assert "Published lines (italic): Han et al. 2023, 512 units" in text
    groups = [replace(group, published=None) for group in table.groups]
    assert "ublished" not in to_latex(replace(table, groups=groups))
    assert r"concept\_world\_masks" in text
    for name in ("table*", "tabular"):
        assert text.count(rf"\begin{{{name}}}") == text.count(rf"\end{{{name}}}") == 1
    assert text.count("{") == text.count("}")
    assert "–" not in text and "±" not in text


def test_formats():
    assert escape_latex(r"50% of_a & b\c {x} #1 ~ ^ $") == (
        r"50\% of\_a \& b\textbackslash{}c \{x\} \#1 \textasciitilde{} \textasciicircum{} \$"
    )
    assert escape_latex("α = 0.5, a–b\nc") == r"\ensuremath{\alpha} = 0.5, a--b c"
    assert escape_markdown("a|b *c* _d_ e_f <g>\n`h`") == (r"a\|b \*c\* \_d\_ e_f &lt;g&gt; \`h\`")
    assert [number(v, 1) for v in (3, 0.0, 88.5, 3.25, None)] == ["3", "0", "88.5", "3.2", "–"]
    assert number(70.8, 2) == "70.80"
    assert mean_and_sd(3, None, 1) == "3"
    assert mean_and_sd(0.0, 0.0, 1) == "0 ± 0"
    assert mean_and_sd(None, None, 1) == "–"
    assert [signed(v, 1) for v in (2.5, -2.5, 0.0, -0.04, None)] == [
        "+2.5",
        "−2.5",
        "0",
        "0.0",
        "–",
    ]


def test_script_writes_four_files(inputs, tmp_path):
    main = runpy.run_path(str(SCRIPTS / "table01.py"))["main"]
    outputs = {
        kind: tmp_path / "tables" / f"table01.{kind}" for kind in ("csv", "md", "tex", "html")
    }
    main(**inputs, **outputs, **SETTINGS, dataset=DATASET)
    assert all(path.stat().st_size > 300 for path in outputs.values())
    assert "<td>" in (page := outputs["html"].read_text()) and "http" not in page
    before = {kind: path.read_bytes() for kind, path in outputs.items()}
    main(**inputs, **outputs, **SETTINGS, dataset=DATASET)
    assert before == {kind: path.read_bytes() for kind, path in outputs.items()}


# -- bad input ------------------------------------------------------------------------------------


def refuse(inputs, *words, settings=SETTINGS_OF_TABLE):
    with pytest.raises(InputError) as caught:
        count_detectors(**inputs, settings=settings)
    message = str(caught.value)
    assert "\n" not in message
    for word in words:
        assert word in message, message


def test_metrics_without_a_key(inputs):
    inputs["metrics"][0].write_text(json.dumps({"model": "teacher", "seed": 1}))
    refuse(inputs, "0.json", "'top1' is missing")
    inputs["metrics"][0].write_text(json.dumps({"model": "teacher", "top1": 1}))
    refuse(inputs, "0.json", "'seed' is missing")
    inputs["metrics"][0].write_text("[]")
    refuse(inputs, "0.json", "no metrics")


def test_files_of_another_network(inputs):
    write_metrics(inputs["metrics"][1], model="scratch", seed=1, top1=60)
    refuse(inputs, "1.json", "seed is 1, expected 2")
    write_tallies(inputs["tallies"][1], SCRATCH_2, model="kd", seed=2)
    refuse(inputs, "1.npz", "model is 'kd', expected 'scratch'")


def test_tallies_of_another_layer_or_labels(inputs):
    write_tallies(inputs["tallies"][0], [[]], model="teacher", seed=1, layer="layer3")
    refuse(inputs, "0.npz", "layer is 'layer3', expected 'layer4'")
    write_tallies(inputs["tallies"][0], [[]], model="teacher", seed=1, labels="shuffled")
    refuse(inputs, "0.npz", "labels is 'shuffled', expected 'true'")


def test_quantile_that_was_not_dissected(inputs):
    other = Settings(**{**SETTINGS, "quantile": 0.01}, **DATASET)
    refuse(inputs, "0.01", settings=other)


def test_seeds_that_disagree(inputs):
    write_tallies(inputs["tallies"][1], SCRATCH_2[:3], model="scratch", seed=2)
    refuse(inputs, "scratch", "4 and 3 units")
    inputs["runs"][1]["label"] = "Other"
    refuse(inputs, "scratch", "disagree on label")


def test_seed_twice(inputs):
    for name in ("runs", "tallies", "metrics"):
        inputs[name] = [inputs[name][0]] * 2
    refuse(inputs, "teacher", "one twice: 1, 1")


def test_unknown_labels_and_reference(inputs):
    inputs["runs"][0]["reference"] = "skratch"
    refuse(inputs, "no published row 'skratch'", "did you mean 'scratch'?")
    inputs["runs"][0].update(reference=None, labels="odd")
    refuse(inputs, "labels is 'true', expected 'odd'")


def test_lists_of_different_lengths(inputs):
    refuse({**inputs, "metrics": inputs["metrics"][:-1]}, "5 runs", "4 metrics")
    refuse({**inputs, "runs": [], "tallies": [], "metrics": []}, "at least one")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("model,object\nscratch,1\n", "column 'scene' is missing"),
        (None, "no such file"),
        (
            "model,object,scene,part,material,texture,color,unique,total,top1\n"
            "scratch,many,1,1,1,1,1,1,1,1\n",
            "column 'object' holds 'many'",
        ),
        (
            "model,object,scene,part,material,texture,color,unique,total,top1\nscratch,1\n",
            "row 1 has not as many cells",
        ),
    ],
)
def test_damaged_reference(tmp_path, text, words):
    path = tmp_path / "reference.csv"
    if text is not None:
        path.write_text(text)
    with pytest.raises(InputError, match=words):
        read_reference(path)


def test_damaged_table(table, tmp_path):
    path = tmp_path / "table01.csv"
    write_csv(path, table)
    text = path.read_text()
    header = text.splitlines()[0]
    path.write_text(header + "\n")
    with pytest.raises(InputError, match="no network"):
        read_csv(path)
    path.write_text(text.replace(",0.005,", ",half,"))
    with pytest.raises(InputError, match="half"):
        read_csv(path)
    path.write_text(text.replace("distinct", "different", 1))
    with pytest.raises(InputError, match="'distinct' is missing"):
        read_csv(path)
