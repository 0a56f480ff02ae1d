"""Figures 4 and 5: what is drawn, what is said below, and that it can be read."""

import csv

import pytest
from matplotlib.colors import to_hex
from paper_data import DATASET, SETTINGS
from paper_looks import check_legible, check_no_overlap, check_same_bytes
from variant_data import NOISE, SCRATCH, SHUFFLED, model, write_networks

from kdlens.errors import InputError
from kdlens.paper import figure04, figure05, style
from kdlens.paper.table01 import Settings
from kdlens.paper.table01_count import count_tables

BESIDE = [(SCRATCH, [(7, 69), (8, 68)]), (NOISE, [(0, 1), (1, 1.5)]), (SHUFFLED, [(1, 69)])]
STUDENTS = {"t4": [(12, 63), (15, 64)], "t1": [(9, 70), (11, 71)], "t2": [(10, 68), (12, 66)]}
TEMPERATURES = {"t1": 1, "t2": 2, "t4": 4}
LABEL = "KD from Teacher, label smoothing"
PAIRS = [["at", "at_kd"], ["ft", "ft_kd"], ["crd", "crd_kd"]]
FEATURES = {
    "at": ("at", "AT", [(9, 60), (10, 61)]),
    "at_kd": ("at+kd", "AT + KD", [(12, 60), (14, 61)]),
    "ft": ("ft", "FT", [(9, 60), (10, 61)]),
    "ft_kd": ("ft+kd", "FT + KD", [(9, 60), (10, 61)]),
    "crd": ("crd", "CRD", [(9, 60), (10, 61)]),
    "crd_kd": ("crd+kd", "CRD + KD", [(8, 60), (10, 61)]),
}


def calm(folder, students=STUDENTS, beside=BESIDE):
    entries = [(model(name, "kd", f"KD, T {name[1:]}"), found) for name, found in students.items()]
    return write_networks(folder, [*entries, *beside])


def paired(folder, features=FEATURES, beside=BESIDE):
    entries = [(model(n, method, label), found) for n, (method, label, found) in features.items()]
    return write_networks(folder, [*entries, *beside])


def table_of(inputs):
    settings = Settings(**SETTINGS, **DATASET)
    (table,) = count_tables(
        inputs["runs"], inputs["tallies"], [settings], metrics=inputs["metrics"]
    )
    return table


def test_figure_4_draws_the_means_by_temperature(tmp_path):
    figure = figure04.draw(table_of(calm(tmp_path)), TEMPERATURES, LABEL)
    detectors, accuracy = figure.axes
    assert list(detectors.lines[0].get_ydata()) == [10, 11, 13.5]
    assert list(accuracy.lines[0].get_ydata()) == [70.5, 67, 63.5]
    assert to_hex(detectors.lines[0].get_color()) == style.METHODS["kd"].color.lower()
    assert [line.get_ydata()[0] for line in detectors.lines[1:]] == [7.5, 0.5, 1]
    assert [line.get_ydata()[0] for line in accuracy.lines[1:]] == [68.5]
    assert [label.get_text() for label in detectors.get_xticklabels()] == ["1", "2", "4"]
    texts = check_legible(figure)
    check_no_overlap(figure)
    said = " ".join(" ".join(texts).split())
    assert "From T 1 to T 4 the number of detectors changes by +3.5, the accuracy by −7.00" in said
    assert LABEL in said and "Random weights" in said


def test_figure_4_of_one_seed_has_no_bands(tmp_path):
    students = {name: found[:1] for name, found in STUDENTS.items()}
    figure = figure04.draw(table_of(calm(tmp_path, students, BESIDE[:1])), TEMPERATURES, LABEL)
    assert not any(panel.collections for panel in figure.axes)
    check_no_overlap(figure)


def test_figure_4_needs_temperatures(tmp_path):
    table = table_of(calm(tmp_path))
    for wrong in ({}, {"t1": 1}, {"t1": 1, "t2": 1}):
        with pytest.raises(InputError, match="two temperatures or more, each once"):
            figure04.draw(table, wrong, LABEL)


def test_figure_5_sets_pairs_side_by_side(tmp_path):
    figure = figure05.draw(table_of(paired(tmp_path)), PAIRS)
    detectors, unique = figure.axes
    assert [bar.get_height() for bar in detectors.patches] == [9.5, 13, 9.5, 9.5, 9.5, 9]
    assert len(unique.patches) == 6
    colors = [to_hex(bar.get_facecolor()) for bar in detectors.patches]
    methods = [FEATURES[name][0] for pair in PAIRS for name in pair]
    assert colors == [style.METHODS[method].color.lower() for method in methods]
    assert [label.get_text() for label in detectors.get_xticklabels()] == ["AT", "FT", "CRD"]
    said = " ".join(" ".join(check_legible(figure)).split())
    check_no_overlap(figure)
    assert "more detectors in 1 of 3 methods (as many in 1, fewer in 1); in the paper" in said
    assert "AT + KD" in said and "Scratch, shuffled labels" in said


@pytest.mark.parametrize("count", [1, 3])
def test_figure_5_with_long_labels_and_many_digits(tmp_path, count):
    features = {
        name: (method, f"{label} of an excellent teacher", [(333, 60), (314, 61), (301, 59)])
        for name, (method, label, _) in FEATURES.items()
    }
    entries = [(model(n, method, label), f) for n, (method, label, f) in features.items()]
    table = table_of(write_networks(tmp_path, [*entries, *[(SCRATCH, [(290, 60)])]], units=512))
    figure = figure05.draw(table, PAIRS[:count])
    check_legible(figure)
    check_no_overlap(figure)


def test_the_files(tmp_path):
    kinds = ("svg", "pdf", "png", "csv")
    told = {**SETTINGS, "dataset": DATASET}
    fourth = {**calm(tmp_path), **told, "temperatures": TEMPERATURES, "label": LABEL}
    files = check_same_bytes("figure04", tmp_path / "4", kinds, **fourth)
    rows = list(csv.DictReader(files["csv"].decode().splitlines()))
    points = [(r["model"], r["seed"], r["total"], r["top1"]) for r in rows if r["row"] == "seed"]
    assert ("t4", "2", "15", "64") in points and len(points) == 11
    files = check_same_bytes(
        "figure05", tmp_path / "5", kinds, **paired(tmp_path), **told, pairs=PAIRS
    )
    assert b"crd_kd,CRD + KD,crd+kd,true" in files["csv"]
