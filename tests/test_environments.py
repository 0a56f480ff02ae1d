"""The environments of the stages: pinned to the lock file, and no torch where none is needed."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parent.parent
ENVIRONMENTS = sorted(ROOT.glob("envs/*.yaml"))


def pip_pins(path: Path) -> dict[str, str]:
    dependencies = yaml.safe_load(path.read_text("utf-8"))["dependencies"]
    pins = next(entry["pip"] for entry in dependencies if isinstance(entry, dict))
    return dict(pin.split("==") for pin in pins)


def locked() -> dict[str, set[str]]:
    versions: dict[str, set[str]] = {}
    for package in tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]:
        versions.setdefault(package["name"], set()).add(package.get("version"))
    return versions


@pytest.mark.parametrize("path", ENVIRONMENTS, ids=lambda path: path.name)
def test_pins_are_those_of_the_lock_file(path):
    versions = locked()
    pins = pip_pins(path)
    assert pins
    for name, version in pins.items():
        assert versions[name] == {version}, name


def test_every_rule_names_an_environment_that_exists():
    for rules in ROOT.glob("rules/*.smk"):
        named = {
            line.strip().strip('"')
            for line in rules.read_text("utf-8").splitlines()
            if line.strip().startswith('"../envs/')
        }
        assert all((rules.parent / name).is_file() for name in named)
        assert rules.stem == "common" or named == {f"../envs/{rules.stem}.yaml"}


def test_the_paper_stage_has_no_torch():
    assert not {"torch", "torchvision"} & set(pip_pins(ROOT / "envs/paper.yaml"))
