"""Unit grids: the right units, the right images, bright exactly where the unit is active."""

import json

import numpy as np
import pytest
from paper_data import CATEGORIES, write_ious
from paper_looks import check_legible, check_no_overlap, check_same_bytes
from PIL import Image
from tiny_broden import write_broden

from kdlens.data.broden import Broden
from kdlens.dissection.tallies import Tallies
from kdlens.dissection.top_images import TopImages
from kdlens.errors import InputError
from kdlens.paper.inputs import load_top_images
from kdlens.paper.style import save
from kdlens.paper.unit_grids import Row, Unit, best_units, compose, draw, make_rows

COUNTING = {"iou_threshold": 0.05, "quantile": 0.005, "denominator": "image"}
LABELS = 1 + 2 * len(CATEGORIES)
IMAGES, TOP = 6, 3
# The IoU of each unit with one label (1, 2 are colors; 3, 4 objects; 5, 6 parts; ...).
SEES = [(3, 0.1), (3, 0.2), (4, 0.2), (3, 0.04), (5, 0.3), (1, 0.06), (12, 0.049)]


@pytest.fixture
def world(tmp_path):
    """A concept dataset of six photographs, tallies and top images of seven units."""
    images = []
    for i in range(IMAGES):
        pixels = np.full((20, 30, 3), 40 + 32 * i, np.uint8)
        images.append({"name": f"{i}.png", "pixels": pixels, "color": 1, "object": 3})
    root = write_broden(tmp_path / "broden", images, {1: "red-c", 3: "dog"}, mask_shape=(4, 6))
    (tmp_path / "dataset.json").write_text(json.dumps({"root": str(root), "digest": "d1"}))
    ious = np.zeros((2, len(SEES), LABELS))
    for unit, (label, iou) in enumerate(SEES):
        ious[1, unit, label] = iou
    thresholds = np.stack([np.full(len(SEES), 9.0), np.arange(len(SEES)) + 0.5])
    write_ious(
        tmp_path / "layer4.npz",
        ious,
        model="kd",
        seed=1,
        quantiles=(0.01, 0.005),
        thresholds=thresholds.astype(np.float32),
        model_sha256="m1",
    )
    # Unit u's k-th image is number (u + k) % 6; its map is u + 1 in the left half, for k = 0 only.
    numbers = (np.arange(len(SEES))[:, None] + np.arange(TOP)) % IMAGES
    maps = np.zeros((len(SEES), TOP, 4, 6), np.float32)
    maps[:, 0, :, :3] = np.arange(len(SEES))[:, None, None] + 1
    meta = {"model": "kd", "seed": 1, "layer": "layer4", "model_sha256": "m1"}
    top = TopImages(numbers, maps.max((2, 3)), maps, {**meta, "concepts_digest": "d1"})
    top.save(tmp_path / "layer4_top.npz")
    return tmp_path


def test_best_units_of_each_category(world):
    tallies = Tallies.load(world / "layer4.npz")
    units = best_units(tallies, 2, **COUNTING)
    assert [(u.unit, u.concept, u.category) for u in units] == [
        (1, "object 1", "object"),  # as good as the next one: by unit number
        (2, "object 2", "object"),
        (4, "part 1", "part"),
        (5, "color 1", "color"),
    ]
    assert [round(u.iou, 6) for u in units] == [0.2, 0.2, 0.3, 0.06]
    assert [u.threshold for u in units] == [1.5, 2.5, 4.5, 5.5], "those of the quantile asked for"
    assert [u.unit for u in best_units(tallies, 9, **COUNTING)] == [1, 2, 0, 4, 5]
    assert best_units(tallies, 2, **{**COUNTING, "iou_threshold": 0.5}) == []


def test_rows_show_each_unit_on_its_own_images(world):
    tallies, top = Tallies.load(world / "layer4.npz"), TopImages.load(world / "layer4_top.npz")
    photographs = Broden(world / "broden")
    units = best_units(tallies, 1, **COUNTING)
    rows = make_rows(units, top, photographs.image_files, photographs.mask_shape, 2)
    assert [len(row.pictures) for row in rows] == [2, 2, 2]
    for row in rows:
        first, second = row.pictures
        for place, picture in enumerate((first, second)):
            number = (row.unit.unit + place) % IMAGES
            assert picture.shape[1] > picture.shape[0], "photographs keep their shape"
            height, width = picture.shape[:2]
            active = picture[height // 2, width // 4, 0]
            dark = picture[height // 2, 3 * width // 4, 0]
            full = 40 + 32 * number
            assert abs(int(dark) - full / 3) <= 5
            # Only the first image exceeds the threshold, and in its left half.
            assert abs(int(active) - (full if place == 0 else full / 3)) <= 5


def test_compose_outlines_the_region_and_nothing_else():
    photograph = Image.new("RGB", (10, 10), (90, 160, 220))
    region = np.zeros((10, 10), bool)
    region[2:6, 3:9] = True
    picture = compose(photograph, region, 10)
    assert picture[3:5, 4:8].tolist() == [[[90, 160, 220]] * 4] * 2
    edge = region.copy()
    edge[3:5, 4:8] = False
    assert (picture[edge] == 255).all()
    assert (picture[~region] < 80).all()
    # A region that fills the picture has no edge inside it, and one that is empty none at all.
    assert (compose(photograph, np.ones((2, 2), bool), 10) == (90, 160, 220)).all()
    assert (compose(photograph, np.zeros((2, 2), bool), 10) < 80).all()


def pictures(count, size=(20, 20)):
    return [np.full((*size, 3), 128, np.uint8)] * count


@pytest.mark.parametrize("images", [1, 4, 8, 12])
def test_grid_is_legible(images):
    units = [
        Unit(499, "swimming pool outdoor of a most unusual kind", "scene", 0.123456, 1.0),
        Unit(0, "dog", "object", 0.05, 1.0),
        Unit(7, "an-extraordinarily-long-name-in-one-word", "part", 0.3, 1.0),
    ]
    rows = [
        Row(unit, pictures(images, (20, 30) if i else (30, 20))) for i, unit in enumerate(units)
    ]
    figure = draw(rows, [*CATEGORIES, "weather"], "Best units of KD, seed 1: layer4", images)
    texts = check_legible(figure)
    check_no_overlap(figure)
    for said in ("dog", "IoU 0.123", "IoU 0.050", "unit 500", "unit 1", "unit 8", "scene"):
        assert said in texts, said
    (note,) = (text for text in texts if "No unit" in text)
    assert note.endswith("these categories: color, material, texture, weather.")
    (panel,) = figure.axes
    assert len(panel.images) == 3 * images
    boxes = [image.get_extent() for image in panel.images]
    width, height = figure.get_size_inches()
    for left, right, lower, upper in boxes:
        assert 1.3 <= left < right <= width and 0 < upper < lower < height
    ratio = (boxes[0][1] - boxes[0][0]) / (boxes[0][2] - boxes[0][3])
    assert ratio == pytest.approx(2 / 3)


def test_grid_without_any_unit():
    texts = check_legible(draw([], ["object", "part"], "Best units of KD, seed 1: layer4", 8))
    assert "No unit detects a concept of these categories: object, part." in texts


def arguments(world, **change):
    return {
        "tallies": str(world / "layer4.npz"),
        "top": str(world / "layer4_top.npz"),
        "concepts": str(world / "dataset.json"),
        "model": "kd",
        "seed": 1,
        "label": "KD",
        "layer": "layer4",
        "units_per_category": 2,
        "images": 8,  # more than there are: what is there is shown
        **COUNTING,
        **change,
    }


KINDS = ("svg", "pdf", "png")


def test_script(world, tmp_path):
    files = check_same_bytes("unit_grids", tmp_path, KINDS, **arguments(world))
    assert b"<image" in files["svg"]


def test_a_full_page_of_photographs_is_small(tmp_path):
    """12 units of 8 images with about the grain of photographs, in less than 2 MB a file."""
    generator = np.random.default_rng(1)
    y, x = np.mgrid[:224, :224]
    categories = list(CATEGORIES)
    rows = []
    for i in range(12):
        shown = []
        for _ in range(8):
            fx, fy, phase = generator.uniform(0.02, 0.3, 3)
            base = 128 + 90 * np.sin(fx * x + fy * y + 20 * phase)[..., None]
            noise = generator.normal(0, 12, (224, 224, 1)) * [1, 0.9, 0.8]
            photograph = Image.fromarray((base + noise).clip(0, 255).astype(np.uint8))
            region = np.hypot(y[::2, ::2] - 100, x[::2, ::2] - 120) < 50
            shown.append(compose(photograph, region, 138))
        rows.append(Row(Unit(i, "dog", categories[i // 2], 0.1, 1.0), shown))
    paths = {kind: tmp_path / f"units.{kind}" for kind in KINDS}
    save(draw(rows, categories, "Best units", 8), paths, title="Best units")
    for path in paths.values():
        assert path.stat().st_size < 2e6, path.name


# -- bad input ------------------------------------------------------------------------------------


def refuse(world, words, **change):
    with pytest.raises(InputError, match=words):
        check_same_bytes("unit_grids", world, KINDS, **arguments(world, **change))


def rewrite_top(world, meta=None, **arrays):
    old = TopImages.load(world / "layer4_top.npz")
    fields = {"images": old.images, "peaks": old.peaks, "maps": old.maps, **arrays}
    TopImages(**fields, meta={**old.meta, **(meta or {})}).save(world / "layer4_top.npz")


def test_files_of_another_network_or_dataset(world):
    refuse(world, r"layer4\.npz: its seed is 1, expected 2", seed=2)
    rewrite_top(world, {"seed": 3})
    refuse(world, r"layer4_top\.npz: its seed is 3, expected 1")
    rewrite_top(world, {"seed": 1, "model_sha256": "m2"})
    refuse(world, r"layer4_top\.npz: its model_sha256 is 'm2', expected 'm1'")
    rewrite_top(world, {"model_sha256": "m1", "concepts_digest": "d2"})
    refuse(world, r"layer4_top\.npz: its concepts_digest is 'd2', expected 'd1'")


def test_top_images_that_do_not_fit(world):
    tallies = Tallies.load(world / "layer4.npz")
    path = world / "layer4_top.npz"
    assert load_top_images(path, tallies, IMAGES, "d1").images.shape == (len(SEES), TOP)
    with pytest.raises(InputError, match=r"images up to number 5; expected 7 units and 5 images"):
        load_top_images(path, tallies, IMAGES - 1, "d1")
    old = TopImages.load(path)
    rewrite_top(world, images=old.images[:3], peaks=old.peaks[:3], maps=old.maps[:3])
    refuse(world, "has 3 units")
    path.unlink()
    refuse(world, r"layer4_top\.npz: no such file")


def test_a_photograph_that_cannot_be_read_is_named(world):
    (world / "broden/images/1.png").write_bytes(b"no picture")
    refuse(world, r"1\.png: the photograph cannot be read")
    (world / "broden/images/1.png").unlink()
    refuse(world, r"1\.png: the photograph cannot be read")
