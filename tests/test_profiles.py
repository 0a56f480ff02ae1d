"""The profiles: what they name exists, and what they plan is what the workflow asks for."""

from __future__ import annotations

import re

import pytest
import yaml
from project import ROOT

PROFILES = ("slurm", "workstation")
RULES = "\n".join(path.read_text("utf-8") for path in sorted(ROOT.glob("rules/*.smk")))


def profile(name: str) -> dict:
    return yaml.safe_load((ROOT / f"config/profiles/{name}/config.yaml").read_text("utf-8"))


def test_the_slurm_profile_names_rules_and_groups_that_exist():
    slurm = profile("slurm")
    assert set(slurm["set-resources"]) <= set(re.findall(r"^rule (\w+):", RULES, re.MULTILINE))
    assert set(slurm["group-components"]) == set(re.findall(r'group:\s+"(\w+)"', RULES))


def test_the_slurm_profile_does_not_cap_the_cluster():
    slurm = profile("slurm")
    scopes = slurm["set-resource-scopes"]
    assert all(scopes.get(name) == "local" for name in slurm["resources"])


def test_every_grouped_rule_waits_its_turn():
    # One without would run beside the others of its group, on the same GPU.
    blocks = re.split(r"^(?:    )?rule\b", RULES, flags=re.MULTILINE)
    grouped = [block for block in blocks if re.search(r"^\s+group:$", block, re.MULTILINE)]
    assert len(grouped) == 4
    assert all("in_turn=1" in block for block in grouped)


@pytest.mark.parametrize("name", PROFILES)
def test_what_to_edit_is_marked(name):
    text = (ROOT / f"config/profiles/{name}/config.yaml").read_text("utf-8")
    assert text.count("# <- yours") >= 3 - (name == "workstation")
    # Also with every line that is there to be taken in.
    taken_in = re.sub(r"^( *)# ((?: *)[\w-]+:.*)$", r"\1\2", text, flags=re.MULTILINE)
    assert isinstance(yaml.safe_load(taken_in), dict)


@pytest.mark.workflow
@pytest.mark.parametrize("name", PROFILES)
def test_a_profile_plans_every_job(fresh, name):
    run = fresh.snakemake("-n", "--profile", f"config/profiles/{name}")
    assert run.returncode == 0, run.output
    assert (run.jobs()["train_model"], run.jobs()["dissect"]) == (7, 9)
