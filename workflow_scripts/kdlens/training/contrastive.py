"""Contrastive representation distillation: its loss, and the images that it contrasts.

Tian, Krishnan & Isola 2020, equations 12 to 19, as in the authors' program. Each of N images has a
memory of its embedding by the student, m_s, and by the teacher, m_t. For image i with embeddings s
and t, both of length 1, and K other images j of other classes:

    p(s, j) = exp(s . m_t[j] / tau) / Z_s
    L_s = -log(p(s, i) / (p(s, i) + K / N)) - sum_j log((K / N) / (p(s, j) + K / N))

L_t has the roles exchanged (t, m_s, Z_t), and the loss is the mean of L_s + L_t over the batch. Z
is N times the mean of the exponentials in the training's first batch, and constant from then on.
After each batch the memory of its images is m <- momentum m + (1 - momentum) s, at length 1 again.

torchdistill's CRDLoss is not used: it draws from attributes that do not exist (``self.prob``), goes
through the dataset in a Python loop to build a table for that, and keeps Z as a part of the first
batch's graph, which then cannot be copied. Nor is its CRDDatasetWrapper, which draws for one image
at a time from a generator whose state depends on everything drawn before.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

import numpy as np
import torch
import torchvision  # noqa: F401 (torchdistill looks through its modules, which must be loaded)
from torch import nn
from torchdistill.datasets.registry import register_dataset_wrapper
from torchdistill.losses.registry import register_mid_level_loss

from kdlens.errors import InputError
from kdlens.training.datasets import Batch, ImageDataset
from kdlens.training.randomness import Stream, hashes


@register_mid_level_loss
class ContrastiveLoss(nn.Module):
    """The loss of the module.

    Reads the embeddings under the path ``part`` of both networks, and ``pos_idx`` (B,) and
    ``contrast_idx`` (B, 1 + K) from the student's supplementary dictionary.

    Args:
        images: N.
        negatives: K.
        dim: length of the embeddings' vectors.
        tau, momentum: see the module.
        eps: added to the denominators.
    """

    student_memory: torch.Tensor
    teacher_memory: torch.Tensor

    def __init__(
        self,
        images: int,
        negatives: int,
        dim: int,
        tau: float,
        momentum: float,
        eps: float = 1e-7,
    ) -> None:
        super().__init__()
        self._noise = negatives / images
        self._tau, self._momentum, self._eps = tau, momentum, eps
        bound = 1 / math.sqrt(dim / 3)
        for side in ("student", "teacher"):
            memory = torch.rand(images, dim).mul_(2 * bound).sub_(bound)
            self.register_buffer(f"{side}_memory", memory)
            # Not known before the first batch.
            self.register_buffer(f"{side}_constant", torch.tensor(-1.0))

    def forward(
        self, student_io: Mapping, teacher_io: Mapping, targets: torch.Tensor | None = None
    ) -> torch.Tensor:
        """Return a batch's loss, a scalar, and take its embeddings into the memories."""
        student, teacher = student_io["part"]["output"], teacher_io["part"]["output"]
        supplement = student_io["supplement"]["input"]
        own = supplement["pos_idx"].to(student.device, non_blocking=True)
        contrast = supplement["contrast_idx"].to(student.device, non_blocking=True)
        loss = self._noise_contrastive(student, self.teacher_memory[contrast], "student")
        loss = loss + self._noise_contrastive(teacher, self.student_memory[contrast], "teacher")
        self._remember(self.student_memory, own, student.detach())
        self._remember(self.teacher_memory, own, teacher.detach())
        return loss

    def _noise_contrastive(
        self, embedding: torch.Tensor, others: torch.Tensor, side: str
    ) -> torch.Tensor:
        """Return L of (B, dim) against (B, 1 + K, dim), of which the first are the positives."""
        scores = torch.exp(torch.bmm(others, embedding[:, :, None])[:, :, 0] / self._tau)
        constant = getattr(self, f"{side}_constant")
        # By where, since a question to the GPU would wait for it.
        first = scores.detach().mean() * len(self.student_memory)
        constant.copy_(torch.where(constant < 0, first, constant))
        scores = scores / constant.clone()
        likelihood = torch.cat([scores[:, :1], torch.full_like(scores[:, 1:], self._noise)], dim=1)
        return -torch.log(likelihood / (scores + self._noise + self._eps)).sum(1).mean()

    def _remember(self, memory: torch.Tensor, own: torch.Tensor, embedding: torch.Tensor) -> None:
        mixed = self._momentum * memory[own] + (1 - self._momentum) * embedding
        memory.index_copy_(0, own, nn.functional.normalize(mixed, dim=1))

    def __str__(self) -> str:
        return f"ContrastiveLoss(tau={self._tau}, momentum={self._momentum})"


@register_dataset_wrapper
class ContrastiveImages(ImageDataset):
    """Images whose supplementary dictionary says with which others they are contrasted.

    ``pos_idx`` (B,) is an image's own number, ``contrast_idx`` (B, 1 + K) that number followed by
    those of K different images of other classes (:class:`Others`).

    Args:
        images: what is wrapped.
        negatives: K.
        seed: the training's.
    """

    def __init__(self, images: ImageDataset, negatives: int, seed: int) -> None:
        self.labels = images.labels
        self._images = images
        self._classes = images.labels.cpu().numpy()
        self._others = Others(self._classes)
        self._negatives, self._seed = negatives, seed

    def __getitems__(self, keys: Sequence[int]) -> Batch | InputError:
        batch = self._images.__getitems__(keys)
        if isinstance(batch, InputError):
            return batch
        images, labels, supplement = batch
        numbers = np.asarray(keys)
        own = numbers % len(self)
        drawn = self._others.draw(self._classes[own], numbers, self._negatives, self._seed)
        contrast = np.concatenate([own[:, None], drawn], axis=1)
        return (
            images,
            labels,
            supplement
            | {
                "pos_idx": torch.from_numpy(own),
                "contrast_idx": torch.from_numpy(contrast),
            },
        )


class Others:
    """Draws, for images of given classes, different images of other classes.

    Where torchdistill shuffles all N images for each image of a batch, this walks through those of
    other classes from a random start in steps of a random length, modulo a prime not below their
    number: all that it meets are different, every image is as likely as any other, and so is every
    pair (but for the few numbers between the prime and theirs, which it skips). The mean and the
    variance of a sum over the drawn images, as the loss is one, depend on nothing else.

    Args:
        classes: int64 (N,).
    """

    def __init__(self, classes: np.ndarray) -> None:
        sizes = np.bincount(classes)
        self._order = np.argsort(classes, kind="stable")
        self._sizes, self._starts = sizes, np.cumsum(sizes) - sizes
        self._counts = len(classes) - sizes
        self._primes = np.array([_prime_from(count) for count in self._counts])

    def draw(self, classes: np.ndarray, keys: np.ndarray, count: int, seed: int) -> np.ndarray:
        """Return numbers of images (B, count).

        Args:
            classes: those of the B images to draw for.
            keys: integers (B,), one for each pair of epoch and image.
            count: at most the number of images of other classes.
            seed: the training's.
        """
        others, primes = self._counts[classes, None], self._primes[classes, None]
        random = hashes(seed, Stream.NEGATIVES, keys, 2)
        start = (random[:, :1] % primes.astype(np.uint64)).astype(np.int64)
        step = 1 + (random[:, 1:] % (primes - 1).astype(np.uint64)).astype(np.int64)
        walked = (start + step * np.arange(count + (primes - others).max())) % primes
        # Between their number and the prime there is no image; such steps go last.
        met = np.argsort(walked >= others, axis=1, kind="stable")[:, :count]
        places = np.take_along_axis(walked, met, axis=1)
        own = self._sizes[classes, None] * (places >= self._starts[classes, None])
        return self._order[places + own]


def _prime_from(number: int) -> int:
    """Return the least prime that is not below ``number``."""
    number = max(int(number), 2)
    while any(number % divisor == 0 for divisor in range(2, math.isqrt(number) + 1)):
        number += 1
    return number
