"""Networks with a part beside them, and how batches enter networks, under names for recipes.

torchdistill has wrappers of its own for this (Teacher4FactorTransfer, SSWrapper4SSKD, ...). They
are not used, since they load a part's weights from a path whenever a file is there, whoever wrote
it, go on with random weights where it is missing, and write it after every epoch. Here a part of an
earlier stage is handed over in memory, and rests in ``checkpoint.pt`` alone.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import torch
from torch import nn
from torchdistill.core.interfaces.registry import register_forward_proc_func
from torchdistill.models.registry import register_auxiliary_model_wrapper
from torchdistill.models.wrapper import (
    AuxiliaryModelWrapper,
    Paraphraser4FactorTransfer,
    Translator4FactorTransfer,
)

_CONVOLUTION = {"kernel_size": 3, "stride": 1, "padding": 1, "uses_bn": False}


class Embedding(nn.Module):
    """A linear map to vectors of length 1, float32 (B, dim)."""

    def __init__(self, features: int, dim: int) -> None:
        super().__init__()
        self.linear = nn.Linear(features, dim)

    def forward(self, features: torch.Tensor) -> torch.Tensor:
        """Return the vectors of features (B, F)."""
        return nn.functional.normalize(self.linear(features).float(), dim=1)


def _paraphraser(channels: int, factors: int, decodes: bool) -> nn.Module:
    # It rounds down what it calculates from the rate.
    rate = (factors + 0.5) / channels
    return Paraphraser4FactorTransfer(
        k=rate, num_input_channels=channels, uses_decoder=decodes, **_CONVOLUTION
    )


def _translator(channels: int, factors: int) -> nn.Module:
    return Translator4FactorTransfer(
        num_input_channels=channels, num_output_channels=factors, **_CONVOLUTION
    )


def _self_supervision(features: int) -> nn.Module:
    return nn.Sequential(nn.Linear(features, features), nn.ReLU(), nn.Linear(features, features))


PARTS: dict[str, Callable[..., nn.Module]] = {
    "Embedding": Embedding,
    "Paraphraser": _paraphraser,
    "Translator": _translator,
    "SelfSupervision": _self_supervision,
}


@register_auxiliary_model_wrapper
class NetworkWithPart(AuxiliaryModelWrapper):
    """A network, and a part that reads one of its layers.

    Attributes:
        network: the student or teacher; a teacher is computed without gradients.
        part: called with what the layer had; losses read its output through a hook.
        supplement: called with a batch's supplementary dictionary, so that losses can read that
            through a hook too.
        trained_in: the stage whose part this is to be; None for a new one.

    Args:
        source: ``path`` of the layer below this wrapper, and ``io``: its input or its output.
        part: ``key`` among :data:`PARTS`, and its ``kwargs``.
    """

    def __init__(
        self,
        source: Mapping[str, str],
        part: Mapping[str, Any],
        device: torch.device,
        trained_in: str | None = None,
        teacher_model: nn.Module | None = None,
        student_model: nn.Module | None = None,
        **unused: Any,
    ) -> None:
        super().__init__()
        self.teaches = teacher_model is not None
        network = student_model if teacher_model is None else teacher_model
        assert network is not None, "torchdistill hands over the one or the other"
        self.network = network
        self.part = PARTS[part["key"]](**part["kwargs"])
        self.part.to(device).to(memory_format=torch.channels_last)
        self.supplement = nn.Identity()
        self.trained_in = trained_in
        self._source = source

    def forward(
        self, images: torch.Tensor, supplement: Mapping[str, Any] | None = None
    ) -> torch.Tensor:
        """Return the network's output for images (B, 3, S, S)."""
        if supplement is not None:
            self.supplement(supplement)
        with torch.set_grad_enabled(torch.is_grad_enabled() and not self.teaches):
            return self.network(images)

    def secondary_forward(self, io_dict: Mapping[str, Mapping[str, Any]]) -> None:
        """Call the part; torchdistill does so after the forward pass, with what hooks have read."""
        self.part(io_dict[self._source["path"]][self._source["io"]])


@register_forward_proc_func
def forward_batch_in_float32(
    model: nn.Module, sample_batch: torch.Tensor, targets: Any = None, supp_dict: Any = None
) -> torch.Tensor:
    """Return the network's output in float32, whatever precision computed it."""
    return model(sample_batch).float()


@register_forward_proc_func
def forward_batch_with_supplement(
    model: nn.Module, sample_batch: torch.Tensor, targets: Any = None, supp_dict: Any = None
) -> torch.Tensor:
    """The same for a network that is handed the supplementary dictionary."""
    return model(sample_batch, supp_dict).float()


@register_forward_proc_func
def forward_four_rotations(
    model: nn.Module, sample_batch: torch.Tensor, targets: Any = None, supp_dict: Any = None
) -> torch.Tensor:
    """The same for images turned by 0, 90, 180 and 270 degrees, counter-clockwise.

    Of a batch (B, 3, S, S) the network sees (4B, 3, S, S), all of the first image first, as
    torchdistill's losses of SSKD expect it.
    """
    turned = [torch.rot90(sample_batch, quarters, dims=(-2, -1)) for quarters in range(4)]
    images = torch.stack(turned, dim=1).flatten(0, 1)
    return model(images.contiguous(memory_format=torch.channels_last)).float()
