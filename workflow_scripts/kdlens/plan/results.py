"""Every file that a run makes, and the check of those that are asked for by name."""

from __future__ import annotations

import re
from collections.abc import Iterable

from kdlens.config_variants import dissected, shown
from kdlens.errors import InputError, suggest
from kdlens.plan import (
    datasets,
    dissections,
    figures,
    gallery,
    measures,
    models,
    paths,
    tables,
    text,
    variants,
)
from kdlens.plan.paths import Config


def paper_files(config: Config) -> list[str]:
    """Return every table, figure and page of the run: all that it has enough to make."""
    paper = config["paper"]
    files = [
        *tables.files(config, "table01"),
        *tables.files(config, "table01_comparison", ("csv", "md", "html")),
        *figures.files(config, "figure02"),
        *figures.files(config, "figure03"),
        *figures.files(config, "figure10", "csv"),
    ]
    if len(paper["figure09"]["quantiles"]) > 1:
        files += figures.files(config, "figure09", "csv")
    if paper["table10"]["layers"]:
        files += tables.files(config, "table10")
    for number in variants.hyper_parameter_tables(config):
        files += tables.files(config, f"table0{number}")
    if shown(config, "table11"):
        files += tables.files(config, "table11")
    for name in ("figure04", "figure05"):
        if shown(config, name):
            files += figures.files(config, name, "csv")
    for name in paper["models"]:
        files += figures.files(config, f"concepts_{name}")
    for name in paper["unit_grids"]["models"]:
        files += figures.files(config, f"units_{name}")
    if paper["gallery"]["enabled"]:
        files += [*gallery.pages(config), f"{paths.run(config)}/gallery/index.html"]
    return [*files, *measures.paper_files(config)]


def manifest_inputs(config: Config) -> list[str | list[str]]:
    """Return the files that the manifest vouches for: every result of the run."""
    trained = models.pairs(config, models.trained(config))
    dissected_pairs = models.pairs(config, dissected(config))
    endings = (".npz", ".csv", "_shuffled.npz", "_shuffled.csv", "_top.npz")
    return [
        *datasets.summaries(config),
        *models.files(config, "model.pt"),
        *models.files(config, "metrics.json"),
        *[
            models.file(config, *pair, file)
            for pair in trained
            for file in ("history.csv", "torchdistill.yaml")
        ],
        *[
            f"{paths.dissection(config, *pair)}/{layer}{ending}"
            for pair in dissected_pairs
            for layer in dissections.layers(config, pair[0])
            for ending in endings
        ],
        paths.activation_maps(config),
        *text.files(config),
        *measures.results(config),
        *paper_files(config),
    ]


def check_targets(config: Config, targets: Iterable[str]) -> None:
    """Check that a target names no model or seed which the config does not have.

    Snakemake itself would say no more than that no rule makes the file.

    Args:
        targets: the arguments of the command line; what is not a file of a run is passed over.

    Raises:
        InputError: at the first that does.
    """
    models = {**config["models"], **text.models(config)}
    for target in targets:
        files = re.match(
            rf"{re.escape(config['results'])}/([^/]+)/(models|dissection|measures|tables|figures|gallery)/",
            target,
        )
        if files and files.group(1) != config["run"]:
            raise InputError(
                f"{target}: belongs to another run than '{config['run']}', which this config is "
                "for; write the target first and then --configfile with the other run's config"
            )
        match = re.search(
            r"/(?:models|dissection|gallery|measures/[^/]+)/([^/]+)/seed(\d+)[/.]", target
        )
        if not files or not match:
            continue
        name, seed = match.groups()
        if name not in models:
            raise InputError(f"{target}: the config has no model '{name}'; {suggest(name, models)}")
        if int(seed) not in models[name]["seeds"]:
            known = ", ".join(map(str, models[name]["seeds"]))
            raise InputError(f"{target}: {name} has no seed {seed}; it has {known}")
