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

import mimetypes
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rocrate.model.computationalworkflow import ComputationalWorkflow
from rocrate.model.contextentity import ContextEntity
from rocrate.model.entity import Entity
from rocrate.rocrate import ROCrate

from kdlens.errors import InputError
from kdlens.files import sha256_of
from kdlens.paper.checkout import code_files

PROFILES = {
    "https://w3id.org/ro/wfrun/process/0.5": ("Process Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/workflow/0.5": ("Workflow Run Crate", "0.5"),
    "https://w3id.org/ro/wfrun/provenance/0.5": ("Provenance Run Crate", "0.5"),
    "https://w3id.org/workflowhub/workflow-ro-crate/1.0": ("Workflow RO-Crate", "1.0"),
}
TERMS = {
    term: f"https://w3id.org/ro/terms/workflow-run#{term}" for term in ("sha256", "resourceUsage")
}
"""What Workflow Run RO-Crate adds to the vocabulary of RO-Crate 1.1, as far as it is used here."""
COMPLETED = "http://schema.org/CompletedActionStatus"

_BESIDE = ("manifest.json", "jobs.json", "provenance.html", "cost.csv", "cost.html", "report.html")
_MORE_CODE = ("pyproject.toml", "uv.lock", "LICENSE", "CITATION.cff")
_TYPES = {
    ".md": "text/markdown",
    ".npz": "application/x-npz",
    ".pt": "application/x-pytorch",
    ".smk": "text/x-python",
    ".yaml": "application/yaml",
    ".lock": "application/toml",
    ".toml": "application/toml",
    ".cff": "application/yaml",
}
_MEASURED = {
    "seconds": ("wall-clock time", "s", "SEC"),
    "memory_mib": ("largest resident memory", "MiB", "MebiBYTE"),
}
"""What a job took, by its name in jobs.json: in words, its unit, and that unit's name in QUDT."""


def build_crate(
    manifest: Mapping[str, Any],
    times: Mapping[str, Mapping[str, Any]],
    run: Path,
    project: Path,
    citation: Mapping[str, Any],
) -> ROCrate:
    """Return the crate of a run; its ``write(project / run)`` writes it.

    Args:
        times: of the jobs, see :func:`kdlens.provenance.jobs.read_times`.
        run: the run's folder, as the manifest's paths have it.
        citation: the contents of ``CITATION.cff``.

    Raises:
        InputError: if the code here is not the one that the manifest names, or a file is gone.
    """
    return _Crate(manifest, times, run, project, citation).crate


class _Crate:
    """The crate while it is built; entities are found by the project's paths."""

    def __init__(
        self,
        manifest: Mapping[str, Any],
        times: Mapping[str, Mapping[str, Any]],
        run: Path,
        project: Path,
        citation: Mapping[str, Any],
    ) -> None:
        self.manifest, self.times = manifest, times
        self.run, self.project, self.citation = run, project, citation
        self.version = manifest["git"]["commit"] or f"sha256:{manifest['source_sha256']}"
        self.crate = ROCrate(version="1.1")
        self.crate.metadata.extra_terms.update(TERMS)
        self.entities: dict[str, Entity] = {}
        self.hashes = {
            path: hash_
            for job in manifest["jobs"].values()
            for path, hash_ in job["inputs"].items()
        }
        self._add_code()
        self._add_results()
        self.workflow = self._add_workflow()
        actions = self._add_jobs()
        self._add_steps(actions)
        self._add_run(actions)
        self._describe()

    def _add(self, id_: str, type_: str, **properties: Any) -> ContextEntity:
        kept = {key: value for key, value in properties.items() if value not in (None, [], "")}
        return self.crate.add(
            ContextEntity(self.crate, id_, properties={"@type": type_, **_ids(kept)})
        )

    def _add_file(self, path: str, place: str, sha256: str | None = None, **more: Any) -> Entity:
        """Add a file of the project at ``place`` of the crate, once."""
        if path not in self.entities:
            source = self.project / path
            if not source.is_file():
                raise InputError(f"{path}: no such file; run the workflow again")
            properties = {
                "name": place,
                "contentSize": str(source.stat().st_size),
                "sha256": sha256 or sha256_of(source),
                "encodingFormat": _type_of(place),
                **more,
            }
            self.entities[path] = self.crate.add_file(source, place, properties=_ids(properties))
        return self.entities[path]

    def _add_code(self) -> None:
        said, now = self.manifest["code"], code_files(self.project)
        other = sorted(name for name in {*said, *now} if said.get(name) != now.get(name))
        if other:
            raise InputError(
                f"{other[0]}: not the code that made the run ({len(other)} files differ); check "
                f"out {self.version}, or run the workflow again"
            )
        scripts = {files[0] for files in self.manifest["rules"].values()}
        for path, sha256 in said.items():
            if path == "Snakefile":
                continue
            type_ = ["File", "SoftwareSourceCode"] if path in scripts else "File"
            more = {"@type": type_, **({"version": self.version} if path in scripts else {})}
            self._add_file(path, f"workflow/{path}", sha256, **more)
        for path in _MORE_CODE:
            if (self.project / path).is_file():
                self._add_file(path, f"workflow/{path}")

    def _add_results(self) -> None:
        for entry in self.manifest["files"]:
            self._add_file(entry["path"], self._place(entry["path"]), entry["sha256"])
        for name in _BESIDE:
            if (self.project / self.run / name).is_file():
                self._add_file((self.run / name).as_posix(), name)

    def _place(self, path: str) -> str:
        """Return where a file of the project lies in the crate."""
        inside = Path(path)
        if inside.is_relative_to(self.run):
            return inside.relative_to(self.run).as_posix()
        if inside.name == "dataset.json":
            return f"datasets/{inside.parent.name}/dataset.json"
        return f"workflow/{path}"

    def _add_workflow(self) -> ComputationalWorkflow:
        engine = self.manifest["packages"]["snakemake"]
        language = self._add(
            "https://w3id.org/workflowhub/workflow-ro-crate#snakemake",
            "ComputerLanguage",
            name="Snakemake",
            identifier={"@id": "https://doi.org/10.1093/bioinformatics/bts480"},
            url={"@id": "https://snakemake.github.io"},
            version=engine,
        )
        config = self._add(
            "#config",
            "FormalParameter",
            additionalType="File",
            name="config",
            description="The run's config, with every default filled in",
            valueRequired=True,
        )
        self._add_file(
            (self.run / "config.yaml").as_posix(),
            "config.yaml",
            self.manifest["config_sha256"],
            exampleOfWork=config,
        )
        config["workExample"] = self.entities[(self.run / "config.yaml").as_posix()]
        scripts = dict.fromkeys(files[0] for files in self.manifest["rules"].values())
        workflow = ComputationalWorkflow(
            self.crate,
            self.project / "Snakefile",
            "workflow/Snakefile",
            properties={
                "@type": ["File", "SoftwareSourceCode", "ComputationalWorkflow", "HowTo"],
                "name": self.citation["title"],
                "description": " ".join(self.citation["abstract"].split()),
                "version": self.version,
                "license": {"@id": f"https://spdx.org/licenses/{self.citation['license']}"},
                "sha256": self.manifest["code"]["Snakefile"],
            },
        )
        self.crate.add(workflow)
        workflow["programmingLanguage"] = language
        workflow["input"] = config
        workflow["hasPart"] = _single([self.entities[path] for path in scripts])
        self.crate.mainEntity = workflow
        return workflow

    def _input(self, path: str, hash_: str | None) -> Entity:
        """Return an input of a job: a file of the crate, or what is said of one that is not."""
        if path in self.entities:
            return self.entities[path]
        # A small file of the project or the run; what is larger or elsewhere stays where it is.
        named = hash_ is not None and ":" not in hash_ and not Path(path).is_absolute()
        if named and ".." not in Path(path).parts and (self.project / path).is_file():
            return self._add_file(path, self._place(path), hash_)
        self.entities[path] = self._add(
            f"#input/{quote(path)}",
            "CreativeWork",
            name=path,
            identifier=hash_,
            description="Not in the crate; the identifier is its checksum or digest"
            if hash_
            else "Not in the crate, and of unknown content",
        )
        return self.entities[path]

    def _add_jobs(self) -> dict[str, ContextEntity]:
        jobs = self.manifest["jobs"]
        return {name: self._add_job(name, job) for name, job in jobs.items()}

    def _add_job(self, name: str, job: Mapping[str, Any]) -> ContextEntity:
        known = self.times.get(name, {})
        inputs = [self._input(path, hash_) for path, hash_ in job["inputs"].items()]
        if job["seed"] is not None:
            id_ = f"#seed/{job['seed']}"
            inputs.append(
                self.crate.get(id_)
                or self._add(id_, "PropertyValue", name="seed", value=str(job["seed"]))
            )
        hashes = {
            path: sha for j in self.manifest["jobs"].values() for path, sha in j["inputs"].items()
        }
        usage = [
            self._add(
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
        script = self.manifest["rules"][job["rule"]][0]
        return self._add(
            f"#job/{quote(name)}",
            "CreateAction",
            name=name,
            description=f"A job of the rule {job['rule']}",
            instrument=self.entities[script],
            object=inputs,
            result=[self._input(path, self.hashes.get(path)) for path in job["outputs"]],
            startTime=known.get("started"),
            endTime=known.get("ended"),
            actionStatus=COMPLETED,
            resourceUsage=usage,
        )

    def _add_steps(self, actions: Mapping[str, ContextEntity]) -> None:
        steps, controls = [], []
        for position, (rule, files) in enumerate(self.manifest["rules"].items()):
            tool = self.entities[files[0]]
            steps.append(
                self._add(
                    f"#step/{rule}",
                    "HowToStep",
                    name=rule,
                    position=str(position),
                    workExample=tool,
                )
            )
            own = [
                actions[name] for name, job in self.manifest["jobs"].items() if job["rule"] == rule
            ]
            controls.append(
                self._add(
                    f"#control/{rule}",
                    "ControlAction",
                    name=f"Jobs of the rule {rule}",
                    instrument=steps[-1],
                    object=own,
                    actionStatus=COMPLETED,
                )
            )
        self.workflow["step"] = _single(steps)
        self.controls = controls

    def _add_run(self, actions: Mapping[str, ContextEntity]) -> None:
        packages = self.manifest["packages"]
        started = [job["started"] for job in self.times.values() if job["started"]]
        ended = [job["ended"] for job in self.times.values() if job["ended"]]
        self.ended = max(ended, default=None)
        whole = self._add(
            "#run",
            "CreateAction",
            name=f"The run {self.run.name}",
            description=self.manifest["config"]["title"],
            instrument=self.workflow,
            object=[self.entities[(self.run / "config.yaml").as_posix()]],
            result=[self.entities[entry["path"]] for entry in self.manifest["files"]],
            startTime=min(started, default=None),
            endTime=self.ended,
            actionStatus=COMPLETED,
        )
        engine = self._add(
            "https://pypi.org/project/snakemake/",
            "SoftwareApplication",
            name="Snakemake",
            url={"@id": "https://snakemake.github.io"},
            softwareVersion=packages["snakemake"],
        )
        self._add(
            "#engine",
            "OrganizeAction",
            name="Snakemake runs the workflow",
            instrument=engine,
            object=self.controls,
            result=whole,
            actionStatus=COMPLETED,
        )
        self.crate.root_dataset["mentions"] = [whole, *actions.values()]

    def _describe(self) -> None:
        root, citation = self.crate.root_dataset, self.citation
        licence = self._add(
            f"https://spdx.org/licenses/{citation['license']}",
            "CreativeWork",
            name=f"{citation['license']} licence",
            identifier=citation["license"],
        )
        root["name"] = f"kdlens, run {self.run.name}: {self.manifest['config']['title']}"
        root["description"] = f"{' '.join(citation['abstract'].split())} Code: {self.version}."
        root["license"] = licence
        root["keywords"] = ", ".join(citation["keywords"])
        authors = [self._author(author) for author in citation["authors"]]
        root["author"] = _single(authors)
        organizations = [author for author in authors if author.type == "Organization"]
        if organizations:
            root["publisher"] = organizations[0]
        root["citation"] = _single([self._reference(paper) for paper in citation["references"]])
        # Of the last result; where that is not known, of the writing.
        if self.ended:
            self.crate.datePublished = self.ended
        root["conformsTo"] = [
            self._add(id_, "CreativeWork", name=name, version=version)
            for id_, (name, version) in PROFILES.items()
        ]

    def _author(self, author: Mapping[str, str]) -> ContextEntity:
        if "name" in author:
            return self._add(
                f"#author/{quote(author['name'])}", "Organization", name=author["name"]
            )
        name = f"{author['given-names']} {author['family-names']}"
        return self._add(author.get("orcid", f"#author/{quote(name)}"), "Person", name=name)

    def _reference(self, paper: Mapping[str, Any]) -> ContextEntity:
        return self._add(
            paper["url"],
            "ScholarlyArticle",
            name=paper["title"],
            datePublished=str(paper["year"]),
            author=[self._author(author) for author in paper["authors"]],
        )


def _ids(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return properties with entities as references to them, and a list of one as that one."""

    def reference(value: Any) -> Any:
        if isinstance(value, Entity):
            return {"@id": value.id}
        if isinstance(value, list):
            return _single([reference(each) for each in value])
        return value

    return {key: reference(value) for key, value in properties.items()}


def _single(values: list[Any]) -> Any:
    return values[0] if len(values) == 1 else values


def _type_of(name: str) -> str:
    known = _TYPES.get(Path(name).suffix)
    return known or mimetypes.guess_type(name)[0] or "application/octet-stream"
