"""The sentences and the networks that read them: their files, and what their rules are told.

A run without the section ``text`` has none of them; what is said of it is then empty.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from kdlens.plan import datasets, paths
from kdlens.plan.jobs import Job, job
from kdlens.plan.models import generations
from kdlens.plan.paths import Config

_GENERAL = ("label", "network", "seeds", "reference", "teacher", "teacher_seed", "training", "init")
_FILES = {"train": "train.txt", "dev": "dev.txt", "test": "test.txt"}


def origin(config: Config) -> str | None:
    """Return how the sentences come about (written, unpacked, folder); None if there are none."""
    return datasets.origin_of(config["text"]["data"]) if "text" in config else None


def dataset_names(config: Config, *origins: str) -> list[str]:
    """Return the dataset's name, if it comes about in one of these ways (left out: in any)."""
    found = origin(config)
    if found is None or (origins and found not in origins):
        return []
    return [config["text"]["data"]["name"]]


def tree(config: Config) -> list[str]:
    """Return the folder of the trees that a rule makes, or nothing if there is none."""
    return [f"{paths.data(config)}/{n}/tree" for n in dataset_names(config, "written", "unpacked")]


def root(config: Config) -> str:
    """Return the folder that holds the trees."""
    return datasets.root_of(config["text"]["data"], tree(config))


def summary(config: Config) -> str | list[str]:
    """Return the summary of the sentences, or nothing if the run has none."""
    return _summary(config) if "text" in config else []


def _summary(config: Config) -> str:
    return f"{paths.data(config)}/{config['text']['data']['name']}/dataset.json"


def archive(config: Config) -> list[str]:
    """Return the archive as an input, as :func:`kdlens.plan.datasets.archive` does."""
    return datasets.archive_of(config["text"]["data"], tree(config)) if "text" in config else []


def own_files(config: Config) -> list[str]:
    """Return the files to watch of trees that are used where they lie, as far as they exist."""
    if origin(config) != "folder":
        return []
    files = [Path(root(config), name) for name in splits(config).values()]
    return [str(file) for file in files if file.exists()]


def splits(config: Config) -> dict[str, str]:
    """Return the splits of the sentences, each with its file; none if there are none."""
    return config["text"]["data"].get("splits", _FILES) if "text" in config else {}


def source(config: Config) -> dict[str, Any]:
    """Return what the rule that fetches or unpacks the sentences is told."""
    return datasets.source_of(config["text"]["data"])


def world(config: Config) -> dict[str, Any]:
    """Return what the rule that writes sentences is told."""
    data = config["text"]["data"]
    return {"sentences": data["sentences"], "seed": data["seed"], "files": splits(config)}


def checks(config: Config) -> dict[str, Any]:
    """Return what the check of the sentences is told."""
    data = config["text"]["data"]
    return {"name": data["name"], "splits": splits(config), "repeated": data["repeated"]}


def vocabulary(config: Config) -> str:
    """Return the file of the vocabulary."""
    return f"{paths.run(config)}/text/vocabulary.txt"


def vocabulary_params(config: Config) -> dict[str, Any]:
    """Return what the rule that makes the vocabulary is told."""
    told = config["text"]["vocabulary"]
    learned = ("size", "min_frequency", "lower_case") if told["source"] == "learned" else ()
    return {"source": told["source"], **{key: told[key] for key in learned}}


def uses_pretrained(config: Config) -> bool:
    """Return whether the run has the vocabulary, perhaps the weights, of a published BERT."""
    return "text" in config and config["text"]["vocabulary"]["source"] == "pretrained"


def pretrained(config: Config) -> str | list[str]:
    """Return the folder of published weights, or nothing if the run uses none."""
    return _pretrained(config) if uses_pretrained(config) else []


def _pretrained(config: Config) -> str:
    return f"{paths.data(config)}/weights/bert_{config['text']['pretrained']['sha256'][:8].lower()}"


def pretrained_names(config: Config) -> list[str]:
    """Return the name of that folder, if there is one."""
    return [Path(_pretrained(config)).name] if uses_pretrained(config) else []


def models(config: Config) -> dict[str, Any]:
    """Return the networks that read sentences, by name."""
    return config["text"]["models"] if "text" in config else {}


def seeds(config: Config) -> list[int]:
    """Return the seeds of all networks that read sentences."""
    return sorted({seed for model in models(config).values() for seed in model["seeds"]})


def pairs(config: Config, names: Iterable[str] | None = None) -> list[tuple[str, int]]:
    """Return (model, seed) for every seed of the models named, or of all."""
    found = models(config)
    chosen = found if names is None else names
    return [(name, seed) for name in chosen for seed in found[name]["seeds"]]


def model_files(config: Config, *parts: str) -> list[str]:
    """Return these files of every network."""
    return [f"{paths.model(config, *pair)}/{part}" for pair in pairs(config) for part in parts]


def teacher_file(config: Config, name: str) -> str | list[str]:
    """Return the weights of a model's teacher, or nothing if it has none."""
    model = models(config)[name]
    if "teacher" not in model:
        return []
    return f"{paths.model(config, model['teacher'], model['teacher_seed'])}/model.pt"


def initial_weights(config: Config, name: str) -> str | list[str]:
    """Return the folder of published weights if a model starts from them."""
    return pretrained(config) if models(config)[name].get("init") == "pretrained" else []


def urgency(config: Config, name: str) -> int:
    """Return the priority of a model's training: teachers first (`kdlens.plan.models.urgency`)."""
    return 1 + generations(models(config), name)


def network(config: Config, name: str) -> dict[str, Any]:
    """Return the shape of a model's network."""
    return dict(config["text"]["networks"][models(config)[name]["network"]])


def params(config: Config, name: str, seed: int) -> dict[str, Any]:
    """Return what the training of a network is told."""
    model = models(config)[name]
    teacher = model.get("teacher")
    return {
        "name": name,
        "seed": seed,
        "network": network(config, name),
        "method": _method(model),
        "init": model.get("init", "random"),
        "training": model.get("training"),
        "teacher_network": network(config, teacher) if teacher else None,
        "lower_case": config["text"]["vocabulary"]["lower_case"],
        "device": config["device"],
    }


def _method(model: Config) -> dict[str, Any]:
    own = {key: value for key, value in model.items() if key not in (*_GENERAL, "method")}
    return {"name": model["method"], **own}


def files(config: Config) -> list[str]:
    """Return what the manifest vouches for of data and training."""
    if "text" not in config:
        return []
    parts = ("model.pt", "metrics.json", "history.csv")
    return [_summary(config), vocabulary(config), *model_files(config, *parts)]


def data_jobs(config: Config) -> Iterator[Job]:
    """Yield the jobs of the data stage, for the table of costs."""
    made_by = {"written": "render_sentiment_world", "unpacked": "fetch_treebank"}
    made = origin(config)
    for name in dataset_names(config):
        folder = f"{paths.data(config)}/{name}"
        if made is not None and made in made_by:
            yield job(made_by[made], folder)
        yield job("check_treebank", folder)


def training_jobs(config: Config) -> Iterator[Job]:
    """Yield the jobs of the training stage, for the table of costs."""
    if "text" not in config:
        return
    if uses_pretrained(config):
        yield job("fetch_bert", f"{pretrained(config)}.job")
    yield job("text_vocabulary", f"{paths.run(config)}/text")
    for pair in pairs(config):
        folder = paths.model(config, *pair)
        yield job("train_text_model", folder, f"{folder}/metrics.json")
