"""Sentences with a sentiment at every node: the trees of the Stanford Sentiment Treebank.

A file holds one tree a line, in the notation of the Penn Treebank: ``(4 (3 good) (2 film))``. Every
node has a label from 0 (very negative) to 4 (very positive). The label of a sentence is that of its
root, the label of a word that of its leaf. Words are kept as the file has them, in their case: in
lower case some words would have two labels.

Sentences with a neutral root are dropped, and the other four labels are the classes, in their
order (Han et al. 2023, B.8). A sentence of the training split that stands in another split too
(in lower case, since networks may not see the case) would be known before it is asked; what then
happens is the config's choice.

``read_treebank`` reads what :mod:`kdlens.data.treebank_check` has found whole.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kdlens.errors import InputError
from kdlens.files import read_json, sha256_of

SPLITS = ("train", "dev", "test")
CLASSES = ("very negative", "negative", "positive", "very positive")
NEUTRAL = 2
_CLASS_OF_LABEL = {0: 0, 1: 1, 3: 2, 4: 3}
_LABELS = "01234"
_SPACE = " \t"


@dataclass(frozen=True)
class Tree:
    """A sentence: the label of its root, its words, and the labels of its leaves (all 0 to 4)."""

    label: int
    words: tuple[str, ...]
    word_labels: tuple[int, ...]

    @property
    def neutral(self) -> bool:
        """Whether it has no class."""
        return self.label == NEUTRAL

    @property
    def polarity(self) -> int:
        """-1 or 1; 0 of a neutral sentence."""
        return polarity(self.label)

    @property
    def class_index(self) -> int:
        """The place of its label among :data:`CLASSES`; a neutral sentence has none."""
        return _CLASS_OF_LABEL[self.label]

    @property
    def key(self) -> tuple[str, ...]:
        """What two sentences share that are the same to a network which does not see the case."""
        return tuple(word.lower() for word in self.words)


def polarity(label: int) -> int:
    """Return -1 for a negative label (0, 1), 1 for a positive one (3, 4), and 0 for 2."""
    return (label > NEUTRAL) - (label < NEUTRAL)


def read_trees(path: str | Path) -> list[Tree]:
    """Read one file of trees; blank lines are passed over.

    Raises:
        InputError: if the file is missing, empty or not UTF-8, or a line is no tree.
    """
    path = Path(path)
    try:
        text = path.read_bytes().decode("utf-8")
    except FileNotFoundError as error:
        raise InputError(
            f"{path}: no such file; expected the trees of a split, one a line. Correct the "
            "dataset's path, subfolder or splits in the config"
        ) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise InputError(
            f"{path}, line {line}: not UTF-8 ({error.reason}); convert the file, or fetch it again"
        ) from error
    lines = text.split("\n")
    trees = [
        parse_tree(line.removesuffix("\r"), f"{path}, line {number}")
        for number, line in enumerate(lines, start=1)
        if line.strip()
    ]
    if not trees:
        raise InputError(f"{path}: is empty; expected one tree a line, such as (3 (2 a) (3 joy))")
    return trees


def parse_tree(text: str, where: str = "tree") -> Tree:
    """Return the tree that a line holds.

    Args:
        where: file and line, for errors.

    Raises:
        InputError: for unbalanced brackets, a label out of 0 to 4, an empty leaf, a node with words
            beside its children, or text after the tree.
    """
    # Of every open node: has it a word, has it children?
    open_nodes: list[list[bool]] = []
    words, word_labels, root = [], [], None
    label = at = 0

    def wrong(expected: str) -> InputError:
        found = f"found '{text[at : at + 12]}'" if at < len(text) else "the line ends"
        return InputError(f"{where}, column {at + 1}: expected {expected}, {found}")

    while at < len(text):
        sign = text[at]
        if sign in _SPACE:
            at += 1
        elif root is not None and not open_nodes:
            raise wrong("the end of the line after the tree")
        elif sign == "(":
            if open_nodes and open_nodes[-1][0]:
                raise wrong("')' after the word of a leaf")
            at += 1
            if at >= len(text) or text[at] not in _LABELS or text[at + 1 : at + 2].isdigit():
                raise wrong("a label from 0 to 4 after '('")
            label = int(text[at])
            root = label if root is None else root
            if open_nodes:
                open_nodes[-1][1] = True
            open_nodes.append([False, False])
            at += 1
        elif sign == ")":
            if not open_nodes:
                raise wrong("'('")
            if not any(open_nodes[-1]):
                raise wrong("a word or a node before ')'")
            open_nodes.pop()
            at += 1
        else:
            if not open_nodes:
                raise wrong("'('")
            if any(open_nodes[-1]):
                raise wrong("'(' or ')'")
            end = at
            while end < len(text) and text[end] not in "() \t":
                end += 1
            words.append(text[at:end])
            word_labels.append(label)
            open_nodes[-1][0] = True
            at = end
    if open_nodes or root is None:
        raise wrong(f"{len(open_nodes) or 'a tree with'} more ')'")
    return Tree(root, tuple(words), tuple(word_labels))


def repeated(trees: Mapping[str, list[Tree]]) -> dict[str, list[int]]:
    """Return which training sentences also stand in another split, by that split's name."""
    found = {}
    for split in SPLITS[1:]:
        others = {tree.key for tree in trees[split]}
        found[split] = [i for i, tree in enumerate(trees["train"]) if tree.key in others]
    return found


def read_treebank(summary: str | Path) -> dict[str, list[Tree]]:
    """Return the sentences of every split that have a class, without repeats if they were removed.

    Args:
        summary: the ``dataset.json`` of a treebank.

    Raises:
        InputError: if a file is not the one that was checked.
    """
    described = read_json(summary)
    if described.get("kind") != "treebank":
        raise InputError(f"{summary}: does not describe a treebank; delete it and make it again")
    return usable(_read_checked(summary, described), described["repeated"]["choice"])


def usable(trees: Mapping[str, list[Tree]], choice: str) -> dict[str, list[Tree]]:
    """Return the sentences with a class, and without repetitions if these are removed.

    Args:
        choice: ``remove`` or ``keep`` training sentences that repeat others.
    """
    again = {i for rows in repeated(trees).values() for i in rows} if choice == "remove" else set()
    kept = {**trees, "train": [t for i, t in enumerate(trees["train"]) if i not in again]}
    return {split: [tree for tree in kept[split] if not tree.neutral] for split in SPLITS}


def _read_checked(summary: str | Path, described: Mapping[str, Any]) -> dict[str, list[Tree]]:
    trees = {}
    for split in SPLITS:
        path = Path(described["root"], described["splits"][split])
        if not path.is_file() or sha256_of(path) != described["sha256"][split]:
            raise InputError(
                f"{path}: is not the file that was checked; delete {summary} and run the workflow "
                "again"
            )
        trees[split] = read_trees(path)
    return trees
