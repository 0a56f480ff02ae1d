"""What a network says of sentences, and how good that is: always in float32 and in eval mode."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import torch
from torch import nn

from kdlens.errors import InputError
from kdlens.training.devices import gpu_memory_errors
from kdlens.training.text.sentences import Sentences

_BATCH = 128


@dataclass(frozen=True)
class Score:
    """The share of sentences (0 to 1) whose class is the largest output, and the mean CE."""

    accuracy: float
    loss: float


def outputs(network: nn.Module, sentences: Sentences, device: torch.device) -> torch.Tensor:
    """Return the logits (N, classes) of all sentences on the CPU, in float32 and eval mode.

    Raises:
        InputError: if they are not finite.
    """
    was_training = network.training
    network.eval()
    config: Any = network.config
    found = torch.empty(len(sentences), config.num_labels)
    with torch.inference_mode(), gpu_memory_errors(None):
        for rows in sentences.by_length(_BATCH):
            batch = sentences.batch(rows, device)
            logits = network(input_ids=batch.ids, attention_mask=batch.mask).logits
            found[torch.from_numpy(rows)] = logits.float().cpu()
    network.train(was_training)
    if not bool(found.isfinite().all()):
        raise InputError(
            "the network's outputs are not finite, so its training diverged; lower "
            "text.training.learning_rate"
        )
    return found


def score(logits: torch.Tensor, classes: torch.Tensor) -> Score:
    """Return how good ``logits`` (N, classes) are."""
    right = (logits.argmax(1) == classes).double().mean()
    loss = nn.functional.cross_entropy(logits.double(), classes)
    return Score(float(right), float(loss))
