"""Which library modules a script uses.

Snakemake runs a rule again when its script changes, but knows nothing of the modules that the
script imports. So every rule names them among its inputs. :func:`library_modules` finds them by
reading the import statements, from the script through every module of the library that it reaches,
whether they stand at the top of a file or inside a function. Nothing is imported or executed.

A page's template, style and program lie as files of their own in the package that reads them. They
belong to that package: whoever uses a module of it depends on all of them.
"""

from __future__ import annotations

import ast
from functools import cache
from pathlib import Path

PACKAGE = "kdlens"
PAGE_PARTS = (".html", ".css", ".js")
"""Suffixes of the files, other than modules, that a package may read from its own folder."""
AROUND_RESULTS = ("disk.py", "errors.py", "gpus", "orphans.py", "script.py")
"""Modules and packages that run a job, log it and word its errors: whatever is changed in them, its
results are the same. No network is trained again for them."""


def library_modules(script: Path) -> list[Path]:
    """Return the files of the library that ``script`` depends on, sorted: modules, and page parts.

    Args:
        script: a Python file; the package lies in the same folder.
    """
    folder = script.parent
    found: set[Path] = set()
    waiting = [script]
    while waiting:
        for path in _imported_files(waiting.pop(), folder):
            if path not in found:
                found.add(path)
                if path.suffix == ".py":
                    waiting.append(path)
    return sorted(found)


def modules_of_results(script: Path) -> list[Path]:
    """Return those of :func:`library_modules` on which a script's results hang.

    An edit of another one makes nothing anew.
    """
    library = script.parent / PACKAGE
    return [
        path
        for path in library_modules(script)
        if path.relative_to(library).parts[0] not in AROUND_RESULTS
    ]


@cache
def _imported_files(path: Path, folder: Path) -> frozenset[Path]:
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"), filename=str(path))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = _absolute(node, path, folder)
            # What is imported from a package may be a module of it.
            names |= {base} | {f"{base}.{alias.name}" for alias in node.names}
    files: set[Path] = set()
    for name in names:
        if name.split(".")[0] == PACKAGE:
            files |= _files_of(name, folder)
    return frozenset(files)


def _absolute(node: ast.ImportFrom, path: Path, folder: Path) -> str:
    if not node.level:
        return node.module or ""
    package = path.relative_to(folder).parts[: -node.level]
    return ".".join([*package, *([node.module] if node.module else [])])


def _files_of(name: str, folder: Path) -> set[Path]:
    """Return the module's file; of every package around it ``__init__`` and the page's parts."""
    parts = name.split(".")
    packages = [folder.joinpath(*parts[:n]) for n in range(1, len(parts) + 1)]
    files = {package / "__init__.py" for package in packages}
    files.add(folder.joinpath(*parts[:-1], f"{parts[-1]}.py"))
    for package in packages:
        files |= {file for file in package.glob("*") if file.suffix in PAGE_PARTS}
    return {file for file in files if file.is_file()}
