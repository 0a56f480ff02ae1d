"""Which coordinates of each image a network's decision depends on most, as ranks.

The attribution of a coordinate is captum's Saliency: the absolute gradient of one logit by the
network's (normalised) input, in eval mode and float32. A *ranking* says what is ordered:

- ``coordinate``: all d = S * S * 3 values of an image, as Shah et al. 2021 do;
- ``pixel``: its d = S * S pixels, by the sum of their channels' attributions.

Rank 0 is the largest. Ranks are held as int16 where d allows it, else int32: 6 or 12 bytes a pixel
for coordinates, 2 or 4 for pixels, beside the 3 of the image itself.

Equal attributions, zeros above all, are ordered at random: by a number that depends on (seed,
image, coordinate) alone. So an image without any attribution has a random ranking, which is what
the null uses.
"""

from __future__ import annotations

import logging
from collections.abc import Sequence

import numpy as np
import torch
from captum.attr import Saliency
from torch import nn

from kdlens.data.work import Progress
from kdlens.errors import InputError
from kdlens.training.datasets import Preprocess
from kdlens.training.randomness import Stream, hashes

RANKINGS = ("coordinate", "pixel")
_BATCH = 128  # fixed: with another one the last bits of gradients, and so some ranks, may differ
_log = logging.getLogger(__name__)


def rank_images(
    network: nn.Module | None,
    images: torch.Tensor,
    labels: torch.Tensor,
    preprocess: Preprocess,
    *,
    rankings: Sequence[str],
    label: str,
    seed: int,
    first: int = 0,
    what: str = "images",
) -> dict[str, torch.Tensor]:
    """Rank the coordinates of images by a network's attributions.

    Args:
        network: in eval mode, on the device of ``preprocess``; None for random rankings.
        images: uint8 (N, S, S, 3).
        labels: int64 (N,).
        rankings: which of :data:`RANKINGS`.
        label: whose logit: ``predicted`` (the largest) or ``annotated``.
        seed: of the order of equal attributions.
        first: number of the first image in that order, so that splits differ.
        what: the images, in progress lines.

    Returns:
        For each ranking int16 or int32 (N, S, S, 3), or (N, S, S, 1) for pixels, on the device.

    Raises:
        InputError: if a gradient is not finite.
    """
    count, side = len(images), images.shape[1]
    channels = {"coordinate": images.shape[-1], "pixel": 1}
    found = {
        name: torch.empty(
            (count, side, side, channels[name]),
            dtype=_rank_type(side * side * channels[name]),
            device=preprocess.device,
        )
        for name in rankings
    }
    progress = Progress(_log, f"attributions of {what}", count, "images")
    for start in range(0, count, _BATCH):
        part = slice(start, start + _BATCH)
        attributions = (
            torch.zeros(images[part].shape, device=preprocess.device)
            if network is None
            else saliency(network, preprocess(images[part]), labels[part], label)
        )
        keys = np.arange(first + start, first + start + len(attributions))
        for name in rankings:
            scores = attributions if name == "coordinate" else attributions.sum(-1, keepdim=True)
            scores = scores.flatten(1)
            hashed = hashes(seed, Stream.TIES, keys, scores.shape[1]) >> np.uint64(32)
            draws = torch.from_numpy(hashed.astype(np.int64)).to(preprocess.device)
            found[name][part] = ranks_of(scores, draws).view(found[name][part].shape)
        done = start + len(attributions)
        progress.update(done, final=done == count)
    return found


def saliency(
    network: nn.Module, inputs: torch.Tensor, labels: torch.Tensor, label: str
) -> torch.Tensor:
    """Return |d logit / d input| by captum's Saliency, float32 (B, S, S, 3).

    Args:
        inputs: float32 (B, 3, S, S), normalised.
        labels: int64 (B,).
        label: whose logit: ``predicted`` (the largest; of equal ones, one of them) or
            ``annotated``.

    Raises:
        InputError: if a gradient is not finite.
    """
    inputs = inputs.detach().requires_grad_()
    if label == "predicted":
        gradients = Saliency(lambda x: network(x).max(dim=1).values).attribute(inputs, abs=True)
    else:
        gradients = Saliency(network).attribute(inputs, target=labels.to(inputs.device), abs=True)
    if not torch.isfinite(gradients).all():
        raise InputError(
            "the network's gradients are not finite, so its weights are damaged or its training "
            "diverged; train it again with a lower training.learning_rate"
        )
    return gradients.detach().movedim(-3, -1)


def ranks_of(scores: torch.Tensor, draws: torch.Tensor) -> torch.Tensor:
    """Return the rank of every score in its row, int64 (B, d), 0 for the largest.

    Args:
        scores: float32 (B, d), finite and not negative.
        draws: int64 (B, d) in [0, 2**32), by which equal scores are ordered, the largest first.
    """
    # The bits of such floats are in the floats' own order.
    keys = (scores.contiguous().view(torch.int32).to(torch.int64) << 32) | draws
    order = keys.sort(dim=1, descending=True, stable=True).indices
    places = torch.arange(scores.shape[1], device=scores.device).expand_as(order)
    return torch.empty_like(order).scatter_(1, order, places)


def bytes_of_ranks(side: int, ranking: str) -> int:
    """Return the bytes that the ranks of an image of ``side`` x ``side`` pixels take."""
    count = side * side * (3 if ranking == "coordinate" else 1)
    return count * _rank_type(count).itemsize


def _rank_type(count: int) -> torch.dtype:
    return torch.int16 if count <= torch.iinfo(torch.int16).max else torch.int32
