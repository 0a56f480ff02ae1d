"""Attribute a network's predictions to words, and compare with the words' own sentiment.

Rule measure_text_attribution. Writes ``seed<k>.json`` (``kdlens.measures.text_agreement`` says what
its values are) and, beside it, ``seed<k>_words.csv``: one row a word of each sentence that the
network classifies correctly, ``split, sentence`` (its number among those that have a class),
``word, text, label, class, attribution``.
"""

if __name__ == "__main__" and "snakemake" in globals():
    # Before torch is imported, which may look for GPUs once and for all.
    from kdlens.gpus.job import take_gpus

    take_gpus(snakemake.log[0], snakemake.params.measure["device"])

import csv
import io
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import captum
import numpy as np
import torch
from torch import nn

from kdlens.data.treebank import CLASSES, Tree, read_treebank
from kdlens.files import read_json, sha256_of, write_json, write_text
from kdlens.measures.text_agreement import agreement, labelled_words
from kdlens.measures.text_attribution import Attributed, attribute
from kdlens.training.devices import keep_freed_memory, resolve_device, set_determinism
from kdlens.training.text.bert import load_bert
from kdlens.training.text.pieces import Pieces
from kdlens.training.text.predictions import outputs
from kdlens.training.text.sentences import Sentences

_log = logging.getLogger(__name__)
_SPLITS = ("dev", "test")


def main(
    dataset: str | Path,
    vocabulary: str | Path,
    model: str | Path,
    output: str | Path,
    words: str | Path,
    *,
    name: str,
    seed: int,
    network: Mapping[str, Any],
    settings: Mapping[str, Any],
    lower_case: bool = True,
    device: str = "auto",
    threads: int = 1,
) -> None:
    """Measure the network ``model`` and write the two files.

    Args:
        dataset: ``dataset.json`` of the sentences.
        vocabulary: that of the network.
        output, words: the files to write.
        name, seed: of the network in the config.
        network: its spec.
        settings: see ``kdlens.measures.text_attribution``.
        lower_case: whether it reads words in lower case.
        device: auto, cpu or cuda.
        threads: CPU threads to compute with.

    Raises:
        InputError: for a file that is missing or damaged, weights of another network, or outputs
            that are not finite.
    """
    set_determinism(0, threads)
    keep_freed_memory()
    target = resolve_device(device)
    pieces = Pieces.load(vocabulary, lower_case)
    trees = read_treebank(dataset)
    loaded = load_bert(network, pieces.size, len(CLASSES), model, target)
    found = {split: _measure(loaded, trees[split], pieces, settings, target) for split in _SPLITS}
    values: dict[str, float | None] = {"layers": network["layers"]}
    undefined: dict[str, str] = {}
    for scope, splits in {"": _SPLITS, "dev_": ("dev",), "test_": ("test",)}.items():
        of_scope, reasons = _values([found[split] for split in splits])
        values |= {f"{scope}{key}": value for key, value in of_scope.items()}
        undefined |= {f"{scope}{key}": reason for key, reason in reasons.items()}
    _log.info(
        "%d words of %d sentences agree with their labels: accuracy %s, AUROC %s (aligned: %s)",
        *(values["words"], values["sentences"]),
        *(values[key] for key in ("attribution_accuracy", "auroc", "aligned_share")),
    )
    write_text(words, _words_csv({split: found[split] for split in _SPLITS}))
    write_json(
        output,
        {
            "measure": "text",
            "model": name,
            "seed": seed,
            "dataset": read_json(dataset)["name"],
            "dataset_digest": read_json(dataset)["digest"],
            "model_sha256": sha256_of(model),
            "vocabulary_sha256": sha256_of(vocabulary),
            "settings": dict(settings),
            "device": target.type,
            "torch": str(torch.__version__),
            "captum": captum.__version__,
            "predicted": {split: _by_class(found[split].predicted) for split in _SPLITS},
            "undefined": undefined,
            "values": values,
        },
    )


class _Measured:
    """What was found of the sentences of a split."""

    def __init__(
        self, trees: Sequence[Tree], predicted: np.ndarray, found: Attributed, tolerance: float
    ) -> None:
        self.trees, self.predicted, self.found, self.tolerance = trees, predicted, found, tolerance


def _measure(
    network: nn.Module,
    trees: Sequence[Tree],
    pieces: Pieces,
    settings: Mapping[str, Any],
    device: torch.device,
) -> _Measured:
    sentences = Sentences(trees, pieces)
    predicted = outputs(network, sentences, device).argmax(1)
    correct = np.flatnonzero((predicted == sentences.classes).numpy())
    found = attribute(network, sentences, correct, predicted, pieces.pad, settings, device)
    return _Measured(trees, predicted.numpy(), found, settings["tolerance"])


def _values(parts: Sequence[_Measured]) -> tuple[dict[str, float | None], dict[str, str]]:
    """Return the values of some splits together, and why some of them are not defined."""
    used = [part.trees[row] for part in parts for row in part.found.rows]
    words = labelled_words(used, [values for part in parts for values in part.found.words])
    values, reasons = agreement(words)
    errors = np.concatenate([part.found.errors for part in parts])
    beyond = [part.found.errors > part.tolerance for part in parts]
    all_sentences = sum(len(part.trees) for part in parts)
    return {
        **values,
        "task_accuracy": len(used) / all_sentences,
        "all_sentences": all_sentences,
        "sentences": len(used),
        "sentences_without_labelled_word": words.without,
        "words": len(words.scores),
        "words_of_attribution_zero": int((words.scores == 0).sum()),
        "largest_error": float(errors.max(initial=0)),
        "sentences_of_more_steps": sum(part.found.repeated for part in parts),
        "sentences_beyond_tolerance": int(sum(each.sum() for each in beyond)),
    }, reasons


def _by_class(predicted: np.ndarray) -> dict[str, int]:
    return {name: int((predicted == i).sum()) for i, name in enumerate(CLASSES)}


def _words_csv(found: Mapping[str, _Measured]) -> str:
    handle = io.StringIO()
    writer = csv.writer(handle, lineterminator="\n")
    writer.writerow(["split", "sentence", "word", "text", "label", "class", "attribution"])
    for split, part in found.items():
        for row, values in zip(part.found.rows, part.found.words, strict=True):
            tree = part.trees[row]
            for i, (text, label) in enumerate(zip(tree.words, tree.word_labels, strict=True)):
                cells = [split, row, i, text, label, CLASSES[tree.class_index]]
                writer.writerow([*cells, f"{values[i]:.6g}"])
    return handle.getvalue()


if __name__ == "__main__" and "snakemake" in globals():
    from kdlens.script import logged

    with logged(snakemake.log[0], goes_on=True):
        main(
            dataset=snakemake.input.dataset,
            vocabulary=snakemake.input.vocabulary,
            model=snakemake.input.model,
            output=snakemake.output.json,
            words=snakemake.output.words,
            threads=snakemake.threads,
            **snakemake.params.measure,
        )
