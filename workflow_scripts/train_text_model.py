"""Train one network that reads sentences, or draw its weights: rule train_text_model.

Killed at any moment and started again, it goes on after the last complete epoch (``checkpoint.pt``
beside the model) and ends with the same bits; the checkpoint stays until the workflow has ended
well, as those of train_model.
"""

if __name__ == "__main__" and "snakemake" in globals():
    # Before torch is imported, which may look for GPUs once and for all.
    from kdlens.gpus.job import take_gpus

    take_gpus(snakemake.log[0], snakemake.params.model["device"])

import logging
import zlib
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
import transformers
from torch import nn

from kdlens.data.treebank import CLASSES, read_treebank
from kdlens.files import read_json, sha256_of, write_json
from kdlens.training.checkpoints import fingerprint_of, remove_leftovers, save_weights
from kdlens.training.devices import (
    keep_freed_memory,
    resolve_device,
    resolve_precision,
    set_determinism,
)
from kdlens.training.epochs import write_epochs
from kdlens.training.randomness import Stream, derived_seed
from kdlens.training.text.bert import copy_layers, initialise_bert, load_bert
from kdlens.training.text.pieces import Pieces
from kdlens.training.text.predictions import outputs, score
from kdlens.training.text.published import load_published
from kdlens.training.text.sentences import Sentences
from kdlens.training.text.trainer import COLUMNS, TextTrainer, loss_of

_log = logging.getLogger(__name__)


def main(
    dataset: str | Path,
    vocabulary: str | Path,
    model: str | Path,
    metrics: str | Path,
    history: str | Path,
    *,
    name: str,
    seed: int,
    network: Mapping[str, Any],
    method: Mapping[str, Any],
    init: str = "random",
    training: Mapping[str, Any] | None = None,
    teacher: str | Path | None = None,
    teacher_network: Mapping[str, Any] | None = None,
    published: str | Path | None = None,
    lower_case: bool = True,
    device: str = "auto",
    threads: int = 1,
) -> None:
    """Train, and write the three files.

    Args:
        dataset: ``dataset.json`` of the sentences.
        vocabulary: of the pieces that they are cut into.
        model: output, the weights (a plain state_dict).
        metrics: output, accuracies and provenance (JSON).
        history: output, one row an epoch (CSV); without rows for random_init.
        name: the model's entry in the config.
        seed: of the initial weights, the order of the sentences and dropout.
        network, method, init, training: the specs of the config.
        teacher, teacher_network: weights and spec of the network that teaches.
        published: folder of published weights to start from.
        lower_case: whether words are read in lower case.
        device: auto, cpu or cuda.
        threads: CPU threads to compute with.

    Raises:
        InputError: if networks, vocabulary and sentences do not fit together, or the training
            diverges.
    """
    set_determinism(seed, threads)
    keep_freed_memory()
    target = resolve_device(device)
    given_seed, key = seed, f"text.models.{name}"
    if teacher is not None and network == teacher_network:
        # With the seed of its teacher it would be its twin.
        seed = derived_seed(seed, Stream.GENERATION, zlib.crc32(name.encode()))
    pieces = Pieces.load(vocabulary, lower_case)
    sentences = {split: Sentences(trees, pieces) for split, trees in read_treebank(dataset).items()}
    for split in sentences.values():
        split.require_room(network["positions"], f"text.networks of {name}")
    student = initialise_bert(network, pieces.size, len(CLASSES), seed)
    teaching = None
    if teacher is not None and teacher_network is not None:
        teaching = load_bert(teacher_network, pieces.size, len(CLASSES), teacher, target)
    taken = _take_layers(student, init, teaching, published, f"{key}.init")
    student.to(target)

    facts = {
        "seed": seed,
        "network": dict(network),
        "method": dict(method),
        "init": init,
        "training": training and dict(training),
        "dataset_digest": read_json(dataset)["digest"],
        "vocabulary_sha256": sha256_of(vocabulary),
        "lower_case": lower_case,
        "teacher_sha256": teacher and sha256_of(teacher),
        "published_sha256": published and sha256_of(Path(published, "model.safetensors")),
        "device": target.type,
        "torch": str(torch.__version__),
        "transformers": transformers.__version__,
    }
    precision, trainer = "float32", None
    computed_with = [threads] if target.type == "cpu" else []
    if training is not None:
        precision = resolve_precision(training["precision"], target)
        known = None
        if teaching is not None:
            known = outputs(teaching, sentences["train"], target).to(target)
        trainer = TextTrainer(
            student,
            sentences["train"],
            sentences["dev"],
            loss_of(method, known),
            training,
            precision=precision,
            seed=seed,
            device=target,
            threads=threads,
        )
        remove_leftovers(Path(model).parent)
        checkpoint = Path(model).with_name("checkpoint.pt")
        trainer.fit(checkpoint, fingerprint_of({**facts, "precision": precision}, Path(__file__)))
        computed_with = trainer.threads
    write_epochs(COLUMNS, trainer.history if trainer else [], history)
    found = {split: _found(student, sentences[split], target) for split in ("dev", "test")}
    _log.info("accuracy: dev %.4f, test %.4f", *(found[s]["accuracy"] for s in ("dev", "test")))
    write_json(
        metrics,
        {
            **facts,
            "model": name,
            "seed": given_seed,
            "method": method["name"],
            "layers_taken": taken,
            **{f"{key}_{split}": value for split in found for key, value in found[split].items()},
            "epochs": training["epochs"] if training else 0,
            "precision": precision,
            "threads": computed_with,
            "parameters": sum(parameter.numel() for parameter in student.parameters()),
            "classes": len(CLASSES),
            "model_sha256": save_weights(student, model),
        },
    )


def _take_layers(
    student: nn.Module,
    init: str,
    teacher: nn.Module | None,
    published: str | Path | None,
    key: str,
) -> list[int] | None:
    """Take layers from another network if ``init`` says so; return which."""
    if init == "random":
        return None
    if init == "teacher_layers":
        source = teacher
    else:
        assert published is not None
        source = load_published(published)
    assert source is not None
    return copy_layers(student, source, key)


def _found(network: nn.Module, sentences: Sentences, device: torch.device) -> dict[str, float]:
    """Return accuracy, loss, and the accuracy of always saying the commonest class."""
    found = score(outputs(network, sentences, device), sentences.classes)
    commonest = max(Counter(sentences.classes.tolist()).values()) / len(sentences)
    return {"accuracy": found.accuracy, "loss": found.loss, "majority": commonest}


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0], goes_on=True):
        main(
            dataset=snakemake.input.dataset,
            vocabulary=snakemake.input.vocabulary,
            teacher=snakemake.input.get("teacher") or None,
            published=snakemake.input.get("published") or None,
            **snakemake.output,
            threads=snakemake.threads,
            **snakemake.params.model,
        )
