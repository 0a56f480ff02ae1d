"""DiffROAR as a whole: scores by hand, a case with a known answer, kills."""

from __future__ import annotations

import json
import logging
import statistics
from pathlib import Path

import numpy as np
import pytest
import tiny_training
import torch
from tiny_training import IMAGE, NETWORK, Killed, die_after, make_dataset
from torch import nn

import measure_diffroar
from kdlens.errors import InputError
from kdlens.measures import diffroar_retrain
from kdlens.measures.diffroar import cases_of, values_of
from kdlens.measures.diffroar_masks import Mask, MaskedImages, fill_values
from kdlens.measures.diffroar_ranks import rank_images
from kdlens.measures.diffroar_retrain import Accuracy, Retraining
from kdlens.measures.diffroar_scores import scores, summary
from kdlens.training.datasets import Preprocess

CPU = torch.device("cpu")
TRAINING = {
    "epochs": 2,
    "batch_size": 9,
    "learning_rate": 0.05,
    "momentum": 0.9,
    "weight_decay": 0.0005,
    "schedule": {"name": "one_cycle", "warmup": 0.3},
    "augmentation": "crop_flip",
}


def test_scores_by_hand():
    accuracies = {
        "0.1": {"top": [50.0, 60.0], "bottom": [90.0, 80.0]},
        "0.9": {"top": [10.0, 10.0], "bottom": [30.0, 10.0]},
    }
    assert scores(accuracies) == {"0.1": [40, 20], "0.9": [20, 0]}
    found = summary(accuracies)
    assert found["diffroar"] == 20  # the mean of 40, 20, 20, 0
    assert found["sd"] == pytest.approx(statistics.stdev([30, 10]))  # means over the fractions
    assert found["f0.1"] == 30 and found["f0.9"] == 10
    assert found["f0.1_sd"] == found["f0.9_sd"] == pytest.approx(200**0.5)
    assert found["f0.1_top"] == 55 and found["f0.9_bottom"] == 20


def test_over_all_pairs_the_mean_is_the_same():
    bottom, top = [90.0, 80.0, 70.0], [50.0, 65.0, 20.0]
    pairs = [b - t for b in bottom for t in top]
    matched = summary({"0.5": {"top": top, "bottom": bottom}})
    assert matched["diffroar"] == pytest.approx(statistics.fmean(pairs))


def test_one_initialisation_has_no_spread():
    found = summary({"0.5": {"top": [1.0], "bottom": [2.0]}})
    assert found["sd"] is found["f0.5_sd"] is None


def test_the_main_ranking_stands_for_all_and_an_unused_one_is_empty():
    last = {"0.5": {"top": [1.0], "bottom": [3.0]}}
    best = {"0.5": {"top": [2.0], "bottom": [3.0]}}
    found = values_of({"pixel": {"last": last, "best": best}}, "pixel")
    assert found["diffroar"] == found["pixel_diffroar"] == 2
    assert found["best_diffroar"] == found["pixel_best_diffroar"] == 1
    assert found["coordinate_diffroar"] is None
    assert found["pixel_f0.5_top"] == 1


def test_cases_come_initialisation_by_initialisation_and_are_unlike():
    cases = cases_of(["coordinate", "pixel"], [0.1, 0.5], 3)
    assert len(cases) == len({case.name for case in cases}) == 2 * 2 * 2 * 3
    assert [case.initialisation for case in cases] == [1] * 8 + [2] * 8 + [3] * 8
    assert cases[0].name == "coordinate 0.1 top 1"


class OnePixel(nn.Module):
    """Looks at one pixel alone: the green of row 2, column 3."""

    def forward(self, inputs: torch.Tensor) -> torch.Tensor:
        seen = inputs[:, 1, 2, 3]
        return torch.stack([-seen, seen], dim=1)


def one_pixel(explained: nn.Module | None) -> Retraining:
    """Return 8 x 8 images of noise whose class is in one pixel, ranked by ``explained``."""
    generator = torch.Generator().manual_seed(1)
    image = {"size": 8, "mean": [0.5] * 3, "std": [0.3] * 3}
    preprocess, splits, fill = Preprocess(image, CPU), {}, None
    for split, count in (("train", 128), ("val", 200)):
        images = torch.randint(0, 256, (count, 8, 8, 3), generator=generator, dtype=torch.uint8)
        labels = torch.arange(count) % 2
        images[:, 2, 3, 1] = torch.where(labels == 1, 255, 0).to(torch.uint8)
        fill = fill_values(images, "mean") if fill is None else fill
        arguments = {"rankings": ["coordinate"], "label": "predicted", "seed": 1}
        ranks = rank_images(explained, images, labels, preprocess, **arguments)
        splits[split] = MaskedImages(images, labels, ranks, fill)
    training = {"epochs": 6, "batch_size": 16, "learning_rate": 0.1, "momentum": 0.9}
    return Retraining(NETWORK, 2, training, "float32", **splits, preprocess=preprocess)


@pytest.fixture
def linear(monkeypatch):
    def build(spec, classes, seed):
        torch.manual_seed(seed)
        torch.set_num_threads(1)
        return nn.Sequential(nn.Flatten(), nn.Linear(192, classes))

    monkeypatch.setattr(diffroar_retrain, "initialise_network", build)


def test_without_the_pixel_that_tells_the_class_nothing_can_be_learned(linear):
    told = one_pixel(OnePixel())
    masks = [Mask("coordinate", f, side) for f in (0.1, 0.5) for side in ("top", "bottom")]
    top_few, bottom_few, top_half, bottom_half = (told.run(mask, 1) for mask in masks)
    assert top_few.last < 65 and top_half.last < 65  # chance is 50
    assert bottom_few.last > 95 and bottom_half.last > 95
    assert bottom_few.last - top_few.last > 30


def test_random_rankings_score_about_nothing(linear):
    null = one_pixel(None)
    cases = cases_of(["coordinate"], [0.5], 2)
    found = {c.name: null.run(c.mask, c.initialisation).last for c in cases}
    sides = {s: [v for n, v in found.items() if s in n] for s in ("top", "bottom")}
    difference = statistics.fmean(sides["bottom"]) - statistics.fmean(sides["top"])
    assert abs(difference) < 12  # above 30 by the pixel that tells the class
    assert all(55 < value < 97 for value in found.values())


@pytest.fixture(scope="module")
def dataset(tmp_path_factory) -> Path:
    return make_dataset(tmp_path_factory.mktemp("data"), train=9, val=4)


def arguments(dataset: Path, folder: Path, **changes) -> dict:
    training = {**TRAINING, **changes.pop("training", {})}
    return {
        "dataset": dataset,
        "model": None,
        "output": folder / "seed1.json",
        "name": "tiny",
        "seed": 1,
        "network": NETWORK,
        "image": IMAGE,
        "retraining": {"precision": "float32", **training},
        "retrained": NETWORK,
        "fractions": [0.2, 0.8],
        "initialisations": 2,
        "device": "cpu",
        **changes,
    }


def test_the_same_initialisation_is_the_same_training_for_every_mask(dataset, tmp_path):
    # Nothing is removed where round(f * d) is 0, so top and bottom are the same images.
    found = measure_diffroar.main(**arguments(dataset, tmp_path, fractions=[1e-6]))
    sides = found["accuracies"]["coordinate"]["last"]["1e-06"]
    assert sides["top"] == sides["bottom"]
    assert found["values"]["diffroar"] == 0


def test_the_file_says_what_it_is_of_and_the_same_again_is_the_same_bytes(dataset, tmp_path):
    model = tiny_training.make_teacher(dataset, tmp_path / "model")
    told = {"model": model, "network": tiny_training.TEACHER_NETWORK, "rankings": ["pixel"]}
    first = measure_diffroar.main(**arguments(dataset, tmp_path / "a", **told))
    measure_diffroar.main(**arguments(dataset, tmp_path / "b", **told))
    written = (tmp_path / "a/seed1.json").read_bytes()
    assert written == (tmp_path / "b/seed1.json").read_bytes()
    assert json.loads(written) == first
    assert first["measure"] == "diffroar" and first["model"] == "tiny" and first["seed"] == 1
    assert first["dataset"] == "tiny" and len(first["model_sha256"]) == 64
    assert first["device"] == "cpu" and first["precision"] == "float32"
    assert first["settings"]["rankings"] == ["pixel"]
    accuracies = first["accuracies"]["pixel"]
    assert set(accuracies) == {"last", "best"}
    assert {len(v) for sides in accuracies["last"].values() for v in sides.values()} == {2}
    for fraction, sides in accuracies["last"].items():
        for side, values in sides.items():
            assert all(
                best >= last
                for best, last in zip(accuracies["best"][fraction][side], values, strict=True)
            )


def test_a_killed_job_goes_on_with_the_networks_that_are_not_finished(
    dataset, tmp_path, monkeypatch, caplog
):
    caplog.set_level(logging.INFO)
    measure_diffroar.main(**arguments(dataset, tmp_path / "whole"))
    with monkeypatch.context() as patch:
        die_after(patch, 3)
        with pytest.raises(Killed):
            measure_diffroar.main(**arguments(dataset, tmp_path / "killed"))
    assert not (tmp_path / "killed/seed1.json").exists()
    trained, run = [], Retraining.run

    def noted(self, mask, *rest):
        trained.append(mask)
        return run(self, mask, *rest)

    monkeypatch.setattr(Retraining, "run", noted)
    measure_diffroar.main(**arguments(dataset, tmp_path / "killed"))
    assert len(trained) == 8 - 3
    assert "3 of 8 networks are there already" in caplog.text
    whole, killed = (tmp_path / name / "seed1.json" for name in ("whole", "killed"))
    assert whole.read_bytes() == killed.read_bytes()


def test_finished_networks_of_other_settings_are_not_used_and_of_more_fractions_they_are(
    dataset, tmp_path, caplog
):
    caplog.set_level(logging.INFO)
    measure_diffroar.main(**arguments(dataset, tmp_path, fractions=[0.2], initialisations=1))
    measure_diffroar.main(**arguments(dataset, tmp_path, initialisations=1))
    assert "2 of 4 networks are there already" in caplog.text
    caplog.clear()
    few = {"fractions": [0.2], "initialisations": 1}
    measure_diffroar.main(**arguments(dataset, tmp_path, **few, fill="zero"))
    assert "is of other data, settings or code; starting anew" in caplog.text
    assert "are there already" not in caplog.text
    partial = tmp_path / "seed1.partial.json"
    partial.write_text("{")
    measure_diffroar.main(**arguments(dataset, tmp_path, **few))
    assert "cannot be read; starting anew" in caplog.text


def test_a_loss_that_diverges_is_one_line(dataset, tmp_path):
    wild = {"learning_rate": 1e30, "schedule": {"name": "constant"}, "epochs": 3}
    with pytest.raises(InputError, match=r"diffroar\.retraining\.learning_rate: the loss became"):
        measure_diffroar.main(**arguments(dataset, tmp_path, training=wild))


def test_a_network_of_other_classes_cannot_be_measured(dataset, tmp_path):
    other = {**NETWORK, "classes": 7}
    with pytest.raises(InputError, match=r"models\.tiny: its network has 7 classes"):
        measure_diffroar.main(**arguments(dataset, tmp_path, model=tmp_path, network=other))


def test_images_that_do_not_fit_into_memory_are_one_line(dataset, tmp_path):
    told = arguments(dataset, tmp_path, memory_mib=1000)
    with pytest.raises(
        InputError, match=r"jobs\.measures\.mem_mb: the images of tiny .* write 1001"
    ):
        measure_diffroar.main(**told)


def test_the_best_epoch_is_the_first_of_the_highest():
    assert diffroar_retrain._accuracy([10.0, 30.0, 30.0, 20.0]) == Accuracy(20.0, 30.0, 2)


def test_every_image_is_seen_once_an_epoch(linear, monkeypatch):
    told = one_pixel(None)
    seen, batch = [], MaskedImages.batch

    def noted(self, keys, *rest):
        if self is told.train:
            seen.extend(np.asarray(keys).tolist())
        return batch(self, keys, *rest)

    monkeypatch.setattr(MaskedImages, "batch", noted)
    told.run(Mask("coordinate", 0.5, "top"), 1)
    assert sorted(seen) == list(range(6 * 128))
    assert seen[:128] != sorted(seen[:128])
