"""Sweeps: an entry of ``models`` that stands for many.

``sweep`` gives lists of values for keys of an entry; every combination of them is a model::

    kd: {..., alpha: 0.5, temperature: 4, sweep: {alpha: [0.1, 0.5], temperature: [1, 4]}}

is ``kd`` and, beside it, ``kd_a0.1_t1``, ``kd_a0.1_t4`` and ``kd_a0.5_t1``. The fourth is ``kd``
itself: a combination that equals a model that is there already, but for its label, is that model,
and goes by its name. An entry that leaves a swept key out is no model, only what its
combinations share.

:func:`expand_sweeps` comes before the check against the schema, :func:`merge_equal` after it, since
only then every model has all its values.
"""

from __future__ import annotations

import contextlib
import copy
import itertools
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from kdlens.errors import InputError, suggest
from kdlens.schema import validate

# What may differ between two entries for the same network.
BESIDE_THE_NETWORK = ("label", "reference", "seeds")
_IN_NAMES = {"alpha": "a", "temperature": "t", "network": "", "teacher": ""}
_IN_LABELS = {"temperature": "T ", "network": "", "teacher": "from "}
_LONGEST_LABEL = 40


@dataclass(frozen=True)
class Origin:
    """The entry that a model comes from, and the keys that its sweep gives it."""

    entry: str
    keys: tuple[str, ...]


def expand_sweeps(config: dict[str, Any], schema: Mapping[str, Any]) -> dict[str, Origin]:
    """Replace every entry with a ``sweep`` by its models, in place.

    Args:
        config: as read from the file; what is wrong with it elsewhere is left to the schema.

    Returns:
        Where each model that a sweep made comes from.

    Raises:
        InputError: for a sweep that cannot be expanded.
    """
    written = config.get("models")
    if not isinstance(written, Mapping):
        return {}
    models: dict[str, Any] = {}
    origins: dict[str, Origin] = {}
    for name, entry in written.items():
        if not isinstance(entry, Mapping) or "sweep" not in entry:
            models[name] = entry
            continue
        shared = {key: value for key, value in entry.items() if key != "sweep"}
        sweep = _checked(name, entry, schema)
        if all(key in shared for key in sweep):
            models[name] = shared
        for values in itertools.product(*sweep.values()):
            chosen = dict(zip(sweep, values, strict=True))
            member = "_".join([name, *(f"{_IN_NAMES.get(k, k)}{v}" for k, v in _texts(chosen))])
            if member in written or member in models:
                raise InputError(
                    f"config key models.{name}.sweep: makes a model {member}, and there is one of "
                    "that name already; rename one of the two entries"
                )
            own = {key: value for key, value in shared.items() if key != "reference"}
            models[member] = copy.deepcopy({**own, "label": _label(name, entry, chosen), **chosen})
            origins[member] = Origin(name, tuple(sweep))
    config["models"] = models
    return origins


def merge_equal(config: dict[str, Any], origins: Mapping[str, Origin]) -> list[str]:
    """Remove the models of sweeps that others are already, in place; return those that stay.

    Args:
        config: with the schema's defaults filled in.

    Raises:
        InputError: where such a model has other seeds.
    """
    models = config["models"]
    others = [name for name in models if name not in origins]
    kept = []
    for name, origin in origins.items():
        same = next((o for o in others if _network(models, o) == _network(models, name)), None)
        if same is None:
            others.append(name)
            kept.append(name)
            continue
        theirs, ours = models[same]["seeds"], models[name]["seeds"]
        if theirs != ours:
            raise InputError(
                f"config key models.{origin.entry}.seeds: {models[name]['label']} is the model "
                f"{same} too, which has seeds {theirs}, not {ours}; give both the same"
            )
        del models[name]
        for model in models.values():
            if isinstance(model, dict) and model.get("teacher") == name:
                model["teacher"] = same
    return kept


@contextlib.contextmanager
def naming_entries(origins: Mapping[str, Origin]) -> Iterator[None]:
    """Let an error speak of the keys of the file, not of models that a sweep made."""
    try:
        yield
    except InputError as error:
        raise InputError(_as_written(str(error), origins)) from None


def _as_written(message: str, origins: Mapping[str, Origin]) -> str:
    for name in sorted(origins, key=len, reverse=True):
        found = re.search(rf"models\.{re.escape(name)}(\.(\w+))?(?![\w-])", message)
        if found:
            entry, key = origins[name].entry, found.group(2)
            swept = f".sweep.{key}" if key in origins[name].keys else found.group(1) or ""
            return f"{message[: found.start()]}models.{entry}{swept}{message[found.end() :]}"
    return message


def _checked(
    name: str, entry: Mapping[str, Any], schema: Mapping[str, Any]
) -> dict[str, Sequence[Any]]:
    node = schema["properties"]["models"]["additionalProperties"]
    part: dict[str, Any] = {"properties": {"sweep": node["properties"]["sweep"]}}
    part = {"properties": {"models": {"properties": {name: part}}}, "$defs": schema["$defs"]}
    sweep = entry["sweep"]
    validate({"models": {name: {"sweep": sweep}}}, part)
    variant = node["x-variants"].get(entry.get("method"), {}).get("properties", {})
    known = ["network", *(key for key, value in variant.items() if _is_scalar(value))]
    for key, values in sweep.items():
        # Without a method, the schema says what is wrong.
        if variant and key not in known:
            raise InputError(
                f"config key models.{name}.sweep.{key}: is not a key of method {entry['method']} "
                f"that can be swept; {suggest(key, known)}"
            )
        for value in values:
            if value is None or isinstance(value, list | dict):
                raise InputError(
                    f"config key models.{name}.sweep.{key}: {value} is no single value; write a "
                    "list of numbers or names"
                )
    return sweep


def _is_scalar(node: Mapping[str, Any]) -> bool:
    return "enum" in node or node.get("type") in ("number", "integer", "string")


def _texts(chosen: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the keys with their values as short texts: 4 for 4.0."""
    return [
        (key, str(int(value)) if isinstance(value, float) and value.is_integer() else str(value))
        for key, value in chosen.items()
    ]


def _label(name: str, entry: Mapping[str, Any], chosen: Mapping[str, Any]) -> str:
    own = (f"{_IN_LABELS.get(key, f'{key} ')}{text}" for key, text in _texts(chosen))
    label = ", ".join([str(entry.get("label", name)), *own])
    if len(label) > _LONGEST_LABEL:
        raise InputError(
            f"config key models.{name}.label: a model of the sweep would be called '{label}', "
            f"which is longer than {_LONGEST_LABEL} characters; write a shorter label"
        )
    return label


def _network(models: Mapping[str, Mapping[str, Any]], name: str) -> dict[str, Any]:
    """Return all that makes a model's networks, without their seeds."""
    model = models[name]
    own = {key: value for key, value in model.items() if key not in BESIDE_THE_NETWORK}
    if "teacher" in own and own["teacher"] in models:
        own.setdefault("teacher_seed", models[own["teacher"]]["seeds"][0])
    if own.get("teacher_layers") is None and "layers" in own:
        own["teacher_layers"] = own["layers"]
    return own
