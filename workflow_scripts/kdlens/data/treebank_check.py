"""The check of a treebank, every tree of it, and what its ``dataset.json`` says.

kind      "treebank"
root, splits, sha256   the folder, and of each split its file and the file's checksum
classes   the four classes
sentences {split: {"all", "used", "neutral", one of each class}}; "used" have a class, and in
          the training split are no repeats that were removed
words     {split: {"labelled", "aligned", "opposed", "sentences_without"}} of the used sentences:
          a word is labelled if its label is not neutral, and aligned if its polarity is that
          of its sentence
word_types, word_types_of_two_labels   distinct words (in their case) of all splits
repeated  {"choice", "dev", "test", "examples"}: training sentences that stand in another split
digest    of the three files, the choice and this description's form
"""

from __future__ import annotations

import hashlib
import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from kdlens.data.treebank import CLASSES, SPLITS, Tree, polarity, read_trees, repeated, usable
from kdlens.errors import InputError
from kdlens.files import sha256_of

_log = logging.getLogger(__name__)

CHOICES = ("remove", "keep", "error")
_EXAMPLES = 3
_FORM = "treebank 1"


def check_treebank(
    root: str | Path, splits: Mapping[str, str], choice: str = "remove"
) -> dict[str, Any]:
    """Check a treebank and describe it; see the module.

    Args:
        root: the folder that holds the files.
        splits: {"train", "dev", "test"} -> file.
        choice: what to do about training sentences that stand in another split: ``remove`` them,
            ``keep`` them (the description counts them), or take them for an ``error``.

    Raises:
        InputError: for a malformed tree, a class without sentences, a split without labelled words,
            or repeated sentences that are taken for an error.
    """
    if choice not in CHOICES:
        raise InputError(f"repeated: '{choice}' is not known; write one of {', '.join(CHOICES)}")
    files = {split: Path(root, splits[split]) for split in SPLITS}
    trees = {split: read_trees(path) for split, path in files.items()}
    again = repeated(trees)
    examples = _tell_repeats(files["train"], trees["train"], again, choice)
    used = usable(trees, choice)
    words = {split: _count_words(used[split]) for split in SPLITS}
    for split in SPLITS:
        lacking = [name for i, name in enumerate(CLASSES) if not _of_class(used[split], i)]
        if lacking:
            raise InputError(
                f"{files[split]}: no sentence is {lacking[0]}; each of the four classes must occur"
            )
        if not words[split]["labelled"]:
            raise InputError(f"{files[split]}: no word is negative or positive; nothing to measure")
    labels = _labels_of_words(trees)
    checksums = {split: sha256_of(path) for split, path in files.items()}
    facts = "\n".join([_FORM, choice, *(f"{checksums[split]}  {split}" for split in SPLITS)])
    return {
        "kind": "treebank",
        "root": str(root),
        "splits": {split: splits[split] for split in SPLITS},
        "sha256": checksums,
        "classes": list(CLASSES),
        "sentences": {split: _count_sentences(trees[split], used[split]) for split in SPLITS},
        "words": words,
        "word_types": len(labels),
        "word_types_of_two_labels": sum(len(found) > 1 for found in labels.values()),
        "repeated": {
            "choice": choice,
            **{split: len(rows) for split, rows in again.items()},
            "examples": examples,
        },
        "digest": hashlib.sha256(facts.encode()).hexdigest(),
    }


def _tell_repeats(
    path: Path, train: Sequence[Tree], again: Mapping[str, Sequence[int]], choice: str
) -> list[str]:
    """Log, or raise, that training sentences stand in other splits; return the first of them."""
    rows = sorted({i for found in again.values() for i in found})
    examples = [" ".join(train[i].words) for i in rows[:_EXAMPLES]]
    if not rows:
        return examples
    counted = " and ".join(f"{len(found)} of {split}" for split, found in again.items())
    said = f"{path}: {len(rows)} training sentences stand in other splits ({counted})"
    if choice == "error":
        raise InputError(
            f"{said}, the first '{examples[0]}'; remove them, or write repeated: remove"
        )
    _log.warning("%s; they are %s", said, "left out" if choice == "remove" else "kept")
    return examples


def _count_sentences(trees: Sequence[Tree], used: Sequence[Tree]) -> dict[str, int]:
    by_class = {name: len(_of_class(used, i)) for i, name in enumerate(CLASSES)}
    neutral = sum(tree.neutral for tree in trees)
    return {"all": len(trees), "neutral": neutral, "used": len(used), **by_class}


def _of_class(trees: Sequence[Tree], index: int) -> list[Tree]:
    return [tree for tree in trees if tree.class_index == index]


def _count_words(trees: Sequence[Tree]) -> dict[str, int]:
    found = {"labelled": 0, "aligned": 0, "opposed": 0, "sentences_without": 0}
    for tree in trees:
        signs = [polarity(label) * tree.polarity for label in tree.word_labels]
        found["aligned"] += signs.count(1)
        found["opposed"] += signs.count(-1)
        found["sentences_without"] += not any(signs)
    found["labelled"] = found["aligned"] + found["opposed"]
    return found


def _labels_of_words(trees: Mapping[str, Sequence[Tree]]) -> dict[str, set[int]]:
    labels: dict[str, set[int]] = defaultdict(set)
    for split in SPLITS:
        for tree in trees[split]:
            for word, label in zip(tree.words, tree.word_labels, strict=True):
                labels[word].add(label)
    return labels
