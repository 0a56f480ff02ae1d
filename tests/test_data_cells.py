"""The cells of Tjoa & Guan: as the plain way draws them, from a number alone, in whole trees."""

import csv
import hashlib

import numpy as np
import pytest
import slow_cells
from PIL import Image

import render_cells
from kdlens.data.cells import BACKGROUNDS, CLASSES, drawing, scene, shapes, tree
from kdlens.data.image_folder import check_image_folder
from kdlens.errors import InputError

# Mean shares of background, body and feature that the source's program gave, 12 images a class.
SHARES = {
    0: (0.885, 0.074, 0.041),
    1: (0.872, 0.114, 0.014),
    2: (0.897, 0.075, 0.028),
    3: (0.916, 0.046, 0.038),
    6: (0.876, 0.117, 0.007),
    7: (0.851, 0.127, 0.022),
    8: (0.816, 0.132, 0.052),
}
SETTINGS = {"image_size": 40, "images": {"train": 60, "val": 30}, "classes": "balanced", "seed": 5}


@pytest.mark.parametrize(("size", "numbers"), [(512, 2), (101, 20), (64, 60)])
def test_images_are_those_of_the_plain_way(size, numbers):
    seen = set()
    for number in range(numbers):
        cell, background, kind = drawing.scene(3, "val", number, size, number % 10)
        rgb, truth = drawing.compose(cell, background, size)
        image, expected, share = slow_cells.draw(cell, background, size)
        np.testing.assert_array_equal(rgb, np.rint(image * 255).astype(np.uint8))
        np.testing.assert_array_equal(truth, expected)
        if cell is not None:
            feature = drawing.figure(cell, size).feature
            assert feature / size**2 == pytest.approx(share, abs=1e-12)
        seen.add((kind, background.kind))
    assert {kind for kind, _ in seen} == set(range(min(numbers, 10)))
    assert numbers < 10 or {background for _, background in seen} == {0, 1, 2}


@pytest.mark.parametrize("kind", SHARES)
def test_parts_are_as_large_as_the_source_draws_them(kind):
    shares = []
    for number in range(60):
        cell, _, _ = drawing.scene(1, "train", number, 512, kind)
        counts = np.bincount(drawing.figure(cell, 512).truth.ravel(), minlength=3) / 512**2
        shares.append((1 - counts[1:].sum(), *counts[1:]))
    # Three standard errors of the difference of the two means, of 12 and of 60 images.
    error = np.std(shares, axis=0) * np.sqrt(1 / 12 + 1 / 60)
    assert (np.abs(np.mean(shares, axis=0) - SHARES[kind]) < 3 * error + 5e-4).all()


@pytest.mark.parametrize("kind", range(9))
def test_one_scene_is_the_same_at_every_size(kind):
    sizes = (512, 128)
    figures = []
    for size in sizes:
        truth = drawing.picture(7, "train", 4, size, kind).truth
        figures.append([np.mean(truth == value) for value in (1, 2)])
    np.testing.assert_allclose(*figures, atol=0.012)


def test_the_empty_class_has_no_object_and_a_background_of_its_own():
    for number in range(6):
        drawn = drawing.picture(2, "train", number, 48, kind=9)
        assert not drawn.truth.any()
        assert drawn.rgb.any() == (drawn.background > 0)
    with pytest.raises(ValueError, match="class 9 has no object"):
        scene.draw_cell(np.random.default_rng(0), 9)


def test_a_dark_background_is_black_where_nothing_is():
    numbers = (n for n in range(100) if scene.draw_kinds(scene.generator(1, "val", n)) == (0, 0))
    drawn = drawing.picture(1, "val", next(numbers), 128)
    assert (drawn.rgb[drawn.truth > 0].max(axis=1) > 25).all()
    far = np.pad(drawn.truth, 1)
    neighbours = [far[1 + i : 129 + i, 1 + j : 129 + j] for i in (-1, 0, 1) for j in (-1, 0, 1)]
    assert not drawn.rgb[np.max(neighbours, axis=0) == 0].any()


def test_a_border_without_a_colour_lets_the_background_through_in_it():
    """The background is decided for each channel: a red rectangle's border may lack green."""
    size = 64
    cell, _, _ = drawing.scene(1, "train", 0, size, kind=3)
    cell.border_colour[:] = (0.8, 0.0, 0.1)
    grids = np.full((3, 8, 8), 0.5)
    rgb, truth = drawing.compose(cell, scene.Background(1, grids, np.ones(3), (0, 0)), size)
    codes, window = shapes.parts(cell, size)
    assert codes.shape == (window.bottom - window.top, window.right - window.left)
    solid = (truth == 2) & (rgb[:, :, 0] == 204)
    assert solid.sum() > 10
    assert (rgb[solid] == (204, 128, 26)).all()


def test_a_single_tail_is_drawn_again_until_it_is_seen(monkeypatch):
    assert drawing.shows_feature(0.00295001 * 512**2, 512)
    assert not drawing.shows_feature(0.0029 * 512**2, 512)
    cells = []

    def counted(random, kind):
        cells.append(kind)
        return scene.draw_cell(random, kind)

    monkeypatch.setattr(drawing, "draw_cell", counted)
    features = []
    for number in range(30):
        cell, _, _ = drawing.scene(1, "train", number, 128, kind=6)
        features.append(drawing.figure(cell, 128).feature / 128**2)
    assert min(features) >= 0.00295
    assert len(cells) > 30
    for kind in (7, 8):
        cells.clear()
        for number in range(30):
            drawing.scene(1, "train", number, 64, kind)
        assert len(cells) == 30


def test_an_image_depends_on_its_number_alone():
    def digest(numbers, seed=1, split="train"):
        pictures = {n: drawing.picture(seed, split, n, 40) for n in numbers}
        parts = [pictures[n].rgb.tobytes() + pictures[n].truth.tobytes() for n in sorted(pictures)]
        return hashlib.sha256(b"".join(parts)).hexdigest()

    assert digest([3, 1, 2, 9]) == digest([9, 1, 2, 3])
    assert len({digest([1]), digest([2]), digest([1], seed=2), digest([1], split="val")}) == 4


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cells") / "tree"
    render_cells.main(folder, **SETTINGS)
    return folder


def files(folder):
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def test_a_tree_is_an_image_folder_with_a_truth_for_every_image(written):
    dataset = check_image_folder(written, {"train": "train", "val": "val"}, num_classes=10)
    assert dataset["classes"] == sorted(CLASSES) == list(CLASSES)
    assert dataset["images"] == SETTINGS["images"]
    for image in [*written.glob("train/*/*.png"), *written.glob("val/*/*.png")]:
        truth = tree.read_truth(tree.truth_path(image))
        assert truth.shape == (40, 40) and truth.dtype == np.uint8
        empty = image.parent.name == CLASSES[9]
        assert truth.any() != empty
    with open(written / tree.INDEX, newline="", encoding="utf-8") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 90
    for row in rows:
        assert (written / row["split"] / row["class"] / f"{int(row['number']):05d}.png").exists()
        expected = scene.draw_kinds(scene.generator(5, row["split"], int(row["number"])))[1]
        assert row["background"] == BACKGROUNDS[expected]


def test_files_hold_the_pixels_that_were_drawn(written):
    drawn = drawing.picture(5, "val", 17, 40, 7)
    path = written / "val" / CLASSES[7] / "00017.png"
    np.testing.assert_array_equal(np.asarray(Image.open(path)), drawn.rgb)
    np.testing.assert_array_equal(tree.read_truth(tree.truth_path(path)), drawn.truth)


def test_threads_change_no_byte(written, tmp_path):
    render_cells.main(tmp_path / "tree", threads=3, **SETTINGS)
    assert files(tmp_path / "tree") == files(written)


def test_classes_are_drawn_or_take_turns(tmp_path):
    drawn = SETTINGS | {"classes": "drawn", "images": {"train": 80, "val": 70}, "image_size": 32}
    render_cells.main(tmp_path / "tree", **drawn)
    counts = [len(list((tmp_path / "tree/train" / name).glob("*.png"))) for name in CLASSES]
    assert sum(counts) == 80 and len(set(counts)) > 2
    few = drawn | {"images": {"train": 80, "val": 10}}
    with pytest.raises(InputError, match=r"images.val: none of 10 images .* classes: balanced"):
        render_cells.main(tmp_path / "few", **few)
    assert not (tmp_path / "few").exists()


def test_a_truth_that_is_none_is_named(tmp_path):
    with pytest.raises(InputError, match=r"cannot be read .* run the workflow again"):
        tree.read_truth(tmp_path / "absent.png")
    Image.new("RGB", (4, 4)).save(tmp_path / "rgb.png")
    with pytest.raises(InputError, match="is no truth of a drawn cell"):
        tree.read_truth(tmp_path / "rgb.png")
    Image.new("L", (4, 4), 3).save(tmp_path / "three.png")
    with pytest.raises(InputError, match="is no truth of a drawn cell"):
        tree.read_truth(tmp_path / "three.png")
