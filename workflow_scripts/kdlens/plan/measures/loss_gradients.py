"""Loss gradients: the numbers of every network and their table, and a figure for each dataset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from kdlens.config_data import CONCEPTS, TRAINING, section_of
from kdlens.config_measures import loss_gradients as config_loss_gradients
from kdlens.plan import datasets, figures, models, paper, paths, tables
from kdlens.plan.jobs import Job, job
from kdlens.plan.paths import Config


def results(config: Config) -> list[str]:
    """Return the numbers of every network, and the maps of every figure."""
    return [*files(config), *(maps(config, name) for name in shown(config))]


def paper_files(config: Config) -> list[str]:
    """Return the table and the figures."""
    found = []
    if measured(config):
        found += tables.files(config, "loss_gradients")
    for name in shown(config):
        found += figures.files(config, name, "csv")
    return found


def shared_rules(config: Config) -> dict[str, str]:
    """Return the rule that makes the figures, by the figures' names."""
    return dict.fromkeys(shown(config), "loss_gradients_figure")


def jobs(config: Config) -> Iterator[Job]:
    """Yield the jobs of masks, numbers and maps."""
    if measured(config) and _settings(config)["masks"] == "validation":
        yield job("render_world_masks", f"{paths.data(config)}/{config[TRAINING]['name']}")
    for pair in models.pairs(config, measured(config)):
        folder = paths.measure(config, "loss_gradients", *pair)
        yield job("measure_loss_gradients", folder, f"{folder}.json")
    for name in shown(config):
        file = maps(config, name)
        yield job("loss_gradient_maps", file.removesuffix(".npz"), file)


def measured(config: Config) -> list[str]:
    """Return the models that the numbers are of."""
    return _settings(config)["models"]


def shown(config: Config) -> dict[str, str]:
    """Return the role of the dataset of each figure, by the figure's name."""
    return {_name(config, role): role for role in config_loss_gradients.figures(config)}


def files(config: Config) -> list[str]:
    """Return the numbers of every network, in the order of the table's rows."""
    pairs = models.pairs(config, measured(config))
    return [f"{paths.measure(config, 'loss_gradients', *pair)}.json" for pair in pairs]


def maps(config: Config, name: str) -> str:
    """Return the gradients that a figure shows."""
    return f"{paths.measures(config, 'loss_gradients')}/{name}.npz"


def mask_files(config: Config) -> dict[str, str | list[str]]:
    """Return the inputs that say where objects are."""
    if _settings(config)["masks"] == "validation":
        return {
            "dataset": datasets.summary(config, TRAINING),
            "tree": datasets.tree(config, TRAINING),
            "masks": f"{paths.data(config)}/{config[TRAINING]['name']}/val_masks.npz",
        }
    return {"concepts": datasets.packed(config), "tree": datasets.tree(config, CONCEPTS)}


def params(config: Config, name: str, seed: int) -> dict[str, Any]:
    """Return what the measure of a network is told; for all images, their number is None."""
    settings = _settings(config)
    told = {
        "network": models.network(config, name),
        "label": {"model": name, "seed": seed},
        "images": settings["images"] or None,
        "seed": settings["seed"],
        "device": config["device"],
    }
    if settings["masks"] == "validation":
        return {**told, "image": models.image(config, name)}
    return {
        **told,
        "image": models.image(config, name, config["dissection"]["image_size"]),
        "categories": datasets.packing(config)["categories"],
        "objects": settings.get("objects"),
    }


def maps_inputs(config: Config, name: str) -> dict[str, Any]:
    """Return the inputs of a figure's maps: the dataset and the networks."""
    role = shown(config)[name]
    return {
        "dataset": datasets.summary(config, role),
        "tree": datasets.tree(config, role),
        "models": [models.file(config, e["model"], e["seed"]) for e in _columns(config, name)],
    }


def maps_params(config: Config, name: str) -> dict[str, Any]:
    """Return what the rule that computes a figure's maps is told."""
    settings = _settings(config)
    entries = [
        {
            **column,
            "network": models.network(config, column["model"]),
            "image": models.image(config, column["model"]),
        }
        for column in _columns(config, name)
    ]
    return {
        "entries": entries,
        "images": settings["figure_images"],
        "seed": settings["seed"],
        "device": config["device"],
    }


def figure_params(config: Config, name: str) -> dict[str, Any]:
    """Return what the caption of a figure is told."""
    role = shown(config)[name]
    return {"entries": _columns(config, name), "dataset": section_of(config, role)["name"]}


def table_params(config: Config) -> dict[str, Any]:
    """Return what the table and its caption are told."""
    settings = _settings(config)
    role = TRAINING if settings["masks"] == "validation" else CONCEPTS
    return {
        "runs": paper.runs(config, measured(config)),
        "dataset": section_of(config, role)["name"],
        "objects": settings.get("objects"),
        **{key: settings[key] for key in ("masks", "images", "seed")},
    }


def _settings(config: Config) -> dict[str, Any]:
    return config["measures"]["loss_gradients"]


def _name(config: Config, role: str) -> str:
    if role == TRAINING:
        return "figure08"
    data = section_of(config, role)
    of_mnist = data["source"] == "torchvision" and data.get("dataset") == "mnist"
    others = [r for r in config["datasets"] if config["datasets"][r].get("dataset") == "mnist"]
    # The paper's figure is of MNIST; of two such datasets, the first.
    return "figure13" if of_mnist and role == others[0] else f"loss_gradients_{role}"


def _columns(config: Config, name: str) -> list[dict[str, Any]]:
    return [
        {**paper.first_seed(config, model), "method": paper.shown_as(config, model)}
        for model in config_loss_gradients.figures(config)[shown(config)[name]]
    ]
