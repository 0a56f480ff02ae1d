"""Do the words that a network goes by agree with the words' own sentiment?

Of a sentence whose class was predicted correctly, with polarity g (-1 or 1), a word w of polarity
p (-1 or 1; neutral words are left out) is *aligned* if p = g, else *opposed*: a network that goes
by the words gives aligned ones a positive attribution a_w for the predicted class, and opposed ones
a negative one (Han et al. 2023, 5.4). All such words of a set of sentences are pooled:

    attribution_accuracy   share of words with sign(a_w) = 1 if aligned, -1 if opposed; an
                           attribution of 0 has neither sign
    auroc, auprc           of a_w as a score of "aligned"; auprc is the average precision
    aligned_share          share of aligned words: the accuracy, and the auprc, of a measure that
                           calls every word aligned (its auroc is 0.5)
    positive_auroc, positive_auprc, positive_share
                           the other reading: of g a_w as a score of "positive". (The accuracy is
                           the same.)

Where all words are of one kind, AUROC is not defined, nor is AUPRC without a word of the kind that
is looked for; without words nothing is. Such a value is None, and :func:`agreement` says why.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.metrics import average_precision_score, roc_auc_score

from kdlens.data.treebank import Tree, polarity

VALUES: tuple[str, ...] = ("attribution_accuracy", "auroc", "auprc", "aligned_share")
VALUES += ("positive_auroc", "positive_auprc", "positive_share")


@dataclass(frozen=True)
class Words:
    """Labelled words, pooled: attributions, polarities of the words and of their sentences (n,)."""

    scores: np.ndarray
    polarities: np.ndarray
    sentences: np.ndarray
    without: int = 0
    """Sentences that have no labelled word."""


def labelled_words(trees: Sequence[Tree], attributions: Sequence[np.ndarray]) -> Words:
    """Return the labelled words of sentences, with the attribution of every word of each."""
    scores, polarities, sentences, without = [], [], [], 0
    for tree, values in zip(trees, attributions, strict=True):
        signs = [polarity(label) for label in tree.word_labels]
        without += not any(signs)
        for sign, value in zip(signs, values, strict=True):
            if sign:
                scores.append(value)
                polarities.append(sign)
                sentences.append(tree.polarity)
    return Words(
        np.array(scores, float), np.array(polarities, int), np.array(sentences, int), without
    )


def agreement(words: Words) -> tuple[dict[str, float | None], dict[str, str]]:
    """Return :data:`VALUES`, and for each that is not defined the reason."""
    if not len(words.scores):
        return dict.fromkeys(VALUES), dict.fromkeys(VALUES, "no labelled word")
    aligned = words.polarities == words.sentences
    right = np.sign(words.scores) == np.where(aligned, 1, -1)
    values: dict[str, float | None] = {"attribution_accuracy": float(right.mean())}
    reasons: dict[str, str] = {}
    readings = {
        "": ("aligned", aligned, words.scores),
        "positive_": ("positive", words.polarities > 0, words.scores * words.sentences),
    }
    for prefix, (kind, truth, scores) in readings.items():
        share = float(truth.mean())
        values[f"{kind}_share"] = share
        values[f"{prefix}auroc"] = values[f"{prefix}auprc"] = None
        if 0 < share < 1:
            values[f"{prefix}auroc"] = float(roc_auc_score(truth, scores))
        else:
            reasons[f"{prefix}auroc"] = f"{'all' if share else 'no'} labelled words are {kind}"
        if share:
            values[f"{prefix}auprc"] = float(average_precision_score(truth, scores))
        else:
            reasons[f"{prefix}auprc"] = f"no labelled words are {kind}"
    return {key: values[key] for key in VALUES}, reasons
