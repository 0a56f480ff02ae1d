"""One training in several processes, one for each GPU, that does what one process would do.

Every process has the whole network and a share of every batch: of the batch that one process would
take, in the same order, the images from rank x size / processes on. What is minimised is the mean
over the whole batch, so batch size and learning rate of the config mean the same for any number of
processes, and so do augmentations, which are known from (seed, epoch, image). Gradients are
averaged by torch's DistributedDataParallel, and batch normalisation sees the whole batch
(:mod:`kdlens.training.batch_norm`). Losses agree with those of one process but for the rounding of
sums, and for dropout, whose random numbers each process draws for itself.

torchdistill's boxes are not told of it: they would exchange the sampler for torch's
DistributedSampler, which orders the images otherwise and repeats some to give every process
equally many. So batches are shared by :class:`ShareSampler`, and networks wrapped by
:meth:`Processes.wrap`.

Losses that are no mean over images are refused (:func:`kdlens.config_processes.check_processes`).
"""

from __future__ import annotations

import copy
import inspect
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from typing import Any, cast

import torch
from torch import distributed, nn
from torch.nn.parallel import DistributedDataParallel
from torch.utils.data import DataLoader
from torchdistill.core.distillation import DistillationBox
from torchdistill.core.training import TrainingBox

from kdlens.errors import InputError
from kdlens.training.datasets import EpochSampler, ImageDataset
from kdlens.training.parts import NetworkWithPart
from kdlens.training.randomness import Stream, derived_seed


@dataclass(frozen=True)
class Processes:
    """The processes of a training, seen from one of them.

    Attributes:
        rank: which one this is, from 0; the first one writes files.
        size: how many there are.
    """

    rank: int = 0
    size: int = 1

    @classmethod
    def current(cls) -> Processes:
        """Return those that :func:`kdlens.training.launch.run_worker` has brought together."""
        if not distributed.is_initialized():
            return cls()
        return cls(distributed.get_rank(), distributed.get_world_size())

    @property
    def first(self) -> bool:
        """Whether this is the one that writes files."""
        return self.rank == 0

    def wait(self) -> None:
        """Return when all processes have come here."""
        if self.size > 1:
            distributed.barrier()

    def sums(self, *numbers: torch.Tensor | float, device: torch.device) -> list[torch.Tensor]:
        """Return the sums over all processes, float64."""
        values = [torch.as_tensor(n, dtype=torch.float64, device=device) for n in numbers]
        if self.size == 1:
            return values
        together = torch.stack(values)
        distributed.all_reduce(together)
        return list(together)

    def seed(self, seed: int) -> int:
        """Return the seed of this process; that of the first is ``seed`` itself."""
        return derived_seed(seed, Stream.EPOCH, self.rank) if self.rank else seed

    def share(self, images: int) -> slice:
        """Return which of a batch's images are this process's."""
        return slice(self.rank * images // self.size, (self.rank + 1) * images // self.size)

    def whole_batches(self, images: int, batch_size: int) -> list[int]:
        """Return the images, in order, of every ``size``-th batch of ``batch_size``."""
        starts = range(self.rank * batch_size, images, self.size * batch_size)
        return [i for start in starts for i in range(start, min(start + batch_size, images))]

    def mean_of_all(
        self, loss: torch.Tensor, own: int, step: int, loader: DataLoader
    ) -> torch.Tensor:
        """Return a mean over ``own`` images, weighted so that the processes' mean is over all.

        Args:
            step: number of the batch within its epoch, from 1.
        """
        if self.size == 1:
            return loss
        assert loader.batch_size is not None
        batch = loader.batch_size * self.size
        whole = min(batch, len(cast("ImageDataset", loader.dataset)) - (step - 1) * batch)
        return loss * (own * self.size / whole)

    def section_for(self, section: Mapping[str, Any], images: int) -> dict[str, Any]:
        """Return the section of a recipe with this process's share of every batch.

        Raises:
            InputError: if a batch cannot be shared.
        """
        own = copy.deepcopy(dict(section))
        if self.size == 1:
            return own
        loader = own["train_data_loader"]
        batch_size, drop_last = (loader["kwargs"][key] for key in ("batch_size", "drop_last"))
        last = images % batch_size
        if batch_size % self.size or 1 < last < self.size:
            problem = (
                f"{batch_size} images" if batch_size % self.size else f"the last {last} images"
            )
            raise InputError(
                f"training.batch_size: {problem} cannot be shared among {self.size} GPUs; write a "
                f"multiple of {self.size} that leaves none or at least {self.size} of {images} "
                "images for the last batch"
            )
        loader["kwargs"] |= {"batch_size": batch_size // self.size, "drop_last": False}
        whole = images - last if drop_last else images
        sampler = partial(ShareSampler, processes=self, batch_size=batch_size, length=whole)
        loader["sampler"]["class_or_func"] = sampler
        return own

    def wrap(self, box: TrainingBox | DistillationBox) -> None:
        """Have gradients averaged over all processes in whatever a box trains."""
        if self.size == 1:
            return
        for side in ("model", "student_model", "teacher_model"):
            network = getattr(box, side, None)
            if isinstance(network, NetworkWithPart):
                # Within, since torchdistill asks for its type.
                network.network, network.part = _wrapped(network.network), _wrapped(network.part)
            elif network is not None:
                setattr(box, side, _wrapped(network))


class ShareSampler(EpochSampler):
    """The keys of an epoch that fall to one process.

    Args:
        images, seed: as of :class:`EpochSampler`.
        processes: the process among the others.
        batch_size: of all processes together.
        length: of how many images an epoch consists.
    """

    def __init__(
        self, images: ImageDataset, seed: int, processes: Processes, batch_size: int, length: int
    ) -> None:
        super().__init__(images, seed)
        self._processes, self._batch_size, self._used = processes, batch_size, length

    def __len__(self) -> int:
        return sum(part.stop - part.start for part in self._parts())

    def __iter__(self) -> Iterator[int]:
        order = list(super().__iter__())
        for part in self._parts():
            yield from order[part]

    def _parts(self) -> Iterator[slice]:
        for start in range(0, self._used, self._batch_size):
            own = self._processes.share(min(self._batch_size, self._used - start))
            yield slice(start + own.start, start + own.stop)


def plain(network: nn.Module) -> nn.Module:
    """Return a network as it was before :meth:`Processes.wrap`."""
    return network.module if isinstance(network, DistributedDataParallel) else network


def _wrapped(network: nn.Module) -> nn.Module:
    if not any(parameter.requires_grad for parameter in network.parameters()):
        return network
    on_gpu = next(network.parameters()).is_cuda
    # Batch normalisation keeps the same statistics in every process. (Named anew in torch 2.15.)
    known = inspect.signature(DistributedDataParallel).parameters
    name = "forward_sync_buffers" if "forward_sync_buffers" in known else "broadcast_buffers"
    no_buffers: dict[str, Any] = {name: False}
    return DistributedDataParallel(
        network,
        device_ids=[torch.cuda.current_device()] if on_gpu else None,
        gradient_as_bucket_view=True,
        **no_buffers,
    )
