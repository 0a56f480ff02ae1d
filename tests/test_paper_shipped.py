"""Reduced results count as the whole ones; two runs are compared by the spread of their seeds."""

from __future__ import annotations

import dataclasses
import json
import math
import shutil
import subprocess
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from scipy.stats import t

from kdlens.dissection.tallies import DENOMINATORS, Tallies
from kdlens.dissection.top_images import TopImages
from kdlens.errors import InputError
from kdlens.paper.checkout import describe_git
from kdlens.paper.shipped.comparison import compare, tables_of
from kdlens.paper.shipped.origin import describe_machine, differing_origin
from kdlens.paper.shipped.reduced import (
    pack,
    reduce_picture,
    reduce_tallies,
    reduce_top_images,
)
from kdlens.paper.shipped.spread import RISK, pool
from kdlens.paper.shipped.telling import describe
from kdlens.paper.shipped.verdict import as_shipped


def some_tallies(seed: int = 1) -> Tallies:
    """Three quantiles, seven units, fourteen labels; a dead unit, and the denominators differ."""
    rng = np.random.default_rng(seed)
    shape, categories = (3, 7, 15), 4
    intersection = rng.integers(0, 40, shape)
    intersection[:, 0] = 0
    active = rng.integers(40, 400, (3, 7, categories))
    return Tallies(
        intersection=intersection,
        activated_image=active,
        activated_mask=active // rng.integers(1, 9, active.shape),
        label_pixels=rng.integers(50, 300, shape[2]),
        label_category=rng.integers(0, categories - 1, shape[2]),
        thresholds=rng.random(shape[:2]).astype(np.float32),
        quantiles=np.array([0.005, 0.001, 0.01]),
        label_names=np.array([f"label {k}" if k else "" for k in range(shape[2])]),
        category_names=np.array([f"category {k}" for k in range(categories)]),
        meta={"model": "kd", "seed": 1, "layer": "layer4", "labels": "true"},
    )


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_reduced_tallies_find_the_same_concepts(seed, tmp_path):
    whole = some_tallies(seed)
    reduce_tallies(whole, [0.01, 0.005]).save(tmp_path / "reduced.npz")
    pack(tmp_path / "reduced.npz")
    reduced = Tallies.load(tmp_path / "reduced.npz")
    assert reduced.quantiles.tolist() == [0.01, 0.005]
    assert reduced.meta["model"] == "kd" and reduced.meta["reduced"]
    # With two denominators, two labels of a category may be kept; never more.
    assert (reduced.intersection > 0).sum() <= 2 * 2 * 7 * 3 < (whole.intersection > 0).sum()
    differ = 0
    for quantile in reduced.quantiles:
        before, after = (each.thresholds[each.index_of(quantile)] for each in (whole, reduced))
        np.testing.assert_array_equal(before, after)
        for denominator in DENOMINATORS:
            one, two = (each.best(quantile, denominator) for each in (whole, reduced))
            for name in ("label", "iou", "category", "unit_label", "score"):
                np.testing.assert_array_equal(getattr(one, name), getattr(two, name))
            counts = [each.detectors(0.05, quantile, denominator) for each in (whole, reduced)]
            assert counts[0] == counts[1]
        labels = [whole.best(quantile, denominator).label for denominator in DENOMINATORS]
        differ += (labels[0] != labels[1]).sum()
    assert differ, "the two denominators should disagree somewhere, or they are not both tested"


def test_a_quantile_that_was_left_out_is_an_error():
    reduced = reduce_tallies(some_tallies(), [0.001])
    with pytest.raises(InputError, match=r"quantile 0\.01 was not dissected; known: 0\.001"):
        reduced.best(0.01)
    with pytest.raises(InputError, match=r"quantile 0\.5 was not dissected"):
        reduce_tallies(some_tallies(), [0.5])


def test_top_images_keep_the_maps_of_the_units_that_are_shown():
    rng = np.random.default_rng(1)
    maps = rng.standard_normal((5, 4, 3, 3)).astype(np.float32)
    peaks = maps.max((2, 3))
    whole = TopImages(rng.integers(0, 9, (5, 4)), peaks, maps, {"model": "kd"})
    reduced = reduce_top_images(whole, {1, 3}, 2)
    np.testing.assert_array_equal(reduced.images, whole.images[:, :2])
    np.testing.assert_array_equal(reduced.maps[[1, 3]], whole.maps[[1, 3], :2])
    assert not reduced.maps[[0, 2, 4]].any() and reduced.meta["reduced"]


def test_a_picture_is_small_and_the_same_each_time(tmp_path):
    pixels = np.kron(np.random.default_rng(1).integers(0, 256, (20, 30, 3)), np.ones((8, 8, 1)))
    Image.fromarray(pixels.astype(np.uint8)).save(tmp_path / "a.png", compress_level=0)
    for name in ("one", "two"):
        reduce_picture(tmp_path / "a.png", tmp_path / f"{name}.webp")
    assert (tmp_path / "one.webp").read_bytes() == (tmp_path / "two.webp").read_bytes()
    with Image.open(tmp_path / "one.webp") as picture:
        assert picture.size == (240, 160)
        assert np.abs(np.asarray(picture, float) - pixels).mean() < 16


def test_spread_by_hand():
    # Deviations -1, 1 and -2, 0, 2: squares 2 + 8 over 1 + 2 degrees of freedom.
    spread = pool([[1, 3], [5, 7, 9], [100]])
    assert spread.sd == pytest.approx(math.sqrt(10 / 3)) and spread.freedom == 3
    expected = t.ppf(1 - RISK / 2, 3) * math.sqrt(10 / 3) * math.sqrt(1 / 2 + 1 / 3)
    assert spread.tolerance(2, 3) == pytest.approx(expected)
    assert pool([[1], [2]]) is None and pool([]) is None


def test_tolerances_hold_by_chance_as_often_as_they_say():
    rng = np.random.default_rng(1)
    trials, beyond = 4000, 0
    for runs in rng.normal(0, 3, (trials, 2, 5, 2)):
        tolerance = pool(runs.reshape(-1, 2)).tolerance(2, 2)
        beyond += abs(runs[0, 0].mean() - runs[1, 0].mean()) > tolerance
    assert beyond <= 4 * RISK * trials


HEADER = "row,model,label,method,labels,reference,seed,seeds,units,total,top1,layer,quantile\n"


def write_run(folder: Path, totals: dict[str, list[int]], top1: float = 60.0) -> Path:
    """A run with one table, each model with its total by seed; and what is published of kd."""
    (folder / "tables").mkdir(parents=True)
    lines = []
    for model, values in totals.items():
        who = f"{model},{model.upper()},{'random_init' if model == 'null' else model},true"
        where = "layer4,0.005"
        for seed, value in enumerate(values, start=1):
            lines.append(f"seed,{who},{model},{seed},1,128,{value},{top1 + seed},{where}")
        mean = sum(values) / len(values)
        lines.append(f"mean,{who},{model},,{len(values)},128,{mean:g},{top1 + 1.5},{where}")
        lines.append(f"sd,{who},{model},,{len(values)},128,,,{where}")
        if model == "kd":
            lines.append(f"published,{who},kd,,3,512,301,,{where}")
    (folder / "tables/table01.csv").write_text(HEADER + "\n".join(lines) + "\n")
    return folder


SHIPPED = {"scratch": [50, 54], "kd": [60, 66], "null": [0, 0]}


def test_equal_runs_have_nothing_to_tell(tmp_path):
    one, two = (write_run(tmp_path / name, SHIPPED) for name in ("here", "shipped"))
    for exact in (True, False):
        found = compare(one, two, "tables/table01.csv", exact=exact)
        assert not found.differences and as_shipped([found])
        assert found.by_spread == (0 if exact else 2 * 3)
        assert found.values == (2 * 3 * 3 + 1 if exact else 2 * 3 + 1)
    assert tables_of(two) == ["tables/table01.csv"]


def test_means_are_judged_by_the_spread_of_their_seeds(tmp_path):
    shipped = write_run(tmp_path / "shipped", SHIPPED)
    here = write_run(tmp_path / "here", {"scratch": [52, 55], "kd": [160, 166], "null": [1, 1]})
    found = compare(here, shipped, "tables/table01.csv", exact=False)
    by_row = {each.where: each for each in found.differences}
    assert set(by_row) == {"SCRATCH", "KD", "NULL"}
    # Trained: (8 + 18) of the shipped run and (4.5 + 18) of this one, over 4 degrees of freedom.
    tolerance = t.ppf(1 - RISK / 2, 4) * math.sqrt((8 + 18 + 4.5 + 18) / 4)
    assert by_row["KD"].tolerance == by_row["SCRATCH"].tolerance == pytest.approx(tolerance)
    assert by_row["KD"].beyond and not by_row["SCRATCH"].beyond
    # Without any spread, counts may still differ by one.
    assert by_row["NULL"].tolerance == 1 and not by_row["NULL"].beyond
    # Of six means not one is to be expected beyond.
    assert found.by_spread == 6 and not as_shipped([found])
    lines = list(describe(found))
    assert lines[0] == "tables/table01.csv: 4 equal, 2 within tolerance, 1 beyond tolerance"
    assert lines[1].startswith("  ! KD: total 163, shipped 63, tolerance ")
    exact = compare(here, shipped, "tables/table01.csv", exact=True)
    assert len(exact.differences) == 6 + 3 and all(each.beyond for each in exact.differences)
    assert "KD, seed 2" in {each.where for each in exact.differences}


def test_one_seed_is_told_and_not_judged(tmp_path):
    shipped = write_run(tmp_path / "shipped", {"scratch": [50], "kd": [60]})
    here = write_run(tmp_path / "here", {"scratch": [50], "kd": [90]})
    found = compare(here, shipped, "tables/table01.csv", exact=False)
    assert [each.tolerance for each in found.differences] == [None] and as_shipped([found])
    assert found.by_spread == 0
    assert next(describe(found)).endswith("1 differ without a spread to judge by")


def test_what_is_missing_fails(tmp_path):
    shipped = write_run(tmp_path / "shipped", SHIPPED)
    here = write_run(tmp_path / "here", {"scratch": [50, 54], "null": [0, 0]})
    found = compare(here, shipped, "tables/table01.csv", exact=False)
    assert not as_shipped([found]) and found.missing == ("KD", "KD, published")
    nothing = compare(tmp_path, shipped, "tables/table01.csv", exact=False)
    assert (
        not as_shipped([nothing]) and "missing here: the whole file" in list(describe(nothing))[1]
    )


def test_a_published_number_must_be_equal(tmp_path):
    one, two = (write_run(tmp_path / name, SHIPPED) for name in ("here", "shipped"))
    path = one / "tables/table01.csv"
    path.write_text(path.read_text().replace(",301,", ",302,"))
    found = compare(one, two, "tables/table01.csv", exact=False)
    assert [each.where for each in found.differences] == ["KD, published"]
    assert not as_shipped([found])


def test_points_of_a_curve_are_told_apart_by_their_order(tmp_path):
    header = "row,model,method,seed,fraction,accuracy\n"
    accuracies = {"shipped": [(0.9, 0.5), (0.8, 0.3)], "here": [(0.9, 0.9), (0.8, 0.7)]}
    for name, seeds in accuracies.items():
        (tmp_path / name).mkdir()
        lines = [
            f"seed,kd,kd,{seed},{fraction},{value}"
            for seed, values in enumerate(seeds, start=1)
            for fraction, value in zip((0.1, 0.5), values, strict=True)
        ]
        means = [sum(values) / 2 for values in zip(*seeds, strict=True)]
        lines += [f"mean,kd,kd,,{f},{m:.2f}" for f, m in zip((0.1, 0.5), means, strict=True)]
        (tmp_path / name / "a.csv").write_text(header + "\n".join(lines) + "\n")
    found = compare(tmp_path / "here", tmp_path / "shipped", "a.csv", exact=False)
    (difference,) = found.differences
    assert (difference.column, difference.shipped, difference.here) == ("accuracy", "0.40", "0.80")
    # In both runs, squares of 0.005 at the first fraction and 0.02 at the second.
    tolerance = t.ppf(1 - RISK / 2, 4) * math.sqrt(2 * (0.005 + 0.02) / 4)
    assert difference.tolerance == pytest.approx(tolerance)


def test_a_table_without_seeds_is_found_by_its_first_texts(tmp_path):
    header = "model,column,change,verdict\n"
    for name, text in (("here", "kd,total,3.5,more\n"), ("shipped", "kd,total,-1,fewer\n")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "a.csv").write_text(header + "scratch,total,0,none\n" + text)
    found = compare(tmp_path / "here", tmp_path / "shipped", "a.csv", exact=False)
    assert [(d.column, d.shipped, d.here) for d in found.differences] == [
        ("change", "-1", "3.5"),
        ("verdict", "fewer", "more"),
    ]
    assert as_shipped([found])
    exact = compare(tmp_path / "here", tmp_path / "shipped", "a.csv", exact=True)
    assert not as_shipped([exact])


def write_origin(folder: Path, **changes) -> Path:
    metrics = {"torch": "2.15.0", "device": "cpu", "precision": "float32", "threads": [1]}
    path = folder / "models/kd/seed1/metrics.json"
    path.parent.mkdir(parents=True)
    path.write_text(json.dumps({**metrics, **changes.get("metrics", {})}))
    config = {"training": {"epochs": 7}, "title": "a", **changes.get("config", {})}
    (folder / "manifest.json").write_text(json.dumps({"config": config}))
    machine = {**describe_machine(), **changes.get("machine", {})}
    (folder / "shipped.json").write_text(json.dumps({"machine": machine}))
    return folder


@pytest.mark.parametrize(
    ("changes", "line"),
    [
        ({}, None),
        ({"config": {"title": "b"}, "machine": {"cores": 512}}, None),
        ({"config": {"training": {"epochs": 8}}}, "config key training.epochs: 7, shipped 8"),
        ({"metrics": {"torch": "2.16.0"}}, "torch: 2.15.0, shipped 2.16.0"),
        ({"metrics": {"threads": [2]}}, "threads: [1], shipped [2]"),
        ({"machine": {"processor": "Abacus"}}, "shipped Abacus"),
    ],
)
def test_runs_are_alike_if_they_were_computed_alike(tmp_path, changes, line):
    lines = differing_origin(
        write_origin(tmp_path / "here"), write_origin(tmp_path / "shipped", **changes)
    )
    assert len(lines) == (line is not None) and (line is None or line in lines[0])


def test_gpus_never_count_as_alike(tmp_path):
    cuda = {"metrics": {"device": "cuda"}}
    folders = [write_origin(tmp_path / name, **cuda) for name in ("here", "shipped")]
    assert differing_origin(*folders) == ["device: a GPU, of which kind is not known"]


def test_fields_of_records_are_all_kept():
    whole = some_tallies()
    reduced = reduce_tallies(whole, whole.quantiles)
    for field in dataclasses.fields(Tallies):
        if field.name not in ("intersection", "meta"):
            np.testing.assert_array_equal(getattr(whole, field.name), getattr(reduced, field.name))


@pytest.mark.skipif(not shutil.which("git"), reason="git is not installed")
def test_shipped_results_make_no_checkout_another_one(tmp_path):
    (tmp_path / "Snakefile").write_text("")
    named = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    for command in (("init", "-q"), ("add", "-A"), (*named, "commit", "-qm", "x")):
        subprocess.run(["git", "-C", str(tmp_path), *command], check=True)
    (tmp_path / "results/reference/demo").mkdir(parents=True)
    (tmp_path / "results/reference/demo/README.md").write_text("new")
    assert describe_git(tmp_path)["dirty"] is False
    (tmp_path / "Snakefile").write_text("changed")
    assert describe_git(tmp_path)["changed"] == [" M Snakefile"]
