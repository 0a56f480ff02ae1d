"""Networks that read sentences: pieces, batches, shapes, losses."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest
import torch
from project import SCRIPTS
from safetensors.torch import load_file, save_file
from text_data import small_world
from torchdistill.losses.mid_level import KDLoss

from kdlens.data.treebank import parse_tree, read_treebank
from kdlens.errors import InputError
from kdlens.files import sha256_of
from kdlens.training.checkpoints import save_weights
from kdlens.training.text.bert import copy_layers, initialise_bert, load_bert
from kdlens.training.text.pieces import PUBLISHED_FILE, SPECIAL, Pieces, learn_vocabulary
from kdlens.training.text.predictions import outputs, score
from kdlens.training.text.published import WEIGHTS, fetch_bert, load_published
from kdlens.training.text.sentences import Sentences
from kdlens.training.text.trainer import learning_rate_factor, loss_of

CPU = torch.device("cpu")
SPEC = {"layers": 2, "hidden": 8, "heads": 2, "intermediate": 16, "positions": 20, "dropout": 0.1}
VOCAB = [*SPECIAL, "[MASK]", "un", "##like", "##ly", "a", "##b", "(", "/", "film", "Film"]
PIECES = Pieces(VOCAB)
TREES = [
    parse_tree(line)
    for line in ("(4 (2 a) (4 film))", "(0 (1 unlikely) (2 ab))", "(1 film)", "(3 (2 a) (3 a))")
]


def names(words, lower_case=True):
    encoded = Pieces(VOCAB, lower_case).encode(words)
    return [VOCAB[i] for i in encoded.ids], list(encoded.words)


def test_every_piece_belongs_to_one_word():
    assert names(["Unlikely", "ab", "film"]) == (
        ["[CLS]", "un", "##like", "##ly", "a", "##b", "film", "[SEP]"],
        [-1, 0, 0, 0, 1, 1, 2, -1],
    )


def test_words_that_are_not_in_the_vocabulary_or_nothing_at_all_are_unknown():
    assert names(["zebra", "\u00ad", "a"])[0] == ["[CLS]", "[UNK]", "[UNK]", "a", "[SEP]"]


def test_the_treebanks_escapes_are_undone_and_case_is_as_said():
    assert names(["-LRB-", "a\\/a"]) == (
        ["[CLS]", "(", "a", "/", "a", "[SEP]"],
        [-1, 0, 1, 1, 1, -1],
    )
    assert names(["Film"])[0][1] == "film"
    assert names(["Film"], lower_case=False)[0][1] == "Film"


def test_a_vocabulary_file_is_checked(tmp_path):
    path = tmp_path / "vocabulary.txt"
    path.write_text("\n".join(VOCAB) + "\n")
    assert Pieces.load(path).encode(["film"]) == PIECES.encode(["film"])
    path.write_text("\n".join(VOCAB[1:]))
    with pytest.raises(InputError, match=r"has no piece \[PAD\]"):
        Pieces.load(path)
    path.write_text("\n".join([*VOCAB, "film"]))
    with pytest.raises(InputError, match="has a piece twice"):
        Pieces.load(path)
    with pytest.raises(InputError, match="no such file"):
        Pieces.load(tmp_path / "none.txt")


def test_a_vocabulary_is_learned_alike_in_every_process():
    # Pairs that are equally frequent, so that ties must be settled.
    code = (
        "from kdlens.training.text.pieces import learn_vocabulary\n"
        "words = [[f'{a}{b}{c}' for a in 'abcd' for b in 'xyzw' for c in 'mnop']] * 3\n"
        "print(learn_vocabulary(words, 60))"
    )
    runs = {
        subprocess.run(
            [sys.executable, "-c", code], cwd=SCRIPTS, capture_output=True, text=True, check=True
        ).stdout
        for _ in range(3)
    }
    assert len(runs) == 1
    pieces = learn_vocabulary([["good", "good", "film"]], 100, min_frequency=2)
    assert pieces[:5] == [*SPECIAL, "[MASK]"]
    assert "good" in pieces and "film" not in pieces
    assert len(Pieces(pieces).encode(["good"]).ids) == 3


def test_a_batch_is_padded_to_its_longest_sentence():
    batch = Sentences(TREES, PIECES).batch([2, 1])
    pad, start, end = PIECES.pad, PIECES.start, PIECES.end
    film = VOCAB.index("film")
    assert batch.ids[0].tolist() == [start, film, end, pad, pad, pad, pad]
    assert batch.mask.tolist() == [[1, 1, 1, 0, 0, 0, 0], [1] * 7]
    assert batch.classes.tolist() == [1, 0]


def test_every_epoch_has_every_sentence_once_in_an_order_of_its_own():
    sentences = Sentences([TREES[i % 4] for i in range(50)], PIECES)
    epochs = [sentences.shuffled(8, seed=1, epoch=epoch) for epoch in (0, 1)]
    for batches in epochs:
        assert sorted(np.concatenate(batches).tolist()) == list(range(50))
        assert sorted(map(len, batches)) == [2, *[8] * 6]
    assert np.concatenate(epochs[0]).tolist() != np.concatenate(epochs[1]).tolist()
    again = sentences.shuffled(8, seed=1, epoch=0)
    assert all((a == b).all() for a, b in zip(epochs[0], again, strict=True))


def test_a_sentence_longer_than_the_network_is_told():
    sentences = Sentences(TREES, PIECES)
    sentences.require_room(7, "text.networks.x")
    with pytest.raises(InputError, match=r"text\.networks\.x\.positions: 6 is too few .* write 7"):
        sentences.require_room(6, "text.networks.x")


def test_padding_and_company_do_not_change_outputs():
    network = initialise_bert(SPEC, PIECES.size, 4, 1).eval()
    sentences = Sentences(TREES, PIECES)
    together = outputs(network, sentences, CPU)
    for row in range(len(TREES)):
        batch = sentences.batch([row])
        alone = network(input_ids=batch.ids, attention_mask=batch.mask).logits
        torch.testing.assert_close(alone[0], together[row], atol=1e-6, rtol=1e-5)


def test_weights_are_drawn_by_seed_alone(tmp_path):
    torch.manual_seed(3)
    state = torch.random.get_rng_state()
    first, second, other = (initialise_bert(SPEC, PIECES.size, 4, seed) for seed in (1, 1, 2))
    assert torch.equal(torch.random.get_rng_state(), state)
    for name, value in first.state_dict().items():
        assert torch.equal(value, second.state_dict()[name])
    embeddings = "bert.embeddings.word_embeddings.weight"
    assert not torch.equal(first.state_dict()[embeddings], other.state_dict()[embeddings])
    digests = {save_weights(each, tmp_path / f"{i}.pt") for i, each in enumerate((first, second))}
    assert len(digests) == 1
    loaded = load_bert(SPEC, PIECES.size, 4, tmp_path / "0.pt", CPU)
    assert not loaded.training and not any(p.requires_grad for p in loaded.parameters())
    with pytest.raises(InputError, match="the weights are of another network"):
        load_bert({**SPEC, "layers": 3}, PIECES.size, 4, tmp_path / "0.pt", CPU)


def test_layers_are_taken_evenly_spread():
    deep = initialise_bert({**SPEC, "layers": 12}, PIECES.size, 4, 1)
    for depth, expected in ((3, [4, 8, 12]), (6, [2, 4, 6, 8, 10, 12]), (1, [12])):
        flat = initialise_bert({**SPEC, "layers": depth, "positions": 10}, PIECES.size, 4, 2)
        kept = flat.classifier.weight.clone()
        assert copy_layers(flat, deep, "key") == expected
        for layer, number in zip(flat.bert.encoder.layer, expected, strict=True):
            source = deep.bert.encoder.layer[number - 1]
            assert torch.equal(layer.output.dense.weight, source.output.dense.weight)
        mine, theirs = (n.bert.embeddings.position_embeddings.weight for n in (flat, deep))
        assert torch.equal(mine, theirs[:10])
        assert torch.equal(flat.bert.pooler.dense.weight, deep.bert.pooler.dense.weight)
        assert torch.equal(flat.classifier.weight, kept)
    wide = initialise_bert({**SPEC, "hidden": 16}, PIECES.size, 4, 1)
    with pytest.raises(
        InputError, match=r"key: layers cannot be taken .* hidden_size is 8, not 16"
    ):
        copy_layers(wide, deep, "key")
    with pytest.raises(InputError, match="key: a network of 2 layers and 20 positions has not"):
        copy_layers(deep, initialise_bert(SPEC, PIECES.size, 4, 1), "key")


@pytest.mark.parametrize("alpha", [0.1, 0.5, 0.9])
def test_kd_is_equation_1_and_has_the_gradient_of_torchdistills_loss(alpha):
    torch.manual_seed(0)
    logits, taught = torch.randn(4, 4, requires_grad=True), torch.randn(6, 4)
    batch = Sentences(TREES, PIECES).batch([3, 1, 0, 2])
    loss = loss_of({"name": "kd", "alpha": alpha, "temperature": 4}, taught)(logits, batch)
    # Their alpha weights the hard term, and the KL divergence lacks the teacher's entropy.
    rows = taught[[3, 1, 0, 2]]
    io = [{".": {"output": values}} for values in (logits, rows)]
    theirs = KDLoss(".", "output", ".", "output", temperature=4, alpha=1 - alpha)(
        *io, batch.classes
    )
    soft = (rows / 4).softmax(1)
    entropy = -(soft * soft.log()).sum(1).mean()
    torch.testing.assert_close(loss, theirs + alpha * 16 * entropy)
    gradients = [torch.autograd.grad(each, logits)[0] for each in (loss, theirs)]
    torch.testing.assert_close(*gradients)


def test_the_other_losses_by_hand():
    logits = torch.tensor([[1.0, 0.0, 0.0, 0.0]])
    batch = Sentences(TREES, PIECES).batch([1])  # class 0
    log_sum = np.log(np.e + 3)
    plain = loss_of({"name": "cross_entropy"})(logits, batch)
    assert float(plain) == pytest.approx(log_sum - 1)
    smoothed = loss_of({"name": "label_smoothing", "alpha": 0.2})(logits, batch)
    assert float(smoothed) == pytest.approx(0.8 * (log_sum - 1) + 0.2 * (log_sum - 0.25))
    with pytest.raises(InputError, match="'crd' is not known"):
        loss_of({"name": "crd"})


def test_the_learning_rate_rises_and_falls():
    factors = [learning_rate_factor(step, 10, 0.2) for step in range(10)]
    assert factors[:3] == [0.5, 1.0, 1.0]
    assert factors[-1] == pytest.approx(1 / 8)
    assert learning_rate_factor(10, 10, 0.2) == 0
    assert learning_rate_factor(0, 10, 0) == 1


def test_a_score_by_hand():
    logits = torch.tensor([[2.0, 0, 0, 0], [0, 0, 5.0, 0]])
    found = score(logits, torch.tensor([0, 1]))
    assert found.accuracy == 0.5
    terms = [np.log(np.exp(2) + 3) - 2, np.log(np.exp(5) + 3)]
    assert found.loss == pytest.approx(np.mean(terms))


def test_outputs_that_are_not_finite_are_told():
    network = initialise_bert(SPEC, PIECES.size, 4, 1)
    network.classifier.bias.data[0] = float("nan")
    with pytest.raises(InputError, match=r"lower text\.training\.learning_rate"):
        outputs(network, Sentences(TREES, PIECES), CPU)


@pytest.fixture
def published(tmp_path):
    """A small network as it is published, with the old names of its layer norms."""
    folder = tmp_path / "published"
    source = initialise_bert(SPEC, PIECES.size, 4, 5)
    source.bert.save_pretrained(folder)
    (folder / PUBLISHED_FILE).write_text("\n".join(VOCAB) + "\n")
    old = {}
    for name, value in load_file(folder / WEIGHTS).items():
        name = name.replace("LayerNorm.weight", "LayerNorm.gamma")
        old["bert." + name.replace("LayerNorm.bias", "LayerNorm.beta")] = value
    save_file(old, folder / WEIGHTS, {"format": "pt"})
    return folder, source


def test_published_weights_come_from_a_folder(tmp_path, published):
    folder, source = published
    told = {"name": "tiny", "path": str(folder), "sha256": sha256_of(folder / WEIGHTS)}
    fetch_bert(told, tmp_path / "here")
    loaded = load_published(tmp_path / "here")
    for name, value in source.bert.state_dict().items():
        assert torch.equal(value, loaded.state_dict()[name]), name
    flat = initialise_bert({**SPEC, "layers": 1}, PIECES.size, 4, 2)
    assert copy_layers(flat, loaded, "key") == [2]
    with pytest.raises(InputError, match="expected 0000000000"):
        fetch_bert({**told, "sha256": "0" * 64}, tmp_path / "there")
    (folder / PUBLISHED_FILE).unlink()
    with pytest.raises(InputError, match=r"vocab\.txt: no such file; text\.pretrained\.path"):
        fetch_bert(told, tmp_path / "there")
    assert not (tmp_path / "there").exists()


def test_published_weights_that_lack_some_are_refused(published):
    folder, _ = published
    weights = load_file(folder / WEIGHTS)
    del weights["bert.encoder.layer.1.output.dense.weight"]
    save_file(weights, folder / WEIGHTS, {"format": "pt"})
    with pytest.raises(
        InputError, match=r"1 weights are missing, the first encoder.layer.1.output"
    ):
        load_published(folder)


def test_without_a_hub_the_error_says_what_to_do(tmp_path, monkeypatch):
    monkeypatch.setattr("transformers.utils.hub.is_offline_mode", lambda: True)
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    source = {"name": "kdlens/none", "revision": "0" * 40, "sha256": "0" * 64}
    with pytest.raises(InputError, match=r"set HF_HOME to a cache .* text\.pretrained\.path"):
        fetch_bert(source, tmp_path / "here")


def test_a_learned_vocabulary_knows_every_word_of_its_sentences(tmp_path):
    trees = read_treebank(small_world(tmp_path))["train"]
    pieces = Pieces(learn_vocabulary([tree.words for tree in trees], 300))
    for tree in trees:
        encoded = pieces.encode(tree.words)
        assert sorted(set(encoded.words)) == [-1, *range(len(tree.words))]
        assert pieces.unknown not in encoded.ids
