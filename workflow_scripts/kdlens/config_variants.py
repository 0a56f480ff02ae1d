"""Which models Tables 6 to 9 and 11 and Figures 4 and 5 show: variants of those of Table 1.

Models are found by what they are, not by their names, so it does not matter whether a sweep made
them or an entry of their own, and Table 1's KD is the one of Table 7 too. :func:`resolve_variants`
is a part of :func:`kdlens.config.resolve`; it leaves an item that the run has too little for
without models, and the rules then leave it out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kdlens.config_data import main_models, require_main_model
from kdlens.config_models import teachers_of
from kdlens.config_sweeps import BESIDE_THE_NETWORK
from kdlens.errors import InputError

TABLES_OF_KD = ("table06", "table07", "table08")
ITEMS = (*TABLES_OF_KD, "table09", "table11", "figure04", "figure05")
_FEATURES = ("at", "ft", "crd")
_DISTILLED = ("kd", "self_kd")

Models = Mapping[str, Mapping[str, Any]]


def resolve_variants(config: dict[str, Any]) -> None:
    """Complete and check these items of ``paper``, in place.

    Raises:
        InputError: for a model that is not there or does not belong.
    """
    paper, models = config["paper"], main_models(config)
    kd = _first(models, "kd")
    for table in TABLES_OF_KD:
        alpha = paper[table]["alpha"]
        rows = [
            m for m in _alike(models, kd, "alpha", "temperature") if models[m]["alpha"] == alpha
        ]
        _choose(config, table, rows, "temperature")
        for name in paper[table]["models"]:
            if models[name]["alpha"] != alpha:
                raise InputError(
                    f"config key paper.{table}.models: {name} has alpha {models[name]['alpha']:g}, "
                    f"and the table is about {alpha:g}; leave it out, or write another alpha"
                )
    smoothed = _first(models, "label_smoothing")
    _choose(config, "table09", _alike(models, smoothed, "alpha"), "alpha")
    taught = [m for m in models if _teacher(models, m, "method") == "label_smoothing"]
    students = next((m for m in taught if models[m]["method"] == "kd"), None)
    _choose(config, "figure04", _alike(models, students, "temperature"), "temperature")
    paper["table11"].setdefault("models", _architectures(config))
    _require(config, paper["table11"]["models"], "paper.table11.models")
    paper["figure05"].setdefault("pairs", _with_logits(models))
    for pair in paper["figure05"]["pairs"]:
        _require(config, pair, "paper.figure05.pairs")


def shown(config: Mapping[str, Any], item: str) -> list[str]:
    """Return the models of an item, without those that stand beside them."""
    entry = config["paper"][item]
    return entry["models"] if "models" in entry else [m for pair in entry["pairs"] for m in pair]


def beside(config: Mapping[str, Any], item: str) -> list[str]:
    """Return what an item's models are to be compared with, for each of their networks.

    That is the first one trained from scratch in the same way, and those with random weights.
    """
    models, names = main_models(config), shown(config, item)
    found = []
    for network in dict.fromkeys(models[name]["network"] for name in names):
        trainings = [models[n]["training"] for n in names if models[n]["network"] == network]
        own = [m for m in models if models[m]["network"] == network]
        found += _scratch(models, own, trainings)
        found += [m for m in own if models[m]["method"] == "random_init"]
    return [name for name in found if name not in names]


def dissected(config: Mapping[str, Any]) -> list[str]:
    """Return all models that some table or figure shows, in the order of the config."""
    wanted = set(config["paper"]["models"])
    for item in ITEMS:
        wanted.update(shown(config, item), beside(config, item))
    return [name for name in config["models"] if name in wanted]


def _first(models: Models, method: str) -> str | None:
    """Return the model that stands for a method: the one with its published row, or the first."""
    own = [name for name in models if models[name]["method"] == method]
    return min(own, key=lambda name: models[name].get("reference") != method, default=None)


def _alike(models: Models, name: str | None, *varied: str) -> list[str]:
    """Return the models that differ from ``name`` in nothing but the keys ``varied``."""
    if name is None:
        return []
    left_out = (*BESIDE_THE_NETWORK, *varied)

    def rest(model: Mapping[str, Any]) -> dict[str, Any]:
        return {key: value for key, value in model.items() if key not in left_out}

    return [other for other in models if rest(models[other]) == rest(models[name])]


def _teacher(models: Models, name: str, key: str) -> Any:
    teacher = models[name].get("teacher")
    return None if teacher is None else models[teacher][key]


def _scratch(models: Models, names: Iterable[str], trainings: Sequence[Any]) -> list[str]:
    """Return the first of ``names`` from scratch that is trained like others, if any.

    One that is there to teach is taken last.
    """
    plain = [n for n in names if models[n]["method"] == "cross_entropy"]
    plain = [name for name in plain if models[name]["training"] in trainings]
    teachers = teachers_of(models)
    return sorted(plain, key=lambda name: name in teachers)[:1]


def _architectures(config: Mapping[str, Any]) -> list[str]:
    """Return, for each network but the one of Table 1: scratch, and KD from each other network."""
    models = main_models(config)
    base = next((m for m in models if models[m].get("reference") == "scratch"), None)
    rows: list[str] = []
    for network in config["networks"]:
        own = [m for m in models if models[m]["network"] == network]
        taught: dict[str, str] = {}
        for name in own:
            if models[name]["method"] in _DISTILLED:
                taught.setdefault(_teacher(models, name, "network"), name)
        trainings = [models[name]["training"] for name in taught.values()]
        scratch = _scratch(models, own, trainings)
        if scratch and (base is None or models[base]["network"] != network):
            rows += [*scratch, *taught.values()]
    return rows


def _with_logits(models: Models) -> list[list[str]]:
    """Return each feature method with its partner that distils logits too."""
    pairs = []
    for method in _FEATURES:
        one, both = (_first(models, name) for name in (method, f"{method}+kd"))
        if one and both and all(models[one][k] == models[both][k] for k in ("network", "teacher")):
            pairs.append([one, both])
    return pairs


def _choose(config: dict[str, Any], item: str, found: Sequence[str], key: str) -> None:
    models, entry = main_models(config), config["paper"][item]
    found = sorted(found, key=lambda name: models[name][key])
    entry.setdefault("models", found if len(found) > 1 else [])
    _require(config, entry["models"], f"paper.{item}.models")
    needed = "label_smoothing" if item == "table09" else "kd"
    for name in entry["models"]:
        if models[name]["method"] != needed:
            raise InputError(
                f"config key paper.{item}.models: {name} is of method {models[name]['method']}, "
                f"and only models of method {needed} can be compared by {key}; leave it out"
            )


def _require(config: Mapping[str, Any], names: Iterable[str], key: str) -> None:
    for name in names:
        require_main_model(config, name, key)
        if "training" not in config["models"][name]:
            raise InputError(
                f"config key {key}: {name} is not trained here, so nothing is known of how it was "
                "taught; leave it out"
            )
