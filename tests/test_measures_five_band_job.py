"""The job that scores a network's saliency maps: against its parts, and what it refuses."""

import json
import shutil

import numpy as np
import pytest
import torch
from cells_data import IMAGE, NETWORK, THRESHOLDS, arrays_of, values_of
from torch import nn

import measure_five_band_yardsticks
from kdlens.data.cells import CLASSES
from kdlens.data.cells.tree import read_truth, truth_path
from kdlens.data.image_folder import load_split, split_files
from kdlens.errors import InputError
from kdlens.files import sha256_of
from kdlens.measures.five_band import Sweep, band_scores, count, scaled_map
from kdlens.measures.saliency import predicted_saliency
from kdlens.training.networks import load_network


def gradients(network, images):
    """The saliency by autograd alone, one image after the other."""
    maps, classes = [], []
    for image in images:
        inputs = image[None].clone().requires_grad_()
        outputs = network(inputs)[0]
        classes.append(int(outputs.argmax()))
        (gradient,) = torch.autograd.grad(outputs[classes[-1]], inputs)
        maps.append(gradient[0].abs())
    return torch.stack(maps), classes


def test_saliency_of_a_linear_network_is_its_weights():
    network = nn.Sequential(nn.Flatten(), nn.Linear(12, 3, bias=False)).eval()
    images = torch.randn(5, 3, 2, 2)
    maps, predicted = predicted_saliency(network, images)
    weights = network[1].weight.detach().abs()
    torch.testing.assert_close(maps, weights[predicted].view(5, 3, 2, 2))
    assert predicted.tolist() == network(images).argmax(1).tolist()
    assert not images.requires_grad and network[1].weight.grad is None


def test_scores_are_those_of_the_parts(cells):
    network = load_network(NETWORK, 10, cells.networks[0], "cpu")
    about = json.loads(cells.dataset.read_text("utf-8"))
    files, labels = split_files(about, "val")
    pixels, _ = load_split(cells.dataset, "val", IMAGE["size"])
    maps, predicted = gradients(network, torch.from_numpy(pixels).movedim(-1, 1) / 255)
    sweep, scores = Sweep.of(**THRESHOLDS), []
    for values, file in zip(maps.numpy(), files, strict=True):
        scores.append(band_scores(count(scaled_map(values), read_truth(truth_path(file)), sweep)))
    found = json.loads(cells.measures[0].read_text("utf-8"))
    expected = np.mean(scores, axis=(0, 2))
    for name, value in zip(
        ("pixel_accuracy", "recall", "precision", "false_positive_rate"), expected, strict=True
    ):
        assert found["values"][f"{name}_mean_included"] == pytest.approx(value, abs=1e-3)
    assert found["values"]["accuracy"] == np.mean(np.array(predicted) == labels)
    assert (found["values"]["images_included"], found["values"]["images_excluded"]) == (20, 18)
    assert found["values"]["object_images"] == 18
    assert len(found["curves"]["recall_included"]) == 56
    assert found["measure"] == "five_band" and found["settings"]["thresholds"] == THRESHOLDS
    assert found["model_sha256"] == sha256_of(cells.networks[0])
    assert (found["dataset"], found["dataset_digest"]) == ("cells", about["digest"])
    kept = arrays_of(cells.maps[0])
    assert kept["classes"].tolist() == [0, 4, 8, 9]
    numbers = [labels.tolist().index(kind) for kind in (0, 4, 8, 9)]
    for i, number in enumerate(numbers):
        assert kept["images"][i].startswith(f"val/{CLASSES[labels[number]]}/")
        np.testing.assert_allclose(kept["maps"][i], scaled_map(maps[number].numpy()), atol=1e-4)
        assert kept["predicted"][i] == predicted[number]


def test_the_same_job_gives_the_same_bytes(cells, tmp_path):
    cells.measure(0, measure=tmp_path / "m.json", maps=tmp_path / "m.npz")
    assert (tmp_path / "m.json").read_bytes() == cells.measures[0].read_bytes()
    assert (tmp_path / "m.npz").read_bytes() == cells.maps[0].read_bytes()


def test_batches_of_another_size_give_the_same_scores(cells, tmp_path):
    other = cells.measure(0, measure=tmp_path / "m.json", maps=tmp_path / "m.npz", batch_size=3)
    for key, value in values_of(cells.measures[0]).items():
        assert other["values"][key] == pytest.approx(value, abs=2e-3), key


def test_a_clamp_and_correct_images_alone_change_what_is_measured(cells, tmp_path):
    files = {"measure": tmp_path / "m.json", "maps": tmp_path / "m.npz"}
    clamped = cells.measure(0, clamp=1e-4, **files)["values"]
    assert clamped["recall_mean_included"] != values_of(cells.measures[0])["recall_mean_included"]
    right = cells.measure(0, only_correct=True, **files)["values"]
    assert right["images_included"] == round(20 * right["accuracy"]) < 20


def test_yardsticks_are_the_same_for_any_number_of_threads(cells, tmp_path):
    again = tmp_path / "again.json"
    measure_five_band_yardsticks.main(cells.dataset, again, thresholds=THRESHOLDS, threads=3)
    assert again.read_bytes() == cells.yardsticks.read_bytes()
    values = values_of(cells.yardsticks)
    perfect, noise = values["perfect"], values["noise"]
    assert perfect["recall_mean_excluded"] == pytest.approx(1, abs=1e-3)
    assert perfect["recall_best_included"] == pytest.approx(0.9, abs=1e-3)
    assert perfect["pixel_accuracy_best_included"] == 1
    assert perfect["feature_auroc"] == perfect["object_average_precision"] == 1
    assert 0.2 < perfect["precision_mean_excluded"] < 0.8
    assert noise["object_auroc"] == pytest.approx(0.5, abs=0.05)
    assert noise["precision_best_included"] < 0.2
    assert "accuracy" not in perfect


def test_images_of_another_kind_are_refused(cells, tmp_path):
    other = json.loads(cells.dataset.read_text("utf-8")) | {"classes": ["cat", "dog"]}
    (tmp_path / "dataset.json").write_text(json.dumps(other), "utf-8")
    with pytest.raises(InputError, match="is not of drawn cells"):
        cells.measure(0, dataset=tmp_path / "dataset.json")


def test_a_missing_truth_is_named(cells, tmp_path):
    tree = tmp_path / "tree"
    shutil.copytree(cells.tree, tree)
    (tree / "truth" / "val" / CLASSES[3] / "00013.png").unlink()
    about = json.loads(cells.dataset.read_text("utf-8")) | {"root": str(tree)}
    (tmp_path / "dataset.json").write_text(json.dumps(about), "utf-8")
    with pytest.raises(InputError, match=r"truth/val/3_red_rectangle/00013.png: cannot be read"):
        cells.measure(
            0,
            dataset=tmp_path / "dataset.json",
            measure=tmp_path / "m.json",
            maps=tmp_path / "m.npz",
        )
    assert not (tmp_path / "m.json").exists()
