"""A run as an RO-Crate: a Provenance Run Crate (https://w3id.org/ro/wfrun/provenance/0.5).

The crate's root is the run's folder, its ``ro-crate-metadata.json`` the manifest in the vocabulary
of schema.org: every result a ``File`` with its sha256; the workflow with a step for each rule and a
tool for each script; every job a ``CreateAction`` with its tool, inputs, results, seed and, as far
as they are known, times and memory; the authors, licence and paper from ``CITATION.cff``. What lies
outside the run's folder and is small is copied into it: the code to ``workflow/``, the datasets'
summaries to ``datasets/``. Images are not: a dataset is an entity with its digest.

A Provenance Run Crate is a Workflow Run Crate and a Process Run Crate too, and says so.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rocrate.model.computationalworkflow import ComputationalWorkflow
from rocrate.model.contextentity import ContextEntity
from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from kdlens.provenance.crate_about import abstract_of, describe_crate, licence_of
from kdlens.provenance.crate_entities import compact
from kdlens.provenance.crate_files import RunEntities
from kdlens.provenance.manifest import Jobs

COMPLETED = "http://schema.org/CompletedActionStatus"
SNAKEMAKE = "https://snakemake.github.io"

_MEASURED = {
    "seconds": ("wall-clock time", "s", "SEC"),
    "memory_mib": ("largest resident memory", "MiB", "MebiBYTE"),
}
"""What a job took, by its name in jobs.json: in words, its unit, and that unit's name in QUDT."""


def build_crate(
    manifest: Mapping[str, Any], times: Jobs, run: Path, project: Path, citation: Mapping[str, Any]
) -> ROCrate:
    """Return the crate of a run; its ``write(project / run)`` writes it.

    Args:
        times: of the jobs, see :func:`kdlens.provenance.jobs.read_times`.
        run: the run's folder, as the manifest's paths have it.
        citation: the contents of ``CITATION.cff``.

    Raises:
        InputError: if the code here is not the one that the manifest names, or a file is gone.
    """
    entities = RunEntities(manifest, run, project)
    entities.add_code()
    entities.add_results()
    builder = _Builder(manifest, times, run, entities)
    builder.add_workflow(citation)
    for name in manifest["jobs"]:
        builder.add_job(name)
    builder.add_steps()
    builder.add_run()
    title = manifest["config"]["title"]
    describe_crate(
        entities,
        citation,
        name=f"kdlens, run {run.name}: {title}",
        code=entities.version,
        ended=builder.ended,
    )
    return entities.crate


class _Builder:
    """Adds the workflow, its jobs and the run to a crate that has their files."""

    def __init__(
        self, manifest: Mapping[str, Any], times: Jobs, run: Path, entities: RunEntities
    ) -> None:
        self.manifest, self.times, self.run, self.entities = manifest, times, run, entities
        self.ended = max((job["ended"] for job in times.values() if job["ended"]), default=None)
        self.scripts = {rule: files[0] for rule, files in manifest["rules"].items()}
        self.config = (run / "config.yaml").as_posix()
        self.actions: dict[str, ContextEntity] = {}
        self.controls: list[ContextEntity] = []

    def add_workflow(self, citation: Mapping[str, Any]) -> None:
        config = self.entities.add(
            "#config",
            "FormalParameter",
            additionalType="File",
            name="config",
            description="The run's config, with every default filled in",
            valueRequired=True,
        )
        checksum = self.manifest["config_sha256"]
        self.entities.add_file(self.config, "config.yaml", checksum, exampleOfWork=config)
        config["workExample"] = self.entities.by_path[self.config]
        language = self.entities.add(
            "https://w3id.org/workflowhub/workflow-ro-crate#snakemake",
            "ComputerLanguage",
            name="Snakemake",
            identifier={"@id": "https://doi.org/10.1093/bioinformatics/bts480"},
            url={"@id": SNAKEMAKE},
            version=self.manifest["packages"]["snakemake"],
        )
        tools = [self.entities.by_path[path] for path in sorted(set(self.scripts.values()))]
        checksum = self.manifest["code"]["Snakefile"]
        place = "workflow/Snakefile"
        properties = {
            **self.entities.describe("Snakefile", place, checksum),
            "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
            "name": citation["title"],
            "description": abstract_of(citation),
            "version": self.entities.version,
            "license": {"@id": licence_of(citation)},
            "encodingFormat": "text/x-python",
            "conformsTo": {
                "@id": "https://bioschemas.org/profiles/ComputationalWorkflow/1.0-RELEASE"
            },
            **compact({"programmingLanguage": language, "input": config, "hasPart": tools}),
        }
        crate = self.entities.crate
        source = self.entities.project / "Snakefile"
        self.workflow = ComputationalWorkflow(crate, source, place, properties=properties)
        crate.add(self.workflow)
        crate.mainEntity = self.workflow

    def add_job(self, name: str) -> None:
        job, known = self.manifest["jobs"][name], self.times.get(name, {})
        inputs = [self.entities.of_path(path) for path in job["inputs"]]
        if job["seed"] is not None:
            inputs.append(self._seed(job["seed"]))
        usage = [
            self.entities.add(
                f"#usage/{quote(name)}/{key}",
                "PropertyValue",
                name=what,
                propertyID=key,
                value=str(known[key]),
                unitText=unit,
                unitCode={"@id": f"http://qudt.org/vocab/unit/{qudt}"},
            )
            for key, (what, unit, qudt) in _MEASURED.items()
            if known.get(key) is not None
        ]
        self.actions[name] = self.entities.add(
            f"#job/{quote(name)}",
            "CreateAction",
            name=name,
            description=f"A job of the rule {job['rule']}",
            instrument=self.entities.by_path[self.scripts[job["rule"]]],
            object=inputs,
            result=[self.entities.of_path(path) for path in job["outputs"]],
            startTime=known.get("started"),
            endTime=known.get("ended"),
            actionStatus=COMPLETED,
            resourceUsage=usage,
        )

    def add_steps(self) -> None:
        """Add a step for each rule, and that its jobs are what it did."""
        steps = []
        for position, (rule, script) in enumerate(sorted(self.scripts.items())):
            tool = self.entities.by_path[script]
            step = f"#step/{rule}"
            steps.append(
                self.entities.add(
                    step, "HowToStep", name=rule, position=str(position), workExample=tool
                )
            )
            jobs = self.manifest["jobs"].items()
            self.controls.append(
                self.entities.add(
                    f"#control/{rule}",
                    "ControlAction",
                    name=f"Jobs of the rule {rule}",
                    instrument=steps[-1],
                    object=[self.actions[name] for name, job in jobs if job["rule"] == rule],
                    actionStatus=COMPLETED,
                )
            )
        self.workflow["step"] = steps

    def add_run(self) -> None:
        """Add the run as a whole, and Snakemake, which led it."""
        started = [job["started"] for job in self.times.values() if job["started"]]
        by_path = self.entities.by_path
        whole = self.entities.add(
            "#run",
            "CreateAction",
            name=f"The run {self.run.name}",
            description=self.manifest["config"]["title"],
            instrument=self.workflow,
            object=by_path[self.config],
            result=[by_path[entry["path"]] for entry in self.manifest["files"]],
            startTime=min(started, default=None),
            endTime=self.ended,
            actionStatus=COMPLETED,
        )
        engine = self.entities.add(
            "https://pypi.org/project/snakemake/",
            "SoftwareApplication",
            name="Snakemake",
            url={"@id": SNAKEMAKE},
            softwareVersion=self.manifest["packages"]["snakemake"],
        )
        self.entities.add(
            "#engine",
            "OrganizeAction",
            name="Snakemake runs the workflow",
            instrument=engine,
            object=self.controls,
            result=whole,
            actionStatus=COMPLETED,
        )
        self.entities.crate.root_dataset["mentions"] = [whole, *self.actions.values()]

    def _seed(self, seed: int) -> Entity:
        known = self.entities.crate.get(f"#seed/{seed}")
        return known or self.entities.add(
            f"#seed/{seed}", "PropertyValue", name="seed", value=str(seed)
        )
