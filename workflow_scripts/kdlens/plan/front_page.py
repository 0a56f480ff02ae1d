"""The report: what it reads of a run, what it shows in which order, and the commands it gives."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

from kdlens.errors import InputError
from kdlens.paper.items import Item
from kdlens.plan import claims, paths, results, shipped
from kdlens.plan.paths import Config

CONFIG_OF_DEMO = "config"
"""The stem of the config that needs no ``--configfile``; every other one is called as its run."""

_SHOWN = ("tables", "figures")
"""Folders of a run whose files stand in the report; what lies elsewhere is linked."""

Files = Mapping[str, list[str]]


def page(config: Config) -> str:
    """Return the report."""
    return f"{paths.run(config)}/report.html"


def ledger(config: Config) -> list[str]:
    """Return the claims as data; nothing where the run has none."""
    return [file for file in claims.files(config) if file.endswith(".json")]


def read(config: Config) -> list[str]:
    """Return the files that stand in the page: a table's Markdown, a figure's SVG."""
    return [
        file
        for files in _by_name(config).values()
        for file in files
        if file.endswith((".md", ".svg"))
    ]


def figures(config: Config) -> list[str]:
    """Return the figures, of which each has a caption."""
    return [file for file in read(config) if file.endswith(".svg")]


def params(
    config: Config,
    items: Sequence[Item],
    configfiles: Sequence[str],
    overrides: Iterable[str] = (),
) -> dict[str, Any]:
    """Return what the job is told.

    Args:
        items: what the paper has, and what the workflow adds.
        configfiles: by which the run was asked for, as the user would write them.
        overrides: keys that the user gave with ``--config``. With any but ``from_reference`` the
            files alone ask for another run, so the commands name the config that the run wrote.

    Raises:
        InputError: if the run makes a table or figure that is none of the items.
    """
    own = f"{paths.run(config)}/config.yaml"
    if set(overrides) - {"from_reference"}:
        configfiles = [own]
    found = _by_item(_by_name(config), items)
    shown = [_shown(config, item, found[item.name], configfiles) for item in items]
    return {
        "run": config["run"],
        "title": config["title"],
        "items": [each for each in shown if each["entries"]],
        "lacking": [_lacking(item) for item in items if item.paper and not found[item.name]],
        "gallery": config["paper"]["gallery"]["enabled"],
        "commands": {
            "again": command([], configfiles),
            "same": command([], [own]),
            "shipped": _from_shipped([], configfiles),
        },
    }


def command(targets: Iterable[str], configfiles: Sequence[str], *options: str) -> str:
    """Return the line that makes ``targets``, or the whole run if there are none."""
    parts = ["snakemake", "--cores", "1", *options]
    if list(configfiles) != [f"config/{CONFIG_OF_DEMO}.yaml"]:
        parts += ["--configfile", *configfiles]
    targets = list(targets)
    return " ".join([*parts, *(["--", *targets] if targets else [])])


def _from_shipped(targets: Iterable[str], configfiles: Sequence[str]) -> str:
    return command(targets, configfiles, "--config", "from_reference=true")


def _by_name(config: Config) -> Files:
    """Return the tables and figures of the run by their stems, in the order of the run."""
    found: dict[str, list[str]] = {}
    for file in results.paper_files(config):
        path = PurePosixPath(file)
        if path.relative_to(paths.run(config)).parts[0] in _SHOWN:
            found.setdefault(path.stem, []).append(file)
    return found


def _by_item(files: Files, items: Sequence[Item]) -> dict[str, list[str]]:
    """Return each item's stems: its own name, and those that begin with it and ``_``."""
    names = [item.name for item in items]
    found: dict[str, list[str]] = {name: [] for name in names}
    for stem in files:
        owners = [name for name in names if stem == name or stem.startswith(f"{name}_")]
        if not owners:
            raise InputError(
                f"config/items.yaml: has no item for {files[stem][0]}, which the run makes; add "
                f"one with the name {stem}"
            )
        found[max(owners, key=len)].append(stem)
    return found


def _shown(
    config: Config, item: Item, stems: Sequence[str], configfiles: Sequence[str]
) -> dict[str, Any]:
    files, run, without = _by_name(config), paths.run(config), shipped.left_out(config)
    targets = [next(f for f in files[stem] if f.endswith((".md", ".svg"))) for stem in stems]
    here = [target.removeprefix(f"{run}/") for target in targets]
    given = f"{config['results']}/from_reference/{config['run']}"
    ready = [
        f"{given}/{name}"
        for name, target in zip(here, targets, strict=True)
        if target not in without
    ]
    return {
        "name": item.name,
        "paper": item.paper,
        "section": item.section,
        "title": item.title,
        "entries": [[file.removeprefix(f"{run}/") for file in files[stem]] for stem in stems],
        "command": command(targets, configfiles, "--force"),
        "shipped": _from_shipped(ready, configfiles) if ready else None,
    }


def _lacking(item: Item) -> dict[str, Any]:
    """Return why the run lacks an item, or which configs make it, and how the cheapest does."""
    line = None
    if item.made:
        name = item.configs[0]
        run = "demo" if name == CONFIG_OF_DEMO else name
        line = command([f"results/{run}/{item.files[0]}"], [f"config/{name}.yaml"])
    return {
        "paper": item.paper,
        "title": item.title,
        "why": item.not_made,
        "configs": list(item.configs),
        "command": line,
    }
