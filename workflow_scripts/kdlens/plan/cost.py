"""The jobs of a run and the benchmark files that say what they took, for the table of costs.

The benchmark files are params and no inputs. As an input, one that is missing (deleted, or never
copied with the results) would train a network again for a line in a table.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from kdlens.config_data import CONCEPTS, image_roles, section_of
from kdlens.config_variants import dissected
from kdlens.plan import (
    claims,
    datasets,
    dissections,
    measures,
    models,
    paths,
    results,
    text,
    variants,
)
from kdlens.plan.jobs import Job, job
from kdlens.plan.paths import Config

_UNTRAINED = {"checkpoint": "import_checkpoint", "random_init": "initialise_model"}


def jobs(config: Config) -> list[Job]:
    """Return every job but those of this table and of the report, in the order of the stages.

    Returns:
        For each ``{"rule", "benchmark", "device"}``: the last is the result that says on which
        device it was computed, None of a job that uses no torch.
    """
    made = [*_data(config), *text.data_jobs(config)]
    trained = [*_training(config), *text.training_jobs(config)]
    found = [*made, *trained, *_dissection(config), *measures.jobs(config)]
    rules = [*(["check_claims"] if claims.files(config) else []), "write_manifest"]
    last = [job(rule, paths.run(config)) for rule in rules]
    return [*found, *_paper(config), *last]


def computed(config: Config) -> list[str]:
    """Return the results that say on which device they were computed."""
    return [each["device"] for each in jobs(config) if each["device"]]


def _data(config: Config) -> Iterator[Job]:
    makers = {
        "rendered": "render_world_images",
        "drawn": "render_cells",
        "unpacked": "unpack_images",
        "torchvision": "unpack_torchvision",
    }
    for role in image_roles(config):
        yield from _dataset(config, role, makers, "check_images")
    makers = {"rendered": "render_world_concepts", "unpacked": "fetch_broden"}
    yield from _dataset(config, CONCEPTS, makers, "check_concepts")
    yield job("pack_concepts", f"{datasets.packed(config)}.job")


def _dataset(config: Config, role: str, makers: Mapping[str, str], check: str) -> Iterator[Job]:
    folder = f"{paths.data(config)}/{section_of(config, role)['name']}"
    origin = datasets.origin(config, role)
    if origin is not None and origin in makers:
        yield job(makers[origin], folder)
    yield job(check, folder)


def _training(config: Config) -> Iterator[Job]:
    for name, seed in models.pairs(config, config["models"]):
        rule = _UNTRAINED.get(config["models"][name]["method"], "train_model")
        folder = paths.model(config, name, seed)
        yield job(rule, folder, f"{folder}/metrics.json")


def _dissection(config: Config) -> Iterator[Job]:
    shown = dissected(config)
    for group in dissections.groups(config):
        names = [name for name in shown if name in group["models"]]
        for name, seed in models.pairs(config, names):
            folder = paths.dissection(config, name, seed)
            yield job(group["rule"], folder, f"{folder}/{group['layers'][-1]}.npz", "dissect")
    folder = f"{paths.run(config)}/dissection"
    yield job("activation_maps", folder, paths.activation_maps(config))


def _paper(config: Config) -> Iterator[Job]:
    seen = set()
    numbers = variants.hyper_parameter_tables(config)
    shared = {f"table0{number}": "hyper_parameters" for number in numbers}
    shared |= measures.shared_rules(config)
    for file in results.paper_files(config):
        rule, folder = _made_by(PurePosixPath(file), PurePosixPath(paths.run(config)), shared)
        if (rule, folder) not in seen:
            seen.add((rule, folder))
            yield job(rule, folder)


def _made_by(
    file: PurePosixPath, run: PurePosixPath, shared: Mapping[str, str]
) -> tuple[str, PurePosixPath]:
    """Return the rule that makes a file of the paper stage, and the folder of its benchmarks.

    Args:
        shared: the rules that make several files, by the files' names.
    """
    kind, name = file.relative_to(run).parts[0], file.stem
    if kind == "gallery":
        index = file.parent == run / kind
        return ("gallery_index", file.parent) if index else ("gallery", file.parent / name)
    if name in shared:
        return shared[name], file.parent / name
    for start, rule in (("concepts_", "concept_bars"), ("units_", "unit_grids")):
        if name.startswith(start):
            return rule, file.parent / name.removeprefix(start)
    return name, file.parent
