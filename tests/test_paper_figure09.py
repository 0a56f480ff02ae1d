"""Figures 9 and 10: counts as by hand, the csv, what is said of the order, what is drawn."""

import csv
import io
import math

import numpy as np
import pytest
from matplotlib.colors import to_hex
from paper_data import CATEGORIES, DATASET, run_of, write_ious
from paper_looks import check_legible, check_no_overlap, check_same_bytes

from kdlens.errors import InputError
from kdlens.paper import style
from kdlens.paper.curves import IOU_THRESHOLD, QUANTILE, draw, order_line
from kdlens.paper.table01 import Settings
from kdlens.paper.table01_count import count_tables
from kdlens.paper.table01_csv import write_csv

QUANTILES = (0.005, 0.001, 0.01)  # the first is the run's; a figure sorts them
THRESHOLDS = (0.01, 0.03, 0.05)
UNITS, LABELS = 40, 1 + 2 * len(CATEGORIES)
MODELS = {
    "scratch": ("cross_entropy", "Scratch", "scratch"),
    "ls": ("label_smoothing", "Label smoothing", "label_smoothing"),
    "kd": ("kd", "KD", "kd"),
    "noise": ("random_init", "Random weights", None),
}


def random_ious(scale, seed):
    generator = np.random.default_rng(seed)
    ious = generator.gamma(0.4, scale, (len(QUANTILES), UNITS, LABELS)).clip(0, 0.9)
    ious[..., 0] = 0
    return ious


def write_run(folder, scales, seeds=(1, 2, 3), shuffled=True):
    """Write tallies of each model (by its scale of IoUs); return (runs, files, IoUs)."""
    runs, files, ious = [], [], []
    for model, scale in scales.items():
        method, label, reference = MODELS[model]
        for seed in seeds:
            runs.append(run_of(model, seed, method, label, reference))
            ious.append(random_ious(scale, [seed, len(runs)]))
    if shuffled:
        runs.append(run_of("scratch", 1, "cross_entropy", "Shuffled", labels="shuffled"))
        ious.append(random_ious(0.004, 9))
    for i, (run, values) in enumerate(zip(runs, ious, strict=True)):
        which = {key: run[key] for key in ("model", "seed", "labels")}
        path = write_ious(folder / f"{i}.npz", values, quantiles=QUANTILES, **which)
        files.append(str(path))
    return runs, files, ious


SCALES = {"scratch": 0.02, "ls": 0.016, "kd": 0.026, "noise": 0.006}


def settings(quantiles=(0.005,), thresholds=(0.05,), layer="layer4"):
    return [
        Settings(layer, quantile, threshold, "image", **DATASET)
        for quantile in quantiles
        for threshold in thresholds
    ]


def recount(ious, threshold):
    """Count by loops from IoUs (U, C): total, unique, pairs, distinct."""
    total = unique = pairs = 0
    concepts = set()
    for unit in ious:
        best = [max(unit[1 + 2 * k : 3 + 2 * k]) for k in range(len(CATEGORIES))]
        found = sum(value >= threshold for value in best)
        total += found > 0
        unique += found == 1
        pairs += found
        if found:
            concepts.add(int(np.argmax(unit)))
    return total, unique, pairs, len(concepts)


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    return write_run(tmp_path_factory.mktemp("tallies"), SCALES)


@pytest.mark.parametrize(("quantiles", "thresholds"), [(QUANTILES, (0.05,)), ((0.01,), THRESHOLDS)])
def test_counts_are_those_of_a_plain_recount(run, quantiles, thresholds):
    runs, files, ious = run
    tables = count_tables(runs, files, settings(quantiles, thresholds))
    assert len(tables) == 3
    seen = set()
    for table in tables:
        level = QUANTILES.index(table.settings.quantile)
        for group in table.groups:
            for i, seed in enumerate(group.seeds):
                key = (group.model, seed, group.labels)
                place = [(r["model"], r["seed"], r["labels"]) for r in runs].index(key)
                expected = recount(ious[place][level], table.settings.iou_threshold)
                names = ("total", "unique", "pairs", "distinct")
                assert tuple(group.values[name][i] for name in names) == expected
                seen.add(expected)
    assert len(seen) > 10, "the counts hardly vary"


def test_csv_has_every_point(run, tmp_path):
    runs, files, _ = run
    tables = count_tables(runs, files, settings(sorted(QUANTILES)))
    path = tmp_path / "figure09.csv"
    write_csv(path, *tables)
    rows = list(csv.DictReader(io.StringIO(path.read_text())))
    points = [row for row in rows if row["row"] == "seed"]
    expected = [quantile for quantile in ("0.001", "0.005", "0.01") for _ in runs]
    assert [row["quantile"] for row in points] == expected
    assert "top1" not in rows[0]
    for row in points:
        table = tables[sorted(QUANTILES).index(float(row["quantile"]))]
        group = table.group(row["model"], row["labels"])
        for name in ("total", "unique", "pairs", "distinct"):
            assert int(row[name]) == group.values[name][int(row["seed"]) - 1]
        assert (row["iou_threshold"], row["layer"], row["units"]) == ("0.05", "layer4", "40")
    kd = [row for row in rows if row["model"] == "kd" and row["quantile"] == "0.001"]
    totals = [int(row["total"]) for row in kd if row["row"] == "seed"]
    (mean,) = (row["total"] for row in kd if row["row"] == "mean")
    assert float(mean) == pytest.approx(sum(totals) / 3, abs=1e-6)


# -- what is said of the order --------------------------------------------------------------------


def line_of(folder, scales, seeds=(1, 2, 3)):
    runs, files, _ = write_run(folder, scales, seeds)
    return order_line(count_tables(runs, files, settings((0.005,), THRESHOLDS)), IOU_THRESHOLD)


def test_order_where_kd_wins_everywhere_and_nowhere(tmp_path):
    wins = line_of(tmp_path, {"scratch": 0.02, "ls": 0.01, "kd": 0.04, "noise": 0.001})
    assert wins == (
        "KD has more detectors than Scratch at 3 of 3 IoU thresholds (as many at 0, fewer at 0); "
        "KD > Scratch > Label smoothing holds at 3 of 3. Means over 3 seeds."
    )
    loses = line_of(tmp_path, {"scratch": 0.04, "ls": 0.01, "kd": 0.01, "noise": 0.001}, (1,))
    assert loses == (
        "KD has more detectors than Scratch at 0 of 3 IoU thresholds (as many at 0, fewer at 3); "
        "KD > Scratch > Label smoothing holds at 0 of 3. One network a model, so no spread."
    )


def test_order_keeps_ties_apart_and_needs_kd_and_scratch(tmp_path):
    equal = line_of(tmp_path, {"scratch": 1e-6, "kd": 1e-6, "noise": 0.001}, (1, 2))
    assert equal == (
        "KD has more detectors than Scratch at 0 of 3 IoU thresholds (as many at 3, fewer at 0). "
        "Means over 2 seeds."
    )
    assert line_of(tmp_path, {"scratch": 0.02, "ls": 0.01}) == ""
    runs, files, _ = write_run(tmp_path, {"scratch": 0.02, "kd": 0.03}, (1,))
    smaller = random_ious(0.03, 1)[:, :10]
    write_ious(files[1], smaller, quantiles=QUANTILES, model="kd", seed=1)
    tables = count_tables(runs, files, settings((0.005,), THRESHOLDS))
    assert "differ in size" in order_line(tables, IOU_THRESHOLD)


def test_order_agrees_with_the_means(run):
    runs, files, _ = run
    tables = count_tables(runs, files, settings(sorted(QUANTILES)))
    more = sum(t.group("kd").mean("total") > t.group("scratch").mean("total") for t in tables)
    assert f"at {more} of 3 quantiles" in order_line(tables, QUANTILE)


# -- the drawing ----------------------------------------------------------------------------------


@pytest.mark.parametrize("setting", [QUANTILE, IOU_THRESHOLD])
def test_lines_are_the_means_and_dots_the_seeds(run, setting):
    runs, files, _ = run
    values = {QUANTILE: sorted(QUANTILES), IOU_THRESHOLD: THRESHOLDS}[setting]
    chosen = settings(values) if setting == QUANTILE else settings((0.005,), values)
    tables = count_tables(runs, files, chosen)
    figure = draw(tables, setting)
    (panel,) = figure.axes
    groups = ["scratch", "ls", "kd", "noise"]
    for line, model in zip(panel.lines, groups, strict=False):
        assert list(line.get_xdata()) == list(values)
        assert list(line.get_ydata()) == [t.group(model).mean("total") for t in tables]
    assert len(panel.lines) == 5, "the shuffled labels have a line too"
    colors = [to_hex(line.get_color()) for line in panel.lines]
    assert colors[:3] == [style.METHODS[MODELS[m][0]].color.lower() for m in groups[:3]]
    for null in colors[3:]:
        assert null[1:3] == null[3:5] == null[5:7]
    # Bands and dots for the models of three seeds, none for the one of a single seed.
    dots = [c for c in panel.collections if len(c.get_offsets()) == 9]
    assert len(dots) == 4 and len(panel.collections) == 8
    expected = [v for t in tables for v in t.group("kd").values["total"]]
    assert dots[2].get_offsets()[:, 1].tolist() == expected
    texts = " ".join(check_legible(figure))
    assert "KD has more detectors than Scratch at" in texts.replace("\n", " ")
    assert "Shuffled" in texts and "units (of 40)" in texts
    check_no_overlap(figure)


def test_all_methods_and_close_settings_stay_legible(tmp_path):
    runs, files = [], []
    for i, method in enumerate([*[*style.METHODS][:-1], "kd", "kd"]):
        for seed in (1, 2):
            name = f"{method}{i}"
            runs.append(run_of(name, seed, method, f"A rather long name of the method {i}"))
            path = tmp_path / f"{name}_{seed}.npz"
            write_ious(path, random_ious(0.01 * i, seed)[:1], model=name, seed=seed)
            files.append(path)
    close = (0.01, 0.011, 0.012, 0.05, 0.0505, 0.3)
    figure = draw(count_tables(runs, files, settings((0.005,), close)), IOU_THRESHOLD)
    texts = check_legible(figure)
    check_no_overlap(figure)
    assert {"0.0100", "0.0500", "0.3000"} <= set(texts) and "0.0110" not in texts
    lines = [(line.get_color(), line.get_linestyle()) for line in figure.axes[0].lines]
    assert len(set(lines)) == len(lines)


def test_no_detector_at_all(tmp_path):
    runs, files, _ = write_run(tmp_path, {"scratch": 1e-9, "kd": 1e-9}, (1, 2), shuffled=False)
    figure = draw(count_tables(runs, files, settings(sorted(QUANTILES))), QUANTILE)
    check_legible(figure)
    assert figure.axes[0].get_ylim()[1] >= 1


def test_every_line_can_be_seen_on_white():
    methods = list(style.METHODS)
    lines = style.lines_of(methods)
    assert len({line.marker for line in lines}) == len(methods)
    for line in lines:
        rgb = np.array(style.to_rgb(line.color))
        linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
        assert 1.05 / (linear @ [0.2126, 0.7152, 0.0722] + 0.05) >= 2
    assert style.lines_of(["kd"])[0].color == style.METHODS["kd"].color.lower()


# -- the scripts, and bad input -------------------------------------------------------------------

FILES = ("svg", "pdf", "png", "csv")


def test_scripts_write_the_same_bytes_without_torch(run, tmp_path):
    runs, files, _ = run
    common = {"runs": runs, "denominator": "image", "layer": "layer4", "dataset": DATASET}
    by_quantile = {"quantiles": QUANTILES, "iou_threshold": 0.05, **common}
    ninth = check_same_bytes("figure09", tmp_path / "9", FILES, tallies=files, **by_quantile)
    assert ninth["csv"].count(b"\n") == 1 + 3 * (len(runs) + 2 * 5)
    by_threshold = {"iou_thresholds": THRESHOLDS, "quantile": 0.005, **common}
    tenth = check_same_bytes("figure10", tmp_path / "10", FILES, tallies=files, **by_threshold)
    # The two figures share the point at the run's own quantile and threshold.
    wanted = b"layer4,0.005,0.05,image"
    shared = [{r for r in f["csv"].split(b"\n") if wanted in r} for f in (ninth, tenth)]
    assert shared[0] == shared[1] and len(shared[0]) == len(runs) + 2 * 5


def test_missing_quantile_layer_and_file_are_named(run, tmp_path):
    runs, files, _ = run
    with pytest.raises(InputError, match=r"0\.npz: quantile 0\.002 was not dissected.*0\.005"):
        count_tables(runs, files, settings((0.005, 0.002)))
    with pytest.raises(InputError, match=r"0\.npz: its layer is 'layer4', expected 'layer3'"):
        count_tables([{**run, "layer": "layer3"} for run in runs], files, settings())
    with pytest.raises(InputError, match=r"gone\.npz: no such file"):
        count_tables(runs[:1], [tmp_path / "gone.npz"], settings())
    with pytest.raises(InputError, match="2 runs, 1 tallies and no metrics"):
        count_tables(runs[:2], files[:1], settings())


def test_a_line_needs_two_rising_values(run):
    runs, files, _ = run
    for quantiles in ((0.005,), (0.005, 0.001)):
        with pytest.raises(InputError, match="two values or more, rising"):
            draw(count_tables(runs, files, settings(quantiles)), QUANTILE)


def test_sd_is_the_sample_one(run):
    runs, files, _ = run
    (table,) = count_tables(runs, files, settings())
    a, b, c = table.group("kd").values["total"]
    mean = (a + b + c) / 3
    sd = math.sqrt(sum((v - mean) ** 2 for v in (a, b, c)) / 2)
    (panel,) = draw(count_tables(runs, files, settings(sorted(QUANTILES))), QUANTILE).axes
    band = panel.collections[4].get_paths()[0].vertices  # after those of scratch and smoothing
    at = band[np.isclose(band[:, 0], 0.005), 1]
    assert at.min() == pytest.approx(mean - sd) and at.max() == pytest.approx(mean + sd)
