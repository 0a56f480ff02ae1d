"""Table 4 and its curves: means and spreads by hand, the published scores, the nulls, files."""

from __future__ import annotations

import csv
import json
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from matplotlib.colors import to_hex
from project import ROOT

import diffroar_curves
import table04
from kdlens.errors import InputError
from kdlens.measures.diffroar_scores import summary
from kdlens.paper.diffroar_curves import draw, read_panels
from kdlens.paper.style import look_of
from kdlens.paper.table04 import columns_of, how_to_read, read_table

REFERENCE = ROOT / "config/reference/han2023/table04.csv"
FRACTIONS = [0.1, 0.9]
DATASETS = {
    "digits": {"rankings": ["pixel"], "fill": "zero", "published": "mnist", "epochs": 1},
    "animals": {"rankings": ["coordinate"], "fill": "mean", "published": None, "epochs": 60},
}
BOTTOM, TOP = {"0.1": 90.0, "0.9": 40.0}, {"0.1": 80.0, "0.9": 20.0}


def run(model, seed, dataset, method="cross_entropy", reference=None, label=None):
    return {
        "model": model,
        "seed": seed,
        "dataset": dataset,
        "label": label or model,
        "method": method,
        "reference": reference,
    }


RUNS = [
    run("scratch", 1, "digits", reference="scratch"),
    run("scratch", 2, "digits", reference="scratch"),
    run("random_rankings", 7, "digits", "null", label="random rankings"),
    run("kd_animals", 1, "animals", "kd", reference="kd", label="Self-KD"),
]


def write(folder: Path, entry: dict, shift: float, rankings=None) -> Path:
    """Write a result whose accuracies without the bottom are ``shift`` higher than :data:`BOTTOM`.

    Two initialisations are apart by 2 points at the bottom.
    """
    accuracies = {
        key: {"bottom": [BOTTOM[key] + shift - 1, BOTTOM[key] + shift + 1], "top": [TOP[key]] * 2}
        for key in BOTTOM
    }
    numbers = summary(accuracies)
    values = {"coordinate_diffroar": None, "pixel_diffroar": None}
    for ranking in rankings or DATASETS[entry["dataset"]]["rankings"]:
        values |= {f"{ranking}_{key}": value for key, value in numbers.items()}
    values |= {
        "diffroar": numbers["diffroar"],
        "sd": numbers["sd"],
        "best_diffroar": numbers["diffroar"] + 0.5,
    }
    path = folder / f"{entry['model']}{entry['seed']}.json"
    about = {key: entry[key] for key in ("model", "seed", "dataset")}
    path.write_text(json.dumps({"measure": "diffroar", **about, "values": values}))
    return path


@pytest.fixture
def files(tmp_path):
    return [write(tmp_path, entry, 2.0 * i) for i, entry in enumerate(RUNS)]


def test_the_table_by_hand(tmp_path, files):
    texts = {ending: tmp_path / f"table04.{ending}" for ending in ("csv", "md", "html", "tex")}
    table04.main(
        files,
        REFERENCE,
        **texts,
        runs=RUNS,
        datasets=DATASETS,
        label="predicted",
        fractions=FRACTIONS,
        initialisations=2,
    )
    markdown = texts["md"].read_text()
    # Scores: 10 and 20 at the two fractions, 15 in the mean, and 2 more for each next file.
    assert [line for line in markdown.splitlines() if line.startswith("|")][2:] == [
        "| digits: scratch | 2 | 16.00 ± 1.41 | 1.41 ± 0.00 | 16.50 ± 1.41 "
        "| 66.0 ± 1.4 | 50.0 ± 0.0 |",
        "| *digits: scratch, published* | *–* | *18.36* | *–* | *–* | *–* | *–* |",
        "| animals: Self-KD | 1 | 21.00 | 1.41 | 21.50 | 71 | 50 |",
        "| digits: random rankings | 1 | 19.00 | 1.41 | 19.50 | 69 | 50 |",
    ]
    with texts["csv"].open() as handle:
        rows = list(csv.DictReader(handle))
    means = {row["label"]: row["diffroar"] for row in rows if row["row"] == "mean"}
    assert {label: float(mean) for label, mean in means.items()} == {
        "digits: scratch": 16,
        "digits: random rankings": 19,
        "animals: Self-KD": 21,
    }
    assert "what is removed gets zero (black); retrained for 1 epoch." in markdown
    assert "**animals**: ranked by coordinate; what is removed gets the mean" in markdown
    assert "two spreads" in markdown.lower()
    assert r"\label{tab:table04}" in texts["tex"].read_text()


def test_both_rankings_stand_side_by_side_where_both_were_used(tmp_path):
    both = {"digits": {**DATASETS["digits"], "rankings": ["pixel", "coordinate"]}}
    file = write(tmp_path, RUNS[0], 0, rankings=["pixel", "coordinate"])
    (line,) = read_table(RUNS[:1], [file], REFERENCE, both, FRACTIONS)
    assert [column.title for column in columns_of(both)][-2:] == ["By coordinate", "By pixel"]
    assert line.values["coordinate_diffroar"] == line.values["pixel_diffroar"] == (15,)
    told = " ".join(how_to_read(both, "predicted", FRACTIONS, 2, [line]))
    assert "ranked by pixel and coordinate (shown: pixel)" in told


def test_a_file_of_another_dataset_is_refused(files):
    wrong = [{**entry, "dataset": "animals"} for entry in RUNS[:1]]
    with pytest.raises(InputError, match="its dataset is 'digits', expected 'animals'"):
        read_table(wrong, files[:1], REFERENCE, {"animals": DATASETS["animals"]}, FRACTIONS)


def test_a_fraction_that_was_not_measured_is_named(files):
    with pytest.raises(InputError, match=r"value 'pixel_f0\.3_bottom' is missing"):
        read_table(RUNS, files, REFERENCE, DATASETS, [0.1, 0.3])


def test_the_curves_by_hand(files):
    panels = read_panels(RUNS, files, DATASETS, FRACTIONS)
    figure = draw(panels, FRACTIONS)
    digits, animals = figure.axes
    assert digits.get_title(loc="left") == "digits (by pixel)"
    # Beside the lines of the models there is that of zero.
    drawn = digits.lines[1:]
    assert drawn[0].get_ydata().tolist() == [11, 21]  # means of (10, 20) and (12, 22)
    assert drawn[0].get_color() == look_of("cross_entropy").color.lower()
    assert drawn[-1].get_ydata().tolist() == [14, 24]  # the null, last
    assert len({to_hex(line.get_color()) for line in (*drawn, *animals.lines[1:])}) == 3
    legend = [text.get_text() for text in figure.legends[0].get_texts()]
    assert sorted(legend) == ["Self-KD", "random rankings", "scratch"]
    note = figure.get_supxlabel()
    assert "over a model's seeds" in note and "over the initialisations" in note


def test_the_figure_says_whose_spread_its_bands_are(files):
    single = [entry for entry in RUNS if entry["model"] != "scratch"]
    panels = read_panels(single, files[2:], DATASETS, FRACTIONS)
    assert "(one seed a model)" in draw(panels, FRACTIONS).get_supxlabel()
    content = json.loads(files[3].read_text())
    for key in content["values"]:
        if key.endswith("_sd"):
            content["values"][key] = None
    files[3].write_text(json.dumps(content))
    only = {"animals": DATASETS["animals"]}
    panels = read_panels(RUNS[3:], files[3:], only, FRACTIONS)
    assert "so no spread" in draw(panels, FRACTIONS).get_supxlabel()


def test_the_files_of_the_curves_are_reproducible_and_hold_every_number(tmp_path, files):
    def written(folder):
        paths = {kind: folder / f"curves.{kind}" for kind in ("svg", "pdf", "png", "csv")}
        folder.mkdir()
        diffroar_curves.main(
            files,
            **paths,
            runs=RUNS,
            datasets=DATASETS,
            label="predicted",
            fractions=FRACTIONS,
            initialisations=2,
        )
        return {kind: path.read_bytes() for kind, path in paths.items()}

    first = written(tmp_path / "a")
    assert first == written(tmp_path / "b")
    ET.fromstring(first["svg"])
    rows = list(csv.DictReader(first["csv"].decode().splitlines()))
    seeds = [row for row in rows if row["row"] == "seed"]
    assert len(seeds) == len(RUNS) * len(FRACTIONS)
    row = next(r for r in seeds if r["label"] == "Self-KD" and r["fraction"] == "0.9")
    assert [float(row[key]) for key in ("diffroar", "accuracy_without_bottom")] == [26, 46]
    assert float(row["accuracy_without_top"]) == 20 and float(row["sd"]) == pytest.approx(2**0.5)
    mean = next(r for r in rows if r["row"] == "mean" and r["label"] == "scratch")
    assert float(mean["diffroar"]) == 11 and float(mean["sd"]) == pytest.approx(2**0.5)
