"""The two datasets of the concept world, rendered small once for all tests, and readers of them."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import render_world_concepts
import render_world_images

SEED, SIZE, MASK, IMAGES = 3, 64, 32, 190


@pytest.fixture(scope="session")
def concepts(tmp_path_factory) -> Path:
    tree = tmp_path_factory.mktemp("concepts") / "tree"
    render_world_concepts.main(tree, image_size=SIZE, mask_size=MASK, images=IMAGES, seed=SEED)
    return tree


@pytest.fixture(scope="session")
def training(tmp_path_factory) -> Path:
    tree = tmp_path_factory.mktemp("training") / "tree"
    images = {"train": 100, "val": 48}
    render_world_images.main(tree, image_size=40, classes="liveries", images=images, seed=SEED)
    return tree


def rows_of(path: Path) -> list[dict[str, str]]:
    with open(path, newline="", encoding="utf-8") as handle:
        return list(csv.DictReader(handle))


def numbers_of(png: Path) -> np.ndarray:
    rgb = np.asarray(Image.open(png)).astype(int)
    assert rgb.shape == (MASK, MASK, 3)
    assert not rgb[:, :, 2].any()
    return rgb[:, :, 0] + 256 * rgb[:, :, 1]
