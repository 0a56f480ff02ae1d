"""A small world of film reviews: generated trees, in the treebank's format, with every label known.

For runs without a download. A grammar makes sentences from some hundred words, and labels follow
from rules, where people labelled the real trees:

- a word has a label of its own (0 to 4), wherever it stands, as in the treebank;
- an intensifier takes a judgement further from neutral, a negation turns it to the mild label of
  the other side (``not superb`` is 1, ``not awful`` is 3);
- of two clauses around "but" the second decides, and is milder for the first; two around "and"
  agree or cancel out;
- some sentences only state something, and are neutral.

So a word can oppose its sentence for the same reasons as in the treebank (negation, contrast). What
it lacks: irony, context, rare words, disagreement. It tests that the pipeline works and shows what
its results look like; it is no evidence about language.

No sentence is written twice, over all splits. The same seed gives the same files.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from kdlens.data.treebank import NEUTRAL, SPLITS
from kdlens.errors import InputError
from kdlens.files import atomic_folder, write_text


def _words(text: str) -> list[str]:
    return text.split()


_ADJECTIVES = {
    0: _words("awful dreadful unbearable hideous abysmal worthless insufferable atrocious"),
    1: _words("dull bland clumsy tedious weak shallow stale muddled lazy forgettable"),
    3: _words("charming witty clever warm solid fresh graceful likeable tender lively"),
    4: _words("superb brilliant dazzling masterful wonderful magnificent unforgettable stunning"),
}
_VERBS = {
    0: _words("fails disgusts collapses"),
    1: _words("bores drags stumbles annoys disappoints"),
    3: _words("amuses charms works entertains delights"),
    4: _words("dazzles triumphs soars"),
}
_SUBJECTS = _words("""film movie story script plot cast director actor actress soundtrack ending
    opening dialogue camera comedy drama thriller sequel documentary performance scenery pacing""")
_DETERMINERS = _words("the this that its")
_INTENSIFIERS = _words("very really truly utterly remarkably quite")
_PLACES = _words("paris london texas rome tokyo berlin")
_FACTS = _words("opens ends begins plays lasts returns happens")
_TIMES = _words("today yesterday twice again daily here")
_COPULAS = _words("is was seems feels looks")


@dataclass(frozen=True)
class Node:
    """A node of a tree: a label and either a word or two children."""

    label: int
    word: str = ""
    children: tuple[Node, ...] = ()

    def __str__(self) -> str:
        """Write it as the treebank does: ``(4 (3 good) (2 film))``."""
        inside = self.word or " ".join(map(str, self.children))
        return f"({self.label} {inside})"

    def words(self) -> tuple[str, ...]:
        """Return the words below it, from left to right."""
        return (self.word,) if self.word else sum((n.words() for n in self.children), ())


def intensified(label: int) -> int:
    """Return the label of a judgement with an intensifier: one step further from neutral."""
    return max(0, label - 1) if label < NEUTRAL else min(4, label + 1)


def negated(label: int) -> int:
    """Return the label of a negated judgement: the mild one of the other side."""
    return 3 if label < NEUTRAL else 1


def contrasted(first: int, second: int) -> int:
    """Return the label of "first but second": the second's side, milder if the first opposes it."""
    opposed = (first - NEUTRAL) * (second - NEUTRAL) < 0
    return second if not opposed else 1 if second < NEUTRAL else 3


def joined(first: int, second: int) -> int:
    """Return the label of "first and second": their mean, away from neutral if they agree."""
    total = first + second - 2 * NEUTRAL
    step = (abs(total) + 1) // 2
    return NEUTRAL + (step if total > 0 else -step)


def write_sentiment_world(
    folder: str | Path, sentences: Mapping[str, int], seed: int, files: Mapping[str, str]
) -> None:
    """Write the three files of trees.

    Args:
        folder: output; it appears only when it is whole.
        sentences: how many each split gets.
        seed: of everything that is drawn.
        files: of each split, its file's name.

    Raises:
        InputError: if there are not that many different sentences, or the disk is full.
    """
    with atomic_folder(folder, "nothing was changed. Free some space and start again") as made:
        seen: set[tuple[str, ...]] = set()
        for number, split in enumerate(SPLITS):
            write = _Writer(random.Random(f"{seed} {number}"))
            lines = [str(write.unseen(seen)) for _ in range(sentences[split])]
            write_text(made / files[split], "\n".join(lines) + "\n")


class _Writer:
    """Draws sentences."""

    def __init__(self, draw: random.Random) -> None:
        self._draw = draw

    def unseen(self, seen: set[tuple[str, ...]]) -> Node:
        """Return a sentence that is not in ``seen``, and add it."""
        for _ in range(1000):
            sentence = self._sentence()
            if sentence.words() not in seen:
                seen.add(sentence.words())
                return sentence
        raise InputError(
            "text.data.sentences: the sentiment world has hardly that many different sentences; "
            "write fewer"
        )

    def _sentence(self) -> Node:
        kind: Callable[[], Node] = self._draw.choices(
            (self._clause, self._two_clauses, self._statement), weights=(5, 4, 1)
        )[0]
        clause = kind()
        return Node(clause.label, children=(clause, _word(".")))

    def _two_clauses(self) -> Node:
        first, second = self._clause(), self._clause()
        link, rule = self._draw.choice((("but", contrasted), ("and", joined)))
        rest = Node(second.label, children=(_word(link), second))
        head = Node(first.label, children=(first, _word(",")))
        return Node(rule(first.label, second.label), children=(head, rest))

    def _clause(self) -> Node:
        subject = self._subject()
        if self._draw.random() < 0.3:
            predicate = self._one(_VERBS)
        else:
            judgement = self._judgement()
            copula = self._draw.choice(_COPULAS)
            predicate = Node(judgement.label, children=(_word(copula), judgement))
        return Node(predicate.label, children=(subject, predicate))

    def _judgement(self) -> Node:
        phrase = self._one(_ADJECTIVES)
        chance = self._draw.random()
        if chance < 0.35:
            before = _word(self._draw.choice(_INTENSIFIERS))
            phrase = Node(intensified(phrase.label), children=(before, phrase))
        if self._draw.random() < 0.25:
            phrase = Node(negated(phrase.label), children=(_word("not"), phrase))
        return phrase

    def _statement(self) -> Node:
        verb, time = self._draw.choice(_FACTS), self._draw.choice(_TIMES)
        place = _phrase(_word("in"), _word(self._draw.choice(_PLACES)))
        rest = _phrase(_word(verb), _phrase(place, _word(time)))
        return _phrase(self._subject(), rest)

    def _subject(self) -> Node:
        determiner, noun = self._draw.choice(_DETERMINERS), self._draw.choice(_SUBJECTS)
        return _phrase(_word(determiner), _word(noun))

    def _one(self, words: Mapping[int, list[str]]) -> Node:
        label = self._draw.choice(list(words))
        return Node(label, self._draw.choice(words[label]))


def _word(text: str) -> Node:
    return Node(NEUTRAL, text)


def _phrase(*children: Node) -> Node:
    return Node(NEUTRAL, children=children)
