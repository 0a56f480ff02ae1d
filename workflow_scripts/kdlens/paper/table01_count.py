"""Count the detectors of every network of a run and put the paper's numbers beside them.

One tallies file (`kdlens.dissection.tallies`) and one metrics file a network go in, a
:class:`~kdlens.paper.table01.Table` comes out; or several, of one layer counted in several ways.
Before anything is counted, each file must prove that it belongs to the network it is listed for:
model, seed, layer and labels are compared.

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
from kdlens.paper.inputs import check_belongs, load_tallies
from kdlens.paper.reference import CATEGORIES, PUBLISHED_LAYER, read_reference
from kdlens.paper.table01 import IDENTITY, Group, Settings, Table


def count_detectors(
    runs: Sequence[Mapping[str, Any]],
    tallies: Sequence[str | Path],
    metrics: Sequence[str | Path],
    reference: str | Path,
    settings: Settings,
) -> Table:
    """Make Table 1.

    Args:
        runs: one entry a network, ``{"model", "seed", "label", "method", "reference", "labels",
            "layer"}``, the last being the layer that is counted.
        tallies, metrics: the networks' files, in the order of ``runs``.
        reference: the csv file of published numbers.
        settings: how to count.
    """
    published = read_reference(reference)
    for run in runs:
        name = run["reference"]
        if name is not None and name not in published:
            raise InputError(
                f"table01: model '{run['model']}': no published row '{name}'; "
                f"{suggest(name, published)}"
            )
    (table,) = count_tables(runs, tallies, [settings], metrics=metrics, published=published)
    return table


def count_tables(
    runs: Sequence[Mapping[str, Any]],
    tallies: Sequence[str | Path],
    settings: Sequence[Settings],
    *,
    metrics: Sequence[str | Path] | None = None,
    published: Mapping[str, Mapping[str, float | None]] | None = None,
    published_layer: str = PUBLISHED_LAYER,
) -> list[Table]:
    """Count each network's layer once for each of ``settings``; every file is read only once.

    Args:
        runs, tallies: as in :func:`count_detectors`.
        settings: ways to count.
        metrics: None leaves the accuracy out.
        published: the numbers by row; a model whose row is not there stands without.
        published_layer: the paper's layer that these numbers are of.
    """
    if not runs or not len(runs) == len(tallies) == len(runs if metrics is None else metrics):
        of_metrics = "no" if metrics is None else len(metrics)
        raise InputError(
            f"counting detectors: {len(runs)} runs, {len(tallies)} tallies and {of_metrics} "
            "metrics files; give one of each for every network, and at least one network"
        )
    grouped: list[dict[tuple[str, str], list[_Network]]] = [{} for _ in settings]
    for i, (run, path) in enumerate(zip(runs, tallies, strict=True)):
        network = {"model": run["model"], "seed": run["seed"]}
        found = load_tallies(path, **network, layer=run["layer"], labels=run["labels"])
        accuracy = {} if metrics is None else {"top1": _top1(metrics[i], network)}
        for groups, setting in zip(grouped, settings, strict=True):
            counted = _count(run, path, found, setting, accuracy)
            groups.setdefault((run["model"], run["labels"]), []).append(counted)
    return [
        _table(groups, setting, published or {}, published_layer)
        for groups, setting in zip(grouped, settings, strict=True)
    ]


@dataclass(frozen=True)
class _Network:
    run: Mapping[str, Any]
    units: int
    by_category: Mapping[str, int]
    counts: Mapping[str, float | None]


def _top1(path: str | Path, network: Mapping[str, Any]) -> float | None:
    metrics = read_json(path)
    if not isinstance(metrics, dict):
        raise InputError(f"{path}: holds no metrics; delete it and train the model again")
    check_belongs(path, metrics, network)
    if "top1" not in metrics:
        raise InputError(
            f"{path}: key 'top1' is missing; delete the file and train the model again"
        )
    return metrics["top1"]


def _count(
    run: Mapping[str, Any],
    path: str | Path,
    tallies: Tallies,
    settings: Settings,
    accuracy: Mapping[str, float | None],
) -> _Network:
    try:
        detectors: Detectors = tallies.detectors(
            iou_threshold=settings.iou_threshold,
            quantile=settings.quantile,
            denominator=settings.denominator,
        )
    except InputError as error:
        raise InputError(f"{path}: {error}") from error
    return _Network(
        run=run,
        units=detectors.units,
        by_category=detectors.by_category,
        counts={
            "unique": getattr(detectors, TABLE1_COLUMNS["unique"]),
            "total": getattr(detectors, TABLE1_COLUMNS["total"]),
            "pairs": detectors.pairs,
            "distinct": detectors.distinct_labels,
            **accuracy,
        },
    )


def _table(
    grouped: Mapping[tuple[str, str], Sequence[_Network]],
    settings: Settings,
    published: Mapping[str, Mapping[str, float | None]],
    published_layer: str,
) -> Table:
    found = (name for members in grouped.values() for n in members for name in n.by_category)
    categories = tuple(dict.fromkeys((*CATEGORIES, *found)))
    groups = (_group(members, categories, published) for members in grouped.values())
    return Table(settings, categories, tuple(groups), published_layer)


def _group(
    networks: Sequence[_Network],
    categories: Sequence[str],
    published: Mapping[str, Mapping[str, float | None]],
) -> Group:
    networks = sorted(networks, key=lambda network: network.run["seed"])
    first = networks[0]
    seeds_of = (
        f"counting detectors: the seeds of '{first.run['model']}' ({first.run['labels']} labels)"
    )
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
    values: dict[str, tuple[float | None, ...]] = {
        name: tuple(network.by_category.get(name) for network in networks) for name in categories
    }
    for name in first.counts:
        values[name] = tuple(network.counts[name] for network in networks)
    return Group(
        **{name: first.run[name] for name in IDENTITY},
        layer=first.run["layer"],
        units=first.units,
        seeds=seeds,
        values=values,
        published=published.get(first.run["reference"]),
    )
