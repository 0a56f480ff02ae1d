"""The README's example of a new training method, put into a copy of the project and run."""

from __future__ import annotations

import json
import re

import pytest
import yaml
from config_data import FEW_CONCEPTS, FEW_IMAGES
from project import ROOT, copy_project

pytestmark = pytest.mark.workflow

CONFIG = {
    "run": "example",
    "training_data": {"name": "few", **FEW_IMAGES},
    "concept_data": FEW_CONCEPTS,
    "networks": {"small": {"architecture": "resnet18", "width": 4, "last_stride": 1}},
    "training": {"epochs": 1, "batch_size": 16, "learning_rate": 0.01},
    "models": {
        "teacher": {"network": "small", "method": "cross_entropy"},
        "sp": {"network": "small", "method": "sp", "teacher": "teacher"},
        "random_init": {"network": "small", "method": "random_init"},
    },
    "dissection": {"layers": ["layer4"]},
}


def put_before(path, line: str, text: str) -> None:
    """Insert ``text`` before the one line of the file that is ``line``."""
    content = path.read_text("utf-8")
    assert content.count(f"\n{line}\n") == 1
    path.write_text(content.replace(f"\n{line}\n", f"\n{text}{line}\n"), "utf-8")


def test_the_readmes_example_of_a_method_runs(tmp_path):
    readme = (ROOT / "README.md").read_text("utf-8")
    section = readme[readme.index("**A new training method**") :]
    module, registry, schema, look = re.findall(
        r"^```(?:python|yaml)\n(.*?)^```$", section, re.MULTILINE | re.DOTALL
    )
    project = copy_project(tmp_path / "project")
    library = project.folder / "workflow_scripts/kdlens"
    methods = library / "training/methods"
    (methods / "sp.py").write_text(module, "utf-8")
    init = methods / "__init__.py"
    imported = "from kdlens.training.methods.base import Method, Setting"
    put_before(init, imported, "from kdlens.training.methods import sp\n")
    put_before(init, '    "sskd": sskd.build,', registry)
    put_before(project.folder / "config/schemas/config.schema.yaml", "        checkpoint:", schema)
    put_before(library / "paper/style.py", '    "crd+kd": Look("#8C2D04", "---...", "H"),', look)
    (project.folder / "few.yaml").write_text(yaml.safe_dump(CONFIG), "utf-8")

    figure = "results/example/figures/figure02.svg"
    run = project.snakemake("--cores", "2", figure, "--configfile", "few.yaml")
    assert run.returncode == 0, run.output[-4000:]
    assert (project.folder / figure).is_file()
    folder = project.folder / "results/example/models/sp/seed1"
    assert json.loads((folder / "metrics.json").read_text())["method"] == "sp"
    recipe = (folder / "torchdistill.yaml").read_text()
    assert "key: SPKDLoss" in recipe
    assert "weight: 3000" in recipe
