"""Table 3 and Figures 6, 7 and 11: what they say, that they can be read, and what they refuse."""

import csv
import json
import shutil

import numpy as np
import pytest
from captions import render
from cells_data import RUNS, SIZE, THRESHOLDS, arrays_of, values_of
from matplotlib.colors import to_hex
from paper_looks import check_legible, check_no_overlap, check_same_bytes
from project import ROOT

import table03 as table03_script
from kdlens.errors import InputError
from kdlens.paper import figure06, figure07, figure11, style
from kdlens.paper.cell_pictures import TRUTH_COLOURS
from kdlens.paper.measure_table import ModelLine, read_lines

REFERENCE = ROOT / "config/reference/han2023/table03.csv"
ABOUT = {"dataset": "cells", "image_size": SIZE}
REFERRED = [{**run, "reference": "kd" if run["model"] == "kd" else None} for run in RUNS]
TABLE = {
    "runs": REFERRED,
    "empty_class": "included",
    "thresholds": THRESHOLDS,
    "clamp": None,
    "only_correct": False,
    **ABOUT,
}
SHOWN = [RUNS[0], RUNS[2]]


def write_table(cells, folder, **changed):
    paths = {ending: folder / f"table03.{ending}" for ending in ("csv", "md", "html", "tex")}
    told = {"measures": cells.measures, "yardsticks": cells.yardsticks, "reference": REFERENCE}
    table03_script.main(**told | {k: v for k, v in changed.items() if k in told}, **paths,
                        **TABLE | {k: v for k, v in changed.items() if k not in told})  # fmt: skip
    return {ending: path.read_text("utf-8") for ending, path in paths.items()}


def test_table_3_has_both_readings_the_published_line_and_yardsticks(cells, tmp_path):
    texts = write_table(cells, tmp_path)
    lines = [line for line in texts["md"].splitlines() if line.startswith("|")]
    first = "| Model | Seeds | Top-1 (%) | Pixel acc. ↑ | Recall ↑ | Precision ↑ | FPR ↓ |"
    assert lines[0].startswith(first)
    assert lines[0].endswith("| Precision ↑ † | FPR ↓ † |")
    names = [line.split("|")[1].strip() for line in lines[2:]]
    assert names == [
        "KD from a teacher",
        "*KD from a teacher, published*",
        "Random weights",
        "Uniform noise map",
        "Perfect map",
    ]
    assert "| *0.897* | *0.577* | *0.354* | *0.187* | *–* | *–* | *–* | *–* |" in lines[3]
    one, two = (values_of(path)["recall_mean_included"] for path in cells.measures[:2])
    assert f"| {(one + two) / 2:.3f} ± {abs(one - two) / 2**0.5:.3f} |" in lines[2]
    with (tmp_path / "table03.csv").open(encoding="utf-8") as handle:
        rows = [row for row in csv.DictReader(handle) if row["row"] == "seed"]
    assert float(rows[0]["recall_mean_excluded"]) == pytest.approx(one * 20 / 18)
    best = values_of(cells.measures[0])["precision_best_excluded"]
    assert float(rows[0]["precision_best_excluded"]) == best
    assert [row["model"] for row in rows] == ["kd", "kd", "noise_net", "noise", "perfect"]
    assert "start at 0.3 and 0.5 and fall by 0.005 at each of 56 steps" in texts["md"]
    assert "with class 9, the images without an object" in texts["md"]
    assert "with a dagger (†) without class 9" in texts["md"]
    assert r"FPR \ensuremath{\downarrow} \dag{}" in texts["tex"]
    assert r"\label{tab:table03}" in texts["tex"] and "<table>" in texts["html"]


def test_the_other_reading_may_come_first(cells, tmp_path):
    texts = write_table(cells, tmp_path, empty_class="excluded", clamp=0.1, only_correct=True)
    header = next(line for line in texts["md"].splitlines() if line.startswith("| Model"))
    assert header.endswith("| FPR ↓ † |") and "with a dagger (†) with class 9" in texts["md"]
    assert "limited to 0.1 in each channel" in texts["md"]
    assert "of those that a network classifies right" in texts["md"]
    lines = [line for line in texts["md"].splitlines() if "published*" in line]
    assert "*0.897*" in lines[0]


def test_scores_of_other_images_are_refused(cells, tmp_path):
    with pytest.raises(InputError, match="its dataset is 'cells', expected 'other'"):
        write_table(cells, tmp_path, dataset="other")
    damaged = json.loads(cells.yardsticks.read_text("utf-8"))
    del damaged["values"]["perfect"]
    (tmp_path / "y.json").write_text(json.dumps(damaged), "utf-8")
    with pytest.raises(InputError, match="the scores of 'perfect' are not whole"):
        write_table(cells, tmp_path, yardsticks=tmp_path / "y.json")


def lines_of(cells):
    keys = figure06.keys_of_panels()
    return read_lines("five_band", RUNS, cells.measures, keys, dataset="cells")


def test_figure_6_draws_a_line_a_model_on_eight_axes(cells):
    lines = lines_of(cells)
    figure = figure06.draw(lines)
    for panel, question in zip(figure.axes, figure06.PANELS, strict=True):
        assert len(panel.lines) == 2
        for drawn, line in zip(panel.lines, lines, strict=True):
            means = [line.mean(f"{question}_{axis}") for axis in figure06.AXES]
            np.testing.assert_allclose(drawn.get_ydata(), [*means, means[0]])
        assert to_hex(panel.lines[0].get_color()) == style.METHODS["kd"].color.lower()
        assert panel.lines[1].get_linestyle() != "-"
    texts = check_legible(figure)
    check_no_overlap(figure)
    assert {"AUROC", "AP", "F1*", "Random weights"} <= set(texts)


def test_figure_6_of_many_models_can_be_read(cells):
    methods = ("cross_entropy", "label_smoothing", "kd", "at", "ft", "crd", "sskd", "self_kd")
    values = lines_of(cells)[0].values
    lines = [
        ModelLine(method, f"A model taught by {method}", method, (1, 2), values)
        for method in (*methods, "teacher", "random_init")
    ]
    check_no_overlap(figure06.draw(lines))


def test_figure_6_leaves_a_gap_where_nothing_was_measured(cells):
    values = dict.fromkeys(lines_of(cells)[0].values, (None,))
    figure = figure06.draw([ModelLine("kd", "KD", "kd", (1,), values)])
    assert np.isnan(figure.axes[0].lines[0].get_ydata()).all()


def test_figure_6_is_the_same_file_each_time(cells, tmp_path):
    files = check_same_bytes(
        "figure06",
        tmp_path,
        ("svg", "pdf", "png", "csv"),
        measures=[str(path) for path in cells.measures],
        runs=RUNS,
        thresholds=THRESHOLDS,
        **ABOUT,
    )
    rows = list(csv.DictReader(files["csv"].decode().splitlines()))
    assert [row["row"] for row in rows if row["model"] == "kd"] == ["seed", "seed", "mean", "sd"]
    expected = values_of(cells.measures[0])["feature_auroc"]
    assert float(rows[0]["feature_auroc"]) == expected


def test_figure_7_shows_image_truth_and_maps(cells):
    samples = figure07.read_samples([cells.maps[0], cells.maps[2]], SHOWN, "cells")
    figure = figure07.draw(samples, SHOWN, cells.tree)
    assert len(figure.axes) == 4 * 4
    pictures = [panel.images[0].get_array() for panel in figure.axes]
    kept = arrays_of(cells.maps[2])
    np.testing.assert_array_equal(pictures[3 * 4 + 1], kept["maps"][1])
    colours = {to_hex(colour).upper() for colour in np.asarray(pictures[4 + 1]).reshape(-1, 3)}
    assert colours == set(TRUTH_COLOURS)
    texts = [text.replace("\n", " ") for text in check_legible(figure)]
    check_no_overlap(figure)
    assert {"class 0", "class 9", "Image", "Truth", "Random weights"} <= set(texts)
    wrong = [f"as {p}" for p, c in zip(kept["predicted"], kept["classes"], strict=True) if p != c]
    assert wrong and set(wrong) <= set(texts)


def test_figure_7_refuses_maps_of_other_images(cells, tmp_path):
    cells.measure(2, samples=[0, 1], measure=tmp_path / "m.json", maps=tmp_path / "m.npz")
    with pytest.raises(InputError, match="its maps are of other images than those of"):
        figure07.read_samples([cells.maps[0], tmp_path / "m.npz"], SHOWN, "cells")
    with pytest.raises(InputError, match="its model is 'kd', expected 'noise_net'"):
        figure07.read_samples([cells.maps[0]], [RUNS[2]], "cells")


def test_figures_7_and_11_are_the_same_files_each_time(cells, tmp_path):
    maps = [str(cells.maps[0]), str(cells.maps[2])]
    told = {"tree": str(cells.tree), **ABOUT}
    kinds = ("svg", "pdf", "png")
    check_same_bytes("figure07", tmp_path / "7", kinds, maps=maps, runs=SHOWN, **told)
    check_same_bytes("figure11", tmp_path / "11", kinds, **told)


def test_figure_11_shows_every_class_before_every_background(cells, tmp_path):
    images = figure11.first_images(cells.tree)
    figure = figure11.draw(images)
    assert sum(bool(panel.images) for panel in figure.axes) == 2 * len(images)
    texts = check_legible(figure)
    check_no_overlap(figure)
    assert {"ball", "rectangle", "tails", "empty", "9", "noisy", "feature"} <= set(texts)
    # A place without an image stays empty.
    few = dict(list(images.items())[:5])
    assert sum(bool(panel.images) for panel in figure11.draw(few).axes) == 10
    with pytest.raises(InputError, match="is no list of drawn cells"):
        figure11.first_images(tmp_path)


def test_figure_11_refuses_a_damaged_image(cells, tmp_path):
    tree = tmp_path / "tree"
    shutil.copytree(cells.tree, tree)
    images = figure11.first_images(tree)
    next(iter(images.values())).write_bytes(b"no image")
    with pytest.raises(InputError, match="cannot be decoded"):
        figure11.draw(images)


def test_captions_say_how_the_maps_were_scored():
    odd = {**TABLE, "clamp": 0.1, "only_correct": True}
    text = render("table03", {"table": odd})
    for said in ("cells (32 pixels)", "start at 0.3 and 0.5 and fall by 0.005", "kd, seeds 1, 2"):
        assert said in text
    assert "limited to 0.1 in each channel" in text and "classifies right" in text
    assert "are read with the images without an object" in text
    text = render("table03", {"table": {**TABLE, "empty_class": "excluded"}})
    assert "are read without the images" in text and "limited" not in text
    figure = {"runs": RUNS, "thresholds": THRESHOLDS, **ABOUT}
    assert "at the 56 inner thresholds" in render("figure06", {"figure": figure})
    assert "KD from a teacher, seed 1" in render("figure07", {"figure": {"runs": SHOWN, **ABOUT}})
    assert "The first image of cells (32 pixels)" in render("figure11", {"figure": ABOUT})
