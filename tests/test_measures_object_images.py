"""Images with object masks, and the jobs on them: the concept world's own, and concept datasets."""

import numpy as np
import pytest
import torch
from tiny_training import CLASSES, IMAGE, TEACHER_NETWORK, make_dataset, make_teacher
from world_data import SEED

import initialise_model
import loss_gradient_maps
import measure_loss_gradients
from kdlens.data.broden import Broden
from kdlens.data.image_folder import check_image_folder, load_image, split_files
from kdlens.data.packing import pack_concepts
from kdlens.data.world.masks import write_masks
from kdlens.errors import InputError
from kdlens.files import read_json, write_json
from kdlens.measures.loss_gradients import loss_gradients
from kdlens.measures.object_images import ConceptObjects, ValidationObjects, choose
from kdlens.paper.loss_gradients_figure import Gradients
from kdlens.training.networks import load_network

CPU = torch.device("cpu")
SPEC = {"size": 40, "mean": [0.5] * 3, "std": [0.25, 0.2, 0.5]}
LABEL = {"model": "teacher", "seed": 1}


class Given:
    """Images with given masks."""

    def __init__(self, *masks):
        self._masks = masks

    def __len__(self):
        return len(self._masks)

    def mask(self, number):
        return self._masks[number]


def test_images_without_an_object_or_with_nothing_else_are_passed_over():
    some, none, every = np.array([[1, 0]], bool), np.zeros((1, 2), bool), np.ones((1, 2), bool)
    images = Given(some, none, some, every, some, none)
    numbers, masks, passed = choose(images, None, seed=1)
    assert numbers == [0, 2, 4] and passed == {"empty": 2, "full": 1}
    assert all(np.array_equal(mask, some) for mask in masks)
    two, _, _ = choose(images, 2, seed=1)
    assert len(two) == 2 and set(two) < {0, 2, 4} and two == choose(images, 2, seed=1)[0]
    assert choose(Given(none), 3, seed=1)[0] == []


@pytest.fixture(scope="module")
def world(training, tmp_path_factory):
    folder = tmp_path_factory.mktemp("world")
    about = check_image_folder(training, {"train": "train", "val": "val"})
    write_json(folder / "dataset.json", {"name": "world", **about})
    spec = {"image_size": 40, "classes": "liveries", "images": {"val": 48}, "seed": SEED}
    write_masks(folder / "masks.npz", **spec)
    return folder


def test_validation_images_come_with_their_classes_and_masks(world):
    found = ValidationObjects(world / "dataset.json", world / "masks.npz", SPEC, CPU)
    assert len(found) == 48 and found.name == "world"
    about = read_json(world / "dataset.json")
    files, classes = split_files(about, "val")
    batches = list(found.batches([3, 5, 47], 2))
    assert [len(images) for images, _ in batches] == [2, 1]
    assert torch.cat([labels for _, labels in batches]).tolist() == classes[[3, 5, 47]].tolist()
    assert np.array_equal(batches[1][0][0].numpy(), load_image(files[47], 40))
    assert found.mask(3).shape == (40, 40) and found.mask(3).dtype == bool


def test_masks_are_cropped_as_the_images_are(world):
    plain = ValidationObjects(world / "dataset.json", world / "masks.npz", SPEC, CPU)
    cropped = {**SPEC, "size": 60, "resize": 80}
    found = ValidationObjects(world / "dataset.json", world / "masks.npz", cropped, CPU)
    expected = np.kron(plain.mask(7), np.ones((2, 2), bool))[10:70, 10:70]
    assert np.array_equal(found.mask(7), expected)


@pytest.fixture(scope="module")
def packed(concepts, tmp_path_factory):
    folder = tmp_path_factory.mktemp("packs") / "pack"
    pack_concepts(Broden(concepts), folder, image_size=64)
    return folder


def test_concept_images_have_the_masks_of_their_objects(packed):
    every, cows = ConceptObjects(packed, 64), ConceptObjects(packed, 64, ["cow"])
    shares = np.array([[each.mask(i).mean() for i in range(40)] for each in (every, cows)])
    assert (shares[0] >= shares[1]).all() and shares[1].max() > 0
    number = int(shares[1].argmax())
    assert (every.mask(number) | ~cows.mask(number)).all(), "a cow is an object"
    ((images, labels),) = every.batches([number], 8)
    assert labels is None and images.shape == (1, 64, 64, 3) and images.dtype == torch.uint8
    with pytest.raises(InputError, match=r"objects: 'coww' is no object .* did you mean 'cow'\?"):
        ConceptObjects(packed, 64, ["coww"])
    with pytest.raises(InputError, match=r"objects: 'head' is no object"):
        ConceptObjects(packed, 64, ["head"])


def test_a_concept_dataset_without_objects_is_refused(concepts, tmp_path):
    pack_concepts(Broden(concepts, ["texture"]), tmp_path / "pack", image_size=64)
    with pytest.raises(InputError, match=r"loss_gradients\.masks: .* has no category 'object'"):
        ConceptObjects(tmp_path / "pack", 64)


@pytest.fixture(scope="module")
def network(world):
    initialise_model.main(
        world / "dataset.json",
        world / "model.pt",
        world / "metrics.json",
        name="teacher",
        seed=1,
        network=TEACHER_NETWORK,
        image=SPEC,
        device="cpu",
    )
    return world / "model.pt"


def arguments(network, **changes):
    common = {"model": network, "network": TEACHER_NETWORK, "label": LABEL, "device": "cpu"}
    return {**common, "image": SPEC, "images": 6, **changes}


def test_the_job_on_validation_images(world, network, tmp_path):
    source = {"dataset": world / "dataset.json", "masks": world / "masks.npz"}
    measure_loss_gradients.main(**arguments(network, output=tmp_path / "a.json", **source))
    found = read_json(tmp_path / "a.json")
    assert (found["measure"], found["dataset"]) == ("loss_gradients", "world")
    assert found["settings"]["loss"] == "true class" and found["values"]["images"] == 6
    assert 0 < found["values"]["energy_inside"] < 1 and 0 < found["values"]["auroc"] < 1
    measure_loss_gradients.main(**arguments(network, output=tmp_path / "b.json", **source))
    assert (tmp_path / "a.json").read_bytes() == (tmp_path / "b.json").read_bytes()
    few = arguments(network, output=tmp_path / "c.json", batch_size=4, **source)
    measure_loss_gradients.main(**few)
    assert read_json(tmp_path / "c.json")["values"] == pytest.approx(found["values"], rel=1e-3)


def test_the_job_on_concept_images(packed, network, tmp_path):
    spec = {**SPEC, "size": 64}
    output = tmp_path / "a.json"
    measure_loss_gradients.main(
        **arguments(network, output=output, concepts=packed, image=spec, objects=["cow"])
    )
    found = read_json(output)
    assert found["settings"]["loss"] == "predicted class" and found["values"]["images"] == 6
    assert found["values"]["images_empty"] > 0, "textures have no object"


def test_without_masks_there_is_no_number(world, network, tmp_path, caplog):
    about = read_json(world / "dataset.json")
    files = ["/".join(file.split("/")[-2:]) for file in split_files(about, "val")[0]]
    np.savez(tmp_path / "empty.npz", masks=np.zeros((48, 40, 40), bool), files=np.array(files))
    source = {"dataset": world / "dataset.json", "masks": tmp_path / "empty.npz"}
    measure_loss_gradients.main(**arguments(network, output=tmp_path / "a.json", **source))
    values = read_json(tmp_path / "a.json")["values"]
    assert values["images"] == 0 and values["images_empty"] == 48
    assert values["auroc"] is None and values["loss"] is None
    assert "no image has a mask" in caplog.text


def test_the_maps_are_the_gradients_of_first_images_of_classes(tmp_path):
    dataset = make_dataset(tmp_path, train=1, val=3)
    model = make_teacher(dataset, tmp_path)
    entry = {**LABEL, "label": "T", "method": "teacher"}
    entry |= {"network": TEACHER_NETWORK, "image": IMAGE}
    job = {"dataset": dataset, "models": [model, model], "entries": [entry, entry], "seed": 3}
    loss_gradient_maps.main(**job, images=2, output=tmp_path / "m.npz", device="cpu")
    loss_gradient_maps.main(**job, images=2, output=tmp_path / "n.npz", device="cpu")
    assert (tmp_path / "m.npz").read_bytes() == (tmp_path / "n.npz").read_bytes()
    found = Gradients.load(tmp_path / "m.npz")
    assert found.gradients.shape == (2, 2, 32, 32, 3) and not found.colourless
    assert [file.split("/")[1] for file in found.files] == ["000.png"] * 2
    assert [file.split("/")[0] for file in found.files] == found.classes.tolist()
    network = load_network(TEACHER_NETWORK, 3, model, "cpu")
    mean, std = (torch.tensor(IMAGE[key]).view(3, 1, 1) for key in ("mean", "std"))
    x = (torch.from_numpy(found.images).permute(0, 3, 1, 2) / 255 - mean) / std
    labels = torch.tensor([CLASSES.index(name) for name in found.classes])
    expected, logits = loss_gradients(network, x, labels, IMAGE["std"])
    assert np.allclose(found.gradients[0], expected.permute(0, 2, 3, 1), rtol=1e-2, atol=1e-4)
    p = logits.softmax(dim=1)[range(2), labels].numpy()
    assert np.allclose(found.p_true[1], p, atol=1e-5)
    assert np.allclose(found.losses[1], -np.log(p), atol=1e-4)
    loss_gradient_maps.main(**job, images=9, output=tmp_path / "all.npz", device="cpu")
    assert Gradients.load(tmp_path / "all.npz").classes.tolist() == list(CLASSES)
    with pytest.raises(InputError, match="2 entries and 1 models"):
        loss_gradient_maps.main(**{**job, "models": [model]}, output=tmp_path / "x.npz")
