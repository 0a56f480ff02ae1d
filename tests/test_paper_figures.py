"""Figures 2 and 3: every number drawn, nothing cut off, the same bytes each time, without torch."""

import subprocess
import sys
from itertools import pairwise

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from paper_data import DATASET, SETTINGS, write_maps
from paper_looks import check_legible, check_same_bytes
from project import SCRIPTS, with_scripts

from kdlens.errors import InputError
from kdlens.paper import figure02, figure03, style
from kdlens.paper.reference import CATEGORIES
from kdlens.paper.table01 import Group, Settings, Table
from kdlens.paper.table01_csv import write_csv

FORMATS = ("svg", "pdf", "png")
LONG = "Label smoothing with alpha = 0.1, everything else as in the published recipe"


def group(model, totals, *, label=None, method="cross_entropy", labels="true", units=512, scale=1):
    values = {name: tuple(total // 7 * scale for total in totals) for name in CATEGORIES}
    values |= {"color": (0,) * len(totals), "unique": tuple(total // 2 for total in totals)}
    values |= {"total": totals, "pairs": totals, "distinct": totals, "top1": (50.0,) * len(totals)}
    seeds = tuple(range(1, len(totals) + 1))
    return Group(model, label or model, method, labels, None, "layer4", units, seeds, values, None)


def table(*groups):
    return Table(Settings(**SETTINGS, **DATASET), CATEGORIES, groups)


SMALL = table(
    group("scratch", (100, 103), label="Scratch"),
    group("ls", (80, 91), label=LONG, method="label_smoothing"),
    group("kd", (110,), label="KD", method="kd"),
    group("noise", (0, 3), label="Random weights", method="random_init"),
    group("scratch", (0, 0), label="Scratch, shuffled labels", labels="shuffled"),
)
ALL_METHODS = [name for name in style.METHODS if name != "shuffled"]
LARGE = table(*(group(name, (1200, 1300, 1999), method=name, scale=6) for name in ALL_METHODS))


def numbers_of(panel):
    """Return the numbers on a panel's bars, and check that they don't overlap."""
    canvas = FigureCanvasAgg(panel.figure)
    boxes = [text.get_window_extent(canvas.get_renderer()) for text in panel.texts]
    for left, right in pairwise(sorted(boxes, key=lambda box: box.x0)):
        assert not left.overlaps(right)
    return [text.get_text() for text in panel.texts]


@pytest.fixture(scope="module")
def small():
    return figure02.draw(SMALL, ["scratch", "ls", "kd", "noise"])


def test_figure02_shows_the_table(small):
    texts = check_legible(small)
    total, unique, categories = small.axes
    assert numbers_of(total) == ["101.5", "85.5", "110", "1.5", "0"]
    assert numbers_of(unique) == ["50.5", "42.5", "55", "0.5", "0"]
    assert len(numbers_of(categories)) == 6 * 5
    assert [tick.get_text() for tick in categories.get_xticklabels()] == [
        name.capitalize() for name in CATEGORIES
    ]
    assert total.get_ylabel() == "units (of 512)"
    assert "KD" in texts and "Scratch, shuffled labels" in texts
    heights = [bar.get_height() for bar in total.patches]
    assert heights == [101.5, 85.5, 110, 1.5, 0]
    assert total.get_ylim() == unique.get_ylim()


def test_figure02_has_a_dot_a_seed_and_a_whisker_from_two_on(small):
    total = small.axes[0]
    dots = [c.get_offsets() for c in total.collections if len(c.get_offsets()) > 0]
    by_bar = [sorted(float(y) for _, y in offsets) for offsets in dots if len(offsets)]
    for seeds in ([100, 103], [80, 91], [110], [0, 3], [0, 0]):
        assert seeds in by_bar
    assert len(total.containers) == 5 + 4  # bars, and whiskers for all but KD


def test_figure02_nulls_are_grey_and_last(small):
    *_, noise, shuffled = small.axes[0].patches
    for bar in (noise, shuffled):
        red, green, blue, _ = bar.get_facecolor()
        assert red == green == blue and bar.get_hatch()


def test_figure02_with_every_method_and_large_numbers():
    figure = figure02.draw(LARGE, ALL_METHODS)
    check_legible(figure)
    for panel in figure.axes:
        numbers_of(panel)
    rows = figure.axes[2:]
    assert len(rows) > 1 and len({panel.get_ylim() for panel in rows}) == 1


def test_figure02_order_is_as_asked_for():
    figure = figure02.draw(SMALL, ["kd", "scratch"])
    assert [bar.get_height() for bar in figure.axes[0].patches] == [110, 101.5, 0]


def test_figure02_without_any_detector_and_with_a_category_not_measured():
    empty = group("scratch", (0,))
    values = dict(empty.values) | {"scene": (None,)}
    groups = [Group(**{**vars(empty), "values": values})]
    figure = figure02.draw(table(*groups), ["scratch"])
    check_legible(figure)
    assert numbers_of(figure.axes[2])[1] == "–"
    assert figure.axes[0].get_ylim()[1] >= 1


def test_unknown_model_and_no_model():
    with pytest.raises(InputError, match="did you mean 'scratch'"):
        figure02.draw(SMALL, ["skratch"])
    with pytest.raises(InputError, match="at least one"):
        figure02.draw(SMALL, [])


def test_looks():
    assert len({look.color for look in style.METHODS.values()}) == len(style.METHODS)
    assert len({look.hatch for look in style.METHODS.values()}) == len(style.METHODS)
    one, other, again, third = style.looks_of(["kd", "at", "kd", "kd"])
    assert one == style.METHODS["kd"] and other == style.METHODS["at"]
    assert len({one.color, again.color, third.color}) == 3
    assert one.hatch == again.hatch
    with pytest.raises(InputError, match=r"'kds' has no colour.*did you mean 'kd'"):
        style.look_of("kds")


def test_unknown_method(tmp_path):
    with pytest.raises(InputError, match="'magic' has no colour"):
        figure02.draw(table(group("a", (1,), method="magic")), ["a"])
    entry = '{"model": "a", "seed": 1, "label": "A", "method": "magic"}'
    with pytest.raises(InputError, match="'magic' has no colour"):
        draw_maps(tmp_path / "maps.npz", entries=np.array(f"[{entry}, {entry}]"))


# -- figure 3 -------------------------------------------------------------------------------------


def draw_maps(path, **options):
    return figure03.draw(figure03.Maps.load(write_maps(path, **options)))


def test_figure03(tmp_path):
    figure = draw_maps(
        tmp_path / "maps.npz", labels=("Scratch", "KD", LONG), ious=(0.08, 0.05, 0.04)
    )
    texts = "\n".join(check_legible(figure))
    assert "Best detector of “dog” (object) in layer4" in texts
    assert "Scratch\nseed 1, unit 1\nIoU 0.080" in texts
    assert "KD\nseed 1, unit 2\nIoU 0.050" in texts
    assert texts.count("below 0.05") == 1 and "unit 3\nIoU 0.040\n(best unit, below 0.05)" in texts
    grid = [panel for panel in figure.axes if panel.images]
    assert len(grid) == 4 * 4
    for panel in grid:
        assert panel.get_xlim() == (0, 40) and panel.get_ylim() == (40, 0)
    frame = grid[2].spines["left"].get_edgecolor()
    assert style.to_hex(frame).upper() == style.METHODS["kd"].color


def test_figure03_scales_each_model_to_its_own_maximum(tmp_path):
    maps = figure03.Maps.load(write_maps(tmp_path / "maps.npz"))
    figure = figure03.draw(maps)
    grid = [panel for panel in figure.axes if panel.images]
    for m in range(2):
        limits = {grid[row * 3 + 1 + m].images[1].get_clim() for row in range(4)}
        assert limits == {(0, float(maps.upsampled[m].max()))}


@pytest.mark.parametrize(
    "options",
    [
        {"images": 1, "labels": ("Scratch",), "ious": (0.001,)},
        {"images": 7, "labels": ("A", "B", LONG, "D"), "ious": (0.1,) * 4, "size": (30, 60)},
        {"upsampled": np.zeros((2, 4, 20, 20), np.float32)},  # dead units
        {"upsampled": np.full((2, 4, 20, 20), -1, np.float32)},
        {"masks": np.ones((4, 20, 20), bool)},  # the concept fills the image
    ],
)
def test_figure03_of_odd_shapes(tmp_path, options):
    figure = draw_maps(tmp_path / "maps.npz", **options)
    check_legible(figure)
    assert max(p.get_subplotspec().rowspan.stop for p in figure.axes if p.images) <= 4


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"units": None}, "units"),
        ({"meta": None}, "meta"),
        ({"meta": np.array('{"layer": "layer4"}')}, "iou_threshold"),
        ({"masks": np.ones((3, 20, 20), bool)}, r"'masks' has shape \(3, 20, 20\)"),
        ({"entries": np.array("[]")}, "0 entries for maps of 2 models"),
        ({"entries": np.array('[{"model": "a"}, {"model": "b"}]')}, "an entry has no 'seed'"),
        ({"entries": np.array("[")}, "not a whole file"),
    ],
)
def test_damaged_maps(tmp_path, change, words):
    with pytest.raises(InputError, match=words):
        figure03.Maps.load(write_maps(tmp_path / "maps.npz", **change))


def test_missing_and_truncated_maps(tmp_path):
    path = tmp_path / "maps.npz"
    with pytest.raises(InputError, match="no such file"):
        figure03.Maps.load(path)
    whole = write_maps(path).read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(InputError, match="not a whole file"):
        figure03.Maps.load(path)


# -- the scripts ----------------------------------------------------------------------------------


def test_scripts_write_the_same_bytes_in_any_process_and_without_torch(tmp_path):
    write_csv(tmp_path / "table01.csv", SMALL)
    write_maps(tmp_path / "maps.npz")
    told = {"table": str(tmp_path / "table01.csv"), "models": ["scratch", "ls", "kd"]}
    files = check_same_bytes("figure02", tmp_path / "2", FORMATS, **told)
    assert b"/FontFile2" in files["pdf"], "font not embedded"
    check_same_bytes("figure03", tmp_path / "3", FORMATS, maps=str(tmp_path / "maps.npz"))


def test_the_whole_paper_stage_imports_without_torch():
    modules = [f"kdlens.paper.{p.stem}" for p in (SCRIPTS / "kdlens" / "paper").glob("*.py")]
    assert len(modules) > 8
    names = ", ".join(name.removesuffix(".__init__") for name in modules)
    code = f"import sys, {names}; assert 'torch' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], env=with_scripts(), check=True)
