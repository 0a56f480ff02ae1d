"""Sentences for tests: a few trees by hand, and a small sentiment world."""

from __future__ import annotations

from pathlib import Path

from kdlens.data.sentiment_world import write_sentiment_world
from kdlens.data.treebank_check import check_treebank
from kdlens.files import write_json

SPLITS = {split: f"{split}.txt" for split in ("train", "dev", "test")}
BY_HAND = {
    "train": [
        "(4 (3 good) (2 film))",
        "(3 (2 a) (3 (2 (2 not) (2 so)) (1 bad)))",
        "(2 (2 a) (2 film))",
        "(1 (2 a) (1 (1 dull) (2 film)))",
        "(1 (1 stale) (2 .))",
        "(0 (2 A) (0 bore))",
    ],
    "dev": [
        "(4 (3 (2 a) (3 joy)) (2 !))",
        "(3 (2 the) (2 end))",
        "(1 (2 a) (1 (1 dull) (2 Film)))",
        "(0 (1 sad) (0 (2 and) (4 superb)))",
        "(2 (2 it) (2 is))",
    ],
    "test": ["(4 (3 fun) (4 !))", "(3 (3 fun) (2 .))", "(1 (1 dull) (2 .))", "(0 (0 awful) (2 .))"],
}


def write_trees(folder: Path, **changed: list[str]) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    for split, lines in {**BY_HAND, **changed}.items():
        (folder / SPLITS[split]).write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def small_world(folder: Path, train: int = 200, others: int = 60, seed: int = 1) -> Path:
    """Write a small sentiment world and return its dataset.json."""
    sentences = {"train": train, "dev": others, "test": others}
    write_sentiment_world(folder / "tree", sentences, seed, SPLITS)
    summary = folder / "dataset.json"
    write_json(summary, {"name": "reviews", **check_treebank(folder / "tree", SPLITS)})
    return summary
