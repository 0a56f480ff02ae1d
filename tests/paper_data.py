"""Made-up results for the tests of the paper stage: tallies and metrics with known counts."""

import json

import numpy as np
from project import ROOT

from kdlens.dissection.tallies import Tallies

REFERENCE = ROOT / "config" / "reference" / "han2023" / "table01.csv"
CATEGORIES = ("color", "object", "part", "material", "scene", "texture")  # category.csv's order
SETTINGS = {"iou_threshold": 0.05, "quantile": 0.005, "denominator": "image", "layer": "layer4"}
METHODS = ("cross_entropy", "kd", "label_smoothing", "random_init")
DATASET = {"training": "concept_world", "concepts": "concept_world_masks"}


def write_tallies(path, units, *, model, seed, labels="true", layer="layer4"):
    """Write tallies in which the detections are given.

    ``units`` lists for each unit the labels that it detects, strongest first, such as
    ``["object 2", "part 1"]``; there are labels 1 to 3 in every category.
    """
    names = [""] + [f"{category} {i}" for category in CATEGORIES for i in (1, 2, 3)]
    intersection = np.zeros((1, len(units), len(names)), np.int64)
    for unit, detected in enumerate(units):
        for rank, name in enumerate(detected):
            # IoU = I / (100 + 100 - I): 0.11 and less, by rank; all at least 0.05.
            intersection[0, unit, names.index(name)] = 20 - 3 * rank
    activated = np.full((1, len(units), len(CATEGORIES)), 100, np.int64)
    Tallies(
        intersection=intersection,
        activated_image=activated,
        activated_mask=activated,
        label_pixels=np.array([0] + [100] * (len(names) - 1)),
        label_category=np.array([len(CATEGORIES) - 1, *np.repeat(np.arange(6), 3)]),
        thresholds=np.ones((1, len(units)), np.float32),
        quantiles=np.array([0.005]),
        label_names=np.array(names),
        category_names=np.array(CATEGORIES),
        meta={"layer": layer, "labels": labels, "model": model, "seed": seed},
    ).save(path)
    return path


def write_metrics(path, *, model, seed, top1):
    path.write_text(json.dumps({"model": model, "seed": seed, "top1": top1}))
    return path


def run_of(model, seed, method, label=None, reference=None, labels="true", layer="layer4"):
    return {
        "model": model,
        "seed": seed,
        "label": label or model,
        "method": method,
        "reference": reference,
        "labels": labels,
        "layer": layer,
    }


def write_maps(
    path, labels=("Scratch", "KD"), ious=(0.08, 0.04), images=4, size=(40, 40), **change
):
    """Write activation maps of blobs; ``change`` replaces arrays (None leaves one out)."""
    height, width = size
    generator = np.random.default_rng(1)
    y, x = np.mgrid[: height // 2, : width // 2]
    centres = generator.uniform(0.2, 0.8, (images, 2)) * (height // 2, width // 2)
    distance = np.stack([np.hypot(y - cy, x - cx) for cy, cx in centres])
    activation = np.stack([np.exp(-distance / (3 + m)) * (1 + m) for m in range(len(labels))])
    arrays = {
        "images": generator.integers(0, 256, (images, height, width, 3), dtype=np.uint8),
        "masks": distance < height / 8,
        "upsampled": activation.astype(np.float32),
        "thresholds": np.full(len(labels), 0.5, np.float32),
        "units": np.arange(len(labels)),
        "ious": np.array(ious),
        "concept": np.array("dog"),
        "category": np.array("object"),
        "meta": np.array(json.dumps({"layer": "layer4", "iou_threshold": 0.05})),
        "entries": np.array(
            json.dumps(
                [
                    {"model": f"m{i}", "seed": 1, "label": label, "method": method}
                    for i, (label, method) in enumerate(zip(labels, METHODS, strict=False))
                ]
            )
        ),
    }
    arrays |= change
    np.savez(path, **{name: array for name, array in arrays.items() if array is not None})
    return path


def write_ious(
    path,
    ious,
    *,
    model,
    seed,
    quantiles=(0.005,),
    labels="true",
    layer="layer4",
    categories=CATEGORIES,
    names=None,
    label_category=None,
    thresholds=None,
    **meta,
):
    """Write tallies that have the IoUs given, (Q, U, C) with label 0 first.

    Without ``names`` and ``label_category`` the labels are shared out evenly among ``categories``.
    """
    ious = np.asarray(ious, np.float64)
    levels, units, count = ious.shape
    if names is None:
        each = (count - 1) // len(categories)
        names = [""] + [f"{category} {i + 1}" for category in categories for i in range(each)]
        label_category = [len(categories) - 1, *np.repeat(np.arange(len(categories)), each)]
    pixels = 10**9
    # IoU = I / (A + G - I), with A = G; as exact as whole pixels allow.
    intersection = np.rint(2 * pixels * ious / (1 + ious)).astype(np.int64)
    activated = np.full((levels, units, len(categories)), pixels, np.int64)
    Tallies(
        intersection=intersection,
        activated_image=activated,
        activated_mask=activated,
        label_pixels=np.array([0] + [pixels] * (count - 1)),
        label_category=np.asarray(label_category),
        thresholds=np.ones((levels, units), np.float32) if thresholds is None else thresholds,
        quantiles=np.array(quantiles),
        label_names=np.array(names),
        category_names=np.array(categories),
        meta={"layer": layer, "labels": labels, "model": model, "seed": seed, **meta},
    ).save(path)
    return path
