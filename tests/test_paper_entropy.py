"""Tables 2, 12 and 14: the numbers of the files, the published ones beside, and what is said."""

import csv
import json

import numpy as np
import pytest
from captions import render
from paper_data import REFERENCE, run_of
from paper_looks import check_same_bytes

from kdlens.data.categories import Categories, write_categories
from kdlens.errors import InputError
from kdlens.measures.entropy import Grouping, measure, measure_pair
from kdlens.paper import table02, table12, table14

RUNS = [
    run_of("random", 1, "random_init", "Random weights"),
    run_of("scratch", 1, "cross_entropy", "Scratch", "scratch"),
    run_of("scratch", 2, "cross_entropy", "Scratch", "scratch"),
]
SETTINGS = {
    "dataset": "tiny_world",
    "source": "csv",
    "correct": ["scratch"],
    "correct_labels": ["Scratch"],
    "images": 1000,
    "seed": 1,
    "singletons": "excluded",
    "pairs": [["cat", "dog"]],
}


@pytest.fixture
def files(tmp_path):
    grouping, labels = Grouping(("a", "b"), np.array([0, 0, 1, 1])), np.array([0, 1, 2, 3])
    right, paths = np.ones(4, bool), []
    for i, run in enumerate(RUNS):
        logits = np.full((4, 4), -2.0)
        logits[np.arange(4), labels] = float(i)
        values = measure(
            logits, labels, right, grouping, images=None, seed=1, singletons="excluded"
        )
        pair = measure_pair(logits, labels, right, (0, 1))
        values |= {f"pair1_{name}": value for name, value in pair.items()}
        content = {"measure": "entropy", "model": run["model"], "seed": run["seed"]}
        paths.append(tmp_path / f"{i}.json")
        paths[-1].write_text(json.dumps({**content, "values": values}))
    return paths


def main_of(files, table):
    reference = REFERENCE.with_name(f"{table}.csv")
    measures = [str(file) for file in files]
    return {"measures": measures, "reference": str(reference), "runs": RUNS, **SETTINGS}


def cells_of(markdown):
    lines = [line for line in markdown.splitlines() if line.startswith("|")]
    return {
        line.split("|")[1].strip(): [c.strip() for c in line.split("|")[2:-1]] for line in lines
    }


def test_table_2(files, tmp_path):
    endings = ("csv", "md", "tex", "html")
    written = check_same_bytes("table02", tmp_path, endings, **main_of(files, "table02"))
    text = written["md"].decode()
    cells = cells_of(text)
    assert list(cells)[-1] == "Random weights", "the null comes last"
    published = cells["*Scratch, published*"]
    assert published[1] == "*0.485*" and published[3] == "*2.899*"
    assert published[2] == "*–*", "no softmax has such an entropy"
    assert cells["Scratch"][0] == "2" and " ± " in cells["Scratch"][1]
    # Random weights: no logit is positive, so there are no normalised logits.
    assert cells["Random weights"][3] == "–" and "(4 cases over all networks)" in text
    for said in ("tiny_world", "cannot be those", "3.063 bits", "T 1", "need not classify right"):
        assert said in text
    rows = list(csv.DictReader(written["csv"].decode().splitlines()))
    seeds = [row for row in rows if row["row"] == "seed"]
    assert len(seeds) == 3 and float(seeds[1]["p_true"]) == pytest.approx(
        np.exp(1) / (np.exp(1) + 3 * np.exp(-2))
    )
    assert "category_micro_nats_singletons_included" in rows[0]
    tex = written["tex"].decode()
    assert r"\label{tab:table02}" in tex and "cannot be those" in tex and "±" not in tex


def test_table_2_without_published_models_says_nothing_of_the_paper(files, tmp_path):
    runs = [{**run, "reference": None} for run in RUNS]
    lines, extra = table02.read(runs, files, REFERENCE.with_name("table02.csv"))
    paths = {ending: tmp_path / f"t.{ending}" for ending in ("csv", "md", "html", "tex")}
    table02.write(lines, extra, SETTINGS, **paths)
    text = paths["md"].read_text()
    assert "Han et al." not in text and "published" not in text.lower()


def test_table_12(files, tmp_path):
    endings = ("csv", "md", "tex", "html")
    written = check_same_bytes("table12", tmp_path, endings, **main_of(files, "table12"))
    cells = cells_of(written["md"].decode())
    assert cells["Model"] == ["Seeds", "Softmax (bits)", "Normalised logits (bits)", "Images"]
    assert cells["*Scratch, published*"] == ["*–*", "*–*", "*0.944*", "*–*"]
    assert cells["Scratch"][3] == "2 ± 0"
    assert "cat and dog" in written["md"].decode()


def test_several_pairs_have_columns_of_their_own():
    titles = [column.title for column in table12.columns([["a", "b"], ["c", "d"]])]
    assert titles[0] == "a / b: softmax (bits)" and titles[5] == "c / d: images"
    published = [c.published for c in table12.columns([["a", "b"], ["c", "d"]])]
    assert [name is not None for name in published] == [False, True, False, False, False, False]


def test_a_missing_value_is_named(files):
    content = json.loads(files[0].read_text())
    del content["values"]["pair1_images"]
    files[0].write_text(json.dumps(content))
    with pytest.raises(InputError, match=r"0\.json: value 'pair1_images' is missing"):
        table12.read(RUNS, files, REFERENCE.with_name("table12.csv"), SETTINGS["pairs"])


FOUND = Categories(
    ("c1", "c2", "c3", "c4"), ("plant", "dog", "dog", "other"), (True, True, True, False)
)


def test_table_14(tmp_path):
    write_categories(tmp_path / "categories.csv", FOUND)
    main = {
        "categories": str(tmp_path / "categories.csv"),
        "reference": str(REFERENCE.with_name("table14.csv")),
        "dataset": "four",
        "source": "csv",
    }
    written = check_same_bytes("table14", tmp_path, ("csv", "md", "tex", "html"), **main)
    assert written["csv"].decode().splitlines() == [
        "category,classes,counts,published",
        "dog,2,yes,",
        "other,1,no,",
        "plant,1,yes,",
    ]
    assert cells_of(written["md"].decode())["dog"] == ["2"]
    assert "Published" not in written["md"].decode()


def test_sizes_beside_the_published_ones(tmp_path):
    lines = table14.count(FOUND, {"dog": 2, "plant": 3, "wolf": 1})
    assert [(line.label, line.classes, line.published) for line in lines] == [
        ("dog", 2, 2),
        ("other", 1, None),
        ("plant", 1, 3),
        ("wolf", 0, 1),
    ]
    paths = {ending: tmp_path / f"t.{ending}" for ending in ("csv", "md", "html", "tex")}
    table14.write(lines, "four", **paths)
    text = paths["md"].read_text()
    assert "3 sizes differ from those of Han et al. 2023" in text
    assert "nothing alike is grouped: other" in text and "by definition: plant" in text
    assert "3 classes of 2 categories count" in text
    same = table14.count(FOUND, {"dog": 2, "plant": 1, "other": 1})
    table14.write(same, "four", **paths)
    assert "All 3 sizes are those of Han et al. 2023, Table 14." in paths["md"].read_text()


@pytest.mark.parametrize("images", [1000, 0])
def test_captions(images):
    table = {**SETTINGS, "runs": RUNS, "correct_labels": ["KD *odd* |label|_"], "images": images}
    text = render("table02", {"table": table})
    for said in ("tiny_world", "KD *odd* |label|_", "scratch, seeds 1, 2", "are excluded", "0.49"):
        assert said in text
    assert ("Up to 1000 of the images" in text) == ("drawn with seed 1" in text) == bool(images)
    text = render("table12", {"table": {**table, "pairs": [["a_", "b"], ["c", "d"]]}})
    assert "Entropy within a_ and b; c and d, over" in text
    for source in ("imagenet", "csv"):
        text = render("table14", {"table": {"dataset": "tiny_world", "source": source}})
        assert "tiny_world" in text and ("Han et al." in text) == (source == "imagenet")
