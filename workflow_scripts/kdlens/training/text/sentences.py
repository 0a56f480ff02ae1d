"""A treebank's sentences as batches: padded to the longest of the batch, of about equal length.

Sentences of a batch have similar lengths, so that little is computed on padding; which ones meet
changes with every epoch. ``mask`` is 1 on pieces and 0 on padding.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch

from kdlens.data.treebank import Tree
from kdlens.errors import InputError
from kdlens.training.randomness import Stream, permutation
from kdlens.training.text.pieces import Encoded, Pieces

# Batches whose sentences are sorted together: enough to save the padding, few enough to mix.
_POOL = 40


@dataclass(frozen=True)
class Batch:
    """``rows`` are the sentences' numbers; ids and mask (B, T) and classes (B,) are int64."""

    rows: np.ndarray
    ids: torch.Tensor
    mask: torch.Tensor
    classes: torch.Tensor


class Sentences:
    """The sentences of a split, encoded."""

    def __init__(self, trees: Sequence[Tree], pieces: Pieces) -> None:
        self.encoded: list[Encoded] = [pieces.encode(tree.words) for tree in trees]
        self.lengths = np.array([len(sentence.ids) for sentence in self.encoded], np.int64)
        self.classes = torch.tensor([tree.class_index for tree in trees])
        self._pad = pieces.pad

    def __len__(self) -> int:
        return len(self.encoded)

    def require_room(self, positions: int, key: str) -> None:
        """Raise an InputError if a sentence is longer than the ``positions`` of a network."""
        longest = int(self.lengths.max(initial=0))
        if longest > positions:
            raise InputError(
                f"{key}.positions: {positions} is too few for a sentence of {longest} pieces; "
                f"write {longest} or more"
            )

    def batch(self, rows: Sequence[int] | np.ndarray, device: torch.device | str = "cpu") -> Batch:
        """Return these sentences, in this order."""
        rows = np.asarray(rows, np.int64)
        ids = np.full((len(rows), int(self.lengths[rows].max())), self._pad, np.int64)
        for place, row in enumerate(rows):
            ids[place, : self.lengths[row]] = self.encoded[row].ids
        mask = np.arange(ids.shape[1]) < self.lengths[rows][:, None]
        return Batch(
            rows,
            torch.from_numpy(ids).to(device),
            torch.from_numpy(mask.astype(np.int64)).to(device),
            self.classes[torch.from_numpy(rows)].to(device),
        )

    def by_length(self, size: int, rows: np.ndarray | None = None) -> list[np.ndarray]:
        """Return ``rows`` (all if None) from short to long, in pieces of ``size``."""
        rows = np.arange(len(self)) if rows is None else rows
        order = rows[np.argsort(self.lengths[rows], kind="stable")]
        return [order[i : i + size] for i in range(0, len(order), size)]

    def shuffled(self, size: int, seed: int, epoch: int) -> list[np.ndarray]:
        """Return the batches of an epoch, each of ``size`` sentences but for one at most."""
        order = permutation(seed, Stream.ORDER, epoch, len(self))
        batches = []
        for start in range(0, len(order), _POOL * size):
            pool = order[start : start + _POOL * size]
            batches += self.by_length(size, pool)
        mixed = permutation(seed, Stream.EPOCH, epoch, len(batches))
        return [batches[i] for i in mixed]
