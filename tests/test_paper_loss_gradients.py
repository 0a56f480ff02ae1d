"""Figures 8 and 13 and the table beside them."""

import csv
import json

import numpy as np
import pytest
from captions import render
from paper_data import run_of
from paper_looks import check_same_bytes

from kdlens.errors import InputError
from kdlens.paper import loss_gradients_table
from kdlens.paper.loss_gradients_figure import Gradients, draw, for_display

ENTRIES = [
    {"model": "scratch", "seed": 1, "label": "Scratch", "method": "cross_entropy"},
    {"model": "kd", "seed": 1, "label": "KD *odd* |label|_", "method": "kd"},
]


def test_gradients_are_clipped_at_three_standard_deviations_around_their_mean():
    gradient = np.zeros((2, 50, 1))
    gradient[0, 0, 0] = 100.0
    shown = for_display(gradient)
    # Mean 1, sd sqrt(99): 100 is far beyond 3 sd, and 0 lies 1 / (6 sd) below the middle.
    assert shown[0, 0, 0] == 1
    assert shown[1, 1, 0] == pytest.approx(0.5 - 1 / (6 * np.sqrt(99)))
    assert np.array_equal(for_display(7 * gradient), shown), "its scale does not matter"
    assert for_display(-gradient)[0, 0, 0] == 0


def test_a_gradient_that_is_the_same_everywhere_is_grey():
    assert (for_display(np.zeros((4, 4, 3))) == 0.5).all()
    assert (for_display(np.full((4, 4, 3), 2.0)) == 0.5).all()


@pytest.fixture
def maps(tmp_path):
    rng = np.random.default_rng(0)

    def write(name="maps.npz", grey=False, **changes):
        images = rng.integers(0, 255, (3, 8, 8, 1 if grey else 3), dtype=np.uint8)
        arrays = {
            "images": np.repeat(images, 3, axis=-1) if grey else images,
            "gradients": rng.standard_normal((2, 3, 8, 8, 3)).astype(np.float32),
            "classes": np.array(["cat", "dog", "a_class_of_a_very_long_name_indeed"]),
            "predicted": np.array([["cat", "cat", "dog"]] * 2),
            "p_true": np.full((2, 3), 0.25),
            "losses": np.full((2, 3), np.log(4)),
            "files": np.array(["cat/1.png", "dog/1.png", "z/1.png"]),
            "entries": np.array(json.dumps(ENTRIES)),
            "meta": np.array(json.dumps({"dataset": "tiny", "device": "cpu"})),
        }
        np.savez(tmp_path / name, **{**arrays, **changes})
        return tmp_path / name

    return write


def test_the_figure_shows_every_image_and_network(maps):
    figure = draw(Gradients.load(maps()))
    assert len(figure.axes) == 3 * 3
    texts = [axes.get_xlabel() for axes in figure.axes]
    assert texts.count("p = 0.25") == 6 and texts[0] == "cat" and texts[6].endswith("…")
    assert figure.axes[1].images[0].get_array().shape == (8, 8, 3)


def test_the_gradient_of_brightness_is_shown_of_images_without_colour(maps):
    shown = Gradients.load(maps(grey=True))
    figure = draw(shown)
    expected = for_display(shown.gradients[0, 0].sum(axis=-1))
    assert np.allclose(figure.axes[1].images[0].get_array(), expected)


def test_the_script_writes_the_figure_and_its_numbers(maps, tmp_path):
    endings = ("svg", "pdf", "png", "csv")
    written = check_same_bytes(
        "loss_gradients_figure", tmp_path, endings, maps=str(maps("whole.npz"))
    )
    rows = list(csv.DictReader(written["csv"].decode().splitlines()))
    assert len(rows) == 6
    assert rows[5] == {
        "model": "kd",
        "seed": "1",
        "image": "z/1.png",
        "class": "a_class_of_a_very_long_name_indeed",
        "predicted": "dog",
        "p_true": "0.25",
        "loss": "1.386294",
    }


def test_damaged_files_are_refused(maps, tmp_path):
    with pytest.raises(InputError, match="no such file"):
        Gradients.load(tmp_path / "none.npz")
    with pytest.raises(InputError, match="for 2 models and images of shape"):
        Gradients.load(maps(gradients=np.zeros((1, 3, 8, 8, 3))))
    with pytest.raises(InputError, match="not a whole file"):
        Gradients.load(maps(meta=np.array("{}")))


RUNS = [
    run_of("random", 1, "random_init", "Random weights"),
    run_of("kd", 1, "kd", "KD"),
    run_of("kd", 2, "kd", "KD"),
]
SETTINGS = {
    "dataset": "tiny_world",
    "masks": "validation",
    "objects": None,
    "images": 200,
    "seed": 1,
}


@pytest.fixture
def files(tmp_path):
    paths = []
    for i, run in enumerate(RUNS):
        values = {column.key: 0.25 * (i + 1) for column in loss_gradients_table.COLUMNS}
        values |= dict.fromkeys(loss_gradients_table.EXTRA, i) | {"images": 200}
        content = {"measure": "loss_gradients", "model": run["model"], "seed": run["seed"]}
        paths.append(tmp_path / f"{i}.json")
        paths[-1].write_text(json.dumps({**content, "values": values}))
    return [str(path) for path in paths]


def test_the_table(files, tmp_path):
    endings = ("csv", "md", "tex", "html")
    main = {"measures": files, "runs": RUNS, **SETTINGS}
    written = check_same_bytes("loss_gradients", tmp_path, endings, **main)
    text = written["md"].decode()
    lines = [line for line in text.splitlines() if line.startswith("|")]
    assert lines[2].startswith("| KD | 2 | 0.625 ± 0.177 | 62.5 ± 17.7 |")
    assert lines[-1].startswith("| Random weights | 1 | 0.250 | 25 |"), "the null comes last"
    for said in ("tiny_world", "true class", "In 3 cases", "0.5 is chance", "random weights"):
        assert said in text
    rows = list(csv.DictReader(written["csv"].decode().splitlines()))
    assert rows[-3]["loss"] == "2" and rows[-3]["images_zero"] == "2"


def test_the_table_says_whose_loss_where_images_have_no_class():
    concepts = {**SETTINGS, "masks": "concepts", "images": 0}
    said = loss_gradients_table.looked_at(concepts)
    assert said.startswith("All images of tiny_world") and "network predicts" in said
    assert "is cow, horse." in loss_gradients_table.looked_at(
        {**concepts, "objects": ["cow", "horse"]}
    )


def test_captions():
    table = {**SETTINGS, "runs": RUNS}
    text = render("loss_gradients", {"table": table})
    assert "tiny_world (drawn with seed 1)" in text and "kd, seeds 1, 2" in text
    assert "that of the true class" in text
    concepts = {**table, "masks": "concepts", "objects": ["cow", "horse"], "images": 0}
    text = render("loss_gradients", {"table": concepts})
    assert "The object is cow, horse." in text and "a network predicts" in text
    assert "drawn with seed" not in text and "all images of" in text
    figure = {"entries": ENTRIES, "dataset": "tiny_world"}
    text = render("loss_gradients_figure", {"figure": figure})
    assert "KD *odd* |label|_, seed 1" in text and "tiny_world" in text
