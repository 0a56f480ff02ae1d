# The config, checked, and what rules ask for of Snakemake itself. The rest is in the library: the
# functions of kdlens.plan take the config and return the paths, inputs and params of the rules.

import os
import re
import sys
from contextlib import contextmanager
from pathlib import Path

from snakemake.exceptions import WorkflowError

BASE = Path(workflow.basedir)
sys.path.insert(0, str(BASE / "workflow_scripts"))

from kdlens.config import published_rows, resolve
from kdlens.data.choices import check_choices
from kdlens.dependencies import modules_of_results
from kdlens.errors import InputError
from kdlens.orphans import announce
from kdlens.paper.claims.read import read_claims
from kdlens.paper.items import read_items
from kdlens.plan import (
    claims,
    cost,
    datasets,
    dissections,
    figures,
    front_page,
    gallery,
    limits,
    measures,
    models,
    paper,
    paths,
    provenance,
    results,
    shipped,
    tables,
    text,
    variants,
)
from kdlens.plan.measures import diffroar, entropy, five_band, loss_gradients
from kdlens.plan.measures import text as text_attribution
from kdlens.schema import load_schema, require_unique_keys


def in_project(path):
    """Return a file of the project relative to the working directory, wherever that is."""
    return os.path.relpath(BASE / path)


@contextmanager
def told_without_traceback():
    """Make an error in what the user gave one of Snakemake's own, which is a line and no more."""
    try:
        yield
    except InputError as error:
        raise WorkflowError(str(error)) from None


# Should this process be killed, its jobs end too.
announce()

PUBLISHED_TABLES = in_project("config/reference/han2023")
PUBLISHED_TABLE01 = f"{PUBLISHED_TABLES}/table01.csv"
CLAIMS_FILE = in_project("config/claims.yaml")
CLAIMS_SCHEMA = in_project("config/schemas/claims.schema.yaml")

with told_without_traceback():
    for file in workflow.configfiles:
        require_unique_keys(file)
    # CONFIG is the config checked, with every default filled in; `config` is as the user wrote it.
    CONFIG = resolve(
        config,
        load_schema(in_project("config/schemas/config.schema.yaml")),
        published_rows(PUBLISHED_TABLE01),
    )
    results.check_targets(CONFIG, sys.argv[1:])
    CLAIMS = read_claims(CLAIMS_FILE, CLAIMS_SCHEMA)["claims"]
    ITEMS = read_items(
        in_project("config/items.yaml"),
        in_project("config/schemas/items.schema.yaml"),
    )
    if CONFIG["from_reference"]:
        shipped.check(CONFIG, sys.argv[1:])
    # The processes of single jobs are told other limits.
    if workflow.is_main_process:
        limit = workflow.global_resources.get("gpu")
        limits.check_gpus(CONFIG, getattr(limit, "value", limit))
    # What the config names of the concept dataset is looked up here once the dataset has been
    # checked: as params of a job it would make that job, and all that follows, out of date with
    # every change.
    if (
        Path(datasets.summary(CONFIG, "concept_data")).exists()
        and Path(datasets.root(CONFIG, "concept_data"), "category.csv").exists()
    ):
        check_choices(CONFIG, Path(datasets.root(CONFIG, "concept_data")))

# What the head of the report reads; the rest of the report speaks from the rules' params.
config["title"] = CONFIG["title"]

# Folders; those of a model and of a dissection with the wildcards {model} and {seed}.
DATA = paths.data(CONFIG)
RUN = paths.run(CONFIG)
MODEL = paths.model(CONFIG)
DISSECTION = paths.dissection(CONFIG)


def one_of(names):
    """Return a wildcard constraint that matches exactly these names (and nothing if none)."""
    return "|".join(re.escape(str(name)) for name in names) or "(?!)"


def of_dataset(function):
    """Return an input or param: what a function of the config and a role says of {dataset}."""
    return lambda wildcards: function(
        CONFIG, datasets.role_named(CONFIG, wildcards.dataset)
    )


def of_model(function):
    """Return an input or param: what a function of the config and a name says of {model}."""
    return lambda wildcards: function(CONFIG, wildcards.model)


def of_network(function):
    """Return the same for a function of the config, {model} and {seed}."""
    return lambda wildcards: function(CONFIG, wildcards.model, int(wildcards.seed))


def library(script):
    """Return the library modules that a script imports, as inputs: an edit reruns the rule."""
    root = BASE / "workflow_scripts"
    modules = modules_of_results(root / f"{script}.py")
    return [
        str(Path("workflow_scripts", module.relative_to(root))) for module in modules
    ]


def job(stage, key):
    """Return what a job of a stage asks for, from the config.

    Memory and time grow with every attempt, since the one before may have had too little of them.
    Where nothing is retried there is one attempt.
    """
    amount = CONFIG["jobs"][stage][key]
    if key == "threads":
        return amount
    return lambda wildcards, attempt: amount * attempt


def gpus():
    """Return how many GPUs a job that computes with torch asks for."""
    return 0 if CONFIG["device"] == "cpu" else 1


def each_gpu(amount):
    """Return what a training asks for that has this amount for each of its GPUs."""

    def of_all(wildcards, attempt):
        each = amount(wildcards, attempt) if callable(amount) else amount
        return each * models.gpus(CONFIG, wildcards.model)

    return of_all


def kept(file):
    """Return an output that may be worth days: write-protected, if the config says so."""
    # Snakemake removes a job's outputs before it starts, so that a slip of the hand in a library
    # module would throw all networks away; a protected one makes it stop before the first job.
    return protected(file) if CONFIG["protect_models"] else file


def config_files():
    """Return the config files of this run as one would write them here."""
    here = Path.cwd()
    files = [Path(file).absolute() for file in workflow.configfiles]
    return [
        str(file.relative_to(here)) if file.is_relative_to(here) else str(file)
        for file in files
    ]
