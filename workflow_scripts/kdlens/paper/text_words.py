"""The attributed words of networks, and which sentences a figure shows of them.

Errors: :class:`~kdlens.errors.InputError` for a file that is missing or damaged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from kdlens.errors import InputError
from kdlens.paper.reference import parse_number, read_rows

_COLUMNS = ("split", "sentence", "word", "text", "label", "class", "attribution")


@dataclass(frozen=True)
class Sentence:
    """A sentence that a network classifies correctly; labels are 0 to 4."""

    number: int
    class_name: str
    words: tuple[str, ...]
    labels: tuple[int, ...]
    attributions: tuple[float, ...]

    @property
    def labelled(self) -> int:
        """How many words are negative or positive."""
        return sum(label != 2 for label in self.labels)


def _attribution(row: Mapping[str, str], path: str | Path) -> float:
    found = parse_number(row["attribution"], path, "attribution")
    if found is None:
        raise InputError(
            f"{path}: a word has no attribution; delete the file and run the workflow again"
        )
    return found


def read_words(path: str | Path, split: str) -> dict[int, Sentence]:
    """Return a network's sentences of one split, by their numbers."""
    rows: dict[int, list[dict[str, str]]] = {}
    for row in read_rows(path, _COLUMNS):
        if row["split"] == split:
            rows.setdefault(int(row["sentence"]), []).append(row)
    return {
        number: Sentence(
            number,
            words[0]["class"],
            tuple(row["text"] for row in words),
            tuple(int(row["label"]) for row in words),
            tuple(_attribution(row, path) for row in words),
        )
        for number, words in rows.items()
    }


def choose(
    networks: Sequence[dict[int, Sentence]], classes: Sequence[str], count: int, longest: int = 24
) -> list[int]:
    """Return the numbers of the sentences to show, by class and then by number.

    They are the first, class by class in turn, that all networks classify correctly, that have a
    negative or positive word, and no more than ``longest`` words. There may be none.
    """
    shared = sorted(set.intersection(*(set(found) for found in networks)))
    waiting: dict[str, list[int]] = {name: [] for name in classes}
    for number in shared:
        sentence = networks[0][number]
        if sentence.labelled and len(sentence.words) <= longest:
            waiting[sentence.class_name].append(number)
    chosen: dict[str, list[int]] = {name: [] for name in classes}
    while sum(map(len, chosen.values())) < count and any(waiting.values()):
        for name in classes:
            if waiting[name] and sum(map(len, chosen.values())) < count:
                chosen[name].append(waiting[name].pop(0))
    return [number for name in classes for number in chosen[name]]
