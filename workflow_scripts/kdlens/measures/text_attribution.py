"""How much each word of a sentence speaks for its class: integrated gradients of BERT.

For the output f of a class, an input e (the embeddings of the pieces) and a baseline e', integrated
gradients (Sundararajan et al. 2017) give the piece i the attribution

    a_i = sum_h (e_ih - e'_ih) * integral over t from 0 to 1 of df/de_ih (e' + t (e - e')) dt

by captum's LayerIntegratedGradients. The baseline keeps [CLS] and [SEP] and has [PAD] for every
other piece; the attention mask stays as it is, so [PAD] is read as any piece. The sum over the
hidden dimension keeps its sign, and a word has the sum of its pieces, so that

    sum over words of a_word = f(e) - f(e')        (completeness)

up to the error of the numerical integral: [CLS] and [SEP] do not differ from the baseline and get
exactly 0. The error is told relative to sum |a_word|. (The difference f(e) - f(e') itself can be
close to 0, where words cancel.) A sentence beyond the tolerance is integrated once more, in more
steps, and flagged if it is still beyond.

Settings (``settings``):

    layer       ``word_embeddings``: along a line between the pieces' embeddings; ``embeddings``:
                between the outputs of the whole embedding module, after its layer norm
    target      ``logit`` or ``probability`` of the class
    steps       of the integral; more_steps for the second try
    method      captum's rule of integration
    tolerance   of the relative error
    batch_size  sentences at a time; each is evaluated at all steps at once, in smaller batches
                internally

Gradients are computed in float32. What is attributed is the class that the network predicts.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from captum.attr import LayerIntegratedGradients
from torch import nn

from kdlens.data.work import Progress
from kdlens.training.devices import gpu_memory_errors
from kdlens.training.text.sentences import Batch, Sentences

_log = logging.getLogger(__name__)

# Sentences times steps in one forward and backward pass: more is no faster on a CPU.
_AT_ONCE = 200


@dataclass(frozen=True)
class Attributed:
    """The words of some sentences.

    Attributes:
        rows: (N,) the sentences' numbers.
        words: for each sentence its words' attributions (float64).
        errors: (N,) relative errors of completeness.
        repeated: how many sentences were integrated in more steps.
    """

    rows: np.ndarray
    words: list[np.ndarray]
    errors: np.ndarray
    repeated: int


def attribute(
    network: nn.Module,
    sentences: Sentences,
    rows: np.ndarray,
    classes: torch.Tensor,
    pad: int,
    settings: Mapping[str, Any],
    device: torch.device,
) -> Attributed:
    """Return the attributions of the sentences ``rows``, in their order.

    Args:
        network: in eval mode.
        classes: (len(sentences),) the class that each sentence is attributed to.
        pad: the number of [PAD].
        settings: see the module.
    """
    place = {int(row): i for i, row in enumerate(rows)}
    words: list[np.ndarray] = [np.zeros(0)] * len(rows)
    errors = np.zeros(len(rows))
    explain = _Explainer(network, pad, settings)
    progress = Progress(_log, "attributed", len(rows), "sentences")
    done = repeated = 0
    for some in sentences.by_length(settings["batch_size"], np.asarray(rows)):
        steps = settings["steps"]
        found = _of_words(explain, sentences, some, classes, steps, device)
        beyond = [row for row, (_, error) in found.items() if error > settings["tolerance"]]
        if beyond:
            more = settings["more_steps"]
            found |= _of_words(explain, sentences, np.array(beyond), classes, more, device)
            repeated += len(beyond)
        for row, (values, error) in found.items():
            words[place[row]], errors[place[row]] = values, error
        done += len(some)
        progress.update(done, final=done == len(rows))
    return Attributed(np.asarray(rows), words, errors, repeated)


def relative_error(words: np.ndarray, difference: float) -> float:
    """Return |sum of words - difference| / sum of |words|; 0 if there is nothing to attribute."""
    missed, size = abs(words.sum() - difference), np.abs(words).sum()
    if size == 0:
        return 0.0 if missed == 0 else float("inf")
    return float(missed / size)


def _of_words(
    explain: _Explainer,
    sentences: Sentences,
    rows: np.ndarray,
    classes: torch.Tensor,
    steps: int,
    device: torch.device,
) -> dict[int, tuple[np.ndarray, float]]:
    """Return each sentence's attributions by word, with their relative error."""
    batch = sentences.batch(rows, device)
    targets = classes[torch.from_numpy(rows)].to(device)
    with gpu_memory_errors(None):
        pieces, differences = explain(batch, targets, steps)
    found = {}
    for row, values, difference in zip(rows, pieces, differences, strict=True):
        owners = np.array(sentences.encoded[row].words)
        inside = owners >= 0
        of_words = np.bincount(owners[inside], values[: len(owners)][inside])
        found[int(row)] = of_words, relative_error(of_words, difference)
    return found


class _Explainer:
    """Integrated gradients of a network's pieces."""

    def __init__(self, network: nn.Module, pad: int, settings: Mapping[str, Any]) -> None:
        bert: Any = network.bert
        embeddings = bert.embeddings
        layer = embeddings.word_embeddings if settings["layer"] == "word_embeddings" else embeddings
        self._network, self._pad, self._settings = network, pad, settings
        self._gradients = LayerIntegratedGradients(self._output, layer)

    def __call__(
        self, batch: Batch, targets: torch.Tensor, steps: int
    ) -> tuple[np.ndarray, np.ndarray]:
        """Return attributions (B, T) and the differences f(e) - f(e') (B,), both float64."""
        baseline = self._baseline(batch)
        found = self._gradients.attribute(
            batch.ids,
            baselines=baseline,
            target=targets,
            additional_forward_args=(batch.mask,),
            n_steps=steps,
            method=self._settings["method"],
            internal_batch_size=max(_AT_ONCE, len(batch.ids)),
        )
        with torch.no_grad():
            ends = [self._output(ids, batch.mask) for ids in (batch.ids, baseline)]
        difference = (ends[0] - ends[1]).gather(1, targets[:, None])[:, 0]
        return found.detach().double().sum(2).cpu().numpy(), difference.double().cpu().numpy()

    def _output(self, ids: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        logits = self._network(input_ids=ids, attention_mask=mask).logits
        return logits.softmax(1) if self._settings["target"] == "probability" else logits

    def _baseline(self, batch: Batch) -> torch.Tensor:
        last = batch.mask.sum(1) - 1
        baseline = torch.full_like(batch.ids, self._pad)
        baseline[:, 0] = batch.ids[:, 0]
        return baseline.scatter(1, last[:, None], batch.ids.gather(1, last[:, None]))
