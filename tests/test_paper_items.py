"""The list of figures and tables: whole, and what it promises is what the configs plan."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Sequence

import pytest
import yaml
from config_data import CONFIGS, PUBLISHED, as_written
from config_data import SCHEMA as CONFIG_SCHEMA
from project import ROOT

from kdlens.config import resolve
from kdlens.errors import InputError
from kdlens.paper.items import Item, read_items
from kdlens.plan import claims, paths, results, shipped

ITEMS, SCHEMA = ROOT / "config/items.yaml", ROOT / "config/schemas/items.schema.yaml"
LIST = read_items(ITEMS, SCHEMA)
# Han et al. have so many, appendix included.
TABLES, FIGURES = 14, 13
# Their runs show that something works, and no results.
NOT_NAMED = {"smoke", "checkpoint"}


@pytest.fixture(scope="module")
def planned() -> dict[str, set[str]]:
    """What the run of each config makes, relative to its folder, by the config's name."""
    found = {}
    for path in CONFIGS:
        config = resolve(as_written(path.stem), CONFIG_SCHEMA, PUBLISHED)
        files = [
            *results.paper_files(config),
            *claims.files(config),
            *shipped.final_files(config),
            *shipped.left_out(config),
        ]
        found[path.stem] = {file.removeprefix(f"{paths.run(config)}/") for file in files}
    return found


def mistakes(items: Sequence[Item], planned: dict[str, set[str]]) -> list[str]:
    """Say where items name files or configs of which the other knows nothing."""
    wrong = []
    for item in items:
        for file in item.files:
            makers = {name for name, files in planned.items() if file in files} - NOT_NAMED
            if makers != set(item.configs):
                wrong.append(f"{item.name}: {file} is made by {sorted(makers)}")
    return wrong


def test_the_list_has_every_figure_and_table_of_the_paper_once():
    listed = [item.paper for item in LIST if item.paper]
    expected = [f"Table {n}" for n in range(1, TABLES + 1)]
    expected += [f"Figure {n}" for n in range(1, FIGURES + 1)]
    assert sorted(listed) == sorted(expected)
    for item in LIST:
        if item.paper:
            kind, number = item.paper.lower().split()
            assert item.name == f"{kind}{int(number):02}"


def test_it_has_every_published_table():
    files = [path.stem for path in (ROOT / "config/reference/han2023").glob("table*.csv")]
    numbers = {number for stem in files for number in re.findall(r"\d+", stem)}
    assert numbers <= {item.name.removeprefix("table") for item in LIST if item.made}


def test_the_configs_that_an_item_names_and_no_others_make_its_files(planned):
    assert mistakes(LIST, planned) == []


def test_every_file_of_the_paper_stage_is_that_of_an_item(planned):
    # Of single networks and datasets one stands for all of its kind.
    stems = {item.files[0].split(".")[0] for item in LIST if item.made}
    stems |= {"config", "manifest", "report"}
    kinds = ("figures/concepts_", "figures/units_", "figures/loss_gradients_", "gallery/")
    for name, files in planned.items():
        others = {f for f in files if f.split(".")[0] not in stems and not f.startswith(kinds)}
        assert not others, name


@pytest.mark.parametrize(
    "change",
    [
        {"files": ("tables/table1.md",)},
        {"files": ("tables/table06.md", "tables/table06.dvi")},
        {"configs": ("paper",)},
        {"configs": ("full", "paper", "smoke")},
    ],
)
def test_a_misspelt_file_and_a_wrong_config_are_found(planned, change):
    (item,) = (each for each in LIST if each.name == "table06")
    assert mistakes([dataclasses.replace(item, **change)], planned)


def test_what_is_not_made_has_a_reason():
    for item in LIST:
        assert item.made or len(item.not_made or "") > 40, item.name


ENTRY = {
    "name": "table01",
    "paper": "Table 1",
    "section": "3.2",
    "title": "Detectors",
    "files": ["tables/table01.md"],
    "configs": ["config"],
}


@pytest.mark.parametrize(
    ("entries", "message"),
    [
        ([{**ENTRY, "file": "a"}], "items.0.file is not known; did you mean 'files'?"),
        ([{**ENTRY, "paper": "Tab. 1"}], "write Table 1 or Figure 1"),
        ([{**ENTRY, "section": 3.2}], "items.0.section: 3.2 is a number; write a text"),
        ([{**ENTRY, "not_made": "So."}], "table01 has not what it needs; write files and configs,"),
        ([{**ENTRY, "configs": []}], "items.0.configs: is empty"),
        (
            [{key: ENTRY[key] for key in ENTRY if key not in ("files", "configs")}],
            "table01 has not what it needs",
        ),
        ([ENTRY, {**ENTRY, "paper": "Table 2"}], "2 items have the name table01"),
        ([ENTRY, {**ENTRY, "name": "table02"}], "2 items have the paper Table 1"),
    ],
)
def test_a_wrong_entry_is_named(tmp_path, entries, message):
    path = tmp_path / "items.yaml"
    path.write_text(yaml.safe_dump({"items": entries, "beside": []}))
    with pytest.raises(InputError) as caught:
        read_items(path, SCHEMA)
    assert message in str(caught.value) and str(path) in str(caught.value)


def test_a_key_that_is_there_twice_and_an_empty_file_are_refused(tmp_path):
    path = tmp_path / "items.yaml"
    for text, message in (("items: []\nitems: []\n", "line 2"), ("", "expected a mapping")):
        path.write_text(text)
        with pytest.raises(InputError, match=message):
            read_items(path, SCHEMA)
