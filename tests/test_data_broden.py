"""Broden's format: each trap of reading it, and each fault that the check of a tree must find."""

from __future__ import annotations

import hashlib
import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from real_data import real_file
from tiny_broden import default_images, write_broden, write_mask, write_png

import check_concepts
import fetch_broden
from kdlens.data.broden import Broden, read_mask
from kdlens.data.broden_check import check_broden
from kdlens.data.png import bit_depth, has_all_rows
from kdlens.errors import InputError


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return write_broden(tmp_path / "broden")


def edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert text.count(old) == 1, f"'{old}' is {text.count(old)} times in {path.name}"
    path.write_text(text.replace(old, new))


# ---- the reader ---------------------------------------------------------------------------------


def test_the_default_dataset_is_read_as_it_was_written(root: Path):
    dataset = Broden(root)
    assert dataset.categories == ["color", "object", "material", "scene", "texture", "part"]
    assert dataset.mask_shape == (4, 6)
    assert len(dataset) == 4
    assert dataset.image_files[3] == root / "images" / "hand" / "003.jpg", "val is not left out"
    assert len(dataset.label_names) == 262
    assert dataset.label_names[3] == "dog"
    assert dataset.label_names[0] == dataset.label_names[5] == dataset.label_names[259] == ""

    image = default_images()[0]
    first = dataset.annotation(0)
    assert first.planes.dtype == np.uint16
    expected = [image["color"], image["object"], image["material"], *image["part"]]
    np.testing.assert_array_equal(first.planes, np.stack(expected))
    assert first.planes.max() == 261, "the green channel counts 256 times"
    assert [dataset.categories[k] for k, _ in dataset.masks(0)] == [
        "color", "object", "material", "part", "part",
    ]  # fmt: skip
    assert first.scalars.tolist() == [8]
    assert [dataset.categories[k] for k, _ in dataset.scalars(0)] == ["scene"]


def test_an_image_with_whole_image_labels_only_has_no_planes(root: Path):
    dataset = Broden(root)
    last = dataset.annotation(3)
    assert last.planes.shape == (0, 4, 6)
    assert last.scalars.tolist() == [9]
    assert [dataset.categories[k] for k, _ in dataset.scalars(3)] == ["texture"]


def test_a_choice_of_categories_drops_images_without_any_of_them(root: Path):
    dataset = Broden(root, ["part", "object"])
    assert dataset.categories == ["object", "part"], "in the order of category.csv"
    assert [path.stem for path in dataset.image_files] == ["000", "001"]
    assert [category for category, _ in dataset.masks(0)] == [0, 1, 1]
    assert len(dataset.annotation(0).scalars) == 0
    assert len(Broden(root, ["texture"])) == 2
    with pytest.raises(InputError, match=r"no category 'colour'; did you mean 'color'\?"):
        Broden(root, ["colour"])
    with pytest.raises(InputError, match="choose at least one"):
        Broden(root, [])


def test_lists_zeros_and_mixed_cells(tmp_path: Path):
    mask = np.array([[1, 0], [0, 300], [2, 2]])
    root = write_broden(
        tmp_path,
        images=[
            {"object": [mask, 2, 1], "texture": [4, 1, 4]},
            {"scene": 0},  # a label that was dropped: the cell is not empty, and there is no label
            {},
        ],
        labels={1: "a", 2: "b", 4: "d", 300: "e"},
        mask_shape=(3, 2),
        categories=["object", "scene", "texture"],
        coverage={"scene": {2: 0.0}},
    )
    dataset = Broden(root)
    assert len(dataset) == 2, "an empty row is left out, one with a zero is not"
    first = dataset.annotation(0)
    np.testing.assert_array_equal(first.planes, mask[None])
    assert first.scalars.tolist() == [2, 1, 4, 1, 4]
    assert [category for category, _ in dataset.scalars(0)] == [0, 0, 2, 2, 2]
    assert len(dataset.annotation(1).scalars) == 0


def test_primary_categories_follow_coverage_and_ties_go_to_the_last(tmp_path: Path):
    root = write_broden(
        tmp_path,
        images=[{"a": 1, "b": 2, "c": 3}],
        labels={number: str(number) for number in (1, 2, 3, 4, 5, 6, 8)},
        categories=["a", "b", "c"],
        coverage={
            "a": {1: 1.0, 4: 8e-05, 5: 0.5, 6: 0.25},
            "b": {2: 1.0, 4: 7.5e-05, 5: 0.5, 6: 0.25},
            "c": {3: 1.0, 6: 0.125},
        },
    )
    assert ",8e-05" in (root / "c_a.csv").read_text(), "the number that looks like a word"
    #                                    0  1  2  3  4  5  6  7  8: unused, 7: a gap
    assert Broden(root).primary_category.tolist() == [2, 0, 1, 2, 0, 1, 1, 2, 2]
    assert Broden(root, ["a", "b"]).primary_category.tolist() == [1, 0, 1, 1, 0, 1, 1, 1, 1]
    assert Broden(root, ["c"]).primary_category.tolist() == [0] * 9


def test_all_numbers_of_two_bytes_can_be_read_also_from_a_palette(tmp_path: Path):
    mask = np.arange(65536).reshape(128, 512)
    write_mask(tmp_path / "all.png", mask)
    np.testing.assert_array_equal(read_mask(tmp_path / "all.png", (128, 512)), mask)
    few = mask[:, :2] % 300
    write_mask(tmp_path / "few.png", few)
    Image.open(tmp_path / "few.png").quantize(256).save(tmp_path / "palette.png")
    np.testing.assert_array_equal(read_mask(tmp_path / "palette.png", (128, 2)), few)


@pytest.mark.parametrize("depth", [1, 2, 4])
def test_a_palette_of_few_colours_can_be_read(depth: int, tmp_path: Path):
    mask = np.array([[0, 1, 1], [1, 0, 1]])
    image = Image.fromarray(mask.astype(np.uint8), mode="P")
    image.putpalette([0, 0, 0, 4, 1, 0] + [9] * 3 * (2**depth - 2))
    image.save(tmp_path / "mask.png", bits=depth)
    data = (tmp_path / "mask.png").read_bytes()
    assert bit_depth(data) == depth
    assert has_all_rows(data)
    np.testing.assert_array_equal(read_mask(tmp_path / "mask.png", (2, 3)), mask * 260)


@pytest.mark.parametrize(("size", "length"), [((1, 1), 4), ((8, 8), 15 + 192), ((5, 9), 19 + 135)])
def test_the_rows_of_an_interlaced_mask_are_counted(size, length: int, tmp_path: Path):
    # In 8 x 8, the seven small pictures have 1, 1, 1, 2, 2, 4 and 4 rows, a filter byte each.
    for rows, whole in ((bytes(length), True), (bytes(length - 1), False)):
        write_png(tmp_path / "mask.png", rows, size=size, interlaced=True)
        assert has_all_rows((tmp_path / "mask.png").read_bytes()) == whole


def test_the_dataset_can_be_handed_to_another_process(root: Path):
    copy = pickle.loads(pickle.dumps(Broden(root)))
    np.testing.assert_array_equal(copy.annotation(0).planes, Broden(root).annotation(0).planes)


def test_faults_that_the_check_has_not_seen_stop_the_reader(root: Path):
    mask = root / "images" / "hand" / "001_object_1.png"
    write_mask(mask, np.full((4, 6), 262))
    with pytest.raises(
        InputError, match=r"001\.jpg: .* label number 262, and label\.csv ends at 261"
    ):
        Broden(root).annotation(1)
    write_mask(mask, np.ones((6, 4), int))
    with pytest.raises(InputError, match=r"mask has 6 x 4 pixels .* index\.csv says 4 x 6"):
        Broden(root).annotation(1)
    mask.unlink()
    with pytest.raises(
        InputError, match=r"001_object_1\.png: index\.csv names this mask and it is m"
    ):
        Broden(root).annotation(1)


# ---- the check of a whole tree ------------------------------------------------------------------


def test_a_whole_tree_is_described(root: Path, tmp_path: Path):
    output = tmp_path / "dataset.json"
    check_concepts.main(root, output, name="tiny", workers=2)
    summary = json.loads(output.read_text())
    digest = summary.pop("digest")
    assert summary == {
        "kind": "broden",
        "name": "tiny",
        "root": str(root),
        "images": 4,
        "mask_shape": [4, 6],
        "categories": ["color", "object", "material", "scene", "texture", "part"],
        "labels": {"color": 2, "object": 2, "material": 1, "scene": 1, "texture": 1, "part": 2},
        "annotated_images": {
            "color": 3, "object": 2, "material": 1, "scene": 2, "texture": 2, "part": 1,
        },
        "warnings": [],
    }  # fmt: skip
    files = [path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file()]
    lines = [
        f"{hashlib.sha256((root / name).read_bytes()).hexdigest()}  {name}\n"
        for name in sorted(files)
    ]
    assert digest == hashlib.sha256("".join(lines).encode()).hexdigest()


def test_images_are_annotated_by_the_primary_category_of_their_labels(tmp_path: Path):
    # Label 1 is a material in image 0 and an object, of more coverage, in image 1.
    half = np.array([[1, 0]])
    root = write_broden(
        tmp_path,
        images=[{"material": half}, {"object": np.ones((1, 2), int)}, {"material": 2}],
        labels={1: "wood", 2: "metal"},
        mask_shape=(1, 2),
        categories=["material", "object"],
    )
    summary = check_broden(root)
    assert summary["annotated_images"] == {"material": 1, "object": 2}
    assert summary["labels"] == {"material": 1, "object": 1}


def missing_mask(root: Path) -> str:
    (root / "images" / "hand" / "000_part_2.png").unlink()
    return r"000_part_2\.png: cannot be read \(No such file"


def mask_of_the_wrong_size(root: Path) -> str:
    write_mask(root / "images" / "hand" / "001_object_1.png", np.full((6, 4), 4))
    return r"001_object_1\.png: the mask has 6 x 4 pixels"


def unknown_label_in_a_mask(root: Path) -> str:
    write_mask(root / "images" / "hand" / "001_object_1.png", np.full((4, 6), 5))
    return r"001_object_1\.png: the label number 5 is not in label\.csv"


def label_above_all_others_in_a_mask(root: Path) -> str:
    write_mask(root / "images" / "hand" / "001_object_1.png", np.full((4, 6), 4000))
    return r"001_object_1\.png: the label number 4000 is not in label\.csv"


def unknown_label_of_a_whole_image(root: Path) -> str:
    edit(root / "index.csv", "hand/002_color_1.png,,,,9,", f"hand/002_color_1.png,,,,9;{10**20},")
    return r"002\.jpg: the label number 10{20} is not in label\.csv"


def truncated_mask(root: Path) -> str:
    path = root / "images" / "hand" / "000_color_1.png"
    path.write_bytes(path.read_bytes()[:-30])
    return r"000_color_1\.png: the mask cannot be decoded"


def grey_mask(root: Path) -> str:
    Image.new("L", (6, 4), 1).save(root / "images" / "hand" / "000_color_1.png")
    return r"000_color_1\.png: expected a colour PNG .*found mode 'L'"


def mask_of_sixteen_bits(root: Path) -> str:
    row = b"\0" + bytes([0, 1] * 18)
    write_png(root / "images" / "hand" / "000_color_1.png", row * 4, depth=16)
    return r"000_color_1\.png: expected 8 bits a channel .*found 16"


def mask_without_its_last_row(root: Path) -> str:
    row = b"\0" + bytes([1, 0, 0] * 6)
    write_png(root / "images" / "hand" / "000_color_1.png", row * 3)
    return r"000_color_1\.png: the mask's last rows are missing"


def huge_mask(root: Path) -> str:
    write_png(root / "images" / "hand" / "000_color_1.png", b"", size=(20_000, 20_000))
    return r"000_color_1\.png: the mask cannot be decoded \(Image size \(400000000 pixels\)"


def lossy_mask(root: Path) -> str:
    path = root / "images" / "hand" / "000_color_1.png"
    Image.new("RGB", (6, 4)).save(path, format="JPEG")
    return r"000_color_1\.png: the mask cannot be decoded \(cannot identify"


def missing_photograph(root: Path) -> str:
    (root / "images" / "hand" / "003.jpg").unlink()
    return r"003\.jpg: cannot be read"


def truncated_photograph(root: Path) -> str:
    path = root / "images" / "hand" / "003.jpg"
    path.write_bytes(path.read_bytes()[:-60])
    return r"003\.jpg: cannot be decoded"


def mask_outside_of_the_tree(root: Path) -> str:
    edit(root / "index.csv", "hand/002_color_1.png", "../../002_color_1.png")
    return r"002_color_1\.png lies outside of images/"


def image_listed_twice(root: Path) -> str:
    text = (root / "index.csv").read_text()
    (root / "index.csv").write_text(text + text.splitlines()[-1] + "\n")
    return r"hand/003\.jpg is listed twice"


def label_outside_of_its_category(root: Path) -> str:
    edit(root / "category.csv", "part,260,261", "part,260,260")
    return r"c_part\.csv: label 261 is outside of 260\.\.260"


@pytest.mark.parametrize(
    "spoil",
    [
        missing_mask,
        mask_of_the_wrong_size,
        unknown_label_in_a_mask,
        label_above_all_others_in_a_mask,
        unknown_label_of_a_whole_image,
        truncated_mask,
        grey_mask,
        lossy_mask,
        mask_of_sixteen_bits,
        mask_without_its_last_row,
        huge_mask,
        missing_photograph,
        truncated_photograph,
        mask_outside_of_the_tree,
        image_listed_twice,
        label_outside_of_its_category,
    ],
    ids=lambda spoil: spoil.__name__,
)
def test_a_fault_is_found_and_named(spoil, root: Path, tmp_path: Path):
    expected = spoil(root)
    with pytest.raises(InputError, match=rf"1 error in the dataset: .*{expected}.*Fetch it again"):
        check_concepts.main(root, tmp_path / "dataset.json", name="tiny")
    assert not (tmp_path / "dataset.json").exists()


def test_all_faults_are_counted_and_the_first_ten_named(tmp_path: Path):
    root = write_broden(tmp_path, images=[{"object": 1}] * 13, labels={1: "a"})
    for path in (root / "images" / "hand").iterdir():
        path.write_bytes(b"")
    with pytest.raises(InputError, match="13 errors in the dataset: ") as error:
        check_broden(root, workers=2)
    assert "009.jpg" in str(error.value)
    assert "010.jpg" not in str(error.value)
    assert "and 3 more" in str(error.value)


@pytest.mark.parametrize(
    ("table", "old", "new", "message"),
    [
        ("index.csv", ",sw,", ",width,", r"index\.csv: no column 'sw'; expected image, split,"),
        ("index.csv", ",part", ",parts", r"index\.csv: no column 'part'"),
        ("index.csv", "train,8,12,4,6,hand/001", "train,8,12,4,8,hand/001", "same size.*4 x 8"),
        ("index.csv", "train,8,12,4,6,hand/001", "train,8,12,4,x,hand/001", "001.jpg: sh and sw"),
        ("index.csv", ",val,8", ",val", "line 5 has another number of cells"),
        ("label.csv", "9,dotted", "0,dotted", r"label\.csv: 'dotted': number 0 is not in 1\.\."),
        ("label.csv", "9,dotted", "8,dotted", r"label\.csv: 'street-s' and 'dotted' are both 8"),
        ("label.csv", "9,dotted", "nine,dotted", "'dotted': number must be a whole number"),
        ("label.csv", "9,dotted", "9,", "the label number 9 has no name"),
        ("c_part.csv", "261,claw,1,0.0", "261,claw,1,nan0.0", "'claw': coverage must be a number"),
        ("c_part.csv", "261,claw", "262,claw", r"'claw': number 262 is not in label\.csv"),
        ("category.csv", "part,260", "object,260", "expected one row a category"),
    ],
)
def test_a_malformed_table_is_named(table: str, old: str, new: str, message: str, root: Path):
    edit(root / table, old, new)
    with pytest.raises(InputError, match=message):
        check_broden(root)


def test_a_missing_table_or_folder_says_where_to_look(root: Path):
    with pytest.raises(InputError, match=r"lies in the folder 'broden' below: .* `subfolder`"):
        check_broden(root.parent)
    with pytest.raises(InputError, match=r"none: no such folder; .*KDLENS_DATA"):
        check_broden(root / "none")
    (root / "c_scene.csv").unlink()
    with pytest.raises(InputError, match=r"c_scene\.csv: no such file; .* must have it"):
        check_broden(root)


def test_what_only_looks_odd_is_a_warning(root: Path):
    edit(root / "c_part.csv", "261,claw,1,", "261,claw,40,")
    edit(root / "c_scene.csv", ",2,2.0", ",2,9.0")
    edit(root / "index.csv", "hand/003.jpg,val,8,12", "hand/003.jpg,test,12,8")
    write_mask(root / "images" / "hand" / "000_color_1.png", np.full((4, 6), 4))
    warnings = check_broden(root)["warnings"]
    assert warnings == [
        "images in another split than train and val: 1 in 'test'",
        "photographs of another size than ih x iw of index.csv: 1 of 8 x 12",
        "color: 1 label found here and not listed in c_color.csv: 'grass'",
        "scene: 1 label of far more or less coverage than c_scene.csv says: 'street-s'",
        "part: 1 label in far more or fewer images than c_part.csv says: 'claw'",
    ]


def test_real_images_in_brodens_format_from_archive_to_summary(tmp_path: Path):
    archive = real_file("broden_real.zip")
    tree = tmp_path / "tree"
    fetch_broden.main(tree, tmp_path / "download", path=str(archive))
    check_concepts.main(tree, tmp_path / "dataset.json", name="real", workers=2)
    summary = json.loads((tmp_path / "dataset.json").read_text())
    assert summary["images"] == 342
    assert summary["warnings"] == [], "its tables were counted from these masks"
    assert summary["annotated_images"]["color"] == 342
    assert sum(summary["labels"].values()) == 81
    dataset = Broden(tree)
    deepest = max(range(len(dataset)), key=lambda index: len(dataset.masks(index)))
    planes = dataset.annotation(deepest).planes
    assert planes.shape == (4, 112, 112), "colour, object and two part masks"
    slow = np.array(Image.open(dataset.masks(deepest)[3][1])).astype(int)
    np.testing.assert_array_equal(planes[3], slow[:, :, 0] + 256 * slow[:, :, 1])
