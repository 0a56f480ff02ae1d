"""Sentiment trees: how they are read, what is wrong with them, and what dataset.json says."""

from __future__ import annotations

import json

import pytest
from real_data import real_file
from text_data import SPLITS, write_trees

from kdlens.data.archives import unpack
from kdlens.data.treebank import parse_tree, polarity, read_treebank, read_trees, repeated
from kdlens.data.treebank_check import check_treebank
from kdlens.errors import InputError
from kdlens.files import write_json


def described(folder, choice="remove", **changed):
    return check_treebank(write_trees(folder, **changed), SPLITS, choice)


def test_a_tree_by_hand():
    tree = parse_tree("(3 (2 It) (4 (2 's) (4 (3 good) (2 -LRB-))))")
    assert tree.label == 3
    assert tree.words == ("It", "'s", "good", "-LRB-")
    assert tree.word_labels == (2, 2, 3, 2)
    assert (tree.polarity, tree.class_index, tree.neutral) == (1, 2, False)
    assert parse_tree("(2 word)").neutral
    assert [parse_tree(f"({label} x)").class_index for label in (0, 1, 3, 4)] == [0, 1, 2, 3]
    assert [polarity(label) for label in range(5)] == [-1, -1, 0, 1, 1]


@pytest.mark.parametrize(
    ("line", "column", "expected"),
    [
        ("(3 (2 a) (3 b)", 15, "expected 1 more ')', the line ends"),
        ("(3 (2 a) (3 b)))", 16, "the end of the line after the tree, found ')'"),
        ("(3 (2 a)) b", 11, "the end of the line after the tree, found 'b'"),
        ("(5 (2 a))", 2, "a label from 0 to 4 after '(', found '5"),
        ("(12 a)", 2, "a label from 0 to 4 after '('"),
        ("(x a)", 2, "a label from 0 to 4 after '('"),
        ("(3 (2 ) (3 b))", 7, "a word or a node before ')'"),
        ("(3)", 3, "a word or a node before ')'"),
        ("(3 a b)", 6, "expected '(' or ')', found 'b)'"),
        ("(3 a (2 b))", 6, "')' after the word of a leaf"),
        ("(3 (2 a) b)", 10, "expected '(' or ')', found 'b)'"),
        ("a", 1, "expected '(', found 'a'"),
        (")", 1, "expected '(', found ')'"),
        ("(3", 3, "1 more ')'"),
    ],
)
def test_a_malformed_tree_is_told_with_its_place(tmp_path, line, column, expected):
    path = tmp_path / "train.txt"
    path.write_text(f"(2 fine)\n{line}\n")
    with pytest.raises(InputError) as caught:
        read_trees(path)
    message = str(caught.value)
    assert message.startswith(f"{path}, line 2, column {column}: ") and expected in message
    assert "\n" not in message


def test_other_files_than_trees_are_told(tmp_path):
    path = tmp_path / "train.txt"
    with pytest.raises(InputError, match="no such file"):
        read_trees(path)
    path.write_bytes("(3 fine)\n(3 café)\n".encode("latin-1"))
    with pytest.raises(InputError, match="line 2: not UTF-8"):
        read_trees(path)
    path.write_text("\n \n")
    with pytest.raises(InputError, match="is empty"):
        read_trees(path)


def test_line_ends_of_windows_and_blank_lines_are_passed_over(tmp_path):
    path = tmp_path / "train.txt"
    path.write_bytes(b"(3 fine)\r\n\r\n(1 (1 so) (2 so))\r\n")
    assert [tree.words for tree in read_trees(path)] == [("fine",), ("so", "so")]


def test_a_description_by_hand(tmp_path):
    found = described(tmp_path)
    assert found["sentences"]["train"] == {
        "all": 6,
        "neutral": 1,
        "used": 4,  # "a dull film" stands in dev too
        "very negative": 1,
        "negative": 1,
        "positive": 1,
        "very positive": 1,
    }
    # joy; nothing; dull; sad and, opposed, superb
    assert found["words"]["dev"] == {
        "labelled": 4,
        "aligned": 3,
        "opposed": 1,
        "sentences_without": 1,
    }
    assert found["repeated"] == {
        "choice": "remove",
        "dev": 1,
        "test": 0,
        "examples": ["a dull film"],
    }


def test_repeats_are_removed_kept_or_an_error(tmp_path, caplog):
    for choice, used in (("remove", 4), ("keep", 5)):
        summary = tmp_path / f"{choice}.json"
        found = described(tmp_path, choice)
        write_json(summary, {"name": "x", **found})
        assert found["sentences"]["train"]["used"] == used
        assert len(read_treebank(summary)["train"]) == used
        assert found["repeated"]["dev"] == 1
    assert "1 training sentences stand in other splits (1 of dev and 0 of test)" in caplog.text
    with pytest.raises(InputError, match="the first 'a dull film'; remove them"):
        described(tmp_path, "error")
    with pytest.raises(InputError, match="repeated: 'drop' is not known"):
        described(tmp_path, "drop")
    assert described(tmp_path, "error", dev=["(4 joy)", "(3 fun)", "(1 sad)", "(0 bad)"])


def test_a_split_without_a_class_or_a_labelled_word_is_an_error(tmp_path):
    with pytest.raises(InputError, match=r"test\.txt: no sentence is very positive"):
        described(tmp_path, test=["(3 fun)", "(1 dull)", "(0 bad)"])
    plain = [f"({label} (2 x) (2 y{label}))" for label in (0, 1, 3, 4)]
    with pytest.raises(InputError, match=r"dev\.txt: no word is negative or positive"):
        described(tmp_path, dev=plain)


def test_only_what_was_checked_is_read(tmp_path):
    summary = tmp_path / "dataset.json"
    write_json(summary, {"name": "x", **described(tmp_path / "tree")})
    trees = read_treebank(summary)
    assert [tree.words[0] for tree in trees["dev"]] == ["a", "the", "a", "sad"]
    write_trees(tmp_path / "tree", dev=["(4 joy)"])
    with pytest.raises(InputError, match=r"dev\.txt: is not the file that was checked"):
        read_treebank(summary)
    write_json(summary, {"kind": "broden"})
    with pytest.raises(InputError, match="does not describe a treebank"):
        read_treebank(summary)


def test_the_digest_is_of_files_and_choice(tmp_path):
    first = described(tmp_path / "a")
    assert described(tmp_path / "b")["digest"] == first["digest"]
    assert described(tmp_path / "a", "keep")["digest"] != first["digest"]
    changed = described(tmp_path / "b", test=["(4 joy)", "(3 fun)", "(1 sad)", "(0 bad)"])
    assert changed["digest"] != first["digest"]
    assert json.loads(json.dumps(first)) == first


def test_the_real_treebank(tmp_path):
    unpack(real_file("sst_trees.zip"), tmp_path / "tree", "trees")
    found = check_treebank(tmp_path / "tree", SPLITS)
    assert {s: n["all"] for s, n in found["sentences"].items()} == {
        "train": 8544,
        "dev": 1101,
        "test": 2210,
    }
    assert [found["sentences"][split]["used"] for split in ("dev", "test")] == [872, 1821]
    words = [found["words"][split] for split in ("dev", "test")]
    assert [(w["aligned"], w["opposed"]) for w in words] == [(1652, 833), (3403, 1714)]
    assert [w["sentences_without"] for w in words] == [52, 111]
    assert found["word_types_of_two_labels"] == 0

    # A copy in circulation has all of dev in train.
    path = tmp_path / "tree"
    leaking = (path / "train.txt").read_text() + (path / "dev.txt").read_text()
    (path / "train.txt").write_text(leaking)
    trees = {split: read_trees(path / file) for split, file in SPLITS.items()}
    assert len(repeated(trees)["dev"]) == 1101 + 1
    with pytest.raises(InputError, match="training sentences stand in other splits"):
        check_treebank(path, SPLITS, "error")
