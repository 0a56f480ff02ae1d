"""BERT (Devlin et al. 2019) as transformers has it, in any size, with a classifier on top.

A network is described by a spec: ``layers``, ``hidden`` (the width), ``heads``, ``intermediate``
(width of the feed-forward part), ``positions`` (pieces of the longest sentence) and ``dropout``.
Its weights are drawn by seed alone, and parts that networks of other depths share (the embeddings,
the first layers) are the same for the same seed.

A network may take embeddings and layers from a deeper one of the same width
(:func:`copy_layers`): of l layers, the i-th (from 1) is the source's layer i * L / l of L, rounded.
So of twelve, three take layers 4, 8 and 12, and six take every second.

Weights are files of plain tensors, as of all models (:mod:`kdlens.training.state_dicts`).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import nn
from transformers import BertConfig, BertForSequenceClassification

from kdlens.errors import InputError
from kdlens.training.randomness import Stream, derived_seed
from kdlens.training.state_dicts import load_weights, read_state


def build_bert(spec: Mapping[str, Any], vocabulary: int, classes: int) -> nn.Module:
    """Return a network whose weights are drawn from torch's global generator."""
    config = BertConfig(
        vocab_size=vocabulary,
        num_hidden_layers=spec["layers"],
        hidden_size=spec["hidden"],
        num_attention_heads=spec["heads"],
        intermediate_size=spec["intermediate"],
        max_position_embeddings=spec["positions"],
        hidden_dropout_prob=spec["dropout"],
        attention_probs_dropout_prob=spec["dropout"],
        num_labels=classes,
        # The fused kernels are not deterministic on a GPU, and no faster for sentences.
        attn_implementation="eager",
    )
    return BertForSequenceClassification(config)


def initialise_bert(spec: Mapping[str, Any], vocabulary: int, classes: int, seed: int) -> nn.Module:
    """Return a network with random weights; torch's global generator is left as it was."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(derived_seed(seed, Stream.WEIGHTS))
        return build_bert(spec, vocabulary, classes)


def load_bert(
    spec: Mapping[str, Any],
    vocabulary: int,
    classes: int,
    weights: str | Path,
    device: torch.device,
) -> nn.Module:
    """Return the network of a ``model.pt``, in eval mode, without gradients for its parameters.

    Raises:
        InputError: if the weights are missing, damaged or another network's.
    """
    network = initialise_bert(spec, vocabulary, classes, 0)
    load_weights(network, read_state(weights), weights)
    return network.to(device).eval().requires_grad_(False)


def copy_layers(network: nn.Module, source: nn.Module, key: str) -> list[int]:
    """Copy the embeddings, layers spread evenly, and the pooler of ``source`` into ``network``.

    The classifier keeps its weights, since its classes may be others.

    Args:
        source: with or without a classifier.
        key: of the config, for errors.

    Returns:
        The number (from 1) of the layer that each layer was copied from.

    Raises:
        InputError: if the two differ in width or vocabulary, or ``source`` has fewer layers.
    """
    bert: Any = network.bert
    other: Any = getattr(source, "bert", source)
    own, others = bert.config, other.config
    for name in ("hidden_size", "intermediate_size", "num_attention_heads", "vocab_size"):
        if getattr(own, name) != getattr(others, name):
            raise InputError(
                f"{key}: layers cannot be taken from a network whose {name} is "
                f"{getattr(others, name)}, not {getattr(own, name)}; write init: random, or equal "
                "sizes under text.networks"
            )
    depth, deeper = own.num_hidden_layers, others.num_hidden_layers
    if depth > deeper or own.max_position_embeddings > others.max_position_embeddings:
        raise InputError(
            f"{key}: a network of {deeper} layers and {others.max_position_embeddings} positions "
            f"has not enough for one of {depth} and {own.max_position_embeddings}; write init: "
            "random, or a smaller network"
        )
    taken = [round((i + 1) * deeper / depth) for i in range(depth)]
    with torch.no_grad():
        positions = own.max_position_embeddings
        for name, value in bert.embeddings.state_dict().items():
            found = other.embeddings.state_dict()[name]
            value.copy_(found[:positions] if name.startswith("position_embeddings") else found)
    for layer, number in zip(bert.encoder.layer, taken, strict=True):
        layer.load_state_dict(other.encoder.layer[number - 1].state_dict())
    if bert.pooler is not None and other.pooler is not None:
        bert.pooler.load_state_dict(other.pooler.state_dict())
    return taken
