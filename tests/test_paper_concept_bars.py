"""The concept bar graph: every concept counted once, none lost in silence, all of it legible."""

import numpy as np
import pytest
from paper_data import CATEGORIES, write_ious, write_tallies
from paper_looks import check_legible, check_no_overlap, check_same_bytes

from kdlens.dissection.tallies import Tallies
from kdlens.errors import InputError
from kdlens.paper import style
from kdlens.paper.categories import figure_colours
from kdlens.paper.concept_bars import MOST_ROWS, Concept, ConceptCounts, count_concepts, draw

COUNTING = {"iou_threshold": 0.05, "quantile": 0.005, "denominator": "image"}
UNITS = [
    *([["object 2"]] * 3),
    ["object 1", "part 3"],  # counts with its best concept only
    ["part 3", "object 1"],
    ["texture 1"],
    ["color 3"],
    *([[]] * 3),
]


@pytest.fixture
def tallies(tmp_path):
    return write_tallies(tmp_path / "kd.npz", UNITS, model="kd", seed=1)


def test_counts(tallies):
    counts = count_concepts(Tallies.load(tallies), **COUNTING)
    assert [(c.name, c.category, c.units) for c in counts.concepts] == [
        ("object 2", "object", 3),
        ("object 1", "object", 1),
        ("part 3", "part", 1),
        ("texture 1", "texture", 1),
        ("color 3", "color", 1),
    ]
    assert counts.categories == {
        "object": 4,
        "part": 1,
        "scene": 0,
        "material": 0,
        "texture": 1,
        "color": 1,
    }
    assert (counts.detectors, counts.units, counts.layer) == (7, 10, "layer4")


def test_counts_are_those_of_table_1(tmp_path):
    generator = np.random.default_rng(2)
    ious = generator.gamma(0.4, 0.03, (1, 100, 1 + 4 * len(CATEGORIES))).clip(0, 0.9)
    ious[..., 0] = 0
    tallies = Tallies.load(write_ious(tmp_path / "a.npz", ious, model="kd", seed=1))
    counts, table = count_concepts(tallies, **COUNTING), tallies.detectors(**COUNTING)
    assert counts.categories == table.by_category and len(counts.concepts) == table.distinct_labels
    assert sum(c.units for c in counts.concepts) == table.units_any


def made(count, units=None):
    """Counts of ``count`` concepts, the first of them the most frequent."""
    units = units or [max(1, 30 - i) for i in range(count)]
    names = list(CATEGORIES)
    concepts = [
        Concept(f"a concept of name {i}", names[i * len(names) // count], units[i])
        for i in range(count)
    ]
    totals = {name: sum(c.units for c in concepts if c.category == name) for name in names}
    return ConceptCounts(concepts, totals, "layer4", 512)


@pytest.mark.parametrize("count", [1, 7, 60, 130])
def test_every_concept_has_a_bar_of_its_color(count):
    counts = made(count)
    figure = draw(counts, "KD, seed 1")
    bars = [bar for panel in figure.axes for bar in panel.patches]
    assert [bar.get_height() for bar in bars] == [concept.units for concept in counts.concepts]
    for bar, concept in zip(bars, counts.concepts, strict=True):
        place = list(counts.categories).index(concept.category)
        assert style.to_hex(bar.get_facecolor()) == figure_colours(counts.categories)[place]
    texts = check_legible(figure)
    check_no_overlap(figure)
    for concept in counts.concepts:
        assert concept.name in texts
    for name, units in counts.categories.items():
        assert f"{name} ({units})" in texts
    assert len(figure.axes) <= MOST_ROWS and not any("Not shown" in text for text in texts)


def test_too_many_concepts_leave_out_the_rarest_and_say_so():
    units = [1 + (i % 3 == 0) + (i % 50 == 0) for i in range(200)]
    counts = made(200, units)
    figure = draw(counts, "KD, seed 1")
    bars = [bar for panel in figure.axes for bar in panel.patches]
    left = 200 - len(bars)
    assert 50 < left < 100
    assert sorted(units)[left:] == sorted(bar.get_height() for bar in bars)
    (note,) = (text for text in check_legible(figure) if "Not shown" in text)
    assert f"Not shown: {left} concepts of 1 unit each" in note
    check_no_overlap(figure)


def test_large_numbers_beside_each_other_do_not_touch():
    figure = draw(made(120, [1000 + i for i in range(120)]), "KD, seed 1")
    check_legible(figure)
    check_no_overlap(figure)


def test_no_concept_at_all():
    texts = check_legible(draw(ConceptCounts([], {"object": 0}, "layer4", 64), "KD"))
    assert "No unit detects a concept." in texts and "object (0)" in texts
    assert "KD: 0 of 64 units of layer4 detect a concept, 0 concepts in all" in texts


def test_very_long_names():
    concepts = [Concept("averylongnamewithoutanyspaceinit" * 3, "object", 2)]
    figure = draw(ConceptCounts(concepts, {"object": 2}, "layer4", 64), "A long label " * 9)
    texts = check_legible(figure)
    assert any(text.startswith("averylong") and text.endswith("…") for text in texts)


def test_script(tallies, tmp_path):
    arguments = {"model": "kd", "seed": 1, "label": "KD", "layer": "layer4", **COUNTING}
    kinds = ("svg", "pdf", "png")
    check_same_bytes("concept_bars", tmp_path, kinds, tallies=str(tallies), **arguments)
    with pytest.raises(InputError, match=r"kd\.npz: its layer is 'layer4', expected 'layer3'"):
        check_same_bytes(
            "concept_bars",
            tmp_path,
            kinds,
            tallies=str(tallies),
            **{**arguments, "layer": "layer3"},
        )
