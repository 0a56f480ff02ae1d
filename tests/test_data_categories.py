"""Coarse categories of classes: from files, Eshed's for ImageNet among them, and of the world."""

import csv
import io
import zipfile

import numpy as np
import pytest
from paper_data import REFERENCE
from real_data import real_file

import make_categories
from kdlens.data.categories import (
    Categories,
    categorise,
    obtain_table,
    read_categories,
    read_table,
    world_table,
    write_categories,
)
from kdlens.data.world.render import class_names
from kdlens.errors import InputError
from kdlens.files import sha256_of, write_json
from kdlens.measures.entropy import Grouping

ESHED_SHA256 = "971273742406149cacb7870339be5da571ac1fc80d251d3c1e3298b777807bb5"


def dataset_of(folder, classes):
    write_json(folder / "dataset.json", {"kind": "image_folder", "classes": list(classes)})
    return folder / "dataset.json"


def table_of(folder, *rows, header="class,category"):
    path = folder / "table.csv"
    path.write_text("\n".join([header, *rows, ""]))
    return path


def test_a_file_of_ones_own(tmp_path):
    table = table_of(tmp_path, "cat,pet", '"dog, the",pet', "bus,other", "whale,sea")
    dataset = dataset_of(tmp_path, ["bus", "cat", "dog, the"])
    output = tmp_path / "categories.csv"
    make_categories.main(dataset, output, source="csv", path=str(table), dropped=["other"])
    assert (
        output.read_text()
        == 'class,category,counts\nbus,other,no\ncat,pet,yes\n"dog, the",pet,yes\n'
    )
    found = read_categories(output)
    assert found.classes == ("bus", "cat", "dog, the")
    assert found.counts == (False, True, True)
    assert found.sizes == {"other": 1, "pet": 2}


def test_other_columns_are_passed_over(tmp_path):
    path = table_of(tmp_path, "0,cat,pet", header="number,name,coarse")
    assert read_table(path, "name", "coarse") == {"cat": "pet"}
    with pytest.raises(
        InputError, match=r"column 'class' is missing \(found: number, name, coarse"
    ):
        read_table(path, "class", "coarse")


@pytest.mark.parametrize(
    ("rows", "words"),
    [
        (["a,x", "b,x", "a,y", "b,x"], "2 classes have more than one row: 'a'; 'b'"),
        (["a,", "b,x"], "1 rows lack a class or category: 'a'"),
        (["a"], "1 rows lack a class or category: 'a'"),
    ],
)
def test_wrong_rows_are_named(rows, words, tmp_path):
    with pytest.raises(InputError, match=words):
        read_table(table_of(tmp_path, *rows), "class", "category")


def test_classes_without_a_category_are_named():
    with pytest.raises(InputError, match=r"t\.csv: 2 of 3 classes .* 'b'; 'c'"):
        categorise(["a", "b", "c"], {"a": "x"}, [], "t.csv")
    with pytest.raises(InputError, match="no category 'others'"):
        categorise(["a"], {"a": "other"}, ["others"], "t.csv")


def test_no_table_of_categories(tmp_path):
    with pytest.raises(InputError, match=r"none\.csv: no such file"):
        obtain_table(str(tmp_path / "none.csv"), [], None, tmp_path)
    with pytest.raises(InputError, match="no such file"):
        read_categories(tmp_path / "none.csv")
    (tmp_path / "odd.csv").write_text("class,category\na,b\n")
    with pytest.raises(InputError, match="not a whole table"):
        read_categories(tmp_path / "odd.csv")


def test_a_file_is_fetched_and_verified(tmp_path):
    table = table_of(tmp_path, "a,x", "b,x")
    url, sha256 = table.as_uri(), sha256_of(table)
    fetched = obtain_table(None, [url], sha256, tmp_path / "download")
    assert fetched.read_bytes() == table.read_bytes()
    for path, urls in ((str(table), []), (None, [url])):
        with pytest.raises(InputError, match="sha256"):
            obtain_table(path, urls, "0" * 64, tmp_path / "other")


def test_the_world_has_its_categories():
    table = world_table(class_names("liveries"))
    assert len(table) == 48 and table["horse_plain"] == table["cow_dotted"] == "animal"
    assert set(Categories(tuple(table), tuple(table.values()), (True,) * 48).sizes.values()) == {8}
    families = world_table(class_names("families"))
    assert families["bird"] == families["fish"] != families["building"] == families["vehicle"]
    with pytest.raises(InputError, match="'lynx_plain' are no classes of the concept world"):
        world_table(["horse_plain", "lynx_plain"])


def test_written_and_read_back(tmp_path):
    found = Categories(("a", "b"), ("x, y", "z"), (True, False))
    write_categories(tmp_path / "c.csv", found)
    assert read_categories(tmp_path / "c.csv") == found


@pytest.fixture
def eshed():
    return real_file("imagenet_categories_synset.csv")


def test_eshed_s_categories_are_those_of_table_14(eshed):
    assert sha256_of(eshed) == ESHED_SHA256
    table = read_table(eshed, "synset", "categories")
    assert len(table) == 1000
    found = categorise(sorted(table), table, ["other"], "eshed")
    with open(REFERENCE.with_name("table14.csv"), newline="") as handle:
        published = {row["category"]: int(row["classes"]) for row in csv.DictReader(handle)}
    assert found.sizes == published
    assert sum(found.counts) == 981 and len(published) == 67


def test_the_bounds_of_the_published_numbers(eshed):
    """A mean of 2.9 bits over the categories is possible: it is 3.063 at most."""
    table = read_table(eshed, "synset", "categories")
    grouping = Grouping.of(categorise(sorted(table), table, ["other"], "eshed"))
    sizes = grouping.sizes
    assert (len(sizes), sizes.sum(), (sizes == 1).sum()) == (66, 981, 3)
    assert np.log2(sizes).mean() == pytest.approx(3.063, abs=5e-4)
    assert np.average(np.log(sizes), weights=sizes) == pytest.approx(3.243, abs=5e-4)
    assert grouping.names[grouping.of_class[0]] == "fish", "n01440764 is a tench"


@pytest.mark.parametrize(
    ("archive", "member", "columns", "sizes"),
    [
        ("cifar100_subset", "cifar100/classes.csv", ("name", "coarse_name"), {5}),
        ("tiny_imagenet_subset", "tiny_imagenet/classes.csv", ("wnid", "coarse_category"), None),
    ],
)
def test_classes_of_real_datasets(archive, member, columns, sizes, tmp_path):
    with zipfile.ZipFile(real_file(f"{archive}.zip")) as content:
        (tmp_path / "classes.csv").write_bytes(content.read(member))
        folders = {name.split("/")[2] for name in content.namelist() if "/train/" in name}
    table = read_table(tmp_path / "classes.csv", *columns)
    found = categorise(sorted(folders), table, [], "classes.csv")
    if sizes:
        assert set(found.sizes.values()) == sizes and len(found.sizes) == 20
    else:
        assert len(found.classes) == 200


def test_the_subset_of_imagenet_agrees_with_eshed(eshed):
    with zipfile.ZipFile(real_file("tiny_imagenet_subset.zip")) as content:
        text = content.read("tiny_imagenet/classes.csv").decode()
    table = read_table(eshed, "synset", "categories")
    for row in csv.DictReader(io.StringIO(text)):
        assert table[row["wnid"]] == row["coarse_category"]
