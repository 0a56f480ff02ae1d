"""Masks of the concept world's validation images: of the very images, in their order."""

import numpy as np
import pytest
from PIL import Image
from world_data import SEED

import render_world_masks
from kdlens.data.image_folder import check_image_folder, split_files
from kdlens.data.world import render
from kdlens.data.world.masks import read_masks
from kdlens.errors import InputError

WORLD = {"image_size": 40, "classes": "liveries", "images": {"train": 100, "val": 48}, "seed": SEED}


@pytest.fixture(scope="module")
def made(training, tmp_path_factory):
    path = tmp_path_factory.mktemp("masks") / "val_masks.npz"
    render_world_masks.main(path, **WORLD)
    dataset = check_image_folder(training, {"train": "train", "val": "val"})
    return path, split_files(dataset, "val")[0]


def test_masks_are_those_of_the_images(made):
    path, files = made
    masks = read_masks(path, files)
    assert masks.shape == (48, 40, 40) and masks.dtype == bool
    assert (masks.mean(axis=(1, 2)) >= 1 / 32).all() and not masks.all(axis=(1, 2)).any()
    for number in (0, 7, 47):
        index = int(files[number].rsplit("/", 1)[1].removesuffix(".jpg"))
        name, rgb = render.training_picture(SEED, "val", index, 40, "liveries")
        assert f"/{name}/" in files[number]
        with Image.open(files[number]) as image:
            difference = np.asarray(image).astype(int) - rgb
        assert np.abs(difference).mean() < 8, "this is the picture, but for its compression"
        mask = render.training_mask(SEED, "val", index, 40, "liveries")[1]
        assert np.array_equal(masks[number], mask)


def test_a_mask_shows_the_species_and_not_its_company(monkeypatch):
    painted = []
    plain = render.paint_picture

    def spy(*arguments):
        painted.append((arguments[2], plain(*arguments)))
        return painted[-1][1]

    monkeypatch.setattr(render, "paint_picture", spy)
    for index in range(12):
        _, mask = render.training_mask(SEED, "val", index, 40, "families")
        species, picture = painted[-1]
        shown = picture.canvas.labels()["object"]
        assert set(np.unique(shown[mask])) == {render.OBJECT_CODE[species]}
        assert render.OBJECT_CODE[species] not in shown[~mask]


def test_same_bytes(made, tmp_path):
    render_world_masks.main(tmp_path / "again.npz", **WORLD)
    assert (tmp_path / "again.npz").read_bytes() == made[0].read_bytes()


def test_masks_of_other_images_are_refused(made, tmp_path):
    path, files = made
    with pytest.raises(InputError, match="is of other images"):
        read_masks(path, files[:-1])
    with pytest.raises(InputError, match="no such file"):
        read_masks(tmp_path / "none.npz", files)
    (tmp_path / "odd.npz").write_bytes(path.read_bytes()[:500])
    with pytest.raises(InputError, match="not a whole file of masks"):
        read_masks(tmp_path / "odd.npz", files)
