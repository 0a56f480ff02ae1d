"""A small dissected layer for the tests of the gallery, with names that try to break a page."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image
from tiny_broden import write_broden

import gallery
from kdlens.dissection.tallies import Tallies
from kdlens.dissection.top_images import TopImages

MASK = (12, 16)
LABELS = {
    1: "sky",
    2: "<img src=x onerror=alert(1)>",
    3: "red-c \"quoted\" & 'more'",
    4: "</script><script>alert(2)</script>",
    5: "dotted",
}
# In category.csv's order, which is not Table 1's.
CATEGORIES = ("color", "object", "part", "texture")
PRIMARY = (3, 1, 1, 0, 2, 3)  # of label 0 to 5
DATASET = "tiny <world>"


@dataclass(frozen=True)
class Made:
    """The files of a layer, and what is in them."""

    folder: Path
    tallies: Tallies
    top: TopImages

    @property
    def page(self) -> Path:
        return self.folder / "gallery/kd/seed1/layer4.html"

    def inputs(self) -> dict[str, Path]:
        return {
            "tallies": self.folder / "layer4.npz",
            "top": self.folder / "layer4_top.npz",
            "concepts": self.folder / "dataset.json",
        }

    def main(self, **changes: Any) -> str:
        """Run the script and return the page."""
        about = {"label": "Taught <b>", "model": "kd", "seed": 1, "layer": "layer4"}
        gallery.main(**{**self.inputs(), "page": self.page, **about, **changes})
        return self.page.read_text("utf-8")


def scores(units: int) -> np.ndarray:
    """The IoU (U, 6) that each unit reaches with each label, in whole per mille."""
    wanted = np.zeros((units, 6), np.int64)
    for unit in range(units):
        label = 1 + unit % 5
        detector = unit % 3 != 2
        wanted[unit, label] = (300 - 2 * unit) if detector else 40
        if detector and unit % 4 == 0:
            other = 5 if PRIMARY[label] != 3 else 1
            wanted[unit, other] = 60
    wanted[-1] = 0  # meets nothing at all
    return wanted


def write_layer(
    folder: Path, units: int = 30, images: int = 20, each: int = 8, colour: bool = False
) -> Made:
    """Write a concept dataset, and tallies and top images of one layer."""
    generator = np.random.default_rng(5)
    shows = {"object": [1, 2], "color": 3, "part": 4, "texture": 5}
    write_broden(
        folder / "data",
        images=[{"name": f"hand/{k:03}.jpg", **shows} for k in range(images)],
        labels=LABELS,
        mask_shape=MASK,
        image_shape=(60, 80),
        categories=CATEGORIES,
    )
    if colour:  # photographs that an eye can tell apart, rather than noise
        for k, file in enumerate(sorted((folder / "data/images").rglob("*.jpg"))):
            Image.new("RGB", (80, 60), (5 * k % 256, 90, 255 - 5 * k % 256)).save(file)
    about = {"model": "kd", "seed": 1, "layer": "layer4", "images": images}
    about |= {"mask_shape": list(MASK), "concepts": DATASET, "concepts_digest": "abc"}
    # IoU = I / (A + G - I) with A = G = 1000 and I = 2000 p / (1 + p).
    wanted = scores(units) / 1000
    intersection = np.rint(2000 * wanted / (1 + wanted)).astype(np.int64)
    activated = np.full((1, units, len(CATEGORIES)), 1000, np.int64)
    maps = generator.normal(size=(units, each, 3, 4)).astype(np.float32)
    peaks = maps.max((2, 3))
    order = np.argsort(-peaks, axis=1)
    top = TopImages(
        images=np.stack([generator.permutation(images)[:each] for _ in range(units)]),
        peaks=np.take_along_axis(peaks, order, 1),
        maps=np.take_along_axis(maps, order[..., None, None], 1),
        meta=about,
    )
    tallies = Tallies(
        intersection=intersection[None],
        activated_image=activated,
        activated_mask=activated,
        label_pixels=np.array([0] + [1000] * 5),
        label_category=np.array(PRIMARY),
        thresholds=generator.uniform(0, 1, (1, units)).astype(np.float32),
        quantiles=np.array([0.005]),
        label_names=np.array([LABELS.get(number, "") for number in range(6)]),
        category_names=np.array(CATEGORIES),
        meta={**about, "labels": "true"},
    )
    made = Made(folder, tallies, top)
    tallies.save(made.inputs()["tallies"])
    top.save(made.inputs()["top"])
    summary = {"name": DATASET, "digest": "abc", "root": str(folder / "data")}
    made.inputs()["concepts"].write_text(json.dumps(summary))
    return made
