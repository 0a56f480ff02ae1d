"""Count the detectors of every network of a run and put the paper's numbers beside them.

One tallies file (`kdlens.dissection.tallies`) and one metrics file a network go in, a
:class:`~kdlens.paper.table01.Table` comes out. Before anything is counted, each file must prove
that it belongs to the network it is listed for: model, seed, layer and labels are compared.

Errors: :class:`~kdlens.errors.InputError` for files of another network, missing keys, seeds of one
model that disagree, a published row that does not exist.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from kdlens.dissection.detectors import TABLE1_COLUMNS, Detectors
from kdlens.dissection.tallies import Tallies
from kdlens.errors import InputError, suggest
from kdlens.files import read_json
from kdlens.paper.reference import CATEGORIES, read_reference
from kdlens.paper.table01 import COUNTS, IDENTITY, Group, Settings, Table


def count_detectors(
    runs: Sequence[Mapping[str, Any]],
    tallies: Sequence[str | Path],
    metrics: Sequence[str | Path],
    reference: str | Path,
    settings: Settings,
) -> Table:
    """Make Table 1.

    Args:
        runs: one entry a network, ``{"model", "seed", "label", "method", "reference", "labels"}``.
        tallies, metrics: the networks' files, in the order of ``runs``.
        reference: the csv file of published numbers.
        settings: how to count; the tallies' layer must be ``settings.layer``.
    """
    if not runs or not len(runs) == len(tallies) == len(metrics):
        raise InputError(
            f"table01: {len(runs)} runs, {len(tallies)} tallies and {len(metrics)} metrics files; "
            "give one of each for every network, and at least one network"
        )
    published = read_reference(reference)
    grouped: dict[tuple[str, str], list[_Network]] = {}
    for run, tallies_path, metrics_path in zip(runs, tallies, metrics, strict=True):
        network = _count(run, tallies_path, metrics_path, settings)
        grouped.setdefault((run["model"], run["labels"]), []).append(network)
    found = (name for members in grouped.values() for n in members for name in n.by_category)
    categories = tuple(dict.fromkeys((*CATEGORIES, *found)))
    groups = (_group(members, categories, published) for members in grouped.values())
    return Table(settings, categories, tuple(groups))


@dataclass(frozen=True)
class _Network:
    run: Mapping[str, Any]
    units: int
    by_category: Mapping[str, int]
    counts: Mapping[str, float | None]


def _count(
    run: Mapping[str, Any], tallies_path: str | Path, metrics_path: str | Path, settings: Settings
) -> _Network:
    tallies = Tallies.load(tallies_path)
    network = {"model": run["model"], "seed": run["seed"]}
    dissection = {"layer": settings.layer, "labels": run["labels"]}
    _check_belongs(tallies_path, tallies.meta, network | dissection)
    metrics = read_json(metrics_path)
    if not isinstance(metrics, dict):
        raise InputError(f"{metrics_path}: holds no metrics; delete it and train the model again")
    _check_belongs(metrics_path, metrics, network)
    if "top1" not in metrics:
        raise InputError(
            f"{metrics_path}: key 'top1' is missing; delete the file and train the model again"
        )
    detectors: Detectors = tallies.detectors(
        iou_threshold=settings.iou_threshold,
        quantile=settings.quantile,
        denominator=settings.denominator,
    )
    return _Network(
        run=run,
        units=detectors.units,
        by_category=detectors.by_category,
        counts={
            "unique": getattr(detectors, TABLE1_COLUMNS["unique"]),
            "total": getattr(detectors, TABLE1_COLUMNS["total"]),
            "pairs": detectors.pairs,
            "distinct": detectors.distinct_labels,
            "top1": metrics["top1"],
        },
    )


def _check_belongs(path: str | Path, found: Mapping[str, Any], expected: Mapping[str, Any]) -> None:
    for key, value in expected.items():
        if key not in found:
            raise InputError(f"{path}: key '{key}' is missing; delete the file and make it again")
        if found[key] != value:
            raise InputError(
                f"{path}: its {key} is {found[key]!r}, expected {value!r}; it belongs to another "
                "network. Delete the file and run the workflow again."
            )


def _group(
    networks: Sequence[_Network],
    categories: Sequence[str],
    published: Mapping[str, Mapping[str, float | None]],
) -> Group:
    networks = sorted(networks, key=lambda network: network.run["seed"])
    first = networks[0]
    seeds_of = f"table01: the seeds of '{first.run['model']}' ({first.run['labels']} labels)"
    for other in networks[1:]:
        for name in IDENTITY:
            if other.run[name] != first.run[name]:
                raise InputError(
                    f"{seeds_of} disagree on {name}: {first.run[name]!r} and "
                    f"{other.run[name]!r}; give all seeds of a model the same"
                )
        if other.units != first.units:
            raise InputError(
                f"{seeds_of} have layers of {first.units} and {other.units} units; dissect the "
                "same layer of the same network with every seed"
            )
    seeds = tuple(network.run["seed"] for network in networks)
    if len(set(seeds)) < len(seeds):
        raise InputError(f"{seeds_of} name one twice: {', '.join(map(str, seeds))}")
    reference = first.run["reference"]
    if reference is not None and reference not in published:
        raise InputError(
            f"model '{first.run['model']}': no published row '{reference}'; "
            f"{suggest(reference, published)}"
        )
    values: dict[str, tuple[float | None, ...]] = {
        name: tuple(network.by_category.get(name) for network in networks) for name in categories
    }
    for name in (*COUNTS, "top1"):
        values[name] = tuple(network.counts[name] for network in networks)
    return Group(
        **{name: first.run[name] for name in IDENTITY},
        units=first.units,
        seeds=seeds,
        values=values,
        published=None if reference is None else published[reference],
    )
