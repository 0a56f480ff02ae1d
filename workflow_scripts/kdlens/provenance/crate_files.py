"""The files of an RO-Crate: the code, the results, and what went into the jobs."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from rocrate.model.entity import Entity

from kdlens.errors import InputError
from kdlens.provenance.crate_entities import Entities
from kdlens.provenance.manifest import changed_code, hashes_of_inputs

_BESIDE: tuple[str, ...] = ("manifest.json", "jobs.json", "provenance.html", "cost.csv")
_BESIDE += ("cost.html", "report.html", "workflow.html")
_MORE_CODE = ("pyproject.toml", "uv.lock", "LICENSE", "CITATION.cff")


class RunEntities(Entities):
    """The entities of a run's crate, with the files that its manifest names.

    Attributes:
        version: of the code, its commit if that is known, else its checksum.

    Args:
        run: the run's folder, as the manifest's paths have it.
    """

    def __init__(self, manifest: Mapping[str, Any], run: Path, project: Path) -> None:
        super().__init__(project)
        self._manifest, self._run = manifest, run
        self._hashes = hashes_of_inputs(manifest)
        self.version = manifest["git"]["commit"] or f"sha256:{manifest['source_sha256']}"

    def add_code(self) -> None:
        """Add the workflow's own files, but for the Snakefile, which is more than a file.

        Raises:
            InputError: if the code here is not the run's.
        """
        if other := changed_code(self._manifest, self.project):
            raise InputError(
                f"{other[0]}: not the code that made the run ({len(other)} files differ); check "
                f"out {self.version}, or run the workflow again"
            )
        scripts = {files[0] for files in self._manifest["rules"].values()}
        tool = {"@type": ["File", "SoftwareSourceCode"], "version": self.version}
        for path, sha256 in sorted(self._manifest["code"].items()):
            if path != "Snakefile":
                more = tool if path in scripts else {}
                self.add_file(path, f"workflow/{path}", sha256, **more)
        for path in _MORE_CODE:
            if (self.project / path).is_file():
                self.add_file(path, f"workflow/{path}")

    def add_results(self) -> None:
        """Add the files that the manifest lists, and those beside them.

        Raises:
            InputError: if one that it lists is gone.
        """
        for entry in self._manifest["files"]:
            self.add_file(entry["path"], self._place(entry["path"]), entry["sha256"])
        for name in _BESIDE:
            if (self.project / self._run / name).is_file():
                self.add_file((self._run / name).as_posix(), name)

    def of_path(self, path: str) -> Entity:
        """Return a job's input or output: a file of the crate, or what is said of one that is not.

        Args:
            path: as the manifest's jobs have it.
        """
        hash_ = self._hashes.get(path)
        if path not in self.by_path:
            # Small files of the project; they were read for their checksum.
            small = hash_ and ":" not in hash_ and (self.project / path).is_file()
            if small and self._is_of_the_project(path):
                return self.add_file(path, self._place(path), hash_)
            known = "the identifier is its digest" if hash_ else "of unknown content"
            self.by_path[path] = self.add(
                f"#data/{quote(path)}",
                "CreativeWork",
                name=path,
                identifier=hash_,
                description=f"Not in the crate; {known}",
            )
        return self.by_path[path]

    def _is_of_the_project(self, path: str) -> bool:
        """Return whether a file may be handed on: the user's own datasets may lie inside too."""
        if Path(path).is_absolute() or ".." in Path(path).parts:
            return False
        results = self._manifest["config"]["results"]
        made = Path(path).is_relative_to(results) or Path(path).is_relative_to("config")
        return made or path in self._manifest["code"]

    def _place(self, path: str) -> str:
        """Return where a file of the project lies in the crate."""
        inside = Path(path)
        if inside.is_relative_to(self._run):
            return inside.relative_to(self._run).as_posix()
        data = Path(self._manifest["config"]["results"], "data")
        if inside.is_relative_to(data):
            return f"datasets/{inside.relative_to(data).as_posix()}"
        return f"workflow/{path}"
