"""The sentiment world: its rules by hand, and the files that it writes."""

from __future__ import annotations

import pytest
from text_data import SPLITS, small_world

from kdlens.data.sentiment_world import (
    Node,
    contrasted,
    intensified,
    joined,
    negated,
    write_sentiment_world,
)
from kdlens.data.treebank import parse_tree, read_trees
from kdlens.errors import InputError
from kdlens.files import read_json


def test_the_rules_of_labels():
    assert [intensified(label) for label in (0, 1, 3, 4)] == [0, 0, 4, 4]
    assert [negated(label) for label in (0, 1, 3, 4)] == [3, 3, 1, 1]
    assert [contrasted(*pair) for pair in ((4, 0), (0, 4), (3, 4), (1, 0), (2, 4))] == [
        1,
        3,
        4,
        0,
        4,
    ]
    assert [joined(*pair) for pair in ((4, 4), (3, 3), (4, 0), (1, 0), (3, 0), (2, 2))] == [
        4,
        3,
        2,
        0,
        1,
        2,
    ]


def test_a_node_is_written_as_a_tree():
    node = Node(1, children=(Node(2, "not"), Node(4, "superb")))
    assert str(node) == "(1 (2 not) (4 superb))"
    assert parse_tree(str(node)).words == node.words() == ("not", "superb")


def test_splits_share_no_sentence_and_the_check_passes(tmp_path):
    found = read_json(small_world(tmp_path))
    assert found["repeated"]["dev"] == found["repeated"]["test"] == 0
    assert found["word_types_of_two_labels"] == 0
    for split in SPLITS:
        sentences = [tree.words for tree in read_trees(tmp_path / "tree" / SPLITS[split])]
        assert len(set(sentences)) == len(sentences)
        words = found["words"][split]
        assert 0.1 < words["opposed"] / words["labelled"] < 0.5


def test_the_same_seed_gives_the_same_files(tmp_path):
    def written(name, seed):
        write_sentiment_world(tmp_path / name, dict.fromkeys(SPLITS, 50), seed, SPLITS)
        return [(tmp_path / name / file).read_bytes() for file in SPLITS.values()]

    assert written("a", 1) == written("b", 1) != written("c", 2)
    # A split does not depend on how many sentences those after it have.
    sentences = {"train": 50, "dev": 50, "test": 40}
    write_sentiment_world(tmp_path / "d", sentences, 1, SPLITS)
    assert (tmp_path / "d/dev.txt").read_bytes() == written("a", 1)[1]


def test_too_many_sentences_are_refused(tmp_path, monkeypatch):
    for words in ("_SUBJECTS", "_DETERMINERS", "_INTENSIFIERS", "_COPULAS", "_TIMES"):
        monkeypatch.setattr(f"kdlens.data.sentiment_world.{words}", ["x"])
    for words in ("_ADJECTIVES", "_VERBS"):
        monkeypatch.setattr(f"kdlens.data.sentiment_world.{words}", {3: ["good"], 1: ["bad"]})
    with pytest.raises(InputError, match=r"text\.data\.sentences: .* write fewer"):
        write_sentiment_world(tmp_path, dict.fromkeys(SPLITS, 4000), 1, SPLITS)
