"""From the config file to a complete, consistent description of a run.

:func:`resolve` checks a config against the schema (``config/schemas/config.schema.yaml``), fills in
the schema's defaults, expands environment variables in paths, and checks what a schema cannot say:
that every name refers to something, that nobody teaches itself, that numbers fit together. The
first violation is raised as an :class:`~kdlens.errors.InputError`: one line with the key and what
to write instead.

The schema is plain JSON Schema but for ``x-select``/``x-variants`` (an object that takes the
properties of the variant that one of its values names) and ``x-partial`` (an object that overrides
another, so that its own defaults stay out); :func:`_expand` rewrites both into plain JSON Schema
for the value at hand, so that messages speak of the variant that was meant.
"""

from __future__ import annotations

import copy
import csv
import os
import re
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from kdlens.errors import InputError, suggest

_PATH_KEYS = (
    ("training_data", "path"),
    ("concept_data", "path"),
)
_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


def load_schema(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a schema file (YAML)."""
    return yaml.safe_load(Path(path).read_text("utf-8"))


def published_rows(table: str | os.PathLike[str]) -> list[str]:
    """Return the names of a published table's rows (its ``model`` column)."""
    with open(table, newline="", encoding="utf-8") as handle:
        return [row["model"] for row in csv.DictReader(handle)]


def resolve(
    config: Mapping[str, Any], schema: Mapping[str, Any], published: Collection[str]
) -> dict[str, Any]:
    """Return ``config`` checked, with all defaults and references filled in.

    Beside the schema's keys, every model gets ``label``, its whole ``training`` and, if it is
    taught, ``teacher_seed``; ``paper`` gets its lists of models.

    Args:
        config: as read from the file.
        schema: as returned by :func:`load_schema`.
        published: the rows of the published Table 1 that a model's ``reference`` may name.

    Raises:
        InputError: at the first thing that is wrong.
    """
    config = copy.deepcopy(dict(config))
    _validate(config, schema)
    config = _with_defaults(config, schema, schema)
    for section, key in _PATH_KEYS:
        if key in config[section]:
            config[section][key] = expand_variables(config[section][key], f"{section}.{key}")
    _check_data(config)
    _check_models(config)
    _check_references(config, published)
    _check_paper(config)
    return config


def expand_variables(text: str, key: str) -> str:
    """Replace ``${NAME}`` and ``${NAME:-default}`` by environment variables.

    Raises:
        InputError: if a variable without default is not set.
    """

    def value(match: re.Match[str]) -> str:
        name, default = match.groups()
        found = os.environ.get(name) or default
        if found is None:
            raise InputError(
                f"config key {key}: the environment variable {name} is not set; "
                f"set it, or write the path itself"
            )
        return found

    return _VARIABLE.sub(value, text)


def _validate(config: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    plain = _expand(schema, config, schema, "")
    errors = Draft202012Validator(plain).iter_errors(config)
    # The innermost violation, in the order of the file, is the one that a user can act on.
    for error in sorted(errors, key=lambda e: [str(part) for part in e.absolute_path]):
        raise InputError(_one_line(error))


def _one_line(error: Any) -> str:
    path = ".".join(str(part) for part in error.absolute_path)
    value = error.instance
    prefix = f"config key {path}: " if path else "config: "
    if error.validator == "additionalProperties":
        known = list(error.schema.get("properties", {}))
        unknown = next(key for key in value if key not in known)
        where = f"{path}.{unknown}" if path else str(unknown)
        return f"config key {where} is not known; {suggest(str(unknown), known)}"
    if error.validator == "required":
        missing = next(key for key in error.validator_value if key not in value)
        meaning = error.schema.get("properties", {}).get(missing, {}).get("description", "")
        meaning = " ".join(meaning.split())
        return f"{prefix}the key {missing} is missing" + (f" ({meaning})" if meaning else "")
    if error.validator == "enum":
        allowed = ", ".join(_yaml(entry) for entry in error.validator_value)
        return f"{prefix}{_yaml(value)} is not among the choices; write one of: {allowed}"
    if error.validator == "type":
        expected = error.validator_value
        return f"{prefix}{_yaml(value)} is {_type_name(value)}; write {_article(expected)}"
    if error.validator == "pattern":
        if error.absolute_schema_path and "propertyNames" in error.absolute_schema_path:
            return f"{prefix}the name {value!r} has other characters than letters, digits and . _ -"
        return f"{prefix}{value!r} does not have the form {error.validator_value}"
    bounds = {
        "minimum": "at least",
        "exclusiveMinimum": "more than",
        "maximum": "at most",
        "exclusiveMaximum": "less than",
    }
    if error.validator in bounds:
        limit = f"{bounds[error.validator]} {error.validator_value}"
        return f"{prefix}{_yaml(value)} is out of range; write a number of {limit}"
    if error.validator in ("minItems", "minProperties", "minLength"):
        return f"{prefix}is empty or too short; it needs at least {error.validator_value}"
    if error.validator == "uniqueItems":
        return f"{prefix}{_yaml(value)} names something twice; name each once"
    return prefix + error.message


def _yaml(value: Any) -> str:
    text = yaml.safe_dump(value, default_flow_style=True, width=1000).strip()
    text = text.removesuffix("...").strip()
    return text if len(text) <= 80 else text[:77] + "..."


def _type_name(value: Any) -> str:
    if value is None:
        return "empty"
    names = {bool: "boolean", int: "integer", float: "number", str: "string", list: "array"}
    return _article(next((n for t, n in names.items() if isinstance(value, t)), "object"))


def _article(name: str) -> str:
    plain = {
        "object": "a mapping (key: value)",
        "array": "a list",
        "string": "a text",
        "integer": "a whole number",
        "number": "a number",
        "boolean": "true or false",
    }
    return plain.get(name, name)


def _expand(node: Mapping[str, Any], value: Any, root: Mapping[str, Any], path: str) -> dict:
    """Return ``node`` as plain JSON Schema for ``value``: references and variants put in."""
    node = _dereference(node, root)
    plain = {k: v for k, v in node.items() if k != "$defs" and not k.startswith("x-")}
    properties = dict(node.get("properties", {}))
    if "x-select" in node and isinstance(value, Mapping):
        selector, variants = node["x-select"], node["x-variants"]
        chosen = value.get(selector)
        if isinstance(chosen, str) and chosen not in variants:
            where = f"{path}.{selector}" if path else selector
            raise InputError(
                f"config key {where}: '{chosen}' is not known; {suggest(chosen, variants)}"
            )
        variant = variants.get(chosen) if isinstance(chosen, str) else None
        if variant is None:
            # The selector itself is missing or of the wrong type: say only that.
            properties = {selector: properties[selector]}
            plain |= {"required": [selector], "additionalProperties": True}
        else:
            properties |= variant.get("properties", {})
            plain["required"] = [*node.get("required", []), *variant.get("required", [])]
    if node.get("x-partial"):
        plain.pop("required", None)
    items = value if isinstance(value, Mapping) else {}
    if properties:
        plain["properties"] = {
            key: _expand(child, items.get(key), root, f"{path}.{key}" if path else key)
            for key, child in properties.items()
        }
    extra = node.get("additionalProperties")
    if isinstance(extra, Mapping):
        # Every entry of a map of names may be another variant, so each gets a schema of its own.
        plain["properties"] = {
            str(key): _expand(extra, child, root, f"{path}.{key}") for key, child in items.items()
        }
        plain["additionalProperties"] = False
    for key in ("items", "propertyNames"):
        if isinstance(node.get(key), Mapping):
            plain[key] = _expand(node[key], None, root, path)
    return plain


def _dereference(node: Mapping[str, Any], root: Mapping[str, Any]) -> dict[str, Any]:
    node = dict(node)
    while "$ref" in node:
        name = node.pop("$ref").removeprefix("#/$defs/")
        node = {**root["$defs"][name], **node}
    return node


def _with_defaults(value: Any, node: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    """Return ``value`` with the schema's defaults filled in, at every depth."""
    node = _dereference(node, root)
    if not isinstance(value, Mapping):
        return value
    properties = dict(node.get("properties", {}))
    if "x-select" in node:
        properties |= node["x-variants"][value[node["x-select"]]].get("properties", {})
    filled = dict(value)
    for key, child in properties.items():
        child = _dereference(child, root)
        if key not in filled and "default" in child and not node.get("x-partial"):
            filled[key] = copy.deepcopy(child["default"])
        if key in filled:
            filled[key] = _with_defaults(filled[key], child, root)
    extra = node.get("additionalProperties")
    if isinstance(extra, Mapping):
        filled = {key: _with_defaults(child, extra, root) for key, child in filled.items()}
    return filled


def _check_data(config: dict[str, Any]) -> None:
    training, concepts = config["training_data"], config["concept_data"]
    if training["name"] == concepts["name"]:
        raise InputError(
            f"config key concept_data.name: '{concepts['name']}' is the training data's name too; "
            "give the two datasets different names"
        )
    if training.get("resize", training["image_size"]) < training["image_size"]:
        raise InputError(
            f"config key training_data.resize: {training['resize']} is less than image_size "
            f"({training['image_size']}); write at least that, or leave it out"
        )
    if min(training["std"]) <= 0:
        raise InputError("config key training_data.std: every entry must be more than 0")
    if concepts["source"] == "broden" and not ("path" in concepts or "urls" in concepts):
        raise InputError("config key concept_data: give path (on this machine) or urls (to fetch)")
    if concepts["source"] == "concept_world" and concepts["image_size"] % concepts["mask_size"]:
        raise InputError(
            f"config key concept_data.mask_size: {concepts['mask_size']} does not divide "
            f"image_size ({concepts['image_size']}); write its half, as in Broden"
        )
    config["dissection"].setdefault("image_size", training["image_size"])


def _check_models(config: dict[str, Any]) -> None:
    models, networks = config["models"], config["networks"]
    for name, model in models.items():
        key = f"config key models.{name}"
        model.setdefault("label", name)
        if model["network"] not in networks:
            raise InputError(
                f"{key}.network: '{model['network']}' is not an entry of networks; "
                f"{suggest(model['network'], networks)}"
            )
        if "training" in model:
            model["training"] = {**config["training"], **model["training"]}
            _check_training(model["training"], key)
        if "teacher" in model:
            _check_teacher(config, name)
        if "weights" in model:
            weights = model["weights"]
            sources = [k for k in ("torchvision", "path", "url") if k in weights]
            if len(sources) != 1:
                raise InputError(
                    f"{key}.weights: give exactly one of torchvision, path and url, "
                    f"not {' and '.join(sources) or 'none'}"
                )
            if "path" in weights:
                weights["path"] = expand_variables(weights["path"], f"models.{name}.weights.path")
            if len(model["seeds"]) != 1:
                raise InputError(f"{key}.seeds: a checkpoint is one network; give one seed")


def _check_references(config: Mapping[str, Any], published: Collection[str]) -> None:
    for name, model in config["models"].items():
        row = model.get("reference")
        if row is not None and row not in published:
            raise InputError(
                f"config key models.{name}.reference: the published Table 1 has no row '{row}'; "
                f"{suggest(row, published)}"
            )


def _check_training(training: Mapping[str, Any], key: str) -> None:
    if training["schedule"]["name"] == "multistep":
        late = [m for m in training["schedule"]["milestones"] if m >= training["epochs"]]
        if late:
            raise InputError(
                f"{key}.training.schedule.milestones: {late[0]} is not before the last of "
                f"{training['epochs']} epochs"
            )


def _check_teacher(config: dict[str, Any], name: str) -> None:
    models = config["models"]
    chain = [name]
    while "teacher" in models[chain[-1]]:
        teacher = models[chain[-1]]["teacher"]
        if teacher not in models:
            raise InputError(
                f"config key models.{chain[-1]}.teacher: '{teacher}' is not an entry of models; "
                f"{suggest(teacher, [m for m in models if m != chain[-1]])}"
            )
        if teacher in chain:
            how = (
                "itself" if teacher == name and len(chain) == 1 else " <- ".join([*chain, teacher])
            )
            raise InputError(
                f"config key models.{name}.teacher: the model teaches {how}; "
                "name another model as its teacher"
            )
        chain.append(teacher)
    model = models[name]
    teacher = models[model["teacher"]]
    seed = model.setdefault("teacher_seed", teacher["seeds"][0])
    if seed not in teacher["seeds"]:
        raise InputError(
            f"config key models.{name}.teacher_seed: {model['teacher']} has no seed {seed}; "
            f"it has {', '.join(map(str, teacher['seeds']))}"
        )


def _check_paper(config: dict[str, Any]) -> None:
    models, paper = config["models"], config["paper"]
    teachers = {model["teacher"] for model in models.values() if "teacher" in model}
    students = [m for m in models if m not in teachers]
    paper.setdefault("models", list(models))
    trained = [m for m in students if models[m]["method"] == "cross_entropy"]
    others = [m for m in paper["models"] if models.get(m, {}).get("method") != "random_init"]
    paper.setdefault("shuffled", (trained or others or list(models))[0])
    paper["figure02"].setdefault("models", [m for m in paper["models"] if m in students])
    first = {}
    for name in students:
        first.setdefault(models[name]["method"], name)
    columns = [first[m] for m in ("cross_entropy", "kd", "label_smoothing") if m in first]
    paper["figure03"].setdefault("models", columns or students[:1] or list(models)[:1])
    named = {
        "paper.models": paper["models"],
        "paper.figure02.models": paper["figure02"]["models"],
        "paper.figure03.models": paper["figure03"]["models"],
        "paper.shuffled": [paper["shuffled"]],
    }
    for key, names in named.items():
        for name in names:
            if name not in models:
                raise InputError(
                    f"config key {key}: '{name}' is not an entry of models; {suggest(name, models)}"
                )
            if name not in paper["models"]:
                raise InputError(
                    f"config key {key}: '{name}' is not among paper.models, so nobody dissects it; "
                    "add it there"
                )
    categories = config["concept_data"].get("categories")
    if categories and paper["figure03"]["category"] not in categories:
        raise InputError(
            f"config key paper.figure03.category: '{paper['figure03']['category']}' is not among "
            f"concept_data.categories; {suggest(paper['figure03']['category'], categories)}"
        )
