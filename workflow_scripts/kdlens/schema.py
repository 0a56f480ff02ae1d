"""A config against its schema: one-line errors, and the schema's defaults.

The schema is plain JSON Schema but for three things. A section may have a file of its own, beside
the main one. An object with ``x-select: key`` takes, besides its own properties, those of the entry
of ``x-variants`` that the value of that key names; and an object with ``x-partial`` overrides
another, so that its required keys and its defaults stay out. :func:`_expand` rewrites the latter
two into plain JSON Schema for the value at hand, so that messages speak of the variant that was
meant.
"""

from __future__ import annotations

import copy
import math
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jsonschema import Draft202012Validator

from kdlens.errors import InputError, suggest


def load_schema(path: str | os.PathLike[str]) -> dict[str, Any]:
    """Read a schema file (YAML), with the files put in that it refers to for whole sections."""
    schema = yaml.safe_load(Path(path).read_text("utf-8"))
    for key, node in schema.get("properties", {}).items():
        file = str(node.get("$ref", ""))
        if file.endswith(".yaml"):
            own = {k: value for k, value in node.items() if k != "$ref"}
            part = yaml.safe_load(Path(path).with_name(file).read_text("utf-8"))
            schema["properties"][key] = {**part, **own}
    return schema


def require_unique_keys(path: str | os.PathLike[str]) -> None:
    """Raise an InputError for a key that is there twice: YAML would take the last in silence."""
    waiting = [yaml.compose(Path(path).read_text("utf-8"), Loader=yaml.SafeLoader)]
    while waiting:
        node = waiting.pop()
        if isinstance(node, yaml.SequenceNode):
            waiting += node.value
        elif isinstance(node, yaml.MappingNode):
            seen: set[str] = set()
            for key, value in node.value:
                if key.value in seen:
                    line = key.start_mark.line + 1
                    raise InputError(
                        f"{path}, line {line}: the key {key.value} is there twice; remove one"
                    )
                seen.add(key.value)
                waiting.append(value)


def validate(config: Mapping[str, Any], schema: Mapping[str, Any]) -> None:
    """Raise an InputError for the schema's first violation, in the alphabetical order of keys."""
    plain = _expand(schema, config, schema, "")
    errors = Draft202012Validator(plain).iter_errors(config)
    # What is wrong with a section itself comes before what is wrong inside it.
    for error in sorted(errors, key=lambda e: [str(part) for part in e.absolute_path]):
        raise InputError(_one_line(error))


def read_checked(path: str | Path, schema: str | Path) -> dict[str, Any]:
    """Return what a YAML file says, checked against its schema, which asks for a mapping.

    Raises:
        InputError: for a key that is wrong, missing or there twice; it names the file.
    """
    require_unique_keys(path)
    found = yaml.safe_load(Path(path).read_text("utf-8"))
    rules = load_schema(schema)
    if not isinstance(found, dict):
        raise InputError(f"{path}: expected a mapping with {' and '.join(rules['required'])}")
    try:
        validate(found, rules)
    except InputError as error:
        raise InputError(f"{path}: {error}") from None
    return found


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
        if expected == "number" and isinstance(value, str) and _is_number(value):
            return f"{prefix}YAML takes {value} for a text; write {float(value)!r}"
        return f"{prefix}{_yaml(value)} is {_type_name(value)}; write {_article(expected)}"
    if error.validator == "pattern":
        if error.absolute_schema_path and "propertyNames" in error.absolute_schema_path:
            return f"{prefix}the name {value!r} has other characters than letters, digits and . _ -"
        form = error.schema.get("$comment", f"the form {error.validator_value}")
        return f"{prefix}{value!r} is not of the right form; write {form}"
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
    if error.validator == "maxItems":
        return f"{prefix}{_yaml(value)} is too long; write at most {error.validator_value}"
    if error.validator == "uniqueItems":
        return f"{prefix}{_yaml(value)} names something twice; name each once"
    return prefix + error.message


def _is_number(text: str) -> bool:
    try:
        return math.isfinite(float(text))
    except ValueError:
        return False


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


def with_defaults(value: Any, node: Mapping[str, Any], root: Mapping[str, Any]) -> Any:
    """Return ``value`` with the defaults of ``node`` filled in, at every depth.

    Args:
        value: a valid part of the config.
        node: the part of the schema that describes it.
        root: the whole schema, for references.
    """
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
            filled[key] = with_defaults(filled[key], child, root)
    extra = node.get("additionalProperties")
    if isinstance(extra, Mapping):
        filled = {key: with_defaults(child, extra, root) for key, child in filled.items()}
    return filled
