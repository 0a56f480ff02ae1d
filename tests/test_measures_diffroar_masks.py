"""Rankings and masks, worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import Saliency
from torch import nn

from kdlens.errors import InputError
from kdlens.measures.diffroar_masks import Mask, MaskedImages, apply_mask, fill_values, removed
from kdlens.measures.diffroar_ranks import bytes_of_ranks, rank_images, ranks_of, saliency
from kdlens.training.augmentation import augment
from kdlens.training.datasets import Preprocess

CPU = torch.device("cpu")
IMAGE = {"size": 2, "mean": [0.0, 0.0, 0.0], "std": [1.0, 1.0, 1.0]}


class Linear(nn.Module):
    """Two logits: the weighted sum of all coordinates, and twice its negative."""

    def __init__(self, weights: torch.Tensor) -> None:
        super().__init__()
        self.weights = weights  # (3, S, S)

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        total = (inputs * self.weights).sum(dim=(1, 2, 3))
        return torch.stack([total, -2 * total], dim=1)


def ranks(scores, draws=None):
    scores = torch.tensor(scores)
    draws = torch.zeros(scores.shape, dtype=torch.int64) if draws is None else torch.tensor(draws)
    return ranks_of(scores, draws).tolist()


def test_the_largest_score_has_rank_zero():
    assert ranks([[0.5, 2.0, 0.0, 1e-30], [3.0, 1.0, 2.0, 1e30]]) == [[1, 0, 3, 2], [1, 3, 2, 0]]


def test_equal_scores_are_ordered_by_their_draws():
    assert ranks([[0.0, 1.0, 0.0, 0.0]], [[5, 0, 2**32 - 1, 7]]) == [[3, 0, 1, 2]]
    # A difference in the last bit of a score counts for more than any draw.
    close = np.nextafter(np.float32(1), np.float32(2)).item()
    assert ranks([[1.0, close]], [[2**32 - 1, 0]]) == [[1, 0]]


def test_ties_are_random_for_each_image_and_seeded():
    images = torch.zeros(40, 4, 4, 3, dtype=torch.uint8)
    labels = torch.zeros(40, dtype=torch.int64)

    def random(**changes):
        arguments = {"rankings": ["pixel"], "label": "predicted", "seed": 1, **changes}
        return rank_images(None, images, labels, Preprocess(IMAGE, CPU), **arguments)["pixel"]

    found = random()
    assert found.dtype == torch.int16 and found.shape == (40, 4, 4, 1)
    assert (found.flatten(1).sort(dim=1).values == torch.arange(16)).all()
    assert len({tuple(row.tolist()) for row in found.flatten(1)}) == 40
    # Every place is in the top half about as often as any other.
    assert ((found < 8).float().mean(dim=0) - 0.5).abs().max() < 0.3
    assert torch.equal(found, random())
    assert not torch.equal(found, random(seed=2))
    assert torch.equal(found[3:], random(first=3)[:-3])


def test_saliency_by_hand_of_the_predicted_and_the_annotated_label():
    weights = torch.arange(12.0).view(3, 2, 2) - 5
    inputs = torch.stack([torch.ones(3, 2, 2), -torch.ones(3, 2, 2)])  # sums 6 and -6
    by_hand = weights.abs().movedim(0, -1)
    labels = torch.tensor([0, 0])
    predicted = saliency(Linear(weights), inputs, labels, "predicted")
    assert torch.equal(predicted, torch.stack([by_hand, 2 * by_hand]))
    annotated = saliency(Linear(weights), inputs, labels, "annotated")
    assert torch.equal(annotated, torch.stack([by_hand, by_hand]))


def test_saliency_is_captums():
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3), nn.ReLU(), nn.Flatten(), nn.Linear(4 * 36, 5))
    inputs, labels = torch.randn(6, 3, 8, 8), torch.arange(6) % 5
    for label, target in (("annotated", labels), ("predicted", network(inputs).argmax(dim=1))):
        given = inputs.clone().requires_grad_()
        theirs = Saliency(network).attribute(given, target=target, abs=True)
        ours = saliency(network, inputs, labels, label)
        assert torch.allclose(ours, theirs.movedim(1, -1), rtol=1e-6, atol=0)


def both_rankings(network, image):
    settings = {"rankings": ["coordinate", "pixel"], "label": "predicted", "seed": 1}
    return rank_images(network, image, torch.tensor([0]), Preprocess(IMAGE, CPU), **settings)


def test_pixels_are_ranked_by_the_sum_of_their_channels():
    #                      red       green     blue: of pixels 0 to 3
    weights = torch.tensor([[9, 0, 0, 4], [0, 4, 0, 4], [0, 7, 1, 4.0]]).view(3, 2, 2)
    images = torch.full((1, 2, 2, 3), 10, dtype=torch.uint8)
    found = both_rankings(Linear(weights), images)
    assert found["pixel"].flatten().tolist() == [2, 1, 3, 0]  # sums 9, 11, 1, 12
    coordinates = found["coordinate"].view(4, 3)
    assert coordinates[0, 0] == 0 and coordinates[1, 2] == 1 and coordinates[2, 2] == 6
    assert sorted([*coordinates[3].tolist(), int(coordinates[1, 1])]) == [2, 3, 4, 5]


def test_ranks_do_not_fit_into_16_bits_where_images_are_large():
    images = torch.zeros(1, 110, 110, 3, dtype=torch.uint8)
    found = both_rankings(None, images)
    assert found["coordinate"].dtype == torch.int32 and found["pixel"].dtype == torch.int16
    assert found["coordinate"].max() == 3 * 110 * 110 - 1
    for name, ranks in found.items():
        assert ranks.nbytes == bytes_of_ranks(110, name)


def test_gradients_that_are_not_finite_are_one_line():
    weights = torch.full((3, 2, 2), float("nan"))
    with pytest.raises(InputError, match="gradients are not finite"):
        saliency(Linear(weights), torch.ones(1, 3, 2, 2), torch.tensor([0]), "predicted")


@pytest.mark.parametrize(
    ("fraction", "count", "expected"),
    [(0.1, 3072, 307), (0.9, 3072, 2765), (0.5, 5, 2), (0.5, 7, 4), (0.3, 784, 235), (0.01, 12, 0)],
)
def test_how_many_are_removed(fraction, count, expected):
    assert removed(fraction, count) == expected


def test_masks_by_hand():
    images = torch.arange(12, dtype=torch.uint8).view(1, 2, 2, 3)
    order = torch.tensor([3, 0, 11, 4, 1, 5, 2, 6, 7, 8, 9, 10], dtype=torch.int16)
    coordinates = order.view(1, 2, 2, 3)
    fill = torch.tensor([100, 101, 102], dtype=torch.uint8)
    # round(0.25 * 12) = 3: ranks 0, 1, 2 are coordinates 1, 4, 6, of channels 1, 1, 0.
    top = apply_mask(images, coordinates, Mask("coordinate", 0.25, "top"), fill)
    assert top.flatten().tolist() == [0, 101, 2, 3, 101, 5, 100, 7, 8, 9, 10, 11]
    # Ranks 9, 10, 11 are coordinates 10, 11, 2.
    bottom = apply_mask(images, coordinates, Mask("coordinate", 0.25, "bottom"), fill)
    assert bottom.flatten().tolist() == [0, 1, 102, 3, 4, 5, 6, 7, 8, 9, 101, 102]
    pixels = torch.tensor([2, 0, 3, 1], dtype=torch.int16).view(1, 2, 2, 1)
    whole = apply_mask(images, pixels, Mask("pixel", 0.5, "top"), fill)
    assert whole.flatten().tolist() == [0, 1, 2, 100, 101, 102, 6, 7, 8, 100, 101, 102]


def test_what_is_removed_from_top_and_bottom_is_disjoint_up_to_a_half():
    ranks = torch.randperm(48).to(torch.int16).view(1, 4, 4, 3)
    ones, none = torch.ones(1, 4, 4, 3, dtype=torch.uint8), torch.zeros(3, dtype=torch.uint8)
    for fraction in (0.1, 0.5, 0.7):
        top, bottom = (
            apply_mask(ones, ranks, Mask("coordinate", fraction, side), none) == 0
            for side in ("top", "bottom")
        )
        assert top.sum() == bottom.sum() == round(fraction * 48)
        assert (top & bottom).sum() == max(0, 2 * round(fraction * 48) - 48)


def test_the_fill_is_the_mean_of_each_channel_or_black():
    images = torch.zeros(4, 2, 2, 3, dtype=torch.uint8)
    images[..., 0] = 200
    images[0, ..., 1] = 255  # mean 63.75
    images[0, 0, 0, 2] = 8  # mean 0.5, which is rounded to even
    assert fill_values(images, "mean").tolist() == [200, 64, 0]
    assert fill_values(images, "zero").tolist() == [0, 0, 0]


def test_on_a_black_background_a_zero_fill_leaves_no_trace_and_a_mean_does():
    digit = torch.zeros(1, 4, 4, 3, dtype=torch.uint8)
    digit[0, 1:3, 1:3] = 250
    background = torch.arange(16, dtype=torch.int16).view(1, 4, 4, 1)
    corner = Mask("pixel", 1 / 16, "top")
    assert torch.equal(apply_mask(digit, background, corner, fill_values(digit, "zero")), digit)
    masked = apply_mask(digit, background, corner, fill_values(digit, "mean"))
    assert masked[0, 0, 0].tolist() == [62, 62, 62]


def test_a_batch_is_masked_first_and_augmented_alike_under_all_masks():
    generator = torch.Generator().manual_seed(0)
    images = torch.randint(0, 255, (6, 16, 16, 3), generator=generator, dtype=torch.uint8)
    ranks = torch.stack([torch.randperm(768, generator=generator) for _ in range(6)])
    ranks = ranks.to(torch.int16).view(6, 16, 16, 3)
    fill = torch.full((3,), 255, dtype=torch.uint8)
    held = MaskedImages(images, torch.arange(6), {"coordinate": ranks}, fill)
    masks = [Mask("coordinate", 0.3, "top"), Mask("coordinate", 0.6, "bottom")]
    keys = np.array([6 + 4, 6 + 1, 6 + 5])  # of the second epoch
    index = torch.tensor([4, 1, 5])
    for name in ("none", "flip", "crop_flip"):
        found, labels = held.batch(keys, masks, name, seed=3)
        assert labels.tolist() == [4, 1, 5] and found.dtype == torch.uint8
        for batch, mask in zip(found, masks, strict=True):
            masked = apply_mask(images[index], ranks[index], mask, fill)
            assert torch.equal(batch, augment(name, masked, keys, 3))
