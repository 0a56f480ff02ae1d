"""Order, augmentation and preparation of the training images."""

from __future__ import annotations

import pickle
from itertools import product

import numpy as np
import pytest
import torch
from PIL import Image
from tiny_training import IMAGE, make_dataset
from torch.utils.data import DataLoader

from kdlens.data.image_folder import read_dataset
from kdlens.errors import InputError
from kdlens.training import datasets, splits
from kdlens.training.augmentation import augment, random_resized_crop
from kdlens.training.datasets import EpochSampler, Preprocess
from kdlens.training.randomness import permutation, uniforms
from kdlens.training.splits import hold_in_memory, open_split

CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def dataset(tmp_path_factory):
    return make_dataset(tmp_path_factory.mktemp("tiny"), train=5, val=2, side=40)


def test_random_numbers_depend_on_their_address_alone():
    together = uniforms(1, 2, np.array([10, 11, 12]), 3)
    alone = uniforms(1, 2, np.array([11]), 3)
    assert np.array_equal(together[1], alone[0])
    others = [uniforms(5, 2, np.array([11]), 3), uniforms(1, 3, np.array([11]), 3)]
    assert all(not np.array_equal(alone, other) for other in others)


def test_random_numbers_are_uniform_and_independent():
    numbers = uniforms(0, 0, np.arange(20_000), 2)
    assert numbers.min() >= 0 and numbers.max() < 1
    counts = np.histogram2d(*numbers.T, bins=10)[0]
    # 100 cells of 200 expected; chi squared with 99 degrees of freedom exceeds 170 once in 100,000.
    assert ((counts - 200) ** 2 / 200).sum() < 170


def test_every_epoch_has_its_own_permutation():
    first, second = permutation(1, 2, 0, 50), permutation(1, 2, 1, 50)
    assert sorted(first) == sorted(second) == list(range(50))
    assert not np.array_equal(first, second)
    assert np.array_equal(second, permutation(1, 2, 1, 50))


def _gradient(count=64, side=16):
    """Return images whose every pixel is its own column, row and image number."""
    columns, rows = np.meshgrid(np.arange(side), np.arange(side))
    pixels = np.stack([columns, rows, np.zeros_like(rows)], -1)[None].repeat(count, 0)
    pixels[..., 2] = np.arange(count)[:, None, None]
    return torch.from_numpy(pixels.astype(np.uint8))


def test_flip_mirrors_about_half_of_the_images():
    images = _gradient()
    flipped = augment("flip", images, np.arange(64), seed=1)
    same = (flipped == images).flatten(1).all(1)
    mirrored = (flipped == images.flip(2)).flatten(1).all(1)
    assert (same ^ mirrored).all()
    assert 16 < mirrored.sum() < 48
    assert augment("none", images, np.arange(64), seed=1) is images


def test_crop_shifts_by_at_most_an_eighth_and_reflects_the_edge():
    side, reach = 16, 2
    images = _gradient()
    cropped = augment("crop_flip", images, np.arange(64), seed=1).numpy()
    shifts = set()
    for number, image in enumerate(cropped):
        padded = np.pad(images[number].numpy(), ((reach, reach), (reach, reach), (0, 0)), "reflect")
        candidates = {
            (down, across, flip): padded[down : down + side, across : across + side][:, ::flip]
            for down, across, flip in product(range(2 * reach + 1), range(2 * reach + 1), (1, -1))
        }
        found = [key for key, value in candidates.items() if np.array_equal(value, image)]
        assert len(found) == 1
        shifts.add(found[0])
    assert len({down for down, _, _ in shifts}) == len({across for _, across, _ in shifts}) == 5


def test_random_resized_crop_stays_inside_and_keeps_its_bounds(monkeypatch):
    boxes = []
    plain = Image.Image.resize
    monkeypatch.setattr(
        Image.Image, "resize", lambda self, *a, **k: boxes.append(k["box"]) or plain(self, *a, **k)
    )
    image = Image.new("RGB", (90, 60))
    for key in range(200):
        assert random_resized_crop(image, 16, key, seed=1).size == (16, 16)
    left, top, right, bottom = np.array(boxes).T
    assert left.min() >= 0 and top.min() >= 0 and right.max() <= 90 and bottom.max() <= 60
    areas = (right - left) * (bottom - top) / (90 * 60)
    assert 0.07 < areas.min() < 0.15 and areas.max() > 0.85
    ratios = (right - left) / (bottom - top)
    assert 0.7 < ratios.min() < 0.8 and 1.25 < ratios.max() < 1.4
    # No rectangle of the right shape fits into a ribbon; its largest central part is taken.
    boxes.clear()
    random_resized_crop(Image.new("RGB", (400, 4)), 16, 0, seed=1)
    assert boxes == [(197, 0, 202, 4)]


@pytest.mark.parametrize("augmentation", ["none", "flip", "crop_flip"])
def test_held_and_streamed_images_are_the_same(dataset, augmentation):
    common = {"device": CPU, "threads": 1, "augmentation": augmentation, "seed": 3}
    held = open_split(dataset, "train", IMAGE, held=True, **common)
    streamed = open_split(dataset, "train", IMAGE, held=False, **common)
    keys = [16, 3, 29, 44]  # epochs 1, 0, 1, 2 of 15 images
    for a, b in zip(held.__getitems__(keys)[:2], streamed.__getitems__(keys)[:2], strict=True):
        assert torch.equal(a, b)
    assert held.__getitems__(keys)[1].tolist() == [0, 0, 2, 2]


def test_resize_takes_the_centre_of_a_larger_image(dataset):
    image = {**IMAGE, "size": 32, "resize": 40}
    common = {"device": CPU, "threads": 1}
    held = open_split(dataset, "val", image, held=True, **common)
    streamed = open_split(dataset, "val", image, held=False, **common)
    first = np.asarray(Image.open(dataset.parent / "tree/val/blue/000.png"))[4:36, 4:36]
    for images in (held, streamed):
        assert np.array_equal(images.__getitems__([0])[0][0].numpy(), first)
    with pytest.raises(InputError, match="resize: 20 is less than the size 32"):
        open_split(dataset, "val", {**IMAGE, "resize": 20}, held=True, **common)


def test_worker_processes_give_the_batches_of_the_same_epoch(dataset):
    common = {"device": CPU, "threads": 1, "augmentation": "imagenet", "seed": 3}
    images = open_split(dataset, "train", IMAGE, held=False, **common)

    def batches(workers):
        sampler = EpochSampler(images, 3)
        loader = DataLoader(
            images,
            4,
            sampler=sampler,
            collate_fn=datasets.whole_batch,
            num_workers=workers,
            persistent_workers=workers > 0,
        )
        for epoch in (0, 1):
            sampler.set_epoch(epoch)
            yield from ((pixels, labels) for pixels, labels, _ in loader)

    alone, helped = list(batches(0)), list(batches(1))
    assert len(alone) == len(helped) == 8
    for (a, x), (b, y) in zip(alone, helped, strict=True):
        assert torch.equal(a, b) and torch.equal(x, y)
    assert not torch.equal(alone[0][0], alone[4][0])


def test_preprocess_normalises_in_channels_last_order():
    pixels = torch.randint(0, 256, (2, 6, 6, 3), dtype=torch.uint8)
    images = Preprocess(IMAGE, CPU)(pixels)
    expected = pixels.permute(0, 3, 1, 2).double() / 255
    for channel in range(3):
        expected[:, channel] -= IMAGE["mean"][channel]
        expected[:, channel] /= IMAGE["std"][channel]
    torch.testing.assert_close(images.double(), expected, rtol=0, atol=1e-6)
    assert images.is_contiguous(memory_format=torch.channels_last)


def test_images_are_held_if_they_fit(dataset, monkeypatch):
    data = read_dataset(dataset)
    assert hold_in_memory("auto", data, IMAGE)
    assert not hold_in_memory("auto", data, IMAGE, augmentation="imagenet")
    assert not hold_in_memory(False, data, IMAGE)
    monkeypatch.setattr(splits, "MEMORY_BUDGET", 21 * 32 * 32 * 3)
    assert not hold_in_memory("auto", data, IMAGE)
    assert hold_in_memory(True, data, IMAGE)
    with pytest.raises(InputError, match="write auto or false"):
        hold_in_memory(True, data, IMAGE, augmentation="imagenet")
    with pytest.raises(InputError, match="did you mean 'flip'"):
        hold_in_memory("auto", data, IMAGE, augmentation="flipp")


def test_a_file_that_was_damaged_after_the_check_is_named(tmp_path):
    dataset = make_dataset(tmp_path, train=1, val=1)
    (tmp_path / "tree/train/green/000.png").write_bytes(b"no image")
    for augmentation in ("none", "imagenet"):
        images = open_split(
            dataset, "train", IMAGE, held=False, device=CPU, threads=1, augmentation=augmentation
        )
        for workers in (0, 1):
            loader = datasets.ordered_loader(images, 3, workers)
            with pytest.raises(InputError, match=r"green/000.png: cannot be decoded") as caught:
                list(datasets.batches(loader))
            assert "\n" not in str(caught.value)


@pytest.mark.parametrize("augmentation", ["crop_flip", "imagenet"])
def test_what_worker_processes_need_can_be_pickled(dataset, augmentation):
    """Where processes are not forked (macOS; Python 3.14 everywhere) it is sent to them."""
    images = open_split(
        dataset, "train", IMAGE, held=False, device=CPU, threads=1, augmentation=augmentation
    )
    again, collate = pickle.loads(pickle.dumps((images, datasets.whole_batch)))
    keys = [16, 3, 29]
    a, b = (collate(each.__getitems__(keys)) for each in (images, again))
    assert torch.equal(a[0], b[0]) and torch.equal(a[1], b[1])
