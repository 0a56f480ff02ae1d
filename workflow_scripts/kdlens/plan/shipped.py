"""The shipped results of a run: what is in them, and what can be made from them.

They lie in ``results/reference/<run>/``, laid out as the run is: all that the paper stage reads,
and the tables and figures themselves. With ``from_reference: true`` in the config, that stage reads
them from there, and no rule of another stage exists.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from kdlens.config_data import CONCEPTS, section_of
from kdlens.config_differences import differences
from kdlens.config_variants import ITEMS, shown
from kdlens.errors import InputError
from kdlens.files import read_json
from kdlens.plan import (
    claims,
    datasets,
    figures,
    gallery,
    models,
    paper,
    paths,
    results,
    tables,
    text,
    variants,
)
from kdlens.plan.measures import five_band, loss_gradients
from kdlens.plan.paths import Config

LISTING = "shipped.json"
"""The list of the shipped files."""

_SHIPPED_AS = (".csv", ".json", ".md", ".png")
"""Endings of the tables and figures that are shipped. Of a figure it is the png, which shrinks to a
sixth: an svg has every letter, hatch and photograph, and cannot be made as small."""


def listing(config: Config) -> str:
    """Return the list of the run's shipped files."""
    return f"{paths.shipped(config)}/{LISTING}"


def found(config: Config, inputs: Iterable[str]) -> list[str]:
    """Return every file, and folder of a dataset, that the paper stage reads of other stages.

    Args:
        inputs: of the rules that make :func:`can_be_made`.
    """
    own = set(can_be_made(config))
    folders = (f"{paths.run(config)}/", f"{paths.data(config)}/")
    read = [file for file in inputs if file.startswith(folders) and file not in own]
    metrics = [*models.files(config, "metrics.json"), *text.model_files(config, "metrics.json")]
    return [*metrics, *read]


def made(config: Config) -> list[str]:
    """Return the tables and figures to ship, and what says how they were made."""
    own = [f for f in can_be_made(config) if f.endswith(_SHIPPED_AS)]
    run = paths.run(config)
    names = ("manifest.json", "config.yaml", "cost.csv", "cost.md")
    return [*own, *(f"{run}/{name}" for name in names)]


def quantiles(config: Config) -> dict[str, list[float]]:
    """Return the tallies that some table or figure reads, each with the quantiles read of it."""
    settings = config["paper"]
    one = [*tables.table01_tallies(config), *figures.curve_tallies(config, "figure10")]
    one += [
        file for item in ITEMS if shown(config, item) for file in variants.tallies(config, item)
    ]
    one += [paper.first_seed_file(config, name, ".npz") for name in settings["models"]]
    if settings["table10"]["layers"]:
        one += tables.table10_tallies(config)
    one += [grid["tallies"] for grid in unit_grids(config)]
    first = config["dissection"]["quantiles"][0]
    read = {file: [first] for file in one}
    varied = settings["figure09"]["quantiles"]
    if len(varied) > 1:
        for file in figures.curve_tallies(config, "figure09"):
            read[file] = list(dict.fromkeys([first, *varied]))
    return read


def unit_grids(config: Config) -> list[dict[str, str]]:
    """Return the tallies and top images behind each unit grid whose photographs may be shipped."""
    if not _is_drawn(config, CONCEPTS):
        return []
    return [
        {
            "tallies": paper.first_seed_file(config, name, ".npz"),
            "top": paper.first_seed_file(config, name, "_top.npz"),
        }
        for name in config["paper"]["unit_grids"]["models"]
    ]


def _is_drawn(config: Config, role: str) -> bool:
    """Return whether a dataset's images may be handed on: those that are drawn here."""
    return datasets.origin(config, role) in ("rendered", "drawn")


def _photographs(config: Config) -> dict[str, str]:
    """Return the figures that show images of a dataset, each with the dataset's role."""
    grids = [f"units_{name}" for name in config["paper"]["unit_grids"]["models"]]
    return dict.fromkeys(["figure03", *grids], CONCEPTS) | loss_gradients.shown(config)


def params(config: Config) -> dict[str, Any]:
    """Return what the job that ships a run is told."""
    return {
        "run": config["run"],
        "made_in": {"results": paths.run(config), "data": paths.data(config)},
        "quantiles": quantiles(config),
        "unit_grids": unit_grids(config),
        "concepts": datasets.summary(config, CONCEPTS) if unit_grids(config) else None,
        "cells": {"tree": five_band.tree(config), "maps": five_band.figure07_maps(config)[:1]},
        "shown": {
            **paper.measured_in_all_layers(config),
            **{key: config["paper"]["unit_grids"][key] for key in ("units_per_category", "images")},
            "categories": config["concept_data"].get("categories"),
        },
        "left_out": sorted(set(left_out(config).values())),
    }


def final_files(config: Config) -> list[str]:
    """Return what the workflow ends with: all that it makes, or all that can be made."""
    if config["from_reference"]:
        return can_be_made(config)
    run = paths.run(config)
    return [
        *_files(config),
        *(f"{run}/{name}" for name in ("manifest.json", "cost.html", "report.html")),
    ]


def can_be_made(config: Config) -> list[str]:
    """Return the files of the paper stage that are made from what is shipped."""
    reasons = left_out(config)
    return [file for file in _files(config) if file not in reasons]


def _files(config: Config) -> list[str]:
    return [*results.paper_files(config), *claims.files(config)]


def left_out(config: Config) -> dict[str, str]:
    """Return the files of the paper stage that cannot be made from what is shipped, and why."""
    run = paths.run(config)
    reasons: dict[str, str] = {}
    if config["paper"]["gallery"]["enabled"]:
        pages = [*gallery.pages(config), f"{run}/gallery/index.html"]
        reasons |= dict.fromkeys(
            pages,
            "the gallery shows every unit of a layer with its photographs, which are too many to "
            "be shipped",
        )
    for name, role in _photographs(config).items():
        if not _is_drawn(config, role):
            reasons |= dict.fromkeys(
                figures.files(config, name, "csv"),
                f"it shows photographs of {section_of(config, role)['name']}, which are not ours "
                "to hand on",
            )
    names = ["manifest.json", "config.yaml", "provenance.html", "report.html"]
    names += [f"cost.{ending}" for ending in ("csv", "md", "html")]
    return reasons | dict.fromkeys(
        [f"{run}/{name}" for name in names],
        "manifest, config, cost and report are the run's own, and made with it",
    )


def check(config: Config, targets: Iterable[str]) -> None:
    """Check that tables and figures of this config can be made from shipped results.

    Args:
        targets: the arguments of the command line; what is not a file of the run is passed over.

    Raises:
        InputError: if none are shipped, if they were made with another config, or for a target that
            cannot be made from them.
    """
    folder = Path(paths.shipped(config))
    if not (folder / LISTING).is_file():
        there = sorted(path.parent.name for path in folder.parent.glob(f"*/{LISTING}"))
        raise InputError(
            f"config key from_reference: {folder} has no shipped results; the runs that have are "
            f"{', '.join(there) or 'none'}. make reference RUN={config['run']} ships a finished run"
        )
    for key, own, other in differences(config, read_json(folder / "manifest.json")["config"]):
        raise InputError(
            f"config key {key}: is {own!r}, but the results in {folder} were made with {other!r}; "
            "without from_reference they are made anew"
        )
    _check_targets(config, targets)


def _check_targets(config: Config, targets: Iterable[str]) -> None:
    reasons, here = left_out(config), f"{config['results']}/{config['run']}/"
    for target in targets:
        if target.startswith(here):
            file = target.removeprefix(here)
            raise InputError(
                f"{target}: is of a run; with from_reference, write {paths.run(config)}/{file}"
            )
        if target in reasons:
            raise InputError(f"{target}: cannot be made from shipped results: {reasons[target]}")
