"""A network's outputs as a file, and the jobs that write it and measure entropies from it."""

import json

import numpy as np
import pytest
import torch
from tiny_training import CLASSES, IMAGE, TEACHER_NETWORK, make_dataset, make_teacher

import measure_entropy
import predict
from kdlens.data.categories import Categories, write_categories
from kdlens.data.image_folder import load_split
from kdlens.errors import InputError
from kdlens.files import read_json, sha256_of
from kdlens.measures.predictions import all_correct, read_arrays, save_predictions
from kdlens.training.networks import load_network

LABEL = {"model": "teacher", "seed": 1}


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    folder = tmp_path_factory.mktemp("made")
    dataset = make_dataset(folder, train=2, val=5)
    model = make_teacher(dataset, folder)
    return {"folder": folder, "dataset": dataset, "model": model}


def predicted(made, output, **changes):
    arguments = {
        **{key: made[key] for key in ("dataset", "model")},
        "network": TEACHER_NETWORK,
        "image": IMAGE,
        "label": LABEL,
        "device": "cpu",
    }
    predict.main(**{**arguments, **changes}, output=output)
    return read_arrays(output, ("logits", "labels", "predicted"), LABEL)


def test_logits_are_the_network_s(made, tmp_path):
    meta, arrays = predicted(made, tmp_path / "p.npz")
    images, labels = load_split(made["dataset"], "val", IMAGE["size"])
    network = load_network(TEACHER_NETWORK, len(CLASSES), made["model"], "cpu")
    x = torch.from_numpy(images).permute(0, 3, 1, 2) / 255
    mean, std = (torch.tensor(IMAGE[key]).view(3, 1, 1) for key in ("mean", "std"))
    with torch.no_grad():
        expected = network((x - mean) / std).numpy()
    assert np.allclose(arrays["logits"], expected, atol=1e-4)
    assert arrays["logits"].dtype == np.float32 and arrays["logits"].shape == (15, 3)
    assert np.array_equal(arrays["labels"], labels)
    assert np.array_equal(arrays["predicted"], expected.argmax(axis=1))
    assert meta == {
        **LABEL,
        "dataset": "tiny",
        "dataset_digest": read_json(made["dataset"])["digest"],
        "model_sha256": sha256_of(made["model"]),
        "device": "cpu",
    }


def test_same_bytes_and_hardly_another_result_with_other_batches(made, tmp_path):
    _, whole = predicted(made, tmp_path / "a.npz")
    predicted(made, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    _, parts = predicted(made, tmp_path / "c.npz", batch_size=2)
    assert np.allclose(whole["logits"], parts["logits"], atol=1e-5)


def test_outputs_that_are_not_finite_are_refused(tmp_path):
    logits = np.array([[0, np.nan]], np.float32)
    with pytest.raises(InputError, match=r"teacher, seed 1: .* not finite"):
        save_predictions(tmp_path / "p.npz", logits, np.array([0]), LABEL)
    assert not (tmp_path / "p.npz").exists()


def save(path, logits, labels, digest="d", model="m"):
    meta = {"model": model, "seed": 1, "dataset_digest": digest, "dataset": "x", "device": "cpu"}
    save_predictions(path, np.array(logits, np.float32), np.array(labels), meta)
    return path


def test_right_is_what_all_networks_get_right(tmp_path):
    one = save(tmp_path / "1.npz", [[2, 1], [2, 1], [0, 1]], [0, 1, 1])
    two = save(tmp_path / "2.npz", [[2, 1], [0, 1], [1, 1]], [0, 1, 1])
    assert all_correct([one], "d").tolist() == [True, False, True]
    assert all_correct([one, two], "d").tolist() == [True, False, False], (
        "of equal logits, the first"
    )
    with pytest.raises(InputError, match=r"1\.npz: its dataset_digest is 'd', expected 'e'"):
        all_correct([one], "e")


def test_files_that_are_no_predictions(tmp_path):
    with pytest.raises(InputError, match="no such file"):
        read_arrays(tmp_path / "none.npz", (), {})
    (tmp_path / "odd.npz").write_bytes(b"PK")
    with pytest.raises(InputError, match="not a whole file of predictions"):
        read_arrays(tmp_path / "odd.npz", (), {})
    path = save(tmp_path / "1.npz", [[2, 1]], [0])
    with pytest.raises(InputError, match="its model is 'm', expected 'kd'"):
        read_arrays(path, (), {"model": "kd"})
    with pytest.raises(InputError, match="not a whole file"):
        read_arrays(path, ("other",), {})


@pytest.fixture
def measured(tmp_path):
    """Arguments of the job: three classes, one of them wrong in a second network."""
    dataset = tmp_path / "dataset.json"
    dataset.write_text(json.dumps({"kind": "image_folder", "classes": ["a", "b", "c"]}))
    write_categories(
        tmp_path / "categories.csv", Categories(("a", "b", "c"), ("x", "x", "y"), (True,) * 3)
    )
    logits, labels = np.log([[6, 3, 1], [3, 6, 1], [1, 3, 6]]), [0, 1, 2]
    wrong = [[9, 0, 0], [9, 0, 0], [0, 0, 9]]
    return {
        "dataset": dataset,
        "categories": tmp_path / "categories.csv",
        "predictions": save(tmp_path / "1.npz", logits, labels),
        "compared": [tmp_path / "1.npz", save(tmp_path / "2.npz", wrong, labels, model="n")],
        "output": tmp_path / "entropy.json",
        "label": {"model": "m", "seed": 1},
        "correct": ["m", "n"],
        "pairs": [["b", "a"], ["b", "c"]],
    }


def test_the_job_measures_what_all_get_right(measured):
    measure_entropy.main(**measured)
    found = read_json(measured["output"])
    values = found["values"]
    assert (found["measure"], found["model"], found["device"]) == ("entropy", "m", "cpu")
    assert found["settings"]["correct"] == ["m", "n"] and found["settings"]["images"] == 1000
    assert (values["images_validation"], values["images_all_correct"]) == (3, 2)
    assert (values["images"], values["images_singletons_included"]) == (1, 2)
    third = np.log2(3) - 2 / 3  # of 2/3 and 1/3
    assert values["category_macro_bits"] == pytest.approx(third)
    assert values["category_macro_bits_singletons_included"] == pytest.approx(third / 2)
    assert (values["pair1_images"], values["pair2_images"]) == (1, 1)
    assert values["pair1_category_bits"] == pytest.approx(third)
    before = measured["output"].read_bytes()
    measure_entropy.main(**measured)
    assert measured["output"].read_bytes() == before


def test_no_image_that_all_get_right_is_a_warning(measured, tmp_path, caplog):
    save(tmp_path / "2.npz", -np.eye(3), [0, 1, 2], model="n")
    measure_entropy.main(**measured)
    assert "no image is classified right by all of m, n" in caplog.text
    values = read_json(measured["output"])["values"]
    assert values["images"] == 0 and values["category_macro_bits"] is None


def test_the_job_names_what_does_not_fit(measured, tmp_path):
    with pytest.raises(InputError, match=r"entropy\.pairs: the dataset has no class 'd'"):
        measure_entropy.main(**{**measured, "pairs": [["a", "d"]]})
    with pytest.raises(InputError, match="its model is 'm', expected 'kd'"):
        measure_entropy.main(**{**measured, "label": {"model": "kd", "seed": 1}})
    write_categories(tmp_path / "categories.csv", Categories(("a",), ("x",), (True,)))
    with pytest.raises(InputError, match="is of other classes"):
        measure_entropy.main(**measured)
