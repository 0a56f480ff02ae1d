"""The rendered concept dataset is Broden's format to the letter."""

import hashlib
import itertools

import numpy as np
import pytest
from PIL import Image
from world_data import IMAGES, MASK, SEED, SIZE, numbers_of, rows_of

from kdlens.data.world import (
    broden_tree,
    render,
    vocabulary,
)
from kdlens.data.world.colours import COLOURS, name_colours

CATEGORIES = {"color", "object", "part", "material", "scene", "texture"}


def test_tables_have_brodens_columns_and_order(concepts):
    index = rows_of(concepts / "index.csv")
    categories = rows_of(concepts / "category.csv")
    assert list(categories[0]) == ["name", "first", "last", "count", "frequency"]
    order = [row["name"] for row in categories]
    assert set(order) == CATEGORIES
    assert list(index[0]) == ["image", "split", "ih", "iw", "sh", "sw", *order]
    assert len(index) == IMAGES
    hashes = [hashlib.md5(row["image"].encode()).hexdigest() for row in index]
    assert hashes == sorted(hashes)
    for row, hashed in zip(index, hashes, strict=True):
        assert row["split"] == ("train" if int(hashed, 16) < 0.7 * 16**32 else "val")
        assert [row[key] for key in ("ih", "iw", "sh", "sw")] == ["64", "64", "32", "32"]
    labels = rows_of(concepts / "label.csv")
    assert list(labels[0]) == ["number", "name", "category", "frequency", "coverage", "syns"]
    for row in categories:
        table = rows_of(concepts / f"c_{row['name']}.csv")
        assert list(table[0]) == ["code", "number", "name", "frequency", "coverage"]
        frequencies = [int(line["frequency"]) for line in table]
        assert min(frequencies) >= broden_tree.smallest_frequency(IMAGES)
        for line in table:
            label = labels[int(line["number"]) - 1]
            assert [label[key] for key in ("name", "frequency", "coverage")] == [
                line[key] for key in ("name", "frequency", "coverage")
            ]
            assert label["category"] == f"{row['name']}({line['frequency']})"
            assert "e" not in line["coverage"]


def test_labels_of_all_categories_are_numbered_together(concepts):
    labels = rows_of(concepts / "label.csv")
    assert [int(row["number"]) for row in labels] == list(range(1, len(labels) + 1))
    keys = [(-int(row["frequency"]), -float(row["coverage"]), row["name"]) for row in labels]
    assert keys == sorted(keys)
    assert len({key[0] for key in keys}) < len({key[:2] for key in keys})  # ties were there
    ranges = []
    for row in rows_of(concepts / "category.csv"):
        table = rows_of(concepts / f"c_{row['name']}.csv")
        numbers = [int(line["number"]) for line in table]
        assert numbers == [
            int(label["number"]) for label in labels if label["category"].startswith(row["name"])
        ]
        assert [int(line["code"]) for line in table] == list(range(1, int(row["count"]) + 1))
        assert (int(row["first"]), int(row["last"])) == (min(numbers), max(numbers))
        ranges.append((min(numbers), max(numbers)))
    assert ranges == sorted(ranges)
    assert ranges[0][0] == 1
    overlaps = [after[0] < before[1] for before, after in itertools.pairwise(ranges)]
    assert any(overlaps)


def test_categories_are_ordered_by_their_smallest_number(tmp_path, monkeypatch):
    """And not by where the program lists them."""
    backwards = dict(reversed(broden_tree.VOCABULARY.items()))
    monkeypatch.setattr(broden_tree, "VOCABULARY", backwards)
    broden_tree.write_concepts(tmp_path / "tree", image_size=32, mask_size=16, images=170, seed=0)
    categories = rows_of(tmp_path / "tree" / "category.csv")
    firsts = [int(row["first"]) for row in categories]
    assert firsts == sorted(firsts)
    columns = list(rows_of(tmp_path / "tree" / "index.csv")[0])[6:]
    assert columns == [row["name"] for row in categories]


def test_frequency_and_coverage_are_those_of_the_files(concepts):
    frequency: dict[int, int] = {}
    coverage: dict[int, float] = {}
    annotated = dict.fromkeys(CATEGORIES, 0)
    listed = {
        name: {int(row["number"]) for row in rows_of(concepts / f"c_{name}.csv")}
        for name in CATEGORIES
    }
    used = {concepts / "images" / row["image"] for row in rows_of(concepts / "index.csv")}
    for row in rows_of(concepts / "index.csv"):
        for category in CATEGORIES:
            cell = [entry for entry in row[category].split(";") if entry]
            annotated[category] += bool(cell)
            inside: dict[int, int] = {}
            filled = []
            for entry in cell:
                if entry.isdecimal():
                    assert category in ("scene", "texture")
                    inside[int(entry)] = MASK * MASK
                    continue
                used.add(concepts / "images" / entry)
                plane = numbers_of(concepts / "images" / entry)
                filled.append(np.count_nonzero(plane))
                for number, count in zip(*np.unique(plane, return_counts=True), strict=True):
                    if number:
                        inside[int(number)] = inside.get(int(number), 0) + int(count)
            assert filled == sorted(filled, reverse=True)
            assert 0 not in filled
            assert set(inside) <= listed[category]
            for number, count in inside.items():
                frequency[number] = frequency.get(number, 0) + 1
                coverage[number] = coverage.get(number, 0) + count / MASK**2
    for label in rows_of(concepts / "label.csv"):
        number = int(label["number"])
        assert frequency[number] == int(label["frequency"])
        assert coverage[number] == pytest.approx(float(label["coverage"]), abs=1e-6)
    for row in rows_of(concepts / "category.csv"):
        assert annotated[row["name"]] == int(row["frequency"])
    assert used == {path for path in (concepts / "images").rglob("*") if path.is_file()}


def test_masks_are_samples_of_the_full_planes(concepts):
    names = {int(row["number"]): row["name"] for row in rows_of(concepts / "label.csv")}
    kept = set(names.values())
    words = {0: "", **{code: name for name, code in vocabulary.OBJECT_CODE.items()}}
    parts = {0: "", **{code: name for name, code in vocabulary.PART_CODE.items()}}
    checked = several = 0
    for row in rows_of(concepts / "index.csv"):
        if not row["object"] or checked == 25:
            continue
        picture = render.concept_picture(SEED, int(row["image"][-10:-4]), SIZE)
        plane = numbers_of(concepts / "images" / row["object"])
        for (y, x), number in np.ndenumerate(plane[::5, ::5]):
            name = words[int(picture.planes["object"][0, 10 * y + 1, 10 * x + 1])]
            assert names.get(int(number), "") == (name if name in kept else "")
        stack = picture.planes["part"][:, 1::2, 1::2]
        expected = sorted(
            tuple(parts[int(code)] for code in layer.ravel() if parts[int(code)] in kept)
            for layer in stack
        )
        found = sorted(
            tuple(names[int(n)] for n in numbers_of(concepts / "images" / entry).ravel() if n)
            for entry in row["part"].split(";")
            if entry
        )
        assert found == [layer for layer in expected if layer]
        several += len(found) > 1
        checked += 1
    assert checked == 25
    assert several > 5


def test_texture_images_have_only_colour_and_texture(concepts):
    textures = worlds = scenes = materials = 0
    for row in rows_of(concepts / "index.csv"):
        filled = {category for category in CATEGORIES if row[category]}
        if row["image"].startswith("textures/"):
            textures += 1
            assert filled <= {"color", "texture"}
            assert "color" in filled
        else:
            worlds += 1
            assert "texture" not in filled
            assert {"color", "object"} <= filled
            scenes += "scene" in filled
            materials += "material" in filled
    assert (textures, worlds) == (48, 142)
    assert 0.7 < scenes / worlds <= 0.9
    assert 0.4 < materials / worlds < 0.8


def test_colours_are_those_of_the_decoded_pixels(concepts):
    names = {row["name"]: int(row["number"]) for row in rows_of(concepts / "c_color.csv")}
    assert set(names) <= set(COLOURS)
    codes = np.array([0, *(names.get(name, 0) for name in COLOURS)])
    for row in rows_of(concepts / "index.csv")[:40]:
        rgb = np.asarray(Image.open(concepts / "images" / row["image"]).convert("RGB"))
        expected = codes[name_colours(rgb)][1::2, 1::2]
        assert np.array_equal(numbers_of(concepts / "images" / row["color"]), expected)
