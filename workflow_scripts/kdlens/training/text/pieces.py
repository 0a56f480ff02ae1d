r"""Words to word pieces (WordPiece; Wu et al. 2016), word by word.

A vocabulary is a text file with one piece a line, its number the line's; a piece that goes on with
a word starts with ``##``. The one that is learned here has the five special pieces first; the one
that was published for BERT has them elsewhere, so they are found by name.

A word is cut on its own, so every piece belongs to one word. Before that the escapes of the Penn
Treebank are undone (``-LRB-`` is a bracket, ``\/`` a slash), since a published vocabulary knows
the signs themselves. A word of which nothing is left, or with a character that no piece has, is
``[UNK]``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.models import WordPiece
from tokenizers.normalizers import BertNormalizer
from tokenizers.pre_tokenizers import BertPreTokenizer
from tokenizers.trainers import WordPieceTrainer

from kdlens.errors import InputError

PAD, UNKNOWN, START, END = SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]")
_MASK = "[MASK]"
PUBLISHED_FILE = "vocab.txt"
"""Name of a published vocabulary's file."""
_BRACKETS = {"-lrb-": "(", "-rrb-": ")", "-lsb-": "[", "-rsb-": "]", "-lcb-": "{", "-rcb-": "}"}


@dataclass(frozen=True)
class Encoded:
    """A sentence as a network reads it: ``ids`` of its pieces and, of each, the number of its word.

    The first piece is [CLS] and the last [SEP]; they belong to no word (-1).
    """

    ids: tuple[int, ...]
    words: tuple[int, ...]


class Pieces:
    """Cuts sentences by a vocabulary."""

    def __init__(self, vocabulary: Sequence[str], lower_case: bool = True) -> None:
        numbers = {piece: number for number, piece in enumerate(vocabulary)}
        self._tokenizer = Tokenizer(WordPiece(numbers, unk_token=UNKNOWN))
        _add_rules(self._tokenizer, lower_case)
        self._known: dict[str, tuple[int, ...]] = {}
        self.size = len(vocabulary)
        self.pad, self.unknown, self.start, self.end = (numbers[piece] for piece in SPECIAL)

    @classmethod
    def load(cls, path: str | Path, lower_case: bool = True) -> Pieces:
        """Read a vocabulary file.

        Raises:
            InputError: if it is missing, names a piece twice, or lacks a special one.
        """
        try:
            text = Path(path).read_text("utf-8")
        except FileNotFoundError as error:
            raise InputError(f"{path}: no such file; expected a vocabulary") from error
        except UnicodeDecodeError as error:
            raise InputError(f"{path}: not UTF-8, so not a vocabulary; make it again") from error
        vocabulary = text.removesuffix("\n").split("\n")
        lacking = [piece for piece in SPECIAL if piece not in vocabulary]
        if lacking or len(set(vocabulary)) != len(vocabulary):
            what = f"has no piece {lacking[0]}" if lacking else "has a piece twice"
            raise InputError(
                f"{path}: {what}; expected a vocabulary of BERT's kind, a piece a line"
            )
        return cls(vocabulary, lower_case)

    def encode(self, words: Sequence[str]) -> Encoded:
        """Return a sentence's pieces."""
        ids, owners = [self.start], [-1]
        for number, word in enumerate(words):
            pieces = self._pieces(word)
            ids += pieces
            owners += [number] * len(pieces)
        return Encoded((*ids, self.end), (*owners, -1))

    def _pieces(self, word: str) -> tuple[int, ...]:
        if word not in self._known:
            found = self._tokenizer.encode(_unescaped(word), add_special_tokens=False).ids
            self._known[word] = tuple(found) or (self.unknown,)
        return self._known[word]


def learn_vocabulary(
    sentences: Iterable[Sequence[str]], size: int, min_frequency: int = 2, lower_case: bool = True
) -> list[str]:
    """Return the pieces of a vocabulary, the special ones first; the same sentences, the same.

    Args:
        size: the most pieces; all characters get one, and then what is joined most often.
        min_frequency: how often a piece must be met.
    """
    tokenizer = Tokenizer(WordPiece(unk_token=UNKNOWN))
    _add_rules(tokenizer, lower_case)
    texts = [" ".join(_unescaped(word) for word in sentence) for sentence in sentences]
    # Pieces of one character are numbered here: the trainer would number them in the order of a
    # hash table, which is another one in every process, and it settles ties by their numbers.
    first, others = _characters(tokenizer, texts)
    trainer = WordPieceTrainer(
        vocab_size=size,
        min_frequency=min_frequency,
        special_tokens=[*SPECIAL, _MASK, *sorted(first), *(f"##{sign}" for sign in sorted(others))],
        continuing_subword_prefix="##",
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    numbers = tokenizer.get_vocab()
    return sorted(numbers, key=numbers.__getitem__)


def _characters(tokenizer: Tokenizer, texts: Iterable[str]) -> tuple[set[str], set[str]]:
    """Return the characters that words start with, and those that they go on with."""
    first: set[str] = set()
    others: set[str] = set()
    for text in texts:
        normal = tokenizer.normalizer.normalize_str(text)
        for word, _ in tokenizer.pre_tokenizer.pre_tokenize_str(normal):
            first.add(word[0])
            others.update(word[1:])
    return first, others


def _add_rules(tokenizer: Tokenizer, lower_case: bool) -> None:
    tokenizer.normalizer = BertNormalizer(lowercase=lower_case)
    tokenizer.pre_tokenizer = BertPreTokenizer()


def _unescaped(word: str) -> str:
    return _BRACKETS.get(word.lower(), word.replace("\\/", "/").replace("\\*", "*"))
