"""A small dataset of drawn cells with networks on it, for the tests of its measure and figures."""

import json
from pathlib import Path

import numpy as np
import pytest

import measure_five_band_yardsticks
import render_cells
from kdlens.data.image_folder import check_image_folder

SIZE = 32
IMAGE = {"size": SIZE, "mean": [0, 0, 0], "std": [1, 1, 1]}
NETWORK = {"architecture": "resnet18", "width": 4, "stem": "small", "last_stride": 1}
THRESHOLDS = {"start": [0.3, 0.5], "delta": 0.005, "steps": 56}
RUNS = [
    {"model": "kd", "seed": 1, "label": "KD from a teacher", "method": "kd"},
    {"model": "kd", "seed": 2, "label": "KD from a teacher", "method": "kd"},
    {"model": "noise_net", "seed": 1, "label": "Random weights", "method": "random_init"},
]


class Cells:
    """Where everything of the dataset and its measure lies."""

    def __init__(self, folder: Path) -> None:
        self.tree, self.dataset = folder / "tree", folder / "dataset.json"
        self.yardsticks = folder / "yardsticks.json"
        self.networks = [folder / f"{run['model']}{run['seed']}.pt" for run in RUNS]
        self.measures = [path.with_suffix(".json") for path in self.networks]
        self.maps = [path.with_suffix(".npz") for path in self.networks]

    def measure(self, i: int, **changed: object) -> dict:
        """Measure the network of ``RUNS[i]``."""
        import measure_five_band

        run = {key: RUNS[i][key] for key in ("model", "seed")}
        told = {
            "dataset": self.dataset,
            "model": self.networks[i],
            "measure": self.measures[i],
            "maps": self.maps[i],
            "network": NETWORK,
            "image": IMAGE,
            "label": run,
            "thresholds": THRESHOLDS,
            "samples": [0, 4, 8, 9],
            "device": "cpu",
        }
        return measure_five_band.main(**told | changed)


@pytest.fixture(scope="session")
def cells(tmp_path_factory) -> Cells:
    # Not above, or every test would wait for torch: conftest imports this module.
    import torch

    from kdlens.training.networks import initialise_network

    made = Cells(tmp_path_factory.mktemp("drawn"))
    images = {"train": 30, "val": 20}
    render_cells.main(made.tree, image_size=SIZE, images=images, classes="balanced", seed=1)
    about = check_image_folder(made.tree, {"train": "train", "val": "val"})
    made.dataset.write_text(json.dumps({"name": "cells", **about}), "utf-8")
    for i, path in enumerate(made.networks):
        network = initialise_network(NETWORK, 10, seed=i)
        torch.save(network.state_dict(), path)
        made.measure(i)
    measure_five_band_yardsticks.main(made.dataset, made.yardsticks, thresholds=THRESHOLDS)
    return made


def values_of(path: Path) -> dict[str, float]:
    return json.loads(path.read_text("utf-8"))["values"]


def arrays_of(path: Path) -> dict[str, np.ndarray]:
    with np.load(path) as file:
        return {name: file[name] for name in file.files}
