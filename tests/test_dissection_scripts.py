"""The two scripts, on a small concept dataset in Broden's format and untrained networks."""

from __future__ import annotations

import csv
import json
import pickle

import numpy as np
import pytest
import torch
from tiny_broden import write_broden

import activation_maps
import dissect
from kdlens.data.broden import Broden
from kdlens.data.packing import pack_concepts
from kdlens.dissection import concept_maps, stream
from kdlens.dissection.tallies import Tallies
from kdlens.dissection.top_images import TopImages
from kdlens.errors import InputError
from kdlens.paper import figure03
from kdlens.training.networks import initialise_network

torch.set_num_threads(1)
NETWORK = {"architecture": "resnet18", "width": 8, "stem": "imagenet", "last_stride": 1}
IMAGE = {"size": 32, "mean": [0.5, 0.5, 0.5], "std": [0.25, 0.25, 0.25]}
LABELS = {1: "red-c", 2: "blue-c", 3: "dog", 4: "cat", 5: "paw", 300: "street-s"}


@pytest.fixture(scope="module")
def inputs(tmp_path_factory):
    """Twelve images (not square, so that they are resized) and two models."""
    root = tmp_path_factory.mktemp("scripts")
    rng = np.random.default_rng(0)
    images = []
    for number in range(12):
        animal = np.zeros((6, 8), int)
        animal[1 : 2 + number % 4, 2 : 4 + number % 3] = 3 + number % 2
        image = {
            "color": 1 + (rng.random((6, 8)) < 0.5),
            "object": animal,
            "part": [np.where(animal == 3, 5, 0), np.where(rng.random((6, 8)) < 0.1, 5, 0)],
            "pixels": rng.integers(0, 256, (20, 30, 3), dtype=np.uint8),
        }
        if number % 3 == 0:
            image["scene"] = 300
        images.append(image)
    write_broden(root / "tree", images, LABELS, mask_shape=(6, 8))
    pack(root / "tree", root / "packed")
    for seed in (1, 2):
        folder = root / f"seed{seed}"
        folder.mkdir()
        torch.save(initialise_network(NETWORK, 3, seed).state_dict(), folder / "model.pt")
        run_dissect(root, seed, folder)
    return root


def pack(tree, folder, categories=None, image_size=32):
    about = {"name": "tiny", "digest": "d"}
    pack_concepts(Broden(tree, categories), folder, image_size=image_size, workers=1, **about)


def run_dissect(root, seed, folder, **changes):
    arguments = {
        "model": root / f"seed{seed}" / "model.pt",
        "concepts": root / "packed",
        "output_dir": folder,
        "network": NETWORK,
        "image": IMAGE,
        "layers": ["layer2", "layer4"],
        "quantiles": [0.02, 0.1],
        "iou_threshold": 0.05,
        "denominator": "image",
        "categories": None,
        "shuffle_seed": 0,
        "batch_size": 8,
        "device": "cpu",
        "workers": 0,
        "label": {"model": "net", "seed": seed},
    }
    return dissect.main(**(arguments | changes))


def test_outputs(inputs):
    endings = (".npz", ".csv", "_shuffled.npz", "_shuffled.csv", "_top.npz")
    expected = {f"{layer}{ending}" for layer in ("layer2", "layer4") for ending in endings}
    assert {path.name for path in (inputs / "seed1").iterdir()} == {*expected, "model.pt"}
    tallies = Tallies.load(inputs / "seed1" / "layer4.npz")
    broden = Broden(inputs / "tree")
    assert tallies.intersection.shape == (2, 64, 301)
    assert tallies.category_names.tolist() == broden.categories
    assert tallies.label_names.tolist() == list(broden.label_names)
    np.testing.assert_array_equal(tallies.label_category, broden.primary_category)
    assert tallies.label_pixels[300] == 4 * 48  # a scene counts the whole image
    meta = {"model": "net", "seed": 1, "layer": "layer4", "labels": "true", "images": 12}
    assert meta.items() <= tallies.meta.items()
    assert len(tallies.meta["model_sha256"]) == 64
    assert tallies.intersection.any()
    shuffled = Tallies.load(inputs / "seed1" / "layer4_shuffled.npz")
    assert (shuffled.meta["labels"], shuffled.meta["shuffle_seed"]) == ("shuffled", 0)
    np.testing.assert_array_equal(shuffled.thresholds, tallies.thresholds)
    top = TopImages.load(inputs / "seed1" / "layer4_top.npz")
    assert top.maps.shape == (64, 8, 2, 2) and top.meta["layer"] == "layer4"
    assert tallies.meta["concepts_digest"] == top.meta["concepts_digest"] == "d"


def test_table_is_of_the_first_quantile(inputs):
    tallies = Tallies.load(inputs / "seed1" / "layer4.npz")
    with open(inputs / "seed1" / "layer4.csv", encoding="utf-8", newline="") as handle:
        rows = list(csv.DictReader(handle))
    assert len(rows) == 64
    best = tallies.best(0.02)
    for row in rows:
        assert float(row["score"]) == pytest.approx(best.score[int(row["unit"]) - 1], abs=1e-9)
    scores = [float(row["score"]) for row in rows]
    assert scores == sorted(scores, reverse=True)


def test_second_run_writes_the_same_bytes(inputs, tmp_path):
    run_dissect(inputs, 1, tmp_path)
    files = sorted(tmp_path.iterdir())
    assert len(files) == 10
    for path in files:
        assert path.read_bytes() == (inputs / "seed1" / path.name).read_bytes(), path.name


def test_chosen_categories_alone(inputs, tmp_path):
    pack(inputs / "tree", tmp_path / "packed", ["scene"])
    change = {"categories": ["scene"], "shuffle_seed": None, "concepts": tmp_path / "packed"}
    tallies = run_dissect(inputs, 1, tmp_path, **change)["layer4"]
    assert tallies.category_names.tolist() == ["scene"]
    assert tallies.meta["images"] == 4  # the others have no scene
    assert np.flatnonzero(tallies.label_pixels).tolist() == [300]
    assert not list(tmp_path.glob("*_shuffled*"))


def test_missing_model_is_not_replaced_by_random_weights(inputs, tmp_path):
    with pytest.raises(InputError, match=r"none\.pt"):
        run_dissect(inputs, 1, tmp_path, model=tmp_path / "none.pt")
    assert not list(tmp_path.iterdir())


def test_nothing_is_written_when_an_image_is_broken(inputs, tmp_path):
    write_broden(tmp_path / "tree")
    broden = Broden(tmp_path / "tree")
    broken = broden.image_files[1]
    broken.write_bytes(b"not a picture")
    pack(tmp_path / "tree", tmp_path / "packed", image_size=None)
    with pytest.raises(InputError, match=f"{broken.name}: not a readable image"):
        run_dissect(inputs, 1, tmp_path / "out", concepts=tmp_path / "packed")
    assert not (tmp_path / "out").exists()


def test_what_worker_processes_need_can_be_pickled(inputs):
    """Where processes are not forked (macOS; Python 3.14 everywhere) it is sent to them."""
    items = stream._Items(Broden(inputs / "tree"), 5, 32, True, np.arange(12)[::-1])
    again = pickle.loads(pickle.dumps(items))
    assert len(again) == len(items) == 3
    # What comes back from them is pickled too.
    ours, theirs = items[2], pickle.loads(pickle.dumps(again[2]))
    assert ours.pixels.shape == (2, 32, 32, 3)
    for one, other in (
        (ours.images, theirs.images),
        (ours.pixels, theirs.pixels),
        (ours.labels.region, theirs.labels.region),
        (ours.shuffled_labels.region, theirs.shuffled_labels.region),
    ):
        assert torch.equal(one, other)


# ---- activation maps ----------------------------------------------------------------------------


def run_maps(root, output, **changes):
    arguments = {
        "concepts": root / "packed",
        "models": [root / "seed1" / "model.pt", root / "seed2" / "model.pt"],
        "tallies": [root / "seed1" / "layer4.npz", root / "seed2" / "layer4.npz"],
        "output": output,
        "entries": [
            {
                "model": "net",
                "seed": seed,
                "label": f"Net {seed}",
                "network": NETWORK,
                "image": IMAGE,
                "layer": "layer4",
            }
            for seed in (1, 2)
        ],
        "image_size": IMAGE["size"],
        "quantile": 0.1,
        "denominator": "image",
        "concept": None,
        "category": "object",
        "images": 3,
        "device": "cpu",
        "categories": None,
    }
    activation_maps.main(**(arguments | changes))
    with np.load(output) as file:
        return dict(file)


def test_maps(inputs, tmp_path):
    maps = run_maps(inputs, tmp_path / "maps.npz")
    tallies = [Tallies.load(inputs / f"seed{seed}" / "layer4.npz") for seed in (1, 2)]
    objects = {"dog": 3, "cat": 4}
    worst = {
        name: min(each.iou(0.1)[:, label].max() for each in tallies)
        for name, label in objects.items()
    }
    assert str(maps["concept"]) == max(worst, key=worst.get)
    label = objects[str(maps["concept"])]
    assert maps["images"].shape == (3, 32, 32, 3) and maps["images"].dtype == np.uint8
    assert maps["masks"].shape == (3, 6, 8) and maps["masks"].dtype == bool
    area = maps["masks"].sum((1, 2))
    assert list(area) == sorted(area, reverse=True)
    broden = Broden(inputs / "tree")
    areas = [(broden.annotation(i).planes == label).any(0).sum() for i in range(12)]
    assert list(area) == sorted(areas, reverse=True)[:3]
    for number, each in enumerate(tallies):
        unit = maps["units"][number]
        assert maps["ious"][number] == each.iou(0.1)[:, label].max()
        assert maps["thresholds"][number] == each.thresholds[1, unit]
    assert maps["upsampled"].shape == (2, 3, 6, 8)
    assert [entry["label"] for entry in json.loads(str(maps["entries"]))] == ["Net 1", "Net 2"]
    assert json.loads(str(maps["meta"]))["quantile"] == 0.1


def test_maps_are_those_that_were_tallied(inputs, tmp_path):
    """Over all images of a concept, the shown maps and masks give the IoU of the tallies."""
    maps = run_maps(inputs, tmp_path / "maps.npz", concept="dog", images=12)
    tallies = Tallies.load(inputs / "seed1" / "layer4.npz")
    assert len(maps["images"]) == 6  # half of the images show a dog
    active = maps["upsampled"][0] > maps["thresholds"][0]
    shared = (active & maps["masks"]).sum()
    assert shared == tallies.intersection[1, maps["units"][0], 3]
    assert shared > 0


def test_whole_image_concept(inputs, tmp_path):
    maps = run_maps(inputs, tmp_path / "maps.npz", category="scene", images=9)
    assert maps["masks"].shape == (4, 6, 8) and maps["masks"].all()
    assert maps["image_numbers"].tolist() == [0, 3, 6, 9]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"concept": "dgo"}, "object 'dgo' is not a concept; did you mean 'dog'"),
        ({"category": "texture"}, "category 'texture' is not in the tallies"),
        ({"quantile": 0.3}, "quantile 0.3 was not dissected"),
        ({"entries": []}, "0 entries, 2 models and 2 tallies"),
    ],
)
def test_impossible_maps(inputs, tmp_path, changes, message):
    with pytest.raises(InputError, match=message):
        run_maps(inputs, tmp_path / "maps.npz", **changes)
    assert not list(tmp_path.iterdir())


def test_concept_is_the_one_that_all_networks_see(inputs):
    """The first network sees dogs best, the second cats; the second sees no dog."""
    networks = [Tallies.load(inputs / "seed1" / "layer4.npz") for _ in range(2)]
    for tallies, dog, cat in zip(networks, (9, 1), (5, 7), strict=True):
        tallies.intersection[:] = 0
        tallies.intersection[0, 3, 3], tallies.intersection[0, 5, 4] = dog, cat
        tallies.label_pixels[[3, 4]] = 100
        tallies.activated_image[:] = 50
    assert concept_maps.choose_concept(networks, "object") == 4
    assert concept_maps.choose_concept(networks[:1], "object") == 3
    assert concept_maps.choose_concept(networks, "object", concept="dog") == 3


def test_concept_that_no_unit_meets(inputs, tmp_path, caplog):
    """It is chosen all the same: first by the sum over the networks, then by its number."""
    blind, seeing = (Tallies.load(inputs / "seed1" / "layer4.npz") for _ in range(2))
    blind.intersection[:] = seeing.intersection[:] = 0
    seeing.intersection[:, 5, 4] = 1
    seeing.activated_image[:] = 50
    assert concept_maps.choose_concept([seeing, blind], "object") == 4
    assert "no object is met by a unit of every network; taking 'cat'" in caplog.text
    assert concept_maps.choose_concept([blind, blind], "object") == 3
    # A label that is on no image cannot be shown.
    blind.label_pixels[3] = 0
    assert concept_maps.choose_concept([blind, blind], "object") == 4
    blind.save(tmp_path / "layer4.npz")
    entry = {"model": "net", "seed": 1, "label": "Net", "network": NETWORK, "method": "kd"}
    entry |= {"image": IMAGE, "layer": "layer4"}
    change = {"tallies": [tmp_path / "layer4.npz"] * 2, "entries": [entry] * 2}
    maps = run_maps(inputs, tmp_path / "maps.npz", **change)
    assert str(maps["concept"]) == "cat" and maps["ious"].tolist() == [0, 0]
    figure = figure03.draw(figure03.Maps.load(tmp_path / "maps.npz"))
    assert "below 0.05" in " ".join(figure.axes[1].get_title().split())


def test_category_that_no_image_shows(inputs):
    tallies = Tallies.load(inputs / "seed1" / "layer4.npz")
    tallies.label_pixels[[3, 4]] = 0
    with pytest.raises(InputError, match="no image shows a concept of category 'object'"):
        concept_maps.choose_concept([tallies], "object")
