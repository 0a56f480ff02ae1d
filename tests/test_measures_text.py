"""The attributions of words and their agreement with labels, by hand and against the libraries."""

from __future__ import annotations

import csv
import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from captum.attr import LayerIntegratedGradients
from sklearn.metrics import average_precision_score, roc_auc_score
from text_data import small_world
from torch import nn

import measure_text_attribution
import text_vocabulary
import train_text_model
from kdlens.data.treebank import parse_tree, read_treebank
from kdlens.files import sha256_of
from kdlens.measures.text_agreement import VALUES, Words, agreement, labelled_words
from kdlens.measures.text_attribution import attribute, relative_error
from kdlens.training.text.bert import initialise_bert
from kdlens.training.text.pieces import SPECIAL, Pieces
from kdlens.training.text.sentences import Sentences

CPU = torch.device("cpu")
VOCAB = [*SPECIAL, "[MASK]", "un", "##like", "##ly", "film", "good", "bad", "a"]
PIECES = Pieces(VOCAB)
SPEC = {"layers": 2, "hidden": 8, "heads": 2, "intermediate": 16, "positions": 20, "dropout": 0.1}
SETTINGS = {
    "layer": "word_embeddings",
    "target": "logit",
    "steps": 40,
    "more_steps": 200,
    "method": "gausslegendre",
    "tolerance": 0.05,
    "batch_size": 3,
}
TREES = [
    parse_tree(line)
    for line in (
        "(4 (2 a) (4 (3 good) (2 film)))",
        "(0 (1 unlikely) (2 film))",
        "(1 (1 bad) (3 good))",
        "(3 (2 a) (3 film))",
        "(3 (2 a) (3 a))",
    )
]
SENTENCES = Sentences(TREES, PIECES)
ROWS = np.arange(5)


class Linear(nn.Module):
    """Logits that are linear in the pieces' embeddings: W sum over pieces in the mask of e."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(1)
        self.bert = SimpleNamespace(embeddings=nn.Module())
        self.bert.embeddings.word_embeddings = nn.Embedding(len(VOCAB), 3)
        self.embedding = self.bert.embeddings.word_embeddings
        self.embedding.weight.data = torch.randn(len(VOCAB), 3, generator=generator)
        self.weight = torch.randn(3, 4, generator=generator)

    def forward(self, input_ids, attention_mask):
        summed = (self.embedding(input_ids) * attention_mask[..., None]).sum(1)
        return SimpleNamespace(logits=summed @ self.weight)


def test_a_linear_network_by_hand():
    network = Linear()
    found = attribute(network, SENTENCES, ROWS, SENTENCES.classes, PIECES.pad, SETTINGS, CPU)
    part = (network.embedding.weight - network.embedding.weight[PIECES.pad]) @ network.weight
    worth = {piece: part[number].tolist() for number, piece in enumerate(VOCAB)}

    def of(word, c):
        pieces = ["un", "##like", "##ly"] if word == "unlikely" else [word]
        return sum(worth[piece][c] for piece in pieces)

    for tree, values in zip(TREES, found.words, strict=True):
        expected = [of(word, tree.class_index) for word in tree.words]
        assert values == pytest.approx(expected, abs=1e-5)
    assert found.errors.max() < 1e-5 and found.repeated == 0


@pytest.mark.parametrize("layer", ["word_embeddings", "embeddings"])
@pytest.mark.parametrize("target", ["logit", "probability"])
def test_bert_as_captum_has_it(layer, target):
    network = initialise_bert(SPEC, len(VOCAB), 4, 3).eval()
    settings = {**SETTINGS, "layer": layer, "target": target}
    found = attribute(network, SENTENCES, ROWS, SENTENCES.classes, PIECES.pad, settings, CPU)

    def forward(ids):
        logits = network(input_ids=ids, attention_mask=torch.ones_like(ids)).logits
        return logits if target == "logit" else logits.softmax(1)

    embeddings = network.bert.embeddings
    module = embeddings.word_embeddings if layer == "word_embeddings" else embeddings
    for row in ROWS:
        ids = torch.tensor([SENTENCES.encoded[row].ids])
        base = torch.full_like(ids, PIECES.pad)
        base[0, 0], base[0, -1] = ids[0, 0], ids[0, -1]
        c = int(SENTENCES.classes[row])
        values, delta = LayerIntegratedGradients(forward, module).attribute(
            ids, base, target=c, n_steps=40, return_convergence_delta=True
        )
        pieces = values.sum(2)[0]
        # What does not differ from the baseline gets exactly nothing.
        assert pieces[0] == pieces[-1] == 0
        words = np.zeros(len(TREES[row].words))
        np.add.at(words, [w for w in SENTENCES.encoded[row].words if w >= 0], pieces[1:-1].numpy())
        assert found.words[row] == pytest.approx(words, abs=1e-6)
        difference = float((forward(ids) - forward(base))[0, c].detach())
        assert abs(words.sum() - difference) == pytest.approx(abs(float(delta)), abs=1e-6)
        size = np.abs(found.words[row]).sum()
        assert found.errors[row] * size == pytest.approx(abs(float(delta)), abs=1e-6)


def test_attributions_do_not_depend_on_company():
    network = initialise_bert(SPEC, len(VOCAB), 4, 3).eval()
    arguments = SENTENCES.classes, PIECES.pad
    together = attribute(network, SENTENCES, ROWS, *arguments, SETTINGS, CPU)
    alone = {**SETTINGS, "batch_size": 1}
    for row in ROWS[::-1]:
        found = attribute(network, SENTENCES, np.array([row]), *arguments, alone, CPU)
        assert found.words[0] == pytest.approx(together.words[row], abs=1e-6)
    again = attribute(network, SENTENCES, ROWS, *arguments, SETTINGS, CPU)
    assert all((a == b).all() for a, b in zip(together.words, again.words, strict=True))


def test_a_sentence_beyond_the_tolerance_is_integrated_in_more_steps_and_flagged():
    network = initialise_bert(SPEC, len(VOCAB), 4, 3).eval()
    # Far from linear, so that two steps are too few.
    network.bert.embeddings.word_embeddings.weight.data *= 100
    coarse = {**SETTINGS, "steps": 2, "tolerance": 1e-3}
    arguments = SENTENCES, ROWS, SENTENCES.classes, PIECES.pad
    fine = attribute(network, *arguments, {**coarse, "more_steps": 400}, CPU)
    left = attribute(network, *arguments, {**coarse, "more_steps": 3}, CPU)
    assert fine.repeated == left.repeated == 5
    assert fine.errors.max() < left.errors.max()
    assert (left.errors > 1e-3).any()


def test_relative_errors_by_hand():
    assert relative_error(np.array([2.0, -1.0, 1.0]), 1.0) == 0.25
    assert relative_error(np.zeros(2), 0.0) == 0
    assert relative_error(np.zeros(2), 1.0) == float("inf")


def words_of(*triples):
    scores, polarities, sentences = (np.array(column) for column in zip(*triples, strict=True))
    return Words(scores.astype(float), polarities, sentences)


def test_agreement_by_hand():
    # Aligned: .9, -.2, .4; opposed: -.5, .1.
    values, reasons = agreement(
        words_of((0.9, 1, 1), (-0.2, -1, -1), (0.4, -1, -1), (-0.5, -1, 1), (0.1, 1, -1))
    )
    assert reasons == {}
    assert values["attribution_accuracy"] == 3 / 5
    assert values["aligned_share"] == 3 / 5
    # Pairs (aligned, opposed) in the right order: .9 beats both, .4 both, -.2 one.
    assert values["auroc"] == pytest.approx(5 / 6)
    # From above: .9 (1/1), .4 (2/2), .1, -.2 (3/4), -.5.
    assert values["auprc"] == pytest.approx((1 + 1 + 3 / 4) / 3)
    # The other reading: positive words .9 and -.1; negative ones .2, -.4 and -.5.
    assert values["positive_share"] == 2 / 5
    assert values["positive_auroc"] == pytest.approx(5 / 6)
    assert values["positive_auprc"] == pytest.approx((1 + 2 / 3) / 2)


def test_agreement_as_scikit_learn_has_it():
    rng = np.random.default_rng(1)
    polarities, sentences = (rng.choice([-1, 1], 300) for _ in range(2))
    scores = rng.normal(size=300).round(1) + 0.3 * polarities * sentences
    values, _ = agreement(Words(scores, polarities, sentences))
    aligned = polarities == sentences
    assert values["auroc"] == pytest.approx(roc_auc_score(aligned, scores))
    assert values["auprc"] == pytest.approx(average_precision_score(aligned, scores))
    # Both readings have the same accuracy.
    turned = np.sign(scores * sentences) == polarities
    assert values["attribution_accuracy"] == pytest.approx(turned.mean())


def test_calling_every_word_aligned_is_the_yardstick():
    sentences = np.ones(10, int)
    values, _ = agreement(Words(np.ones(10), np.array([1] * 7 + [-1] * 3), sentences))
    assert values["attribution_accuracy"] == values["aligned_share"] == values["auprc"] == 0.7
    assert values["auroc"] == 0.5


def test_an_attribution_of_zero_has_no_sign():
    values, _ = agreement(words_of((0, 1, 1), (0, -1, 1), (1, 1, 1)))
    assert values["attribution_accuracy"] == pytest.approx(1 / 3)


def test_what_is_not_defined_is_none_with_a_reason():
    values, reasons = agreement(words_of((0.5, 1, 1), (0.1, 1, 1)))
    assert values["auroc"] is None and values["auprc"] == 1
    assert reasons["auroc"] == "all labelled words are aligned"
    values, reasons = agreement(words_of((0.5, -1, 1), (0.1, 1, -1)))
    assert values["auroc"] is values["auprc"] is None
    assert reasons["auprc"] == "no labelled words are aligned"
    assert values["positive_auroc"] == 0
    values, reasons = agreement(labelled_words([], []))
    assert set(values) == set(reasons) == set(VALUES)
    assert set(values.values()) == {None}


def test_neutral_words_are_left_out_and_sentences_of_them_counted():
    trees = [TREES[0], TREES[2], parse_tree("(3 (2 a) (2 film))")]
    words = labelled_words(trees, [np.array([1, 2, 3]), np.array([4, 5]), np.array([6, 7])])
    assert words.scores.tolist() == [2, 4, 5]
    assert words.polarities.tolist() == [1, -1, 1]
    assert words.sentences.tolist() == [1, -1, -1]
    assert words.without == 1


@pytest.fixture(scope="module")
def measured(tmp_path_factory):
    """A small network, trained on the sentiment world and measured; its folder."""
    folder = tmp_path_factory.mktemp("measured")
    summary = small_world(folder, train=300)
    files = {name: folder / name for name in ("model.pt", "metrics.json", "history.csv")}
    text_vocabulary.main(summary, folder / "vocabulary.txt", source="learned", size=250)
    spec = {**SPEC, "hidden": 16, "positions": 40}
    training = {"epochs": 8, "batch_size": 16, "learning_rate": 0.01, "weight_decay": 0.01}
    train_text_model.main(
        summary,
        folder / "vocabulary.txt",
        *files.values(),
        name="m",
        seed=1,
        network=spec,
        method={"name": "cross_entropy"},
        training={**training, "warmup": 0.1, "clip": 1.0, "precision": "float32"},
        device="cpu",
    )
    measure(folder, spec, "seed1")
    return folder, spec


def measure(folder, spec, to):
    measure_text_attribution.main(
        folder / "dataset.json",
        folder / "vocabulary.txt",
        folder / "model.pt",
        folder / f"{to}.json",
        folder / f"{to}_words.csv",
        name="m",
        seed=1,
        network=spec,
        settings=SETTINGS,
        device="cpu",
    )


def test_the_files_of_a_network_agree(measured):
    folder, spec = measured
    told = json.loads((folder / "seed1.json").read_text())
    assert told["model_sha256"] == sha256_of(folder / "model.pt")
    expected = {"measure": "text", "model": "m", "seed": 1, "dataset": "reviews", "device": "cpu"}
    assert expected.items() <= told.items()
    values, metrics = told["values"], json.loads((folder / "metrics.json").read_text())
    for split in ("dev", "test"):
        assert values[f"{split}_task_accuracy"] == pytest.approx(metrics[f"accuracy_{split}"])
        assert sum(told["predicted"][split].values()) == values[f"{split}_all_sentences"]
    assert values["words"] == values["dev_words"] + values["test_words"]
    assert values["largest_error"] < 0.05 and values["layers"] == spec["layers"]

    with (folder / "seed1_words.csv").open(newline="") as handle:
        rows = list(csv.DictReader(handle))
    trees = read_treebank(folder / "dataset.json")
    sides, aligned, scores = [], [], []
    for row in rows:
        tree = trees[row["split"]][int(row["sentence"])]
        assert tree.words[int(row["word"])] == row["text"]
        assert tree.word_labels[int(row["word"])] == int(row["label"])
        if row["label"] != "2":
            sides.append(row["class"].endswith("positive"))
            aligned.append((int(row["label"]) > 2) == sides[-1])
            scores.append(float(row["attribution"]))
    assert values["words"] == len(scores)
    assert values["auroc"] == pytest.approx(roc_auc_score(aligned, scores), abs=1e-4)
    assert values["attribution_accuracy"] == pytest.approx(
        np.mean((np.array(scores) > 0) == np.array(aligned))
    )
    # A network that has learned such a plain language goes by its words.
    assert values["auroc"] > 0.7


def test_the_same_network_gives_the_same_bytes(measured):
    folder, spec = measured
    measure(folder, spec, "again")
    for ending in (".json", "_words.csv"):
        first, again = ((folder / f"{name}{ending}").read_bytes() for name in ("seed1", "again"))
        assert first == again


def test_a_network_that_is_never_right_has_no_values(measured):
    folder, spec = measured
    # It always says the second class, of which there are no sentences.
    network = initialise_bert(spec, Pieces.load(folder / "vocabulary.txt").size, 4, 1)
    network.classifier.weight.data.zero_()
    network.classifier.bias.data = torch.tensor([0.0, 9.0, 0.0, 0.0])
    found = read_treebank(folder / "dataset.json")
    trees = [tree for tree in found["test"] if tree.class_index != 1]
    pieces = Pieces.load(folder / "vocabulary.txt")
    part = measure_text_attribution._measure(network.eval(), trees, pieces, SETTINGS, CPU)
    values, reasons = measure_text_attribution._values([part])
    assert values["sentences"] == values["words"] == values["task_accuracy"] == 0
    assert values["attribution_accuracy"] is None and values["largest_error"] == 0
    assert reasons["attribution_accuracy"] == "no labelled word"
