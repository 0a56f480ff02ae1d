"""The environments of the stages: pinned to the lock file, whole, and with nothing to spare."""

from __future__ import annotations

import ast
import re
import sys
import tomllib
from importlib.metadata import packages_distributions

import pytest
import rattler
import yaml
from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet
from project import ROOT, SCRIPTS

from kdlens.dependencies import library_modules

ENVIRONMENTS = sorted(ROOT.glob("envs/*.yaml"))
STAGES = [path.stem for path in ENVIRONMENTS]
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def read(stage: str) -> dict:
    return yaml.safe_load((ROOT / f"envs/{stage}.yaml").read_text("utf-8"))


def conda_specs(stage: str) -> list[str]:
    return [entry for entry in read(stage)["dependencies"] if isinstance(entry, str)]


def pip_pins(stage: str) -> dict[str, str]:
    """Return the version of every package that pip installs."""
    (listed,) = [entry for entry in read(stage)["dependencies"] if isinstance(entry, dict)]
    assert list(listed) == ["pip"]
    pins = {}
    for line in listed["pip"]:
        requirement = Requirement(line)
        (specifier,) = requirement.specifier
        assert specifier.operator == "==" and "*" not in specifier.version, line
        pins[requirement.name] = specifier.version
    assert len(pins) == len(listed["pip"])
    return pins


def locked() -> dict[str, set[str]]:
    versions: dict[str, set[str]] = {}
    for package in tomllib.loads((ROOT / "uv.lock").read_text("utf-8"))["package"]:
        versions.setdefault(package["name"], set()).add(package.get("version"))
    return versions


def imported(stage: str) -> dict[str, set[str]]:
    """Return the packages that a stage's scripts import, each with the files that do."""
    rules = "\n".join(path.read_text("utf-8") for path in ROOT.glob(f"rules/{stage}*.smk"))
    scripts = {SCRIPTS / f"{name}.py" for name in re.findall(r"workflow_scripts/(\w+)\.py", rules)}
    assert scripts
    files = {file for script in scripts for file in (script, *library_modules(script))}
    found: dict[str, set[str]] = {}
    for file in (file for file in files if file.suffix == ".py"):
        for module in modules_named_in(ast.parse(file.read_text("utf-8"))):
            if module not in sys.stdlib_module_names and module != "kdlens":
                found.setdefault(module, set()).add(file.relative_to(SCRIPTS).as_posix())
    distributions = packages_distributions()
    return {distributions[module][0].lower(): files for module, files in found.items()}


def modules_named_in(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and not node.level:
            names.add(node.module)
    return {name.split(".")[0] for name in names}


@pytest.mark.parametrize("stage", STAGES)
def test_pins_are_those_of_the_lock_file(stage):
    versions = locked()
    pins = pip_pins(stage)
    assert pins
    for name, version in pins.items():
        assert versions[name] == {version}, name


@pytest.mark.parametrize("stage", STAGES)
def test_conda_reads_the_environment(stage):
    environment = read(stage)
    assert set(environment) == {"channels", "dependencies"}
    # `nodefaults` is no channel: it keeps those away that a user's conda may have set.
    assert environment["channels"] == ["conda-forge", "nodefaults"]
    assert rattler.Channel(environment["channels"][0]).name == "conda-forge"
    specs = {}
    for text in conda_specs(stage):
        spec = rattler.MatchSpec(text, strict=True)
        specs[spec.name.normalized] = spec
    assert list(specs) == ["python", "pip"], "all else comes from the package index, as in uv.lock"
    assert all(spec.version for spec in specs.values())
    python = str(specs["python"].version).removesuffix(".*")
    assert python in SpecifierSet(PROJECT["requires-python"])


def test_all_stages_share_one_python_and_pip():
    assert len({tuple(conda_specs(stage)) for stage in STAGES}) == 1


@pytest.mark.parametrize("stage", STAGES)
def test_an_environment_has_what_its_scripts_import_and_no_more(stage):
    needed, pinned = imported(stage), set(pip_pins(stage))
    lacking = {name: files for name, files in needed.items() if name not in pinned}
    assert not lacking, f"not in envs/{stage}.yaml: {lacking}"
    assert not pinned - set(needed), f"in envs/{stage}.yaml, but imported by no script"


def test_every_rule_names_the_environment_of_its_stage():
    for rules in ROOT.glob("rules/*.smk"):
        text = rules.read_text("utf-8")
        named = re.findall(r'^ +conda:\n +"(.*)"$', text, re.MULTILINE)
        scripts = re.findall(r'^ +script:\n +"', text, re.MULTILINE)
        assert len(named) == len(scripts)
        stage = rules.stem.split("_")[0]
        assert not scripts or set(named) == {f"../envs/{stage}.yaml"}


def test_the_paper_stage_has_no_torch():
    assert not {name for name in imported("paper") if "torch" in name}
    assert not {name for name in pip_pins("paper") if "torch" in name}
