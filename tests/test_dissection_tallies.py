"""From counts to detectors: ties, files, the table, and a published report counted again."""

from __future__ import annotations

import csv
import dataclasses
import gzip
import io
from pathlib import Path

import numpy as np
import pytest

from kdlens.dissection.detectors import TABLE1_COLUMNS, Detectors, count_detectors
from kdlens.dissection.tallies import Tallies
from kdlens.dissection.unit_table import unit_table
from kdlens.errors import InputError

REPORT = Path(__file__).parent / "data" / "netdissect_resnet152_imagenet.csv.gz"


def make(intersection, activated, label_pixels, label_category, **changes) -> Tallies:
    """Tallies of one quantile, 0.005, with the same counts for both denominators."""
    intersection = np.asarray(intersection, dtype=np.int64)[None]
    activated = np.asarray(activated, dtype=np.int64)[None]
    labels, categories = intersection.shape[2], activated.shape[2]
    fields = {
        "intersection": intersection,
        "activated_image": activated,
        "activated_mask": activated,
        "label_pixels": np.asarray(label_pixels, dtype=np.int64),
        "label_category": np.asarray(label_category, dtype=np.int64),
        "thresholds": np.arange(intersection.shape[1], dtype=np.float32)[None],
        "quantiles": np.array([0.005]),
        "label_names": np.array(["", *(f"l{number}" for number in range(1, labels))]),
        "category_names": np.array([f"c{number}" for number in range(categories)]),
        "meta": {"layer": "layer4", "model": "kd", "seed": 1, "labels": "true"},
    }
    return Tallies(**(fields | changes))


# ---- the published report -----------------------------------------------------------------------


@pytest.fixture(scope="module")
def report():
    """The rows of the published dissection of ResNet-152 (ImageNet), by the paper's authors."""
    with gzip.open(REPORT, "rt", encoding="utf-8", newline="") as handle:
        return list(csv.DictReader(handle))


CATEGORIES = ["object", "color", "material", "scene", "texture", "part"]


@pytest.fixture(scope="module")
def published(report):
    """The report as tallies.

    It gives, for each unit and category, the best label and its counts. So each unit has one label
    with an intersection in each category; the others are 0 here. A label's primary category is the
    one in whose columns it stands, and its name may stand in two (then it is two labels here). One
    texture has an empty name.
    """
    names = sorted(
        {(k, row[f"{name}-label"]) for row in report for k, name in enumerate(CATEGORIES)}
    )
    number = {key: index for index, key in enumerate(names, 1)}
    intersection = np.zeros((len(report), len(names) + 1), dtype=np.int64)
    activated = np.zeros((len(report), len(CATEGORIES)), dtype=np.int64)
    label_pixels = np.zeros(len(names) + 1, dtype=np.int64)
    for row in report:
        unit = int(row["unit"]) - 1
        for k, category in enumerate(CATEGORIES):
            label = number[k, row[f"{category}-label"]]
            intersection[unit, label] = int(row[f"{category}-intersect"])
            activated[unit, k] = int(float(row[f"{category}-activation"]))
            pixels = int(row[f"{category}-truth"])
            # What is labelled does not depend on the unit.
            assert label_pixels[label] in (0, pixels)
            label_pixels[label] = pixels
    return make(
        intersection,
        activated,
        label_pixels,
        [len(CATEGORIES) - 1, *(k for k, _ in names)],
        label_names=np.array(["", *(name for _, name in names)]),
        category_names=np.array(CATEGORIES),
    )


def test_published_iou(report, published):
    """IoU = intersect / (activation + truth - intersect), in all 6 x 2,048 places."""
    best = published.best()
    for row in report:
        unit = int(row["unit"]) - 1
        for k, category in enumerate(CATEGORIES):
            assert best.iou[unit, k] == pytest.approx(float(row[f"{category}-iou"]), abs=1e-15)
            name = published.label_names[best.label[unit, k]]
            assert name == row[f"{category}-label"]


def test_published_best(report, published):
    best = published.best()
    for row in report:
        unit = int(row["unit"]) - 1
        assert CATEGORIES[best.category[unit]] == row["category"]
        assert published.label_names[best.unit_label[unit]] == row["label"]
        assert best.score[unit] == pytest.approx(float(row["score"]), abs=1e-15)


def test_published_counts(published):
    """The four ways to count, at 0.05. (No score is 0.05 exactly: >= and > agree here.)"""
    found = published.detectors(0.05)
    assert found.units == 2048
    assert found.units_any == 990
    assert found.pairs == 1379
    assert found.distinct_labels == 169
    assert found.exactly_one == 650
    assert found.by_category == {
        "object": 468,
        "color": 2,
        "material": 7,
        "scene": 200,
        "texture": 268,
        "part": 45,
    }
    assert sum(found.by_category.values()) == found.units_any
    assert published.detectors(0.04).units_any == 1325


def test_published_table(report, published):
    """Our table of their tallies is their report, but for how numbers are written."""
    text = unit_table(published, quantile=0.005, denominator="image", iou_threshold=0.05)
    ours = list(csv.DictReader(io.StringIO(text)))
    assert sum(row["detector"] == "True" for row in ours) == 990
    assert len(ours) == len(report)
    theirs = {row["unit"]: row for row in report}
    for row in ours:
        expected = theirs[row["unit"]]
        for key, value in expected.items():
            if key.endswith(("iou", "score", "activation")):
                assert float(row[key]) == pytest.approx(float(value), abs=6e-11)
            else:
                assert row[key] == value
    assert [row["unit"] for row in ours[:40]] == [row["unit"] for row in report[:40]]


# ---- rules --------------------------------------------------------------------------------------


def test_ties_and_empty_rows():
    tallies = make(
        [
            [0, 4, 4, 0, 0, 0],  # labels 1 and 2 tie in c0
            [0, 4, 0, 4, 0, 4],  # c0, c1 and c2 tie
            [0, 0, 0, 0, 0, 0],  # nothing
            [0, 0, 1, 3, 0, 0],  # c2 has no overlap
        ],
        np.full((4, 3), 10),
        [0, 10, 10, 10, 10, 10],
        [2, 0, 0, 1, 1, 2],
    )
    best = tallies.best()
    assert best.label.tolist() == [[1, 0, 0], [1, 3, 5], [0, 0, 0], [2, 3, 0]]
    assert best.category.tolist() == [0, 2, 2, 1]
    assert best.unit_label.tolist() == [1, 5, 0, 3]
    np.testing.assert_allclose(best.score, [0.25, 0.25, 0, 3 / 17], rtol=1e-9)
    # Even at a threshold of 0 a unit that meets no label detects nothing.
    assert tallies.detectors(0).units_any == 3


def test_category_without_a_label():
    tallies = make([[0, 3]], [[5, 5]], [0, 5], [1, 1])
    assert tallies.best().label.tolist() == [[0, 1]]
    assert tallies.detectors(0.1).by_category == {"c0": 0, "c1": 1}


def test_label_is_divided_by_its_own_categorys_activation():
    tallies = make([[0, 4, 4]], [[6, 16]], [0, 8, 8], [1, 0, 1])
    np.testing.assert_allclose(tallies.iou()[0], [0, 4 / 10, 4 / 20], rtol=1e-9)


def test_denominators_are_told_apart():
    tallies = make(
        [[0, 4]], [[16]], [0, 8], [0, 0], activated_mask=np.array([[[6]]], dtype=np.int64)
    )
    assert tallies.iou(denominator="image")[0, 1] == pytest.approx(4 / 20)
    assert tallies.iou(denominator="mask")[0, 1] == pytest.approx(4 / 10)
    assert tallies.detectors(0.3, denominator="mask").units_any == 1
    assert tallies.detectors(0.3).units_any == 0
    with pytest.raises(InputError, match="denominator 'images' is not known"):
        tallies.iou(denominator="images")


def test_threshold_counts_from_equality_on():
    iou = np.array([[0.05, 0.04999], [0.05, 0.06]])
    found = count_detectors(np.array([[1, 2], [1, 2]]), iou, np.array([0, 1]), ["a", "b"], 0.05)
    assert found == Detectors(
        units=2,
        units_any=2,
        pairs=3,
        distinct_labels=2,
        exactly_one=1,
        by_category={"a": 1, "b": 1},
    )


def test_table1_columns_are_fields():
    assert set(TABLE1_COLUMNS) == {"total", "unique"}
    assert set(TABLE1_COLUMNS.values()) <= set(Detectors.__dataclass_fields__)


def test_quantile_is_found_by_value():
    one = make([[0, 3]], [[5]], [0, 5], [0, 0])
    twice = {
        name: np.concatenate([getattr(one, name)] * 2)
        for name in ("intersection", "activated_image", "activated_mask", "thresholds")
    }
    both = dataclasses.replace(one, quantiles=np.array([0.005, 0.01]), **twice)
    assert (both.index_of(), both.index_of(0.01), both.index_of(0.1 / 10)) == (0, 1, 1)
    with pytest.raises(InputError, match=r"quantile 0\.02 was not dissected; known: 0\.005, 0\.01"):
        both.iou(0.02)


# ---- files --------------------------------------------------------------------------------------


def test_file_comes_back_and_is_the_same_bytes(tmp_path):
    tallies = make([[0, 3, 1]], [[5, 2]], [0, 5, 9], [1, 0, 1])
    tallies.save(tmp_path / "layer4.npz")
    tallies.save(tmp_path / "again.npz")
    assert (tmp_path / "layer4.npz").read_bytes() == (tmp_path / "again.npz").read_bytes()
    back = Tallies.load(tmp_path / "layer4.npz")
    for name in Tallies.__dataclass_fields__:
        np.testing.assert_array_equal(getattr(back, name), getattr(tallies, name))
    assert back.meta == tallies.meta
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again.npz", "layer4.npz"]


def test_damaged_files(tmp_path):
    path = tmp_path / "layer4.npz"
    with pytest.raises(InputError, match=r"layer4\.npz: no such file"):
        Tallies.load(path)
    make([[0, 3]], [[5]], [0, 5], [0, 0]).save(path)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="not a whole file of tallies"):
        Tallies.load(path)
    position = whole.index(b"intersection.npy") + 60
    path.write_bytes(whole[:position] + bytes(20) + whole[position + 20 :])
    with pytest.raises(InputError, match="not a whole file of tallies"):
        Tallies.load(path)
    np.savez(path, other=np.zeros(3))
    with pytest.raises(InputError, match="not a whole file of tallies"):
        Tallies.load(path)
    np.save(tmp_path / "array.npy", np.zeros(3))
    with pytest.raises(InputError, match="not a whole file of tallies"):
        Tallies.load(tmp_path / "array.npy")


def test_shapes_must_fit():
    with pytest.raises(ValueError, match="label_pixels"):
        make([[0, 3]], [[5]], [0, 5, 1], [0, 0])


def test_table_of_units():
    tallies = make(
        [[0, 0, 0], [0, 4, 2], [0, 4, 2]],
        [[0, 0], [6, 6], [6, 6]],
        [0, 8, 4],
        [1, 0, 1],
        label_names=np.array(["", 'dog, "big"', "leg"]),
    )
    text = unit_table(tallies, quantile=None, denominator="image", iou_threshold=0.3)
    assert text.splitlines() == [
        "unit,category,label,score,detector,"
        "c0-label,c0-truth,c0-activation,c0-intersect,c0-iou,"
        "c1-label,c1-truth,c1-activation,c1-intersect,c1-iou",
        '2,c0,"dog, ""big""",0.4000000000,True,"dog, ""big""",8,6,4,0.4000000000,'
        "leg,4,6,2,0.2500000000",
        '3,c0,"dog, ""big""",0.4000000000,True,"dog, ""big""",8,6,4,0.4000000000,'
        "leg,4,6,2,0.2500000000",
        "1,c1,,0.0000000000,False,,0,0,0,0.0000000000,,0,0,0,0.0000000000",
    ]
