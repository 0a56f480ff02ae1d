"""The library modules that a script depends on, found by reading its imports."""

from __future__ import annotations

from pathlib import Path

import pytest
from project import SCRIPTS

from kdlens.dependencies import library_modules, modules_of_results


def write(folder: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)
    return folder / "script.py"


def test_imports_are_followed_wherever_they_stand(tmp_path):
    script = write(
        tmp_path,
        {
            "script.py": "from kdlens.a import one\ndef f():\n    import kdlens.late\n",
            "kdlens/__init__.py": "",
            "kdlens/a.py": "from .pack import inner\n",
            "kdlens/late.py": "",
            "kdlens/unused.py": "",
            "kdlens/pack/__init__.py": "from kdlens.pack.more import x\n",
            "kdlens/pack/inner.py": "from ..side import y\n",
            "kdlens/pack/more.py": "",
            "kdlens/side.py": "import kdlens.a\n",
        },
    )
    found = [path.relative_to(tmp_path / "kdlens").as_posix() for path in library_modules(script)]
    assert found == [
        "__init__.py",
        "a.py",
        "late.py",
        "pack/__init__.py",
        "pack/inner.py",
        "pack/more.py",
        "side.py",
    ]


def test_the_parts_of_a_page_belong_to_the_package_that_holds_them(tmp_path):
    script = write(
        tmp_path,
        {
            "script.py": "from kdlens.page.build import page\n",
            "other.py": "import kdlens.plain\n",
            "kdlens/__init__.py": "",
            "kdlens/plain.py": "",
            "kdlens/page/__init__.py": "",
            "kdlens/page/build.py": "from pathlib import Path\n",
            "kdlens/page/page.html": "import kdlens.plain\n",
            "kdlens/page/page.js": "",
            "kdlens/page/page.css": "",
            "kdlens/page/page.js~": "",
            "kdlens/page/deeper/unused.css": "",
        },
    )
    found = [path.relative_to(tmp_path / "kdlens").as_posix() for path in library_modules(script)]
    parts = ["page.css", "page.html", "page.js"]
    assert found == [
        "__init__.py",
        "page/__init__.py",
        "page/build.py",
        *(f"page/{p}" for p in parts),
    ]
    other = [path.name for path in library_modules(tmp_path / "other.py")]
    assert other == ["__init__.py", "plain.py"]


def test_what_changes_no_result_makes_nothing_anew():
    left_out = {"disk.py", "errors.py", "orphans.py", "script.py", "gpus/lease.py"}
    for script in SCRIPTS.glob("*.py"):
        library = SCRIPTS / "kdlens"
        found = {path.relative_to(library).as_posix() for path in modules_of_results(script)}
        assert not left_out & found
        assert not any(name.startswith("gpus/") for name in found)
    assert "files.py" in found  # how results are written


def test_the_gallery_depends_on_its_template_style_and_program():
    found = {path.name for path in library_modules(SCRIPTS / "gallery.py")}
    assert {"document.html", "layer.html", "layer.css", "layer.js", "base.css"} <= found
    assert "layer.js" not in {path.name for path in library_modules(SCRIPTS / "table01.py")}


SCRIPT_NAMES = sorted(path.stem for path in SCRIPTS.glob("*.py"))


@pytest.mark.parametrize("name", SCRIPT_NAMES)
def test_every_script_finds_its_own_modules(name):
    found = {
        path.relative_to(SCRIPTS).as_posix() for path in library_modules(SCRIPTS / f"{name}.py")
    }
    assert "kdlens/script.py" in found
    assert "kdlens/errors.py" in found


RULES_IN_PYTHON = [SCRIPTS.parent / "rules" / name for name in ("common.smk", "graph.smk")]


def used_by_scripts() -> set[Path]:
    return {path for name in SCRIPT_NAMES for path in library_modules(SCRIPTS / f"{name}.py")}


def used_beside_the_scripts(folder: Path) -> set[Path]:
    """The modules that the tools import, and those of rules that are Python throughout."""
    project = SCRIPTS.parent
    (folder / "kdlens").symlink_to(SCRIPTS / "kdlens")
    found: set[Path] = set()
    for file in (*RULES_IN_PYTHON, *project.glob("tools/*.py")):
        copy = folder / f"{file.stem}.py"
        copy.write_text(file.read_text("utf-8"))
        found |= {SCRIPTS / path.relative_to(folder) for path in library_modules(copy)}
    return found


def test_no_module_is_left_over(tmp_path):
    used = used_by_scripts() | used_beside_the_scripts(tmp_path)
    assert set(SCRIPTS.glob("kdlens/**/*.py")) - used == set()


def test_an_edit_of_the_plan_reruns_no_job():
    assert not [path for path in used_by_scripts() if "plan" in path.parent.parts]


@pytest.mark.parametrize("name", SCRIPT_NAMES)
def test_scripts_run_once_and_under_snakemake(name):
    text = (SCRIPTS / f"{name}.py").read_text("utf-8")
    # Snakemake puts lines before the script, where a __future__ import must be the first.
    assert "from __future__" not in text
    # A worker process that imports the script anew must not start it again.
    assert 'if __name__ == "__main__" and "snakemake" in globals():' in text


def test_every_script_has_its_rule():
    rules = "\n".join(path.read_text("utf-8") for path in SCRIPTS.parent.glob("rules/*.smk"))
    for name in SCRIPT_NAMES:
        if name != "dissect":  # which has a rule for each list of layers
            assert f"rule {name}:" in rules
        assert f'"../workflow_scripts/{name}.py"' in rules
        assert f'library("{name}")' in rules
        assert f"logs/{name}.log" in rules
        assert f"benchmarks/{name}.tsv" in rules
