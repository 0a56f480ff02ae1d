"""Loss gradients: by hand on a linear network, against autograd, independent of the batch."""

import pytest
import torch
from torch import nn

from kdlens.measures.loss_gradients import loss_gradients
from kdlens.training.networks import build_network

STD = [0.5, 0.25, 0.1]
NETWORK = {"architecture": "resnet18", "width": 4, "stem": "small", "last_stride": 1}


class Linear(nn.Module):
    """Two classes; the second's logit is the sum of all inputs, the first's zero."""

    def forward(self, x):
        total = x.flatten(1).sum(1)
        return torch.stack([torch.zeros_like(total), total], dim=1)


def test_by_hand():
    images = torch.zeros(2, 3, 4, 4)
    gradients, logits = loss_gradients(Linear(), images, torch.tensor([0, 1]), STD)
    # L = -log softmax; dL/dz_1 = p_1 - [y = 1] = +-1/2, and pixel v counts as v / std.
    for channel, std in enumerate(STD):
        assert torch.allclose(gradients[0, channel], torch.tensor(0.5 / std))
        assert torch.allclose(gradients[1, channel], torch.tensor(-0.5 / std))
    assert logits.tolist() == [[0, 0], [0, 0]]


def test_the_predicted_class_where_there_are_no_labels():
    images = torch.stack([torch.full((3, 2, 2), 0.01), torch.full((3, 2, 2), -0.01)])
    without, logits = loss_gradients(Linear(), images, None, STD)
    with_labels, _ = loss_gradients(Linear(), images, logits.argmax(1), STD)
    assert torch.equal(without, with_labels)
    assert (without[0] < 0).all() and (without[1] > 0).all(), "against what it predicts"


@pytest.fixture(scope="module")
def network():
    torch.manual_seed(0)
    return build_network(NETWORK, 5).eval()


@pytest.fixture(scope="module")
def images():
    return torch.randn(6, 3, 32, 32, generator=torch.Generator().manual_seed(1))


def test_agrees_with_plain_autograd_through_the_normalisation(network, images):
    labels = torch.tensor([0, 1, 2, 3, 4, 0])
    mean, std = torch.tensor([0.1, 0.2, 0.3]).view(3, 1, 1), torch.tensor(STD).view(3, 1, 1)
    pixels = (images * std + mean).requires_grad_()
    loss = nn.CrossEntropyLoss(reduction="sum")(network((pixels - mean) / std), labels)
    (expected,) = torch.autograd.grad(loss, pixels)
    found, _ = loss_gradients(network, images, labels, STD)
    assert torch.allclose(found, expected, rtol=1e-3, atol=1e-6 * float(expected.abs().max()))
    assert found.dtype == torch.float32 and not found.requires_grad


def test_images_do_not_influence_each_other_nor_the_network(network, images):
    labels = torch.tensor([0, 1, 2, 3, 4, 0])
    before = {name: value.clone() for name, value in network.state_dict().items()}
    together, _ = loss_gradients(network, images, labels, STD)
    for i in range(6):
        alone, _ = loss_gradients(network, images[i : i + 1], labels[i : i + 1], STD)
        assert torch.allclose(alone[0], together[i], rtol=1e-3, atol=1e-6)
    after = network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
    assert all(p.grad is None for p in network.parameters()), "nothing is left for the next"


def test_a_certain_network_has_no_gradient():
    images = torch.full((1, 3, 8, 8), 10.0)
    gradients, _ = loss_gradients(Linear(), images, torch.tensor([1]), STD)
    assert not gradients.any()
